package planner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// composeOrder is the order in which docker compose v5 (compose-go up to
// v2.14) writes the keys of a service: its hash is over those bytes, so the
// order is part of it. Keys that are not here come last, in compose-go's order.
var composeOrder = strings.Fields(`profiles annotations attach build develop blkio_config cap_add cap_drop
	cgroup_parent cgroup cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpus cpuset cpu_shares
	command configs container_name credential_spec depends_on deploy
	device_cgroup_rules devices dns dns_opt dns_search dockerfile domainname entrypoint provider environment env_file expose
	extends external_links extra_hosts group_add gpus hostname healthcheck image init ipc isolation labels label_file links
	logging log_driver log_opt mem_limit mem_reservation memswap_limit mem_swappiness mac_address models net network_mode
	networks oom_kill_disable oom_score_adj pid pids_limit platform ports
	privileged pull_policy read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal
	storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volume_driver volumes volumes_from working_dir
	pre_start post_start pre_stop`)

// ComposeHash is the com.docker.compose.config-hash of docker compose v5 for a
// service, so that it finds our containers unchanged. References to other
// services are taken as they stand in the file; v5 hashes the ids that they
// lead to when it creates the container.
func ComposeHash(svc types.ServiceConfig) (string, error) {
	form, err := composeForm(svc)
	if err != nil {
		return "", fmt.Errorf("hash of service %s: %w", svc.Name, err)
	}
	return sha256Hex(form), nil
}

// composeForm is the text that v5 hashes.
func composeForm(svc types.ServiceConfig) ([]byte, error) {
	// What v5 leaves out because it changes no container.
	svc.Build, svc.PullPolicy, svc.Scale, svc.DependsOn, svc.Profiles = nil, "", nil, nil, nil
	if svc.Deploy != nil {
		d := *svc.Deploy
		d.Replicas = nil
		svc.Deploy = &d
	}
	raw, err := json.Marshal(svc)
	if err != nil {
		return nil, err
	}
	return reorder(raw, composeOrder)
}

// NetworkHash is v5's hash of a network.
func NetworkHash(n types.NetworkConfig) (string, error) {
	raw, err := json.Marshal(n)
	return sha256Hex(raw), err
}

// VolumeHash is v5's hash of a volume.
func VolumeHash(v types.VolumeConfig) (string, error) {
	if v.Driver == "" {
		v.Driver = "local"
	}
	raw, err := json.Marshal(v)
	return sha256Hex(raw), err
}

func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// reorder writes the keys of a JSON object in the given order, values as they
// are.
func reorder(raw []byte, order []string) ([]byte, error) {
	type member struct {
		key   string
		value json.RawMessage
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var members []member
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("a key is no string: %v", t)
		}
		m := member{key: key}
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	rank := func(key string) int {
		if i := slices.Index(order, key); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(members, func(a, b member) int { return rank(a.key) - rank(b.key) })
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%q:", m.key)
		out.Write(m.value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
