package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"recompose/executor"
)

type execOptions struct {
	service       string
	command       []string
	detach        bool
	env           []string
	index         int
	privileged    bool
	user, workDir string
	noTTY         bool
	interactive   bool
}

func (a *App) newExecCmd() *cobra.Command {
	o := &execOptions{}
	c := &cobra.Command{
		Use:     "exec [OPTIONS] SERVICE COMMAND [ARGS...]",
		Short:   "Run a command in a running container",
		Long:    "Run a command in a running container, with a terminal if there is one here. The exit code is the command's.",
		Example: "  recompose exec web sh\n  recompose exec -T db pg_dump shop > shop.sql",
		Args:    takes(2, -1, "SERVICE and COMMAND"),
		RunE: func(c *cobra.Command, args []string) error {
			o.service, o.command = args[0], args[1:]
			return a.runExec(c.Context(), o)
		},
	}
	f := c.Flags()
	f.SetInterspersed(false)
	f.BoolVarP(&o.detach, "detach", "d", false, "Don't wait for the command")
	f.StringArrayVarP(&o.env, "env", "e", nil, "`KEY=VALUE` in the command's environment (repeat)")
	f.IntVar(&o.index, "index", 0, "`NUMBER` of the container, where there are several")
	f.BoolVar(&o.privileged, "privileged", false, "With all privileges")
	f.StringVarP(&o.user, "user", "u", "", "As this user")
	f.StringVarP(&o.workDir, "workdir", "w", "", "In this directory")
	f.BoolVarP(&o.noTTY, "no-tty", "T", false, "Without a terminal (default where there is none)")
	f.BoolVarP(&o.interactive, "interactive", "i", true, "Pass standard input on")
	f.BoolP("tty", "t", true, "With a terminal, where there is one")
	for _, name := range []string{"interactive", "tty"} {
		_ = f.MarkHidden(name) // accepted for the habit of docker exec -it
	}
	return c
}

func (a *App) runExec(ctx context.Context, o *execOptions) error {
	c, err := a.running(ctx, o.service, o.index)
	if err != nil {
		return err
	}
	streams, err := a.streams()
	if err != nil {
		return err
	}
	eo := executor.ExecOptions{
		Command: o.command, User: o.user, WorkDir: o.workDir, Env: a.withEnvironment(o.env), Privileged: o.privileged,
		Detach: o.detach, TTY: !o.noTTY && !o.detach && a.InTTY && a.OutTTY, Stdout: a.Out, Stderr: a.Err,
	}
	if o.interactive && !o.detach {
		eo.Stdin = a.In
	}
	return a.interact(ctx, eo, func(ctx context.Context, eo executor.ExecOptions) (int, error) {
		return streams.Exec(ctx, c.ID, eo)
	})
}

// interact runs a process that may have our terminal, and makes its exit code
// ours. Without a terminal, Ctrl-C ends the waiting.
func (a *App) interact(ctx context.Context, o executor.ExecOptions, run func(context.Context, executor.ExecOptions) (int, error)) error {
	if o.TTY && a.OutTTY {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		o.Resize = a.watchSize(ctx)
	}
	if o.TTY && o.Stdin != nil {
		restore, err := a.rawTerminal()
		if err != nil {
			return err
		}
		defer restore()
		code, err := run(ctx, o)
		if err != nil {
			return err
		}
		return withCode(code, nil)
	}
	ctx, done := a.cancelable(ctx)
	defer done()
	code, err := run(ctx, o)
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	return withCode(code, nil)
}

// withEnvironment gives KEY without a value the one that it has here; a
// variable that is not set stays KEY, which unsets it.
func (a *App) withEnvironment(env []string) []string {
	out := make([]string, 0, len(env))
	for _, kv := range env {
		if value, ok := a.lookupEnv(kv); ok {
			kv += "=" + value
		}
		out = append(out, kv)
	}
	return out
}
