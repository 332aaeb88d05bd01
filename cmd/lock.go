package cmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"recompose/executor/lock"
	"recompose/planner"
)

// defaultLockTimeout is longer than most runs: who comes second goes on.
const defaultLockTimeout = 10 * time.Minute

// locked runs the loop as the only process of this machine that changes the
// project.
func (c *convergence) locked(ctx context.Context) (planner.Plan, error) {
	release, err := c.lock(ctx)
	if err != nil {
		return planner.Plan{}, err
	}
	defer release()
	return c.loop(ctx)
}

// lock waits until no other process changes the project, and says at once who
// does. What only reads, or touches images alone, needs no lock.
func (c *convergence) lock(ctx context.Context) (release func(), err error) {
	a := c.app
	release = func() {}
	if a.previews() || c.unlocked || c.target.Goal == planner.GoalPull || c.target.Goal == planner.GoalBuild || c.target.Goal == planner.GoalPush {
		return release, nil
	}
	engine, err := a.client()
	if err != nil {
		return nil, err
	}
	address := addressOf(engine)
	if address == "" { // in memory: nobody else can reach it
		return release, nil
	}
	project := c.target.ProjectName
	if c.project != nil {
		project = c.project.Name
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	interrupt := c.interrupt // taking back changes it, maybe before the goroutine runs
	go func() {
		select {
		case <-interrupt:
			cancel()
		case <-ctx.Done():
		}
	}()
	l, err := a.acquire(ctx, address, project)
	var held *lock.HeldError
	switch {
	case err == nil:
		return l.Release, nil
	case errors.As(err, &held):
		return nil, failure("project %s is being changed by %s: try again later, or wait longer with --lock-timeout (%s now)", project, held.Holder, a.global.lockTimeout)
	case errors.Is(err, context.Canceled):
		return nil, err
	}
	a.say("warning", "no lock: "+err.Error()+"; take care that nothing else changes project "+project+" now")
	return release, nil
}

// acquire takes the project's lock where all users of the machine who may use
// the engine see it or, where there is no such place, among the user's own.
func (a *App) acquire(ctx context.Context, address, project string) (*lock.Lock, error) {
	me := lock.Holder{PID: os.Getpid(), Command: a.command, Since: a.Now()}
	o := lock.Options{
		Timeout: a.global.lockTimeout,
		Waiting: func(by lock.Holder) { a.say("note", "waiting for "+by.String()+", which is changing project "+project) },
	}
	if socket, ok := strings.CutPrefix(address, "unix://"); ok {
		if real, err := filepath.EvalSymlinks(socket); err == nil {
			socket, address = real, "unix://"+real // one engine, whatever links lead to it
		}
		if shared, ok := lock.Shared(socket); ok {
			l, err := lock.Acquire(ctx, shared, address+" "+project, me, o)
			var held *lock.HeldError
			if err == nil || errors.As(err, &held) || errors.Is(err, context.Canceled) {
				return l, err
			}
			a.say("warning", "no lock that other users of this machine see: "+err.Error())
		}
	}
	return lock.Acquire(ctx, lock.Own(a.lockDir()), address+" "+project, me, o)
}

// lockDir is a folder of the user's, the same for every process.
func (a *App) lockDir() string {
	cache := firstOf(a.getenv("XDG_CACHE_HOME"), a.getenv("LOCALAPPDATA"))
	if home := a.getenv("HOME"); cache == "" && home != "" {
		cache = filepath.Join(home, ".cache")
	}
	if cache == "" {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "recompose", "locks")
}

// addressOf is where an engine is, "" for one in memory.
func addressOf(engine any) string {
	if e, ok := engine.(interface{ Address() string }); ok {
		return e.Address()
	}
	return ""
}
