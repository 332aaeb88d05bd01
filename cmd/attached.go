package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/cmd/progress"
	"recompose/executor"
	"recompose/planner"
)

// lagTime is how soon the engine's list is asked again when it says of a
// container that it runs though it has said that it died.
const lagTime = 50 * time.Millisecond

// drainTime is how long the last lines of stopped containers are waited for.
const drainTime = 2 * time.Second

// session is an `up` in the foreground: the project converges, then its output
// is shown until everything has ended or the user stops it.
type session struct {
	app     *App
	o       *upOptions
	job     job
	follow  *follower
	printer *logPrinter
	dev     *developer // nil: without --watch

	watching bool
	scope    map[string]bool // services that were brought up
	byPlan   map[string]bool // names whose output the engine's adapter copies since their creation
	exits    map[string]int  // by id: the last exit code
	ended    map[string]bool // by id: it died, and was not started since
	first    string          // id of the container that ended first
}

func (a *App) upAttached(ctx context.Context, o *upOptions, j job) error {
	engine, err := a.client()
	if err != nil {
		return err
	}
	streams, ok := engine.(executor.Streams)
	if !ok { // an engine in memory: there is no output to wait for
		_, _, err := a.converge(ctx, j)
		return err
	}
	model := j.project.Model
	s := &session{app: a, o: o, job: j, scope: map[string]bool{}, byPlan: map[string]bool{}, exits: map[string]int{}, ended: map[string]bool{}}
	s.printer = a.newLogPrinter(j.project.Name, o.logs, nil)
	s.follow = newFollower(streams, s.printer, func(service string) bool { return model.Services[service].Tty })
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := a.Now()
	s.job.output = s.printer
	s.job.begin = func(p planner.Plan, d progress.Display) { s.begin(ctx, p, d) }
	if o.watch {
		if s.dev, err = a.newDeveloper(ctx, s.job, true); err != nil {
			return err
		}
	}
	_, state, err := a.converge(ctx, s.job)
	if errors.Is(err, errInterrupted) && s.watching {
		// What was started in the foreground does not stay in the background.
		return s.stop(ctx, true)
	}
	if err != nil {
		return err
	}
	s.printer.project = planner.ProjectName(j.project, state, j.target)
	if s.dev != nil {
		if err := s.dev.begin(ctx); err != nil {
			return s.orStop(ctx, err)
		}
	}
	return s.watch(ctx, began)
}

// orStop stops everything where the user has ended what is done for changed
// files.
func (s *session) orStop(ctx context.Context, err error) error {
	if errors.Is(err, errInterrupted) {
		return s.stop(ctx, true)
	}
	return err
}

// begin is told of a plan before it runs: from then on events are kept, and
// what the plan attaches to is known.
func (s *session) begin(ctx context.Context, p planner.Plan, d progress.Display) {
	s.printer.beside(d.Above)
	s.printer.project = p.Project
	if !s.watching {
		s.watching = true
		s.follow.watch(ctx, p.Project)
	}
	for _, action := range p.Actions {
		if action.Ref.Kind != planner.KindContainer {
			continue
		}
		switch action.Op {
		case planner.OpAttach:
			s.byPlan[action.Ref.Name] = true
			s.printer.reserve(action.Ref.Name)
		case planner.OpCreateContainer, planner.OpStart, planner.OpUpdate, planner.OpKeep:
			s.scope[action.Ref.Service] = true
		}
	}
}

