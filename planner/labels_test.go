package planner

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/planner/create"
)

func TestDependencyLabel(t *testing.T) {
	for _, test := range []struct {
		label string
		want  []Dependency
		again string
	}{
		{"", nil, ""},
		{"db:service_healthy:true,web:service_started:false", []Dependency{
			{Service: "db", Condition: types.ServiceConditionHealthy, Restart: true, Required: true, Key: "depends_on"},
			{Service: "web", Condition: types.ServiceConditionStarted, Required: true, Key: "depends_on"},
		}, "db:service_healthy:true,web:service_started:false"},
		// Older v2 wrote names only.
		{"db", []Dependency{{Service: "db", Condition: types.ServiceConditionStarted, Required: true, Key: "depends_on"}}, "db:service_started:false"},
		{",:x,", nil, ""},
	} {
		got := decodeDependencies(test.label)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.label, diff)
		}
		if again := encodeDependencies(got); again != test.again {
			t.Errorf("%q is written as %q, not %q", test.label, again, test.again)
		}
	}
}

func TestReadLabels(t *testing.T) {
	id := "0123456789abcdef"
	fields := map[string]string{"image": "abc"}
	for name, test := range map[string]struct{ given, want Container }{
		"ours": {
			Container{ID: id, Name: "demo-web-2", Labels: map[string]string{
				LabelProject: "demo", LabelService: "web", LabelNumber: "2", LabelOneOff: "False", LabelFields: create.EncodeFields(fields)}},
			Container{Project: "demo", Service: "web", Number: 2, Role: RoleCurrent, Fields: fields},
		},
		"set aside": {
			Container{ID: id, Name: "0123456789ab_demo-web-1", Labels: map[string]string{LabelProject: "demo", LabelService: "web", LabelNumber: "1"}},
			Container{Project: "demo", Service: "web", Number: 1, Role: RoleAside},
		},
		"one-off of 1.29.2": {
			Container{ID: id, Name: "demo_web_run_1", Labels: map[string]string{LabelProject: "demo", LabelService: "web", LabelOneOff: "True", LabelSlug: "f00"}},
			Container{Project: "demo", Service: "web", Role: RoleCurrent, OneOff: true, Slug: "f00"},
		},
		"fields of another version": {
			Container{ID: id, Name: "demo-web-1", Labels: map[string]string{LabelFields: "0:{}", LabelNumber: "many"}},
			Container{Role: RoleCurrent},
		},
		"nobody's": {Container{ID: id, Name: "x"}, Container{Role: RoleCurrent}},
	} {
		t.Run(name, func(t *testing.T) {
			want := test.want
			want.ID, want.Name, want.Labels = test.given.ID, test.given.Name, test.given.Labels
			if diff := cmp.Diff(want, ReadLabels(test.given)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResourceLabels(t *testing.T) {
	got := networkLabels("demo", "back", types.NetworkConfig{Labels: types.Labels{"a": "b", LabelProject: "stolen"}}, "hash")
	want := map[string]string{"a": "b", LabelProject: "demo", LabelNetwork: "back", LabelVersion: Version, LabelConfigHash: "hash"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("network (-want +got):\n%s", diff)
	}
	got = volumeLabels("demo", "data", types.VolumeConfig{}, "hash")
	want = map[string]string{LabelProject: "demo", LabelVolume: "data", LabelVersion: Version, LabelConfigHash: "hash"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("volume (-want +got):\n%s", diff)
	}
}
