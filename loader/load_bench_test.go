package loader

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"recompose/loader/internal/rich"
)

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("services=%d", n), func(b *testing.B) {
			dir := b.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(rich.File(n)), 0o600); err != nil {
				b.Fatal(err)
			}
			benchmarkLoad(b, Options{WorkingDir: dir, Env: []string{"HOME=/home/bench"}})
		})
	}
	b.Run("outline=1000", func(b *testing.B) {
		dir := b.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(rich.File(1000)), 0o600); err != nil {
			b.Fatal(err)
		}
		benchmarkLoad(b, Options{WorkingDir: dir, Outline: true})
	})
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
