package create_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/planner"
	"recompose/planner/create"
)

// TestFrozen holds the hashes of many services, networks and volumes, as they
// are on containers out there. Where it fails, raise hashVersion.
func TestFrozen(t *testing.T) {
	ar := archive(t, "frozen.txtar")
	f := newFolder(t, sections(ar))
	var got []string
	for _, file := range []string{"compose.yaml", "docker-compose.yml"} {
		plan := planner.Make(f.loadAs(file, "frozen"), planner.State{Engine: engine("1.51")}, planner.Target{Goal: planner.GoalUp, Offline: true})
		for _, p := range plan.Problems {
			t.Errorf("%s: %s", p.Text, p.Hint)
		}
		for _, a := range plan.Actions {
			var labels map[string]string
			ours := ""
			switch p := a.Payload.(type) {
			case planner.CreateContainer:
				labels, ours = p.Spec.Labels, " "+p.Spec.Labels[planner.LabelRecomposeHash]
			case planner.CreateNetwork:
				labels = p.Labels
			case planner.CreateVolume:
				labels = p.Labels
			default:
				continue
			}
			got = append(got, a.Ref.Name+ours+" "+labels[planner.LabelConfigHash])
		}
	}
	slices.Sort(got)
	want := strings.Split(strings.TrimSpace(sections(ar)["want"]), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hashes changed; raise hashVersion (-want +got):\n%s", diff)
	}
}

// TestReplicasHaveOneHash holds that what differs from replica to replica is
// in no hash, and that labels carry the fields back.
func TestReplicasHaveOneHash(t *testing.T) {
	f := newFolder(t, map[string]string{"compose.yaml": "services: {web: {image: a, scale: 3, networks: {default: {aliases: [w]}}}}"})
	specs, _ := containers(t, f.load("compose.yaml"), "1.51")
	if len(specs) != 3 {
		t.Fatalf("%d containers", len(specs))
	}
	first := specs["demo-web-1"].Labels
	for name, s := range specs {
		if s.Labels[planner.LabelRecomposeHash] != first[planner.LabelRecomposeHash] {
			t.Errorf("%s has another hash", name)
		}
		fields, err := create.DecodeFields(s.Labels[planner.LabelFields])
		if err != nil || create.Hash(fields) != s.Labels[planner.LabelRecomposeHash] {
			t.Errorf("%s: the fields of its label have another hash (%v)", name, err)
		}
	}
	if _, err := create.DecodeFields("0:{}"); err == nil {
		t.Error("fields of another version are taken for ours")
	}
}
