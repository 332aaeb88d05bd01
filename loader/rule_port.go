package loader

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// hostRange are ports of the host that one entry takes.
type hostRange struct {
	service, text string
	address       string
	protocol      string
	first, last   int
	fixed         bool // none to choose from
}

// hostPorts: a fixed port of the host goes to one container only. Replicas
// fail at start, so this is a warning: the peers accept it, and the first
// replica works.
func (r *rules) hostPorts() {
	taken := map[int][]hostRange{} // by the first port
	var ranges []hostRange
	for _, s := range r.services() {
		path := joinPath("services", s.Name, "ports")
		for i, p := range s.Ports {
			h, ok := publishedRange(s.Name, p)
			if !ok {
				continue
			}
			at := func() string { return r.portEntry(path, i, p) }
			if n := s.GetScale(); n > h.last-h.first+1 && p.Mode != "host" {
				r.portScale(s, n, h, at())
			}
			if first, ok := h.meets(taken, ranges); ok {
				r.duplicatePort(s, first, h, at())
			}
			if h.fixed {
				taken[h.first] = append(taken[h.first], h)
			} else {
				ranges = append(ranges, h)
			}
		}
	}
}

// portEntry is the entry that a port of the model is written in. A range is one
// entry, and many ports.
func (r *rules) portEntry(list string, i int, p types.ServicePortConfig) string {
	at := r.portItem(list, p)
	if entry := r.entryAt(list, i); at == list && r.declared(entry) {
		return entry
	}
	return at
}

func (r *rules) portScale(s types.ServiceConfig, n int, h hostRange, at string) {
	if h.fixed {
		r.at(SeverityWarning, "port-scale", at,
			fmt.Sprintf("%d replicas of service %q cannot share the host's port %s", n, s.Name, h.text), "publish a range, or only the container's port")
		return
	}
	r.at(SeverityWarning, "port-scale", at,
		fmt.Sprintf("%d replicas of service %q cannot share the host's %d ports %s", n, s.Name, h.last-h.first+1, h.text), "publish a wider range")
}

func (r *rules) duplicatePort(s types.ServiceConfig, first, h hostRange, at string) {
	by := fmt.Sprintf("by service %q already", first.service)
	if first.service == s.Name {
		by = "twice by the service"
	}
	r.at(SeverityWarning, "duplicate-port", at, fmt.Sprintf("the host's port %s is published %s", h.text, by), "")
}

func publishedRange(service string, p types.ServicePortConfig) (hostRange, bool) {
	if p.Published == "" || p.Published == "0" {
		return hostRange{}, false
	}
	from, to, ranged := strings.Cut(p.Published, "-")
	first, err := strconv.Atoi(from)
	if err != nil {
		return hostRange{}, false
	}
	last := first
	if ranged {
		if last, err = strconv.Atoi(to); err != nil {
			return hostRange{}, false
		}
	}
	return hostRange{
		service: service, text: p.Published, address: p.HostIP, protocol: cmp.Or(strings.ToLower(p.Protocol), "tcp"),
		first: first, last: last, fixed: first == last,
	}, true
}

// meets finds an entry that leaves none of h's ports free. Two ranges of which
// one has others to choose from may do with one another.
func (h hostRange) meets(taken map[int][]hostRange, ranges []hostRange) (hostRange, bool) {
	if h.fixed {
		for _, o := range taken[h.first] {
			if o.conflicts(h) {
				return o, true
			}
		}
	}
	for _, o := range ranges {
		if !h.fixed && o.first == h.first && o.last == h.last && o.conflicts(h) {
			return o, true
		}
	}
	return hostRange{}, false
}

// conflicts: the same protocol, on addresses that meet.
func (h hostRange) conflicts(o hostRange) bool {
	if h.protocol != o.protocol {
		return false
	}
	if h.address == "" || o.address == "" || h.address == o.address {
		return true
	}
	a, err1 := netip.ParseAddr(h.address)
	b, err2 := netip.ParseAddr(o.address)
	return err1 == nil && err2 == nil && a.Is4() == b.Is4() && (a == b || a.IsUnspecified() || b.IsUnspecified())
}
