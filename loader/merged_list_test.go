package loader_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/loader"
)

// TestMergedLists: what is wrong in a list that several files or services write
// is told where it is written, not at the entry of that number in the last one.
func TestMergedLists(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	base := write("base.yaml", `services:
  web:
    image: web
    cap_add: [NET_ADMIN, SYS_TIMER]
    dns: 8.8.8
    volumes:
      - lost:/lost
      - ./conf:/conf
    ports: ["80:80"]
    environment:
      - MODE='a'
      - LEVEL='b'
  tool:
    image: tool
    command: [sleep, "1"]
    volumes: [gone:/gone]
`)
	over := write("over.yaml", `services:
  web:
    cap_add: [SYS_NICE, NET_ADMIN]
    dns: [1.1.1.1, 8.8.4]
    volumes:
      - ./site:/site
      - ./other:/conf
      - missing:/missing
    ports: ["3000-3002:3000-3002", "90:90", "90:91"]
    environment:
      - MODE='c'
  tool:
    command: ["", "2"]
    volumes: !override [away:/away]
`)
	_, ds, err := loader.Load(context.Background(), loader.Options{Files: []string{base, over}, WorkingDir: dir, Check: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, d := range ds {
		got[fmt.Sprintf("%s:%d:%d %s", filepath.Base(d.Position.File), d.Position.Line, d.Position.Column, d.Rule)] = true
	}
	want := map[string]bool{
		"base.yaml:4:26 unknown-capability": true,
		"base.yaml:5:10 invalid-address":    true,
		"over.yaml:4:20 invalid-address":    true,
		"base.yaml:7:9 undefined-volume":    true,
		"over.yaml:6:9 missing-source":      true,
		"over.yaml:7:9 missing-source":      true,
		"over.yaml:8:9 undefined-volume":    true,
		"over.yaml:9:45 duplicate-port":     true,
		"base.yaml:12:9 quoted-value":       true,
		"over.yaml:11:9 quoted-value":       true,
		"over.yaml:14:25 undefined-volume":  true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
