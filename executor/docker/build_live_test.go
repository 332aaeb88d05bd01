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

func TestLiveBuildTellsTheFailedStep(t *testing.T) {
	e, ctx := liveEngine(t)
	dir := talkerFolder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY talker /talker\nRUN [\"/talker\", \"fail\", \"3\"]\n"})
	for _, inline := range []bool{false, true} { // inline: the classic builder
		c := &types.BuildConfig{Context: dir}
		if inline {
			c.DockerfileInline = "FROM scratch\nCOPY talker /talker\nRUN [\"/talker\", \"fail\", \"3\"]\n"
		}
		_, _, err := buildTalker(t, e, ctx, c)
		if err == nil {
			t.Fatal("the build did not fail")
		}
		for _, want := range []string{"service web: [", `RUN`, "exit code", "3", "about to fail", "it failed"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("inline %v: no %q in the error:\n%s", inline, want, err)
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
	for _, inline := range []string{"", files["Dockerfile"]} {
		dir := talkerFolder(t, files)
		if err := os.Symlink("a.txt", filepath.Join(dir, "src/link")); err != nil {
			t.Fatal(err)
		}
		name, _, err := buildTalker(t, e, ctx, &types.BuildConfig{Context: dir, DockerfileInline: inline})
		if err != nil {
			t.Fatal(err)
		}
		want := "src drwxr-xr-x 0 0\nsrc/a.txt -rw-r--r-- 0 0\nsrc/link Lrwxrwxrwx 0 0\ntalker -rwxr-xr-x 0 0\n"
		if diff := cmp.Diff(want, runTalker(t, e, ctx, name, "files", "/data")); diff != "" {
			t.Errorf("inline %v: files (-want +got):\n%s", inline != "", diff)
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
