package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"recompose/cmd/watch"
	"recompose/executor"
	"recompose/planner"
)

// developer does for changed files what the develop sections say.
type developer struct {
	app     *App
	up      job // how the project is brought up
	prune   bool
	rules   watch.Rules
	changes chan []string   // batches of files
	broken  chan error      // the watching cannot go on
	known   map[string]bool // ids of containers that have what initial_sync wants
}

// newDeveloper reads the develop sections of the services that up is about. It
// begins to watch at once and until ctx ends, so that no change is missed while
// they come up.
func (a *App) newDeveloper(ctx context.Context, up job, prune bool) (*developer, error) {
	model := up.project.Model
	services := model.ServiceNames()
	if len(up.target.Services) > 0 {
		services = withDependencies(up.project, up.target.Services)
	}
	slices.Sort(services)
	rules, err := watch.NewRules(model, services)
	if err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return nil, failure("nothing to watch: no service here has develop.watch; it says what to do for which files, as in develop: {watch: [{path: ./src, target: /app, action: sync}]}")
	}
	if up.target.Build == planner.BuildNever && slices.ContainsFunc(rules, watch.Rule.Rebuilds) {
		return nil, failure("--no-build does not go with develop.watch of action rebuild")
	}
	for _, r := range rules {
		if r.Mounted && r.Target != "" {
			a.say("warning", fmt.Sprintf("%s has %s by a mount already: it is not copied", r.Service, a.relativeName(r.Path)))
		}
		if _, err := os.Stat(r.Path); err != nil {
			a.say("warning", fmt.Sprintf("%s watches %s, which is not there yet", r.Service, a.relativeName(r.Path)))
		}
	}
	d := &developer{app: a, up: up, prune: prune, rules: rules, changes: make(chan []string), broken: make(chan error, 1), known: map[string]bool{}}
	if a.previews() {
		return d, nil
	}
	watcher, err := watch.New(rules.Paths(), rules.Skips)
	if err != nil {
		return nil, err
	}
	go func() {
		if err := watcher.Run(ctx, d.changes); err != nil {
			d.broken <- fmt.Errorf("the files cannot be watched any more: %w", err)
		}
	}()
	return d, nil
}

// begin copies what containers are to have from the first on.
func (d *developer) begin(ctx context.Context) error {
	if err := d.interruptible(ctx, d.welcome); err != nil {
		return err
	}
	d.app.say("note", fmt.Sprintf("watching the files of %s (Ctrl-C ends it)", strings.Join(d.rules.Services(), ", ")))
	return nil
}

// handle does what a batch of changed files asks for. What fails is said, and
// the watching goes on; an error is for a command that ends.
func (d *developer) handle(ctx context.Context, files []string) error {
	tasks := d.rules.Tasks(files)
	named := func(wanted func(watch.Task) bool) (services []string) {
		for _, t := range tasks {
			if wanted(t) {
				services = append(services, t.Service)
			}
		}
		return services
	}
	if services := named(func(t watch.Task) bool { return t.Rebuild }); len(services) > 0 {
		if err := d.said(d.rebuild(ctx, services), "not rebuilt: what ran goes on"); err != nil {
			return err
		}
	}
	err := d.interruptible(ctx, func(ctx context.Context) error {
		err := d.welcome(ctx)
		for _, t := range tasks {
			err = errors.Join(err, d.sync(ctx, t))
		}
		return err
	})
	if err != nil {
		return err
	}
	if services := named(func(t watch.Task) bool { return t.Restart }); len(services) > 0 {
		restart := d.up
		restart.target = planner.Target{Goal: planner.GoalRestart, Services: services, Timeout: d.up.target.Timeout}
		_, _, err := d.app.converge(ctx, restart)
		if err := d.said(err, "not restarted"); err != nil {
			return err
		}
	}
	return d.interruptible(ctx, func(ctx context.Context) error {
		var err error
		for _, t := range tasks {
			for _, hook := range t.Exec {
				err = errors.Join(err, d.exec(ctx, t.Service, hook))
			}
		}
		return err
	})
}

// said prints what went wrong, unless it is that the user has stopped us.
func (d *developer) said(err error, text string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errInterrupted):
		return err
	case !errors.Is(err, errReported):
		d.app.sayError(err.Error())
	}
	if text != "" {
		d.app.say("note", text)
	}
	return nil
}

// interruptible runs what reads no signals itself.
func (d *developer) interruptible(ctx context.Context, f func(context.Context) error) error {
	ctx, done := d.app.cancelable(ctx)
	defer done()
	err := f(ctx)
	if ctx.Err() != nil {
		return errInterrupted
	}
	return d.said(err, "")
}

// rebuild is an up --build of the services alone.
func (d *developer) rebuild(ctx context.Context, services []string) error {
	j := d.up
	t := &j.target
	t.Services, t.NoDeps, t.Build, t.KeepScale, t.Orphans = services, true, planner.BuildAlways, true, planner.OrphansIgnore
	t.Replicas, t.Recreate, t.RecreateDeps, t.RenewVolumes, t.Wait, t.WaitTimeout, t.Pull = nil, "", "", false, false, 0, ""
	before, err := d.observe(ctx, planner.Query{})
	if err != nil {
		return err
	}
	if _, _, err := d.app.converge(ctx, j); err != nil || !d.prune {
		return err
	}
	if err := d.removeImages(ctx, d.containers(before, services)); err != nil {
		d.app.say("warning", "older images stay: "+err.Error())
	}
	return nil
}

// removeImages removes the images of containers that were, where no name and no
// container has them any more.
func (d *developer) removeImages(ctx context.Context, were []planner.Container) error {
	now, err := d.observe(ctx, planner.Query{Images: true, Foreign: true})
	if err != nil {
		return err
	}
	plan := planner.Plan{Goal: planner.GoalRemove, Project: d.up.project.Name}
	for _, i := range now.Images {
		uses := func(c planner.Container) bool { return c.ImageID == i.ID }
		if slices.ContainsFunc(were, uses) && !slices.ContainsFunc(now.Containers, uses) && len(i.Tags)+len(i.Digests) == 0 {
			plan.Actions = append(plan.Actions, planner.Action{
				ID: planner.ID(len(plan.Actions) + 1), Op: planner.OpRemoveImage, Ref: planner.Ref{Kind: planner.KindImage, Name: i.ID},
				Payload: planner.RemoveImage{Image: i.ID},
			})
		}
	}
	return d.app.run(ctx, plan, d.app.engine, executor.Options{Events: func(executor.Event) {}})
}

// observe looks at the project as it is now.
func (d *developer) observe(ctx context.Context, more planner.Query) (planner.State, error) {
	engine, err := d.app.client()
	if err != nil {
		return planner.State{}, err
	}
	return engine.Observe(ctx, planner.NewQuery(d.up.project, planner.Target{Goal: planner.GoalStop}).Plus(more))
}

// containers are those of services, running or not.
func (d *developer) containers(s planner.State, services []string) []planner.Container {
	project := planner.ProjectName(d.up.project, s, d.up.target)
	return planner.Select(s, planner.Selection{Project: project, Services: services, Stopped: true})
}
