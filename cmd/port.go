package cmd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

type portOptions struct {
	service, private, protocol string
	index                      int
}

func (a *App) newPortCmd() *cobra.Command {
	o := &portOptions{}
	c := &cobra.Command{
		Use:     "port [OPTIONS] SERVICE PRIVATE_PORT",
		Short:   "Print where a port of a service is published",
		Example: "  recompose port web 80\n  recompose port --protocol udp --index 2 dns 53",
		Args:    takes(2, 2, "SERVICE and PRIVATE_PORT"),
		RunE: func(c *cobra.Command, args []string) error {
			o.service, o.private = args[0], args[1]
			return a.runPort(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.protocol, "protocol", "tcp", "tcp, udp or sctp")
	c.Flags().IntVar(&o.index, "index", 0, "`NUMBER` of the container, where there are several")
	return c
}

func (a *App) runPort(ctx context.Context, o *portOptions) error {
	number, protocol, ok := strings.Cut(o.private, "/")
	if !ok {
		protocol = o.protocol
	}
	private, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return failure("%q is not a port", o.private)
	}
	protocol = strings.ToLower(protocol)
	c, err := a.running(ctx, o.service, o.index)
	if err != nil {
		return err
	}
	for _, p := range c.Ports {
		if p.Private == int(private) && p.Protocol == protocol && p.Host != 0 {
			_, err := fmt.Fprintln(a.Out, hostAddress(p))
			return err
		}
	}
	text := "it publishes none"
	if ports := portsText(c.Ports); ports != "" {
		text = "it has " + ports
	}
	return failure("container %s publishes no port %d/%s: %s", c.Name, private, protocol, text)
}
