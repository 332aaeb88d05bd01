//go:build unix

package loader

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// hostile loads a file and expects an error that says why, at a cost in memory
// that has a bound: allocated bytes, which don't depend on the machine's speed.
func hostile(t *testing.T, content, rule string) {
	t.Helper()
	dir := t.TempDir()
	hostileFile(t, write(t, dir, "compose.yaml", content), rule)
}

func hostileFile(t *testing.T, file, rule string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: filepath.Dir(file), Name: "hostile"})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > maxHostile {
		t.Errorf("allocated %d MiB", used>>20)
	}
	if p != nil {
		t.Fatal("accepted")
	}
	if rule == "" {
		if err == nil {
			t.Errorf("no error, but %v", errorsOf(ds))
		}
		return
	}
	for _, d := range ds {
		if d.Severity == SeverityError && d.Rule == rule {
			return
		}
	}
	t.Errorf("no %s, but %v %v", rule, err, errorsOf(ds))
}

const maxHostile = 4 << 30 // of all allocations together, not at one time

// bomb is levels of lists of ten aliases each.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("x-0: &a0 [x]\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "x-%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return b.String() + plainService
}

func TestHostileText(t *testing.T) {
	deep := func(n int) string {
		return "x-deep: " + strings.Repeat("[", n) + strings.Repeat("]", n) + "\n" + plainService
	}
	for name, c := range map[string]struct{ content, rule string }{
		"alias bomb":           {bomb(10), "yaml-limit"},
		"larger alias bomb":    {bomb(40), "yaml-limit"},
		"merge bomb":           {mergeBomb(30), "yaml-limit"},
		"alias of itself":      {"x-a: &a [*a]\n" + plainService, "yaml-limit"},
		"nested 300 deep":      {deep(300), "yaml-limit"},
		"nested 20,000 deep":   {deep(20_000), "yaml-syntax"},
		"nested maps":          {"x-a: " + strings.Repeat("{a: ", 5000) + "b" + strings.Repeat("}", 5000) + "\n" + plainService, "yaml-limit"},
		"millions of values":   {"x-a: [" + strings.Repeat("a,", 8<<20) + "a]\n" + plainService, "yaml-limit"},
		"long argument":        {plainService + "    command: " + strings.Repeat("a", 1<<20) + "\n", "yaml-limit"},
		"long variable":        {plainService + "    command: ${" + strings.Repeat("a", 100<<10) + "\n", "invalid-interpolation"},
		"nested variables":     {plainService + "    command: " + strings.Repeat("${A:-", 20_000) + strings.Repeat("}", 20_000) + "\n", "yaml-limit"},
		"many variables":       {plainService + "    command: \"" + strings.Repeat("$A ${B:-c} ", 20_000) + "${\"\n", "yaml-limit"},
		"NUL bytes":            {strings.Repeat("\x00", 1<<20), "yaml-encoding"},
		"quotes without end":   {plainService + "    command: \"" + strings.Repeat("a ", 1<<20), "yaml-syntax"},
		"alias bomb, 2015":     {"web: &w\n  image: x\n" + strings.TrimSuffix(bomb(10), plainService), "yaml-limit"},
		"many broken services": {brokenServices(300), "unknown-key"},
	} {
		t.Run(name, func(t *testing.T) { hostile(t, c.content, c.rule) })
	}
}

// mergeBomb doubles by merge keys what it merges.
func mergeBomb(levels int) string {
	var b strings.Builder
	b.WriteString("x-0: &m0 {k: v}\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "x-%d: &m%d {<<: [*m%d, *m%d], k%d: {<<: *m%d}}\n", i, i, i-1, i-1, i, i-1)
	}
	return b.String() + plainService
}

func brokenServices(n int) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range n {
		fmt.Fprintf(&b, "  s%d:\n    imagee: x\n    ports: [\"a:b\"]\n    depends_on: [nope%d]\n", i, i)
	}
	return b.String()
}

