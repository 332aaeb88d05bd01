package cmd

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"recompose/cmd/progress"
	"recompose/executor"
	"recompose/loader"
	"recompose/planner"
)

// A command observes and plans at most maxRounds times for one command line,
// and asks for further facts at most maxNeeds times in each round.
const (
	maxRounds = 3
	maxNeeds  = 3
	// startsPerCPU bounds creates and starts at once: more only make the
	// engine slower.
	startsPerCPU = 4
)

// job is one command's work for converge.
type job struct {
	project *loader.Project // nil: by name only
	target  planner.Target
	// labelsOnly: the goal works without files, so that files which turn out
	// to belong to another directory's project are left aside.
	labelsOnly bool
	yes        bool // no questions
	// confirm asks about a whole plan before it runs, for rm; nil: nothing is
	// asked. A false answer ends the command without an error.
	confirm func(planner.Plan) (bool, error)
	// asKept: a question that is not answered with yes ends the command.
	asKept bool
	// check may refuse the first plan, before anything is asked or done.
	check func(planner.Plan, planner.State) error
	// output takes the lines of attached containers.
	output executor.Output
	// quiet leaves out the progress of pulls; silent shows no progress at all.
	quiet, silent bool
	// begin is told of each plan and its display before it runs.
	begin func(planner.Plan, progress.Display)
	// unguarded leaves signals to the caller; unlocked: the caller holds the
	// project's lock.
	unguarded, unlocked bool
}

// converge makes the engine what the job's target wants: observe, plan, run;
// and once more where the inputs have changed meanwhile. It is the only loop,
// and returns the plan that ran last and the state it was made from.
func (a *App) converge(ctx context.Context, j job) (planner.Plan, planner.State, error) {
	c := &convergence{app: a, job: j, said: map[string]bool{}}
	c.target.Yes = c.target.Yes || j.yes
	c.target.Platform = a.setting(j.project, "DOCKER_DEFAULT_PLATFORM")
	c.target.Explain, c.target.ShowValues = a.previews(), a.planning != nil && a.planning.showValues
	if j.unguarded {
		plan, err := c.locked(ctx)
		return plan, c.state, err
	}
	ctx, stop := a.guard(ctx, func() {
		a.say("note", "stopping: waits, pulls and builds end now, what has begun is finished (Ctrl-C again to force)")
	})
	c.interrupt = stop.first
	plan, err := c.locked(ctx)
	if stop.release() && !errors.Is(err, errReported) {
		a.sayUnlessSilent(err)
		return plan, c.state, errInterrupted
	}
	return plan, c.state, err
}

// sayUnlessSilent prints what went wrong in a run that was interrupted, unless
// it is only the interruption.
func (a *App) sayUnlessSilent(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		a.sayError(err.Error())
	}
}

type convergence struct {
	job
	app       *App
	state     planner.State
	shown     []string        // destructive steps of the first plan
	said      map[string]bool // notes
	before    []string        // ids of containers that were there at first
	atRest    []string        // those that did not run
	interrupt <-chan struct{}
}

func (c *convergence) loop(ctx context.Context) (planner.Plan, error) {
	for round := 1; ; round++ {
		plan, err := c.plan(ctx)
		if err != nil {
			return plan, err
		}
		if c.app.previews() {
			return plan, c.preview(plan)
		}
		if round == 1 {
			c.rest()
			if proceed, err := c.confirmed(plan); err != nil || !proceed {
				return plan, err
			}
			c.shown = destructive(plan)
		} else if err := c.unforeseen(plan); err != nil {
			return plan, err
		}
		images, refs := imageActions(plan)
		again := plan.Provisional && len(refs) > 0
		if again && round < maxRounds {
			if err := c.execute(ctx, images); err != nil {
				return images, err
			}
			c.target.Fetched = append(slices.Clone(c.target.Fetched), refs...)
			continue
		}
		if plan.Provisional {
			return plan, failure("the images keep changing while the plan is made: %d rounds were not enough", maxRounds)
		}
		err = c.execute(ctx, plan)
		if errors.Is(err, executor.ErrConflict) && round < maxRounds {
			c.app.say("note", "something has changed meanwhile; looking again")
			continue
		}
		return plan, c.takeBack(ctx, err)
	}
}

// plan observes, and plans until the planner lacks no fact and the user has
// answered every question.
func (c *convergence) plan(ctx context.Context) (planner.Plan, error) {
	query := planner.NewQuery(c.project, c.target)
	if c.app.planning != nil && c.app.planning.offline {
		return c.planOffline(query)
	}
	engine, err := c.app.client()
	if err != nil {
		return planner.Plan{}, err
	}
	for asked := 0; ; asked++ {
		if c.state, err = engine.Observe(ctx, query); err != nil {
			return planner.Plan{}, err
		}
		if c.labelsOnly && c.app.foreignFiles(c.project, c.state) {
			c.app.say("note", fmt.Sprintf("project %s was made from another directory: the files here are left aside", c.project.Name))
			c.target.ProjectName, c.project = c.project.Name, nil
		}
		plan, err := c.settle()
		if err != nil || plan.Needs.Empty() {
			return plan, err
		}
		if asked == maxNeeds {
			return plan, failure("the plan still lacks facts after %d observations", asked+1)
		}
		query = query.Plus(plan.Needs)
	}
}

