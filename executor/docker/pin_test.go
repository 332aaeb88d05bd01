package docker

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPin(t *testing.T) {
	digest := "sha256:" + strings.Repeat("ab", 32)
	s, e := newStandIn(t, map[string]http.HandlerFunc{
		"GET /distribution/docker.io/library/web:latest/json": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"Descriptor": {"digest": %q}}`, digest)
		},
		"GET /distribution/reg.example/web:2/json": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"message": "denied: requested access to the resource is denied"}`)
		},
	})
	ctx := context.Background()
	for image, want := range map[string]string{
		"web":                "docker.io/library/web:latest@" + digest,
		"web:2@" + digest:    "docker.io/library/web@" + digest,
		"reg.example/web:2":  "error: reg.example has no reg.example/web:2 that may be checked without a login",
		"Not An Image: Name": "error: image name",
	} {
		got, err := e.Pin(ctx, image)
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", image, got, want)
		}
	}
	want := 2 // one with a digest, and one that is no name, ask nobody
	if diff := cmp.Diff(want, len(s.asked())); diff != "" {
		t.Errorf("requests (-want +got):\n%s%v", diff, s.asked())
	}
}
