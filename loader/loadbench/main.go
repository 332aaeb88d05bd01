//go:build linux

// Command loadbench measures whole processes that load a compose file:
// `recompose config -q`, compose-go's plain load, and docker-compose 1.29.2
// where it is installed. script/bench-load builds and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"

	"recompose/loader/internal/rich"
)

func main() {
	recompose := flag.String("recompose", "recompose", "the binary to measure")
	sizes := flag.String("services", "1,100,1000,10000", "numbers of services")
	runs := flag.Int("runs", 5, "runs of each program, one after the other in turn")
	plain := flag.String("plain", "", "only load this file with compose-go")
	flag.Parse()
	var err error
	if *plain != "" {
		err = loadPlainly(*plain)
	} else {
		err = measure(os.Stdout, *recompose, strings.Split(*sizes, ","), *runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "loadbench:", err)
		os.Exit(1)
	}
}

// loadPlainly is the least that a program on compose-go does.
func loadPlainly(file string) error {
	o, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv, cli.WithDotEnv, cli.WithName("bench"))
	if err != nil {
		return err
	}
	_, err = cli.ProjectFromOptions(context.Background(), o)
	return err
}

// cost is what one process took.
type cost struct {
	cpu, wall time.Duration
	rss       int64 // KiB
}

type program struct {
	name  string
	args  []string
	limit int // services; more would take minutes
	costs []cost
	err   error
}

func measure(out io.Writer, recompose string, sizes []string, runs int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "loadbench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(out, "| services | program | CPU ms | to compose-go | wall ms | peak MiB |\n|---|---|---|---|---|---|")
	for _, size := range sizes {
		n, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, "rich-"+size+".yaml")
		if err := os.WriteFile(file, []byte(rich.File(n)), 0o600); err != nil {
			return err
		}
		programs := []*program{
			{name: "compose-go", args: []string{self, "-plain", file}, limit: 100_000},
			{name: "recompose", args: []string{recompose, "-f", file, "config", "-q"}, limit: 1_000_000},
			{name: "docker-compose 1.29.2", args: []string{"docker-compose", "-f", file, "config", "-q"}, limit: 1000},
		}
		for range runs {
			for _, p := range programs {
				if n <= p.limit && p.err == nil {
					p.run()
				}
			}
		}
		for _, p := range programs {
			p.print(out, size, programs[0])
		}
	}
	return nil
}

func (p *program) run() {
	cmd := exec.Command(p.args[0], p.args[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		p.err = err
		if line, _, _ := strings.Cut(stderr.String(), "\n"); line != "" && !errors.Is(err, exec.ErrNotFound) {
			p.err = errors.New(line[strings.LastIndex(line, ": ")+2:])
		}
		return
	}
	c := cost{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.rss = usage.Maxrss
	}
	p.costs = append(p.costs, c)
}

func (p *program) print(out io.Writer, size string, base *program) {
	if p.err != nil {
		fmt.Fprintf(out, "| %s | %s | %v | | | |\n", size, p.name, p.err)
	}
	if len(p.costs) == 0 {
		return
	}
	cpu := median(p.costs, func(c cost) float64 { return c.cpu.Seconds() * 1000 })
	ratio := ""
	if len(base.costs) > 0 {
		ratio = fmt.Sprintf("%.2f", cpu/median(base.costs, func(c cost) float64 { return c.cpu.Seconds() * 1000 }))
	}
	fmt.Fprintf(out, "| %s | %s | %.0f | %s | %.0f | %.0f |\n", size, p.name, cpu, ratio,
		median(p.costs, func(c cost) float64 { return c.wall.Seconds() * 1000 }),
		median(p.costs, func(c cost) float64 { return float64(c.rss) / 1024 }))
}

func median(costs []cost, of func(cost) float64) float64 {
	var all []float64
	for _, c := range costs {
		all = append(all, of(c))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