// watch shows output and reacts to what ends, until nothing runs any more.
func (s *session) watch(ctx context.Context, began time.Time) error {
	containers, err := s.containers(ctx)
	if err != nil {
		return err
	}
	for _, c := range containers {
		if c.Running() && s.wanted(c.Service) && !s.byPlan[c.Name] {
			s.printer.reserve(c.Name)
			s.follow.follow(ctx, refOf(c), c.ID, began, executor.LogOptions{})
		}
	}
	for {
		stopped := s.handle(ctx, s.follow.take())
		if containers, err = s.containers(ctx); err != nil {
			return err
		}
		// A changed file may bring back what has ended.
		if s.dev == nil && !slices.ContainsFunc(containers, planner.Container.Running) {
			s.finish(ctx, containers)
			return s.result(containers)
		}
		if ended := s.aborting(stopped, containers); ended != "" {
			s.app.say("note", fmt.Sprintf("%s ended: stopping all containers", ended))
			return s.stop(ctx, false)
		}
		var again <-chan time.Time
		if slices.ContainsFunc(containers, func(c planner.Container) bool { return c.Status == planner.StatusRunning && s.ended[c.ID] }) {
			again = time.After(lagTime)
		}
		var changes <-chan []string
		var broken <-chan error
		if s.dev != nil {
			changes, broken = s.dev.changes, s.dev.broken
		}
		select {
		case <-s.follow.changed:
		case <-again:
		case files := <-changes:
			if err := s.dev.handle(ctx, files); err != nil {
				return s.orStop(ctx, err)
			}
		case err := <-broken:
			s.app.sayError(err.Error())
			s.dev = nil
		case <-s.app.Signals:
			return s.stop(ctx, true)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// containers are those of the services that were brought up.
func (s *session) containers(ctx context.Context) ([]planner.Container, error) {
	state, err := s.app.engine.Observe(ctx, planner.NewQuery(s.job.project, planner.Target{Goal: planner.GoalStop}))
	if err != nil {
		return nil, err
	}
	all := planner.Select(state, planner.Selection{Project: s.printer.project, Stopped: true})
	return slices.DeleteFunc(all, func(c planner.Container) bool { return !s.scope[c.Service] }), nil
}

func (s *session) wanted(service string) bool {
	return slices.Contains(s.job.target.Attach, service)
}

// handle follows what was started again and notes what died; it returns the
// ids of the latter.
func (s *session) handle(ctx context.Context, events []executor.ContainerEvent) (died []string) {
	for _, e := range events {
		if e.OneOff || !s.scope[e.Service] {
			continue
		}
		ref := planner.Ref{Kind: planner.KindContainer, Name: e.Name, Service: e.Service, Number: e.Number}
		switch e.Action {
		case "start":
			delete(s.ended, e.ID)
			if s.wanted(e.Service) && !s.byPlan[e.Name] {
				s.follow.followStarted(ctx, ref, e, executor.LogOptions{})
			}
		case "die":
			delete(s.byPlan, e.Name)
			s.exits[e.ID], s.ended[e.ID] = e.ExitCode, true
			s.printer.Status(ref, fmt.Sprintf("exited with code %d", e.ExitCode))
			died = append(died, e.ID)
		}
	}
	return died
}

// aborting names the container whose end stops all others, if one did. A
// container that the engine starts again has not ended.
func (s *session) aborting(died []string, now []planner.Container) string {
	if !s.o.abortOnExit && !s.o.abortOnFailure {
		return ""
	}
	for _, c := range now {
		if c.Running() || !slices.Contains(died, c.ID) && c.Status != planner.StatusExited {
			continue
		}
		if s.code(c) == 0 && s.awaited(c.Service) {
			continue
		}
		if s.code(c) != 0 || s.o.abortOnExit {
			s.first = c.ID
			return c.Name
		}
	}
	return ""
}

// awaited reports whether another service waits for this one's success: its
// end is no reason to stop.
func (s *session) awaited(service string) bool {
	for _, svc := range s.job.project.Model.Services {
		for _, d := range planner.Dependencies(svc) {
			if d.Service == service && d.Condition == types.ServiceConditionCompletedSuccessfully {
				return true
			}
		}
	}
	return false
}

func (s *session) code(c planner.Container) int {
	if code, ok := s.exits[c.ID]; ok {
		return code
	}
	return c.ExitCode
}

// stop ends the project's containers in order. A Ctrl-C while it does kills
// them.
func (s *session) stop(ctx context.Context, byUser bool) error {
	a := s.app
	if byUser {
		a.say("note", "Gracefully stopping... (press Ctrl+C again to force)")
	}
	services := make([]string, 0, len(s.scope))
	for name := range s.scope {
		services = append(services, name)
	}
	slices.Sort(services)
	target := planner.Target{Goal: planner.GoalStop, Services: services, Timeout: s.job.target.Timeout, Orphans: planner.OrphansIgnore}
	j := job{project: s.job.project, target: target, unguarded: true, output: s.printer, begin: func(_ planner.Plan, d progress.Display) { s.printer.beside(d.Above) }}
	done := make(chan error, 1)
	go func() {
		_, _, err := a.converge(ctx, j)
		done <- err
	}()
	var err error
	select {
	case err = <-done:
	case <-a.Signals:
		a.say("note", "killing the containers")
		kill := j
		kill.target = planner.Target{Goal: planner.GoalKill, Services: services, Signal: "SIGKILL", Orphans: planner.OrphansIgnore}
		kill.begin = nil // the first display is still on
		kill.silent = true
		kill.unlocked = true // the stop, which still goes on, holds it
		_, _, killErr := a.converge(ctx, kill)
		<-done //nolint:errcheck // its stops end with the containers, as failures maybe
		err = killErr
	}
	if err != nil {
		return err
	}
	containers, err := s.containers(ctx)
	if err != nil {
		return err
	}
	s.finish(ctx, containers)
	if byUser {
		return errInterrupted
	}
	return s.result(containers)
}

// finish shows the last lines of all that has stopped.
func (s *session) finish(ctx context.Context, _ []planner.Container) {
	if d, ok := s.app.engine.(interface{ Drain() }); ok {
		drained := make(chan struct{})
		go func() { d.Drain(); close(drained) }()
		select {
		case <-drained:
		case <-time.After(drainTime):
		}
	}
	s.follow.drain(drainTime)
	s.handle(ctx, s.follow.take())
}

// result is the exit code: the one of --exit-code-from or, where a container's
// end stopped the others, that container's (as docker-compose 1.29.2).
func (s *session) result(containers []planner.Container) error {
	for _, c := range containers {
		switch {
		case s.o.exitCodeFrom != "" && c.Service == s.o.exitCodeFrom:
			if code := s.code(c); code != 0 {
				return withCode(code, nil)
			}
		case s.o.exitCodeFrom == "" && c.ID == s.first:
			return withCode(s.code(c), nil)
		}
	}
	return nil
}
