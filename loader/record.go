package loader

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	compose "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/transform"
	"github.com/compose-spec/compose-go/v2/types"
)

// notRecorded are keys of a service that make no part of its containers: how
// their image comes to be, in which order and number they are made. What
// env_file and label_file name is in the environment and the labels already.
var notRecorded = []string{
	"attach", "build", "depends_on", "develop", "dockerfile", "env_file", "extends", "label_file", "profiles", "provider",
	"pull_policy", "pull_refresh_after", "scale",
}

// notRecordedOfDeploy are such keys of deploy.
var notRecordedOfDeploy = []string{"mode", "replicas", "update_config", "rollback_config"}

// RecordService writes down what a service's containers are made of, for
// RestoreService. Values that are or look like secrets are not in it: Masked
// stands in their place, by the rules of Redact.
func RecordService(svc types.ServiceConfig) ([]byte, error) {
	tree, err := recordable(svc)
	if err != nil {
		return nil, err
	}
	hideTree(tree, "")
	return json.Marshal(tree)
}

// Restored is a service as a record has it.
type Restored struct {
	Service types.ServiceConfig
	// Todays are the keys whose values were not recorded and are today's,
	// Missing those for which today's service has no value.
	Todays, Missing []string
}

// RestoreService makes the service of a record again. What the record does not
// hold is today's. The record is not trusted: it may hold anything.
func RestoreService(record []byte, today types.ServiceConfig) (r Restored, err error) {
	defer func() {
		if bug := recover(); bug != nil { // compose-go takes some types for granted
			err = fmt.Errorf("a record that cannot be read: %v", bug)
		}
	}()
	tree, err := readTree(record)
	if err != nil {
		return Restored{}, fmt.Errorf("a record that cannot be read: %w", err)
	}
	now, err := recordable(today)
	if err != nil {
		return Restored{}, err
	}
	strip(tree)
	f := filler{}
	f.fill(tree, now, "")
	if err := decodeService(tree, &r.Service); err != nil {
		return Restored{}, fmt.Errorf("a record that cannot be read: %w", err)
	}
	r.Todays, r.Missing = f.todays, f.missing
	r.Service.Name = today.Name
	addUnrecorded(&r.Service, today)
	return r, nil
}

// recordable is the service as a tree of JSON, without what is not recorded.
func recordable(svc types.ServiceConfig) (map[string]any, error) {
	raw, err := json.Marshal(svc)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", svc.Name, err)
	}
	tree, err := readTree(raw)
	strip(tree)
	return tree, err
}

// readTree reads a JSON object, its numbers as int or float64.
func readTree(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after it")
	}
	if tree == nil {
		return nil, errors.New("it is empty")
	}
	plainNumbers(tree)
	return tree, nil
}

func plainNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil && n >= math.MinInt && n <= math.MaxInt {
			return int(n)
		}
		if n, err := v.Float64(); err == nil {
			return n
		}
		return v.String() // too large, which whoever wants a number says
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plainNumbers(v[key])
		}
	}
	return value
}

// strip takes out what is not recorded, and keys that say nothing.
func strip(tree map[string]any) {
	for _, key := range notRecorded {
		delete(tree, key)
	}
	for key, value := range tree {
		if value == nil {
			delete(tree, key)
		}
	}
	deploy, ok := tree["deploy"].(map[string]any)
	if !ok {
		return
	}
	for _, key := range notRecordedOfDeploy {
		delete(deploy, key)
	}
	for key, value := range deploy {
		if part, ok := value.(map[string]any); ok && len(part) == 0 {
			delete(deploy, key)
		}
	}
	if len(deploy) == 0 {
		delete(tree, "deploy")
	}
}

// decodeService is how compose-go ends its own loading: nothing of a file is
// read, no variable replaced.
func decodeService(tree map[string]any, svc *types.ServiceConfig) error {
	const name = "service"
	model, err := transform.SetDefaultValues(map[string]any{"services": map[string]any{name: tree}})
	if err != nil {
		return err
	}
	var services struct {
		Services map[string]types.ServiceConfig `yaml:"services"`
	}
	if err := compose.Transform(model, &services); err != nil {
		return err
	}
	*svc = services.Services[name]
	return nil
}

// addUnrecorded takes from today's service what no record holds and what says
// how replicas are made and replaced.
func addUnrecorded(svc *types.ServiceConfig, today types.ServiceConfig) {
	svc.Attach, svc.DependsOn, svc.Profiles, svc.Scale, svc.Extensions = today.Attach, today.DependsOn, today.Profiles, today.Scale, today.Extensions
	if today.Deploy == nil {
		return
	}
	deploy := types.DeployConfig{}
	if svc.Deploy != nil {
		deploy = *svc.Deploy
	}
	deploy.Mode, deploy.Replicas = today.Deploy.Mode, today.Deploy.Replicas
	deploy.UpdateConfig, deploy.RollbackConfig = today.Deploy.UpdateConfig, today.Deploy.RollbackConfig
	svc.Deploy = &deploy
}
