package loader

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// richFile is a compose file of n services with the keys that services have
// most often. It is the file that the figures in docs/performance.md are for.
func richFile(n int) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "  s%d:\n    image: app:1\n    command: sleep 100000\n    restart: always\n", i)
		fmt.Fprintf(&b, "    environment:\n      A: \"1\"\n      B: value-%d\n      C: ${HOME:-none}\n", i)
		fmt.Fprintf(&b, "    ports:\n      - \"%d:80\"\n    volumes:\n      - data:/data\n      - ./conf:/etc/conf:ro\n", 10000+i)
		b.WriteString("    networks: [front, back]\n    labels:\n      - team=x\n")
		b.WriteString("    healthcheck:\n      test: [\"CMD\", \"true\"]\n      interval: 10s\n")
		if i > 1 {
			fmt.Fprintf(&b, "    depends_on: [s%d]\n", i/2)
		}
	}
	b.WriteString("volumes:\n  data: {}\nnetworks:\n  front: {}\n  back: {}\n")
	return b.String()
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("services=%d", n), func(b *testing.B) {
			dir := b.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(richFile(n)), 0o600); err != nil {
				b.Fatal(err)
			}
			benchmarkLoad(b, Options{WorkingDir: dir, Env: []string{"HOME=/home/bench"}})
		})
	}
	b.Run("corpus", func(b *testing.B) {
		cases := realFiles(b)
		b.ReportAllocs()
		for b.Loop() {
			for _, o := range cases {
				// Files with mistakes are loaded too: finding them all costs most.
				_, _, _ = Load(context.Background(), o)
			}
		}
		b.ReportMetric(float64(len(cases)), "files/op")
	})
}

func benchmarkLoad(b *testing.B, o Options) {
	b.ReportAllocs()
	for b.Loop() {
		p, ds, err := Load(context.Background(), o)
		if err != nil || p == nil {
			b.Fatal(err, ds)
		}
	}
}

// realFiles are the cases of the corpus that RECOMPOSE_CORPUS names, each to
// be loaded as its case.json and env say.
func realFiles(tb testing.TB) []Options {
	tb.Helper()
	dir := os.Getenv("RECOMPOSE_CORPUS")
	if dir == "" {
		tb.Skip("SKIPPED: RECOMPOSE_CORPUS is not set")
	}
	descriptions, err := filepath.Glob(filepath.Join(dir, "*", "case.json"))
	if err != nil || len(descriptions) == 0 {
		tb.Fatalf("no cases in %s: %v", dir, err)
	}
	var out []Options
	for _, name := range descriptions {
		var c struct{ Files []string }
		data, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(data, &c)
		}
		if err != nil {
			tb.Fatal(err)
		}
		o := Options{Name: "corpus", Env: []string{"HOME=/home/corpus"}}
		for _, f := range c.Files {
			o.Files = append(o.Files, absolute(filepath.Dir(name), f))
		}
		o.WorkingDir = filepath.Dir(o.Files[0])
		if env, err := os.ReadFile(filepath.Join(filepath.Dir(name), "env")); err == nil {
			o.Env = append(o.Env, strings.Fields(string(env))...)
		}
		out = append(out, o)
	}
	return out
}
