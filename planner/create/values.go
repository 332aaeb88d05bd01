package create

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-units"
)

// Values are what stands behind the digests of Fields, for people: by key, the
// words of the value. Keys whose presence says it all have none. They may hold
// secrets.
func Values(spec Spec) map[string][]string {
	v, err := wanted(spec)
	if err != nil {
		return nil
	}
	return v.values()
}

// ValuesOf are the same of a container that is there. names resolves container
// ids to names.
func ValuesOf(c container.InspectResponse, names map[string]string) map[string][]string {
	if c.ContainerJSONBase == nil || c.Config == nil || c.HostConfig == nil {
		return nil
	}
	cfg, host := *c.Config, *c.HostConfig
	normalize(c, &cfg, &host, names)
	return viewOf(&cfg, &host, ends(c)).values()
}

func (v view) values() map[string][]string {
	out := map[string][]string{}
	for key, value := range v {
		if digest(value) == emptyDigest {
			continue
		}
		if words := wordsOf(key, value); len(words) > 0 {
			out[key] = words
		}
	}
	return out
}

// wordsOf goes by the value's JSON, as the digest does: what differs there
// differs here.
func wordsOf(key string, value any) []string {
	if value == "on" || strings.HasPrefix(key, "expose.") {
		return nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var plain any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&plain) != nil {
		return nil
	}
	if list, ok := plain.([]any); ok && len(list) > 0 {
		switch list[0] {
		case "set", "=": // marks that tell an empty value from none
			plain = list[1:]
		case "unset":
			return []string{"(no value)"}
		}
	}
	words := flatten(key, plain, nil)
	if key == "restart" {
		return []string{strings.TrimSuffix(strings.Join(words, ":"), ":0")}
	}
	if strings.HasPrefix(key, "ports.") {
		for i, w := range words {
			words[i] = strings.TrimPrefix(w, ":") // on every address
		}
	}
	return words
}

func flatten(key string, value any, words []string) []string {
	switch x := value.(type) {
	case nil:
	case []any:
		for _, e := range x {
			words = flatten(key, e, words)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			words = append(words, k+"="+strings.Join(flatten(key, x[k], nil), ","))
		}
	case json.Number:
		words = append(words, quantity(key, x))
	default:
		words = append(words, fmt.Sprint(x))
	}
	return words
}

// quantity is a number in the unit that the files give it in.
func quantity(key string, n json.Number) string {
	i, err := n.Int64()
	switch {
	case err != nil:
		return n.String()
	case slices.Contains([]string{"mem_limit", "mem_reservation", "memswap_limit", "shm_size"}, key) && i > 0:
		return units.BytesSize(float64(i))
	case key == "cpus":
		return strconv.FormatFloat(float64(i)/1e9, 'f', -1, 64)
	case strings.HasPrefix(key, "healthcheck.") && key != "healthcheck.retries":
		return time.Duration(i).String()
	case key == "stop_grace_period":
		return (time.Duration(i) * time.Second).String()
	}
	return n.String()
}
