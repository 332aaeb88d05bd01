package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPreflight: what would fail on the way is found before anything is
// touched, what runs already included.
func TestPreflight(t *testing.T) {
	t.Parallel()
	busy, _ := freePorts(t, 1)
	taken, held := freePorts(t, 1)
	held.Close()
	foreign := "rt-foreign-" + randomHex(4)
	docker(t, "run", "-d", "--name", foreign, "-p", fmt.Sprintf("127.0.0.1:%d:80", taken), image)
	t.Cleanup(func() { try("docker", "rm", "-f", foreign) })
	const running = "services:\n  web: {image: $IMAGE, init: true, environment: {VERSION: \"1\"}}\n"
	changed := strings.Replace(running, `"1"`, `"2"`, 1)
	p := newProject(t, "-- compose.yaml --\n"+running)
	p.run("up", "-d")
	before := p.started()
	for _, c := range []struct {
		name, files string
		words       []string
	}{
		{"a port twice", "  a: {image: $IMAGE, ports: [\"127.0.0.1:" + fmt.Sprint(taken+1) + ":80\"]}\n  b: {image: $IMAGE, ports: [\"" + fmt.Sprint(taken+1) + ":81\"]}\n", []string{"a-1", "b-1", fmt.Sprint(taken + 1)}},
		{"a port of another container", "  a: {image: $IMAGE, ports: [\"" + fmt.Sprint(taken) + ":80\"]}\n", []string{"a-1", fmt.Sprint(taken), foreign}},
		{"a port of a process", "  a: {image: $IMAGE, ports: [\"127.0.0.1:" + fmt.Sprint(busy) + ":80\"]}\n", []string{"a-1", fmt.Sprint(busy), "process of this machine"}},
		{"a missing network", "  a: {image: $IMAGE, networks: [n]}\nnetworks: {n: {external: true, name: $NAME-none}}\n", []string{p.name + "-none", "network create"}},
		{"a missing volume", "  a: {image: $IMAGE, volumes: [\"data:/x\"]}\nvolumes: {data: {external: true, name: $NAME-none}}\n", []string{p.name + "-none", "volume create"}},
		{"a missing container", "  a: {image: $IMAGE, network_mode: \"container:$NAME-none\"}\n", []string{"network_mode", p.name + "-none"}},
		{"a missing folder", "  a: {image: $IMAGE, volumes: [{type: bind, source: ./none, target: /x, bind: {create_host_path: false}}]}\n", []string{filepath.Join(p.dir, "none")}},
		{"a missing secret", "  a: {image: $IMAGE, secrets: [s]}\nsecrets: {s: {file: ./none.txt}}\n", []string{"none.txt"}},
		{"what the engine lacks", "  a: {image: $IMAGE, volumes: [{type: image, source: $IMAGE, target: /x}]}\n", []string{"does not know"}},
	} {
		if c.name == "what the engine lacks" && !olderEngine(t) {
			continue
		}
		p.write("compose.yaml", changed+c.files)
		p.fail(1, c.words, "up", "-d")
		if diff := cmp.Diff(before, p.started()); diff != "" {
			t.Fatalf("%s: something was touched (-before +after):\n%s", c.name, diff)
		}
		if networks := docker(t, "network", "ls", "-q", "--filter", "label=com.docker.compose.project="+p.name); len(strings.Fields(networks)) != 1 {
			t.Errorf("%s: a network was made", c.name)
		}
	}
}

// olderEngine reports whether the engine is from before images could be
// mounted (API 1.48).
func olderEngine(t *testing.T) bool {
	t.Helper()
	var major, minor int
	if _, err := fmt.Sscanf(docker(t, "version", "--format", "{{.Server.APIVersion}}"), "%d.%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	return major == 1 && minor < 48
}
