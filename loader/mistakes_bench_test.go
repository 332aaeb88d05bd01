package loader

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// manyMistakes make files of n mistakes, or some times as many.
var manyMistakes = map[string]func(n int) string{
	"three in each service": func(n int) string {
		return servicesOf(n, "    imge: x\n    image: a:1\n    depends_on: [nosuch%[1]d]\n    networks: [nonet%[1]d]\n")
	},
	"references": func(n int) string {
		return servicesOf(n, "    image: a:1\n    volumes: [\"vol%[1]d:/x\"]\n    secrets: [sec%[1]d]\n    links: [nl%[1]d]\n    volumes_from: [vf%[1]d]\n    network_mode: service:nm%[1]d\n")
	},
	"durations": func(n int) string {
		return servicesOf(n, "    image: a:1\n    stop_grace_period: %dparsec\n    healthcheck: {test: [CMD, x], interval: 5 m, timeout: zz}\n")
	},
	"interpolation": func(n int) string { return servicesOf(n, "    image: a:${x-%d\n") },
	"env files":     func(n int) string { return servicesOf(n, "    image: a:1\n    env_file: no%d.env\n") },
	"bases":         func(n int) string { return servicesOf(n, "    extends: {service: no%d}\n") },
	"base files":    func(n int) string { return servicesOf(n, "    extends: {file: no%d.yaml, service: x}\n") },
	"no image":      func(n int) string { return servicesOf(n, "    restart: \"no\" # %d\n") },
	"circle": func(n int) string {
		return strings.Replace(servicesOf(n, "    image: a:1\n    depends_on: [s%d]\n"), "depends_on: [s0]", fmt.Sprintf("depends_on: [s%d]", n-1), 1)
	},
	"unknown keys in one service": func(n int) string { return plainService + lines(n, "    unknown%d: x\n") },
	"ports in one service":        func(n int) string { return plainService + "    ports:\n" + lines(n, "      - \"%[1]d:x%[1]d\"\n") },
	"env files in one service":    func(n int) string { return plainService + "    env_file:\n" + lines(n, "      - no%d.env\n") },
	"variables in one service":    func(n int) string { return plainService + "    environment:\n" + lines(n, "      - \"K %d\"\n") },
	"repeated keys":               func(n int) string { return plainService + lines(n, "    labels: {a: b%d}\n") },
	"networks": func(n int) string {
		return plainService + "networks:\n" + lines(n, "  n%[1]d: {ipam: {config: [{subnet: bad%[1]d}]}, drver: x}\n")
	},
	"format of 2015": func(n int) string {
		return lines(n, "s%[1]d:\n  image: a:1\n  imge: x\n  ports: [\"x:y\"]\n  mem_limit: abc\n  links: [nosuch%[1]d]\n")
	},
}

func lines(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func servicesOf(n int, body string) string {
	return "services:\n" + lines(n, "  s%[1]d:\n"+strings.ReplaceAll(body, "%d", "%[1]d"))
}

func loadMistakes(tb testing.TB, file string) []Diagnostic {
	tb.Helper()
	_, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: filepath.Dir(file), Name: "many", Check: true})
	if err != nil {
		tb.Fatal(err)
	}
	return ds
}

// TestManyMistakes: all are told, and four times as many cost about four times
// as much memory. What is compared with all others makes it sixteen times.
func TestManyMistakes(t *testing.T) {
	const n, times = 150, 4
	for name, file := range manyMistakes {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) (bytes uint64, told int) {
				path := write(t, t.TempDir(), "compose.yaml", file(n))
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				told = len(loadMistakes(t, path))
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc, told
			}
			cost(1) // what is made once
			few, fewTold := cost(n)
			many, manyTold := cost(times * n)
			if fewTold < n-1 && name != "circle" || manyTold < times*(fewTold-1) {
				t.Errorf("of %d and %d mistakes, %d and %d are told", n, times*n, fewTold, manyTold)
			}
			if ratio := float64(many) / float64(few); ratio > 1.5*times {
				t.Errorf("%d times as many mistakes cost %.1f times as much memory", times, ratio)
			}
		})
	}
}

func BenchmarkMistakes(b *testing.B) {
	for name, file := range manyMistakes {
		for _, n := range []int{1000, 4000} {
			b.Run(fmt.Sprintf("%s=%d", strings.ReplaceAll(name, " ", "-"), n), func(b *testing.B) {
				path := filepath.Join(b.TempDir(), "compose.yaml")
				if err := os.WriteFile(path, []byte(file(n)), 0o600); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					loadMistakes(b, path)
				}
			})
		}
	}
}
