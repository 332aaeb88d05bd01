package docker

import (
	"encoding/json"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
)

func TestUsage(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		want   executor.Usage
	}{
		"not running": {`{}`, executor.Usage{}},
		"cgroup v2": {`{"cpu_stats":{"cpu_usage":{"total_usage":300},"system_cpu_usage":2000,"online_cpus":4},
			"precpu_stats":{"cpu_usage":{"total_usage":200},"system_cpu_usage":1000},
			"memory_stats":{"usage":5000,"limit":9000,"stats":{"inactive_file":1000}},"pids_stats":{"current":3},
			"networks":{"eth0":{"rx_bytes":1,"tx_bytes":2},"eth1":{"rx_bytes":10,"tx_bytes":20}},
			"blkio_stats":{"io_service_bytes_recursive":[{"op":"read","value":7},{"op":"Write","value":8},{"op":"Total","value":15}]}}`,
			executor.Usage{CPU: 40, Memory: 4000, Limit: 9000, Received: 11, Sent: 22, BytesRead: 7, BytesWrite: 8, Processes: 3}},
		"cgroup v1, an old engine": {`{"cpu_stats":{"cpu_usage":{"total_usage":300,"percpu_usage":[1,2]},"system_cpu_usage":2000},
			"precpu_stats":{"cpu_usage":{"total_usage":200},"system_cpu_usage":1000},
			"memory_stats":{"usage":5000,"stats":{"inactive_file":1000,"total_inactive_file":2000}}}`, executor.Usage{CPU: 20, Memory: 3000}},
		"a clock that stood still": {`{"cpu_stats":{"cpu_usage":{"total_usage":300},"system_cpu_usage":1000,"online_cpus":1},
			"precpu_stats":{"cpu_usage":{"total_usage":200},"system_cpu_usage":1000}}`, executor.Usage{}},
	} {
		var s container.StatsResponse
		if err := json.Unmarshal([]byte(c.answer), &s); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, usage(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
