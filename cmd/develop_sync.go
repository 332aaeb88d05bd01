package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/cmd/watch"
	"recompose/executor"
	"recompose/executor/archive"
	"recompose/planner"
)

// removedAtOnce bounds the arguments of one rm.
const removedAtOnce = 1000

// welcome copies, into containers that were not seen before, what initial_sync
// wants them to have.
func (d *developer) welcome(ctx context.Context) error {
	var failed error
	for _, service := range d.rules.Services() {
		task, err := d.rules.Initial(d.up.project.Model, service, d.up.project.Files)
		if err == nil && len(task.Copies) > 0 {
			err = d.each(ctx, service, func(c planner.Container) error {
				if d.known[c.ID] {
					return nil
				}
				err := d.transfer(ctx, c, task)
				d.known[c.ID] = err == nil
				return err
			})
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// sync brings changed files into all containers of a service.
func (d *developer) sync(ctx context.Context, t watch.Task) error {
	if len(t.Copies) == 0 {
		return nil
	}
	return d.each(ctx, t.Service, func(c planner.Container) error { return d.transfer(ctx, c, t) })
}

// each does something with the containers that a service has now, and once
// more with all of them where it failed: one may just have been replaced, or a
// file have changed meanwhile.
func (d *developer) each(ctx context.Context, service string, f func(planner.Container) error) error {
	for again := false; ; again = true {
		state, err := d.observe(ctx, planner.Query{})
		if err != nil {
			return err
		}
		for _, c := range d.containers(state, []string{service}) {
			if failed := f(c); failed != nil {
				err = errors.Join(err, fmt.Errorf("container %s: %w", c.Name, failed))
			}
		}
		if err == nil || again || ctx.Err() != nil {
			return err
		}
	}
}

// transfer makes a container have what the files now are: what is gone is
// removed, all else goes in one archive.
func (d *developer) transfer(ctx context.Context, c planner.Container, t watch.Task) error {
	files, err := also[executor.Files](d.app, "copying of files")
	if err != nil {
		return err
	}
	var gone []string
	var items []archive.Item
	for _, copied := range t.Copies {
		if _, err := os.Lstat(copied.File); archive.Gone(err) {
			gone = append(gone, copied.Target)
		} else {
			items = append(items, archive.Item{File: copied.File, Name: strings.TrimPrefix(copied.Target, "/")})
		}
	}
	removed, err := d.remove(ctx, c, gone)
	if err != nil {
		return err
	}
	if len(items) > 0 {
		write := func() error {
			return d.app.packed(func(w io.Writer) ([]string, error) { return archive.PackItems(w, items) }, func(r io.Reader) error {
				return files.WriteFiles(ctx, c.ID, "/", r, true)
			})
		}
		if err := write(); err != nil {
			// A folder is not overwritten by a file, nor a file by a folder.
			cleared, failed := d.remove(ctx, c, d.ofOtherKind(ctx, files, c, items))
			if cleared == 0 || failed != nil {
				return err
			}
			if err := write(); err != nil {
				return err
			}
		}
	}
	var parts []string
	if len(items) > 0 {
		parts = append(parts, fmt.Sprintf("%d copied", len(items)))
	}
	if removed > 0 {
		parts = append(parts, fmt.Sprintf("%d removed", removed))
	}
	if len(parts) > 0 {
		d.app.say("note", c.Name+": "+strings.Join(parts, ", "))
	}
	return nil
}

// ofOtherKind are the paths in a container, of those that are to be written,
// where a folder stands for a file or the other way round.
func (d *developer) ofOtherKind(ctx context.Context, files executor.Files, c planner.Container, items []archive.Item) []string {
	var out []string
	for _, i := range items {
		target := path.Join("/", i.Name)
		there, err := files.Stat(ctx, c.ID, target)
		if here, gone := os.Lstat(i.File); err == nil && gone == nil && there.Mode.IsDir() != here.IsDir() {
			out = append(out, target)
		}
	}
	return out
}

// remove removes paths in a container, with the image's own rm: engines have
// no call for it. It returns how many.
func (d *developer) remove(ctx context.Context, c planner.Container, targets []string) (int, error) {
	targets = slices.DeleteFunc(slices.Clone(targets), func(t string) bool { return t == "/" })
	if len(targets) == 0 {
		return 0, nil
	}
	if c.Status != planner.StatusRunning {
		d.app.say("warning", fmt.Sprintf("%s does not run: what was removed here stays in it (%s)", c.Name, targets[0]))
		return 0, nil
	}
	for some := range slices.Chunk(targets, removedAtOnce) {
		out := &strings.Builder{}
		code, err := d.run(ctx, c, executor.ExecOptions{Command: append([]string{"rm", "-rf", "--"}, some...), User: "0", Stdout: out, Stderr: out})
		switch {
		case err != nil:
			return 0, err
		case code == exitNotExecutable || code == exitNoCommand:
			d.app.say("warning", fmt.Sprintf("%s has no rm: what was removed here stays in it until it is replaced (%s)", c.Name, some[0]))
			return 0, nil
		case code != 0:
			return 0, failure("rm: exit code %d: %s", code, strings.TrimSpace(out.String()))
		}
	}
	return len(targets), nil
}

// exec runs the command of sync+exec in all running containers of a service.
func (d *developer) exec(ctx context.Context, service string, hook types.ServiceHook) error {
	o := executor.ExecOptions{Command: hook.Command, User: hook.User, WorkDir: hook.WorkingDir, Privileged: hook.Privileged, Stdout: d.app.Out, Stderr: d.app.Err}
	for _, key := range slices.Sorted(maps.Keys(hook.Environment)) {
		if value := hook.Environment[key]; value != nil {
			o.Env = append(o.Env, key+"="+*value)
		}
	}
	state, err := d.observe(ctx, planner.Query{})
	if err != nil {
		return err
	}
	for _, c := range d.containers(state, []string{service}) {
		if c.Status != planner.StatusRunning {
			continue
		}
		code, failed := d.run(ctx, c, o)
		if failed == nil && code != 0 {
			failed = failure("%s: exit code %d", strings.Join(hook.Command, " "), code)
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("container %s: %w", c.Name, failed))
		}
	}
	return err
}

func (d *developer) run(ctx context.Context, c planner.Container, o executor.ExecOptions) (int, error) {
	streams, err := d.app.streams()
	if err != nil {
		return 0, err
	}
	return streams.Exec(ctx, c.ID, o)
}
