package docker

import (
	"context"
	"fmt"

	"recompose/executor"
	"recompose/planner"
)

// Apply carries out one action.
func (e *Engine) Apply(ctx context.Context, a planner.Action, report executor.Report) error {
	if report == nil {
		report = func(executor.Progress) {}
	}
	if _, err := e.ready(ctx); err != nil {
		return err
	}
	switch p := a.Payload.(type) {
	case planner.PullImage:
		return e.pull(ctx, p, report)
	case planner.BuildImage:
		return e.build(ctx, p, report)
	case planner.PushImage:
		return e.push(ctx, p, report)
	case planner.CreateNetwork:
		return e.createNetwork(ctx, p, report)
	case planner.CreateVolume:
		return e.createVolume(ctx, p)
	case planner.CreateContainer:
		return e.createContainer(ctx, p, report)
	case planner.CopyIn:
		return e.copyIn(ctx, p)
	case planner.Connect:
		return e.connect(ctx, p)
	case planner.Disconnect:
		return e.disconnect(ctx, p)
	case planner.Attach:
		return e.attach(ctx, a.Ref, p)
	case planner.Start:
		return e.start(ctx, p)
	case planner.WaitHealthy:
		return e.waitHealthy(ctx, p)
	case planner.WaitCompleted:
		return e.waitCompleted(ctx, p)
	case planner.Check:
		return e.check(ctx, p)
	case planner.RunHook:
		return e.runHook(ctx, p)
	case planner.Update:
		return e.update(ctx, p, report)
	case planner.Stop:
		return e.stop(ctx, p)
	case planner.Kill:
		return e.kill(ctx, p)
	case planner.Pause:
		return e.failed(ctx, e.api.ContainerPause(ctx, p.Container.Addr()))
	case planner.Unpause:
		return e.failed(ctx, e.api.ContainerUnpause(ctx, p.Container.Addr()))
	case planner.Rename:
		return e.rename(ctx, p)
	case planner.Remove:
		return e.remove(ctx, a.Ref, p)
	case planner.RemoveImage:
		return e.removeImage(ctx, p, report)
	case planner.Keep:
		return nil
	}
	return fmt.Errorf("no such operation: %s with %T", a.Op, a.Payload)
}