func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	huge := write(t, dir, "huge.yaml", plainService)
	if err := os.Truncate(huge, 100<<20); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"a pipe": fifo, "a device without end": "/dev/zero", "a directory": dir, "100 MB": huge, "none": filepath.Join(dir, "gone.yaml"),
	} {
		t.Run(name, func(t *testing.T) { hostileFile(t, file, "") })
	}
	for name, content := range map[string]string{
		"pipe as env_file":      plainService + "    env_file: " + fifo + "\n",
		"device as env_file":    plainService + "    env_file: /dev/zero\n",
		"directory as env_file": plainService + "    env_file: .\n",
		"device as label_file":  plainService + "    label_file: /dev/zero\n",
	} {
		t.Run(name, func(t *testing.T) { hostile(t, content, "env-file") })
	}
	for name, content := range map[string]string{
		"pipe included":   "include: [" + fifo + "]\n" + plainService,
		"device included": "include: [/dev/zero]\n" + plainService,
		"device extended": plainService + "    extends: {file: /dev/zero, service: x}\n",
		"pipe extended":   plainService + "    extends: {file: " + fifo + ", service: x}\n",
		"text included":   "include: [/etc/passwd]\n" + plainService,
	} {
		t.Run(name, func(t *testing.T) { hostile(t, content, "include-file") })
	}
	t.Run("pipe extended, 2015", func(t *testing.T) {
		hostile(t, "web:\n  image: x\n  extends: {file: "+fifo+", service: x}\n", "extends-file")
	})
	t.Run("device as secret", func(t *testing.T) {
		// It is bound into the container as it is; its content is not read.
		file := write(t, dir, "secret.yaml", plainService+"    secrets: [s]\nsecrets: {s: {file: /dev/zero}}\n")
		p, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: dir, Name: "hostile"})
		if p == nil || len(p.Content) > 0 {
			t.Errorf("%v %v %v", p, ds, err)
		}
	})
}

func TestLoops(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		rule  string
	}{
		"include itself":      {map[string]string{"compose.yaml": "include: [compose.yaml]\n" + plainService}, "include-cycle"},
		"include in a circle": {map[string]string{"compose.yaml": "include: [b.yaml]\n" + plainService, "b.yaml": "include: [compose.yaml]\nservices: {}\n"}, "include-cycle"},
		"extends itself":      {map[string]string{"compose.yaml": plainService + "    extends: web\n"}, "extends-cycle"},
		"extends in a circle": {map[string]string{
			"compose.yaml": plainService + "    extends: {file: b.yaml, service: b}\n",
			"b.yaml":       "services: {b: {extends: {file: compose.yaml, service: web}}}\n",
		}, "extends-cycle"},
		"extends in a circle, 2015": {map[string]string{
			"compose.yaml": "web:\n  image: x\n  extends: {file: b.yaml, service: b}\n",
			"b.yaml":       "b:\n  extends: {file: compose.yaml, service: web}\n",
		}, "extends-cycle"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range c.files {
				write(t, dir, name, content)
			}
			hostileFile(t, filepath.Join(dir, "compose.yaml"), c.rule)
		})
	}
	t.Run("a long chain of includes", func(t *testing.T) {
		dir := t.TempDir()
		for i := range 300 {
			write(t, dir, fmt.Sprintf("f%d.yaml", i), fmt.Sprintf("include: [f%d.yaml]\nservices: {s%d: {image: x}}\n", i+1, i))
		}
		write(t, dir, "f300.yaml", plainService)
		hostileFile(t, filepath.Join(dir, "f0.yaml"), "include-file")
	})
}

// TestManyServices: large files are no mistake.
func TestManyServices(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "  s%d: {image: busybox, environment: {A: b}, ports: [\"80\"]}\n", i)
	}
	p, ds, err := loadText([]byte(b.String()), "many")
	if p == nil || len(p.Model.Services) != 5000 {
		t.Errorf("%v %v", err, errorsOf(ds))
	}
}
