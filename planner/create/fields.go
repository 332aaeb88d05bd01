package create

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/network"
)

// fieldsAPI is the version that fields are computed for, whatever the engine
// speaks, so that an upgrade of the engine changes none.
const fieldsAPI = "1.51"

// Fields are digests of a container's configuration by key, in the file's
// words: "image", "environment.LOG", "volumes./data". They leave out what
// differs between replicas, the labels of Compose tools, inherited volumes,
// and the links of user networks, which are only names.
func Fields(spec Spec) map[string]string {
	v, err := wanted(spec)
	if err != nil {
		// The same error comes again where the body is made to be sent.
		return map[string]string{"invalid": digest(err.Error())}
	}
	return v.digests()
}

// wanted is the view of the container that the spec asks for.
func wanted(spec Spec) (view, error) {
	own := []string{spec.Name, spec.Service.ContainerName}
	spec.Inherit, spec.Name, spec.Labels = nil, "", spec.Service.Labels
	body, err := Make(spec, fieldsAPI)
	if err != nil {
		return nil, err
	}
	endpoints := map[string]*network.EndpointSettings{}
	if body.Network != nil {
		for name, e := range body.Network.EndpointsConfig {
			endpoints[name] = withoutAliases(e, own...)
		}
	}
	v := viewOf(body.Config, body.Host, endpoints)
	v["platform"] = spec.Service.Platform
	return v, nil
}

// FileFields are the fields of configs and secrets: by name, a digest over
// what each holds (content gives its digest) and how it is put into the
// container. Files of which nothing is known have none.
func FileFields(files []File, content func(File) string) map[string]string {
	known := map[string][]any{}
	for _, f := range files {
		if d := content(f); d != "" {
			key := f.Kind + "s." + f.Name + ".content"
			known[key] = append(known[key], []any{d, f.Target, f.UID, f.GID, f.Mode})
		}
	}
	out := map[string]string{}
	for key, value := range known {
		out[key] = digest(value)
	}
	return out
}

// withoutAliases is the endpoint without the container's own names, which it
// answers to in any case.
func withoutAliases(e *network.EndpointSettings, names ...string) *network.EndpointSettings {
	out := *e
	out.Aliases = slices.DeleteFunc(slices.Clone(e.Aliases), func(a string) bool { return slices.Contains(names, a) })
	return &out
}

// digests drops what is unset, and digests the rest.
func (v view) digests() map[string]string {
	out := map[string]string{}
	for key, value := range v {
		if d := digest(value); d != emptyDigest {
			out[key] = d
		}
	}
	return out
}

var emptyDigest = digest(nil)

// digest is 12 hex digits over the JSON of a value; all empty values have the
// same.
func digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		b = fmt.Appendf(nil, "%v", v)
	}
	switch string(b) {
	case `""`, "0", "false", "[]", "{}", "null":
		b = []byte("null")
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// hashVersion changes when equal configurations get other digests, so that a
// newer recompose does not take an older one's container for changed.
const hashVersion = "1"

// Hash is one digest over all fields, with the version of the scheme.
func Hash(fields map[string]string) string {
	sum := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(sum, "%s=%s\n", k, fields[k])
	}
	return hashVersion + ":" + hex.EncodeToString(sum.Sum(nil))
}

// EncodeFields makes one label of the fields.
func EncodeFields(fields map[string]string) string {
	b, err := json.Marshal(fields)
	if err != nil { // cannot be: strings only
		return ""
	}
	return hashVersion + ":" + string(b)
}

// DecodeFields reads such a label; one of another version is an error, and the
// container then counts as made by another tool.
func DecodeFields(label string) (map[string]string, error) {
	version, rest, _ := strings.Cut(label, ":")
	if version != hashVersion {
		return nil, fmt.Errorf("fields of version %q, not %s", version, hashVersion)
	}
	out := map[string]string{}
	if err := json.Unmarshal([]byte(rest), &out); err != nil {
		return nil, fmt.Errorf("fields: %w", err)
	}
	return out, nil
}
