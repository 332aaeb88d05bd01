package docker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

func TestLiveBuildNamesAndOptions(t *testing.T) {
	e, ctx := liveEngine(t)
	dir := talkerFolder(t, map[string]string{"deploy/web.Dockerfile": `FROM scratch AS base
ARG COLOR=none
ARG UNSET=default
COPY talker /talker
LABEL color=$COLOR unset=$UNSET
FROM base AS extra
LABEL stage=extra
`})
	red := "red"
	second := testName(t) + "-second:v1"
	name, said, err := buildTalker(t, e, ctx, &types.BuildConfig{
		Context: dir, Dockerfile: "deploy/web.Dockerfile", Target: "base", Tags: []string{second},
		Args: types.MappingWithEquals{"COLOR": &red, "UNSET": nil}, Labels: types.Labels{"mine": "yes"}, Network: "none",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "COPY talker /talker") }) {
		t.Errorf("no step was reported: %q", said)
	}
	for _, tag := range []string{name, second} {
		found, err := e.api.ImageInspect(ctx, tag)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"color": "red", "unset": "default", "mine": "yes"}
		if diff := cmp.Diff(want, found.Config.Labels); diff != "" {
			t.Errorf("%s: labels (-want +got):\n%s", tag, diff)
		}
	}
}

// classicNetwork makes a build use the classic builder: BuildKit has no such
// network.
const classicNetwork = "bridge"

func TestLiveBuildTellsTheFailedStep(t *testing.T) {
	e, ctx := liveEngine(t)
	base, _, err := buildTalker(t, e, ctx, &types.BuildConfig{Context: talkerFolder(t, map[string]string{"Dockerfile": talkerDockerfile})})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM " + base + "\nRUN [\"/talker\", \"fail\", \"3\"]\n"})
	for _, network := range []string{"", classicNetwork} {
		err := e.build(ctx, planner.BuildImage{Service: "web", Image: base + "-failed", Config: &types.BuildConfig{Context: dir, Network: network}}, func(executor.Progress) {})
		if err == nil {
			t.Fatal("the build did not fail")
		}
		for _, want := range []string{"service web: [", `RUN ["/talker", "fail", "3"]: exit code 3`, "\n  about to fail", "\n  it failed"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("network %q: no %q in the error:\n%s", network, want, err)
			}
		}
	}
}

func TestLiveBuildContent(t *testing.T) {
	e, ctx := liveEngine(t)
	files := map[string]string{
		".dockerignore": "*\n!talker\n!src\nsrc/secret*\n", "src/a.txt": "a", "src/secret.key": "s", "other.txt": "o",
		"Dockerfile": "FROM scratch\nCOPY . /data\nCOPY talker /talker\nENTRYPOINT [\"/talker\"]\n",
	}
	for _, c := range []types.BuildConfig{
		{}, {DockerfileInline: files["Dockerfile"]}, {Network: classicNetwork}, {DockerfileInline: files["Dockerfile"], Network: classicNetwork},
	} {
		c.Context = talkerFolder(t, files)
		if err := os.Symlink("a.txt", filepath.Join(c.Context, "src/link")); err != nil {
			t.Fatal(err)
		}
		name, _, err := buildTalker(t, e, ctx, &c)
		if err != nil {
			t.Fatal(err)
		}
		want := "src drwxr-xr-x 0 0\nsrc/a.txt -rw-r--r-- 0 0\nsrc/link Lrwxrwxrwx 0 0\ntalker -rwxr-xr-x 0 0\n"
		if diff := cmp.Diff(want, runTalker(t, e, ctx, name, "files", "/data")); diff != "" {
			t.Errorf("inline %v, network %q: files (-want +got):\n%s", c.DockerfileInline != "", c.Network, diff)
		}
	}
}

func TestLiveBuildOfAChangedDockerfile(t *testing.T) {
	e, ctx := liveEngine(t)
	dir := talkerFolder(t, nil)
	for _, version := range []string{"1", "2"} { // of one size
		content := "FROM scratch\nCOPY talker /talker\nLABEL version=" + version + "\n"
		if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		name, _, err := buildTalker(t, e, ctx, &types.BuildConfig{Context: dir})
		if err != nil {
			t.Fatal(err)
		}
		found, err := e.api.ImageInspect(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if got := found.Config.Labels["version"]; got != version {
			t.Errorf("version %q, want %q", got, version)
		}
	}
}

func TestLiveBuildStopsWithItsContext(t *testing.T) {
	e, ctx := liveEngine(t)
	dir := talkerFolder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY talker /talker\nRUN [\"/talker\", \"wait\"]\n"})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := e.build(ctx, planner.BuildImage{Service: "web", Image: testName(t), Config: &types.BuildConfig{Context: dir, NoCache: true}}, func(p executor.Progress) {
		if strings.Contains(p.Text, "RUN") {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}
