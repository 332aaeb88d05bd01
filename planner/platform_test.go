package planner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/planner"
)

// TestDefaultPlatform: what the file says of a platform stands over it.
func TestDefaultPlatform(t *testing.T) {
	l := newLab(t)
	l.write("compose.yaml", []byte(`services:
  any: {image: "any:1"}
  own: {image: "own:1", platform: linux/s390x}
  made: {build: .}
  among: {build: {context: ., platforms: [linux/amd64, linux/arm64]}}
  other: {build: {context: ., platforms: [linux/amd64]}}
`))
	got := map[string]string{}
	for _, a := range l.make(planner.Target{Goal: planner.GoalUp, Platform: "linux/arm64"}).Actions {
		switch p := a.Payload.(type) {
		case planner.PullImage:
			got[a.Ref.Service] = p.Platform
		case planner.BuildImage:
			got[a.Ref.Service] = p.Platform
		}
	}
	want := map[string]string{"any": "linux/arm64", "own": "linux/s390x", "made": "linux/arm64", "among": "linux/arm64", "other": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
