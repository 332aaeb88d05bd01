package cmd

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"recompose/planner"
)

type psOptions struct {
	services          []string
	quiet, names, all bool
	format, filter    string
	statuses          []string
	noTrunc, orphans  bool
}

func (a *App) newPsCmd() *cobra.Command {
	o := &psOptions{}
	c := &cobra.Command{
		Use:   "ps [OPTIONS] [SERVICE...]",
		Short: "List containers",
		Long:  "List the project's running containers; with -a also stopped ones and those of run.",
		Example: `  recompose ps
  recompose ps -a --format json
  recompose ps --format '{{.Name}} {{.Health}}' --status running`,
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			return a.runPs(c.Context(), o)
		},
	}
	f := c.Flags()
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Only ids")
	f.BoolVar(&o.names, "services", false, "Only the services' names")
	f.BoolVarP(&o.all, "all", "a", false, "Stopped containers and those of run, too")
	f.StringVar(&o.format, "format", "", "table, json, or a template")
	f.StringVar(&o.filter, "filter", "", "Only what matches: status=…")
	f.StringArrayVar(&o.statuses, "status", nil, "Only containers that are `STATUS` (repeat): running, exited, created, paused, restarting, removing, dead")
	f.BoolVar(&o.noTrunc, "no-trunc", false, "Don't cut long values")
	f.BoolVar(&o.orphans, "orphans", true, "Containers of services that the files don't have, too")
	return c
}

// selection is what the flags ask for.
func (o *psOptions) selection() (planner.Selection, error) {
	sel := planner.Selection{Services: o.services, Stopped: o.all, OneOffs: o.all, Orphans: o.orphans}
	statuses := o.statuses
	if o.filter != "" {
		key, value, ok := strings.Cut(o.filter, "=")
		if !ok || key != "status" {
			return sel, failure("--filter %q: expected status=VALUE", o.filter)
		}
		statuses = append(slices.Clone(statuses), value)
	}
	known := []string{"paused", "restarting", "removing", "running", "dead", "created", "exited"}
	for _, s := range statuses {
		if s == "stopped" { // docker-compose 1.29.2's word
			s = "exited"
		}
		if !slices.Contains(known, s) {
			return sel, failure("no such status: %q (there are %s)", s, strings.Join(known, ", "))
		}
		sel.Statuses = append(sel.Statuses, planner.Status(s))
		sel.Stopped = true
	}
	return sel, nil
}

func (a *App) runPs(ctx context.Context, o *psOptions) error {
	sel, err := o.selection()
	if err != nil {
		return err
	}
	v, err := a.look(ctx, o.services, planner.Query{})
	if err != nil {
		return err
	}
	sel.Project, sel.Known = v.name, serviceNames(v.project)
	containers := planner.Select(v.state, sel)
	slices.SortFunc(containers, func(a, b planner.Container) int { return cmp.Compare(a.Name, b.Name) })
	switch {
	case o.quiet:
		for _, c := range containers {
			fmt.Fprintln(a.Out, c.ID)
		}
		return nil
	case o.names:
		var names []string
		for _, c := range containers {
			names = append(names, c.Service)
		}
		_, err := a.Out.Write(list(names))
		return err
	}
	return psRows(containers, a.Now(), !o.noTrunc).write(a.Out, o.format)
}

// psRows has the fields of docker compose's ps.
func psRows(containers []planner.Container, now time.Time, trunc bool) rows {
	r := rows{
		table: `{{.Name}}\t{{.Image}}\t{{.Command}}\t{{.Service}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}`,
		header: map[string]string{
			"ID": "CONTAINER ID", "Name": "NAME", "Names": "NAMES", "Project": "PROJECT", "Service": "SERVICE", "Image": "IMAGE",
			"Command": "COMMAND", "CreatedAt": "CREATED AT", "RunningFor": "CREATED", "Status": "STATUS", "State": "STATE",
			"Health": "HEALTH", "ExitCode": "EXIT CODE", "Ports": "PORTS", "Labels": "LABELS", "Mounts": "MOUNTS",
			"Networks": "NETWORKS", "LocalVolumes": "LOCAL VOLUMES", "Publishers": "PUBLISHERS",
		},
	}
	for _, c := range containers {
		id, command := c.ID, c.Command
		if trunc {
			id, command = shortID(id), ellipsis(command, 20)
		}
		var mounts, networks, labels []string
		local := 0
		for _, m := range c.Mounts {
			mounts = append(mounts, cmp.Or(m.Name, m.Source))
			if m.Type == "volume" {
				local++
			}
		}
		for _, n := range c.Networks {
			networks = append(networks, n.Network)
		}
		for k, v := range c.Labels {
			labels = append(labels, k+"="+v)
		}
		slices.Sort(labels)
		r.values = append(r.values, map[string]any{
			"ID": id, "Name": c.Name, "Names": c.Name, "Project": c.Project, "Service": c.Service, "Image": c.Image,
			"Command": strconv.Quote(command), "CreatedAt": c.Created.Format("2006-01-02 15:04:05 -0700 MST"),
			"RunningFor": units.HumanDuration(now.Sub(c.Created)) + " ago",
			"Status":     statusText(c), "State": string(c.Status), "Health": string(c.Health), "ExitCode": c.ExitCode,
			"Ports": portsText(c.Ports), "Labels": strings.Join(labels, ","), "Mounts": strings.Join(mounts, ","),
			"Networks": strings.Join(networks, ","), "LocalVolumes": strconv.Itoa(local), "Publishers": publishers(c.Ports), labelsField: c.Labels,
		})
	}
	return r
}

// statusText is the engine's wording or, where an engine has none, ours.
func statusText(c planner.Container) string {
	text := c.StatusText
	if text == "" {
		text = string(c.Status)
		if c.Status == planner.StatusExited {
			text = fmt.Sprintf("exited (%d)", c.ExitCode)
		}
		if c.Health != planner.HealthNone {
			text += " (" + string(c.Health) + ")"
		}
	}
	return text
}

type publisher struct {
	URL           string
	TargetPort    int
	PublishedPort int
	Protocol      string
}

func publishers(ports []planner.PublishedPort) []publisher {
	out := make([]publisher, 0, len(ports))
	for _, p := range ports {
		out = append(out, publisher{p.IP, p.Private, p.Host, p.Protocol})
	}
	return out
}

// portsText is the docker command's form, without its joining of ranges:
// "0.0.0.0:8080->80/tcp, 443/tcp".
func portsText(ports []planner.PublishedPort) string {
	ports = slices.Clone(ports)
	slices.SortStableFunc(ports, func(a, b planner.PublishedPort) int {
		return cmp.Or(cmp.Compare(a.Private, b.Private), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.IP, b.IP), cmp.Compare(a.Host, b.Host))
	})
	var parts []string
	for _, p := range ports {
		private := fmt.Sprintf("%d/%s", p.Private, cmp.Or(p.Protocol, "tcp"))
		if p.Host == 0 {
			parts = append(parts, private)
			continue
		}
		parts = append(parts, hostAddress(p)+"->"+private)
	}
	return strings.Join(slices.Compact(parts), ", ")
}

func hostAddress(p planner.PublishedPort) string {
	return net.JoinHostPort(cmp.Or(p.IP, "0.0.0.0"), strconv.Itoa(p.Host))
}
