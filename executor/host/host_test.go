package host_test

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor/host"
	"recompose/planner"
)

func TestLook(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	freed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := freed.Addr().(*net.TCPAddr).Port
	freed.Close()

	onTCP := planner.HostPort{IP: "127.0.0.1", Port: tcp.Addr().(*net.TCPAddr).Port, Protocol: "tcp"}
	onUDP := planner.HostPort{IP: "127.0.0.1", Port: udp.LocalAddr().(*net.UDPAddr).Port, Protocol: "udp"}
	everywhere := planner.HostPort{Port: onTCP.Port, Protocol: "tcp"}
	dir := t.TempDir()
	missing := filepath.Join(dir, "none")
	got := host.Look(context.Background(),
		[]planner.HostPort{
			{IP: "127.0.0.1", Port: free, Protocol: "tcp"}, onUDP, everywhere, onTCP,
			{IP: "127.0.0.1", Port: onTCP.Port, Protocol: "sctp"},
			{IP: "192.0.2.1", Port: onTCP.Port, Protocol: "tcp"}, // an address that is not ours
		},
		[]string{dir, missing, filepath.Join(missing, "below")})
	want := planner.Host{
		BusyPorts:    []planner.HostPort{onUDP, everywhere, onTCP},
		MissingPaths: []string{missing, filepath.Join(missing, "below")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLookAtManyReleasesThem(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := planner.HostPort{IP: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Protocol: "tcp"}
	l.Close()
	for range 3 { // a look that kept the port would find itself the next time
		if got := host.Look(context.Background(), []planner.HostPort{port}, make([]string, 200)); len(got.BusyPorts) > 0 {
			t.Fatal("the look itself holds the port:", got.BusyPorts)
		}
	}
}

func TestLookEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := host.Look(ctx, make([]planner.HostPort, 500), make([]string, 500)); len(got.BusyPorts) > 0 {
		t.Error("a look that never took place found", got)
	}
}
