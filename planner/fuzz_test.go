package planner

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
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

// FuzzRollback: whatever the labels of a container say it was, there is a plan
// or a reason against one.
func FuzzRollback(f *testing.F) {
	f.Add(`1:{"image":"sha256:1","service":{"image":"a","ports":[{"target":80}],"volumes":[{"type":"volume","source":"v","target":"/v"}]}}`, "1 web,b")
	f.Add(`1:{"image":"sha256:1","service":{"networks":{"n":null},"links":["web","b:c"],"network_mode":"service:b"}}`, ",")
	f.Add(`1:{"image":"sha256:1","service":{"ulimits":{"x":{"soft":"1"}},"environment":{"TOKEN":"********"}}}`, "")
	f.Add(`1:[`, "x web")
	model := types.Project{Name: "demo", Services: types.Services{"web": {Name: "web"}, "b": {Name: "b"}}}
	model.Services["web"] = types.ServiceConfig{Name: "web", ContainerSpec: types.ContainerSpec{Image: "a"}}
	p := &loader.Project{Name: "demo", Format: loader.FormatSpec, Model: &model}
	f.Fuzz(func(t *testing.T, previous, mark string) {
		labels := func(service, mark string) map[string]string {
			return map[string]string{LabelProject: "demo", LabelService: service, LabelNumber: "1", LabelConfig: `1:{"image":"sha256:1","service":{}}`, LabelPrevious: previous, LabelRolledBack: mark}
		}
		s := State{Engine: Engine{APIVersion: "1.51"}, Images: []Image{{ID: "sha256:1", Tags: []string{"a:latest"}, Config: &ImageConfig{}}}, Containers: []Container{
			ReadLabels(Container{ID: strings.Repeat("a", 64), Name: "demo-web-1", ImageID: "sha256:1", Labels: labels("web", mark), Status: StatusRunning}),
			ReadLabels(Container{ID: strings.Repeat("b", 64), Name: "demo-b-1", ImageID: "sha256:1", Labels: labels("b", ""), Status: StatusRunning}),
		}}
		s.Answered = Query{Foreign: true, Images: true}
		if plan := Make(p, s, Target{Goal: GoalRollback}); len(plan.Actions) == 0 && len(plan.Problems) == 0 {
			t.Error("neither a plan nor a reason against one")
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
