package sim

import (
	"context"
	"fmt"

	"recompose/executor"
	"recompose/planner"
)

// Apply carries out one action.
func (e *Engine) Apply(ctx context.Context, a planner.Action, report executor.Report) error {
	if err := e.before(a); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	switch p := a.Payload.(type) {
	case planner.WaitHealthy:
		return e.waitHealthy(ctx, p)
	case planner.WaitCompleted:
		return e.waitCompleted(ctx, p)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.notify()
	switch p := a.Payload.(type) {
	case planner.PullImage:
		return e.pull(p)
	case planner.BuildImage:
		return e.build(p)
	case planner.PushImage:
		return e.push(p)
	case planner.RemoveImage:
		return e.removeImage(p.Image)
	case planner.CreateNetwork:
		return e.createNetwork(p)
	case planner.CreateVolume:
		return e.createVolume(p)
	case planner.CreateContainer:
		return e.create(p.Spec)
	case planner.CopyIn:
		return e.copyIn(p)
	case planner.Connect:
		return e.connect(p)
	case planner.Disconnect:
		return e.disconnect(p)
	case planner.Remove:
		return e.remove(a.Ref.Kind, p)
	case planner.Keep:
		return nil
	}
	return e.applyToContainer(a)
}

// before calls the hook, one action at a time.
func (e *Engine) before(a planner.Action) error {
	e.hooks.Lock()
	defer e.hooks.Unlock()
	if e.Before == nil {
		return nil
	}
	return e.Before(a)
}

// applyToContainer carries out what changes the state of one container.
func (e *Engine) applyToContainer(a planner.Action) error {
	var h planner.Handle
	var act func(*container) error
	switch p := a.Payload.(type) {
	case planner.Start:
		h, act = p.Container, e.start
	case planner.Stop:
		h, act = p.Container, func(c *container) error { return e.stop(c) }
	case planner.Update:
		h, act = p.Container, func(c *container) error { return e.update(c, p) }
	case planner.Kill:
		h, act = p.Container, func(c *container) error { return e.kill(c, p.Signal) }
	case planner.Pause:
		h, act = p.Container, func(c *container) error {
			return e.freeze(c, planner.StatusRunning, planner.StatusPaused, "pause")
		}
	case planner.Unpause:
		h, act = p.Container, func(c *container) error {
			return e.freeze(c, planner.StatusPaused, planner.StatusRunning, "unpause")
		}
	case planner.Rename:
		h, act = p.Container, func(c *container) error { return e.rename(c, p.To) }
	case planner.Attach:
		h, act = p.Container, func(c *container) error { c.attached = true; return nil }
	case planner.Check:
		h, act = p.Container, check
	case planner.RunHook:
		h, act = p.Container, e.hook
	default:
		return fmt.Errorf("the engine cannot %s", a.Op)
	}
	c, err := e.find(h.Addr())
	if err != nil {
		return err
	}
	return act(c)
}

// remove removes what the id names.
func (e *Engine) remove(kind planner.Kind, p planner.Remove) error {
	switch kind {
	case planner.KindContainer:
		c, err := e.find(p.ID)
		if err != nil {
			return err
		}
		return e.removeContainer(c, p.Force, p.Volumes)
	case planner.KindNetwork:
		return e.removeNetwork(p.ID)
	case planner.KindVolume:
		return e.removeVolume(p.ID)
	case planner.KindImage:
		return e.removeImage(p.ID)
	}
	return fmt.Errorf("the engine cannot remove a %s", kind)
}
