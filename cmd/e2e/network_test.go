package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const twoNetworks = `
-- compose.yaml --
services:
  web:
    image: $IMAGE
    volumes: [/data]
    networks:
      back: {aliases: [www], ipv4_address: 10.213.9.10}
      front: {aliases: [site]}
  other: {image: $IMAGE, networks: [back, front]}
networks:
  back: {ipam: {config: [{subnet: 10.213.9.0/26}]}, driver_opts: {com.docker.network.driver.mtu: "1400"}}
  front: {}
`

// TestChangedNetwork: after a network's options and subnet have changed, its
// containers have all their ends, aliases, fixed addresses and data.
func TestChangedNetwork(t *testing.T) {
	t.Parallel()
	p := newProject(t, twoNetworks)
	web, other := p.name+"-web-1", p.name+"-other-1"
	p.run("up", "-d")
	docker(t, "exec", web, "/app", "write", "/data/note", "kept")
	for _, change := range []struct{ old, new, address, mtu string }{
		{`"1400"`, `"1350"`, "10.213.9.10", "1350"},
		{"10.213.9.", "10.213.10.", "10.213.10.10", "1400"},
	} {
		p.rewrite(twoNetworks, change.old, change.new)
		p.run("up", "-d")
		option := `{{or (index .Options "com.docker.network.driver.mtu") (index .Options "mtu")}}` // the latter: Podman
		if mtu := docker(t, "network", "inspect", p.name+"_back", "--format", option); mtu != change.mtu {
			t.Errorf("%s: the network's option is %q", change.new, mtu)
		}
		for _, alias := range []string{"web", "www", web} {
			if out := docker(t, "exec", other, "/app", "lookup", alias); !strings.Contains(out+" ", " "+change.address+" ") {
				t.Errorf("%s: %s leads to %q", change.new, alias, out)
			}
		}
		if out := docker(t, "exec", other, "/app", "lookup", "site"); strings.Contains(out, change.address) {
			t.Errorf("%s: the alias of one network leads to another: %q", change.new, out)
		}
		for _, name := range []string{web, other} {
			if n := inspect(t, name, "{{len .NetworkSettings.Networks}}"); n != "2" {
				t.Errorf("%s: %s is on %s networks", change.new, name, n)
			}
		}
		if text := docker(t, "exec", web, "/app", "cat", "/data/note"); text != "kept" {
			t.Errorf("%s: the data is %q", change.new, text)
		}
		p.run("plan", "--detailed-exitcode")
	}
}

// TestChangedNetworkOfOthers: where somebody else's container is on a network
// that changed, running or not, that is said and nothing is touched.
func TestChangedNetworkOfOthers(t *testing.T) {
	t.Parallel()
	p := newProject(t, strings.ReplaceAll(twoNetworks, "10.213.9.", "10.213.11."))
	p.run("up", "-d")
	before, id := p.ids(), docker(t, "network", "inspect", p.name+"_back", "--format", "{{.Id}}")
	stranger := p.name + "-stranger"
	docker(t, "run", "-d", "--name", stranger, "--network", p.name+"_back", image)
	t.Cleanup(func() { try("docker", "rm", "-f", stranger) })
	p.rewrite(twoNetworks, "10.213.9.", "10.213.11.", `"1400"`, `"1350"`)
	for _, state := range []string{"running", "stopped"} {
		said := ""
		for _, args := range [][]string{{"plan"}, {"up", "-d"}} {
			r := p.run(args...)
			if said = r.out + r.err; !strings.Contains(said, "is kept as it is: "+stranger+" is on it") {
				t.Errorf("%s, %v: the stranger is not named:\n%s", state, args, said)
			}
		}
		if diff := cmp.Diff(before, p.ids()); diff != "" || docker(t, "network", "inspect", p.name+"_back", "--format", "{{.Id}}") != id {
			t.Fatalf("%s: something was touched (-before +after):\n%s%s", state, diff, p.run("plan").out+said)
		}
		docker(t, "stop", "-t", "0", stranger)
	}
	docker(t, "start", stranger)
	docker(t, "rm", "-f", stranger)
	p.run("up", "-d")
	if docker(t, "network", "inspect", p.name+"_back", "--format", "{{.Id}}") == id {
		t.Error("with the stranger gone the network is still the old one")
	}
}