// settle makes the plan of what was observed, prints what is to be said about
// it, and makes it anew where the user refuses a part.
func (c *convergence) settle() (planner.Plan, error) {
	for {
		plan := c.app.make(c.project, c.state, c.target)
		if !plan.Needs.Empty() {
			return plan, nil
		}
		if c.check != nil {
			if err := c.check(plan, c.state); err != nil {
				return plan, err
			}
			c.check = nil
		}
		if len(plan.Problems) > 0 {
			c.app.previewProblems(plan)
			c.app.printProblems(plan.Problems, knownServices(c.project, c.state))
			return plan, errReported
		}
		if c.app.previews() {
			return plan, nil
		}
		refused, err := c.ask(plan)
		if err != nil {
			return plan, err
		}
		if len(refused) > 0 {
			c.target.Refused = append(slices.Clone(c.target.Refused), refused...)
			continue
		}
		c.notes(plan)
		return plan, nil
	}
}

// notes prints what the plan says beside its actions, each once.
func (c *convergence) notes(plan planner.Plan) {
	for _, n := range plan.Notes {
		if c.said[n.Text] || c.app.silent(n.Warning) {
			continue
		}
		c.said[n.Text] = true
		if n.Warning {
			c.app.say("warning", n.Text)
		} else {
			c.app.say("note", n.Text)
		}
	}
}

// execute runs a plan and shows its progress.
func (c *convergence) execute(ctx context.Context, plan planner.Plan) error {
	a := c.app
	engine, err := a.client()
	if err != nil {
		return err
	}
	if sink, ok := engine.(interface{ SetOutput(executor.Output) }); ok && c.output != nil {
		sink.SetOutput(c.output)
	}
	mode := a.global.mode
	if c.silent {
		mode = progress.Quiet
	}
	display := progress.New(mode, progress.Options{
		Out: a.Err, Plan: plan, Color: a.global.color, Size: a.Size, Now: a.Now,
		Verbose: a.global.verbose, QuietFetch: c.quiet,
	})
	if c.begin != nil {
		c.begin(plan, display)
	}
	defer display.Close()
	return a.run(ctx, plan, engine, executor.Options{
		Limits: limits(c.state.Engine), Parallel: max(0, a.global.parallel),
		Interrupt: c.interrupt, Events: display.Event,
	})
}

// limits bounds what the engine is given at once by the CPUs that it has, as
// far as they are known.
func limits(e planner.Engine) map[planner.Pool]int {
	cpus := e.CPUs
	if cpus == 0 && e.Local {
		cpus = runtime.NumCPU()
	}
	if cpus == 0 {
		return nil // the executor's own
	}
	return map[planner.Pool]int{planner.PoolStart: startsPerCPU * cpus}
}

// imageActions is the part of a provisional plan that can run at once: what
// pulls and builds, and what they wait for among themselves.
func imageActions(p planner.Plan) (images planner.Plan, refs []string) {
	images = planner.Plan{Goal: p.Goal, Project: p.Project}
	kept := map[planner.ID]bool{}
	for _, action := range p.Actions {
		fetch := action.Op == planner.OpPull || action.Op == planner.OpBuild
		if !fetch && !(action.Op == planner.OpKeep && action.Ref.Kind == planner.KindImage) {
			continue
		}
		kept[action.ID] = true
		var after []planner.After
		for _, edge := range action.After {
			if kept[edge.ID] {
				after = append(after, edge)
			}
		}
		action.After = after
		images.Actions = append(images.Actions, action)
		if fetch {
			refs = append(refs, action.Ref.Name)
		}
	}
	return images, refs
}

// destructive names the steps of a plan that lose something: containers and
// volumes that go, and whatever would be asked about.
func destructive(p planner.Plan) []string {
	var keys []string
	for _, action := range p.Actions {
		removes := action.Op == planner.OpRemove && (action.Ref.Kind == planner.KindContainer || action.Ref.Kind == planner.KindVolume)
		if !removes && action.Confirm == "" {
			continue
		}
		name := action.Ref.Name
		if action.Ref.Service != "" {
			name = fmt.Sprintf("%s %d", action.Ref.Service, action.Ref.Number)
		}
		keys = append(keys, fmt.Sprintf("%s %s %s", action.Op, action.Ref.Kind, name))
	}
	return keys
}

// unforeseen stops a later round from removing what the first plan did not
// show.
func (c *convergence) unforeseen(plan planner.Plan) error {
	if c.yes {
		return nil
	}
	var extra []string
	for _, key := range destructive(plan) {
		if !slices.Contains(c.shown, key) {
			extra = append(extra, key)
		}
	}
	if len(extra) == 0 {
		return nil
	}
	return failure("the project changed meanwhile, and to go on would take more than the first plan said: %s; look at it with plan and run the command again, or use --yes", joinShort(extra))
}
