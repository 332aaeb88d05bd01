package create

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFirstReplicas(t *testing.T) {
	got := firstReplicas([]string{
		"shop_web_2:web", "shop_web_2:site", "shop_web_1:web_1", "shop_web_2:web_2", "shop_web_1:shop_web_1", "shop_web_2:shop_web_2",
		"shop_db_1:db", "shop_db_1:db_1", "shop_web_10:web_10", "outside:web-9", "my-db:db-alias",
	})
	want := []string{
		"shop_web_1:web", "shop_web_1:site", "shop_web_1:web_1", "shop_web_2:web_2", "shop_web_1:shop_web_1", "shop_web_2:shop_web_2",
		"shop_db_1:db", "shop_db_1:db_1", "shop_web_10:web_10", "outside:web-9", "my-db:db-alias",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
