package planner

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"recompose/planner/create"
)

// FuzzWithoutFiles: whatever labels and names the containers of an engine
// have, they can be stopped and taken down by the project's name alone.
func FuzzWithoutFiles(f *testing.F) {
	f.Add("demo_web_1", "web", "1", "db:service_started:false", "1:{}", "False", "db")
	f.Add("0123456789ab_x", "web", "-7", "web", "1:{\"image\":\"a\"}", "True", "web")
	f.Add("", "a", "99999999999999999999", "b:x:true,,:,b", "2:", "", "a:::")
	f.Add("x", "a", "", "b", "1:[", "true", "a")
	f.Fuzz(func(t *testing.T, name, service, number, dependsOn, fields, oneOff, otherDependsOn string) {
		id := strings.Repeat("0123456789abcdef", 4)
		labels := map[string]string{LabelProject: "demo", LabelService: service, LabelNumber: number, LabelDependsOn: dependsOn, LabelFields: fields, LabelOneOff: oneOff}
		other := map[string]string{LabelProject: "demo", LabelService: "b", LabelDependsOn: otherDependsOn}
		s := State{Containers: []Container{
			ReadLabels(Container{ID: id, Name: name, Labels: labels, Status: StatusRunning}),
			ReadLabels(Container{ID: strings.Repeat("f", 64), Name: "b", Labels: other, Status: StatusRunning}),
		}}
		for _, goal := range []Goal{GoalStop, GoalDown, GoalRestart, GoalRemove} {
			plan := Make(nil, s, Target{Goal: goal, ProjectName: "demo"})
			if len(plan.Problems) > 0 && service != "" {
				t.Fatalf("%s: %v", goal, plan.Problems)
			}
			seen := map[ID]bool{}
			for _, a := range plan.Actions {
				for _, e := range a.After {
					if !seen[e.ID] {
						t.Fatalf("%s: action %d waits for %d, which is not before it", goal, a.ID, e.ID)
					}
				}
				seen[a.ID] = true
			}
			if goal == GoalDown && service != "" && len(plan.Actions) != 4 {
				t.Fatalf("down of two running containers:\n%s", Text(plan, true))
			}
		}
	})
}

// FuzzFields: what is encoded is decoded, and nothing else is.
func FuzzFields(f *testing.F) {
	f.Add("1:{\"image\":\"0123\"}", "environment.A", "0123456789ab")
	f.Add("1:null", "", "")
	f.Fuzz(func(t *testing.T, label, key, value string) {
		if got, err := create.DecodeFields(label); err == nil {
			if _, err := json.Marshal(got); err != nil {
				t.Fatal(err)
			}
		}
		in := map[string]string{strings.ToValidUTF8(key, ""): strings.ToValidUTF8(value, "")}
		out, err := create.DecodeFields(create.EncodeFields(in))
		if err != nil || fmt.Sprint(in) != fmt.Sprint(out) {
			t.Fatalf("%v became %v: %v", in, out, err)
		}
	})
}
