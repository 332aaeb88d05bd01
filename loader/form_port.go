package loader

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// portForms: of the long form. compose-go reads the short one, and refuses its
// mistakes itself.
var portForms = []form{
	{"services.*.ports[].target", func(v value) {
		if n, err := strconv.Atoi(v.text()); err == nil && (n < 0 || n > 65535) {
			v.flag("invalid-port", fmt.Sprintf("%d is no port; they go to 65535", n), "")
		}
	}},
	{"services.*.ports[].published", func(v value) {
		first, last, ranged := strings.Cut(v.text(), "-")
		if first == "" && !ranged {
			return
		}
		from, err := portNumber(first)
		to := from
		if err == nil && ranged {
			to, err = portNumber(last)
		}
		switch {
		case err != nil:
			v.flag("invalid-port", fmt.Sprintf("%q is no port of the host", v.text()), "write a number up to 65535, or a range like 8000-8010")
		case to < from:
			v.flag("invalid-port", fmt.Sprintf("the range %s goes backwards", v.text()), fmt.Sprintf("write %d-%d", to, from))
		}
	}},
	{"services.*.ports[].host_ip", func(v value) {
		if text := v.text(); text != "" && net.ParseIP(text) == nil {
			v.flag("invalid-port", fmt.Sprintf("%q is no IP address", text), "a port is published on an address of the host, like 127.0.0.1")
		}
	}},
	{"services.*.ports[].protocol", func(v value) {
		words := []string{"tcp", "udp", "sctp"}
		if text := v.text(); text != "" && !isOneOf(strings.ToLower(text), words) {
			v.flag("invalid-port", fmt.Sprintf("%q is no protocol", text), didYouMean(text, words))
		}
	}},
	{"services.*.ports[].mode", wordOf(SeverityWarning, "ingress", "host")},
}

func portNumber(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n), err
}
