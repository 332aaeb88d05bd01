package watch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBatch(t *testing.T) {
	b := batch{}
	if !b.due().IsZero() {
		t.Error("an empty batch is due")
	}
	start := time.Unix(1000, 0)
	b.add("b", start)
	b.add("a", start.Add(time.Second))
	b.add("b", start.Add(2*time.Second))
	if got := b.due().Sub(start); got != 2*time.Second+quietTime {
		t.Errorf("due after %v", got)
	}
	b.add("c", start.Add(longestTime))
	if got := b.due().Sub(start); got != longestTime {
		t.Errorf("without an end of changes, due after %v", got)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, b.take()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(b.take()) > 0 || !b.due().IsZero() {
		t.Error("it is not empty")
	}
}
