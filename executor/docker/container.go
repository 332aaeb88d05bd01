package docker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

func (e *Engine) createContainer(ctx context.Context, p planner.CreateContainer, report executor.Report) error {
	body, err := create.Make(p.Spec, e.api.ClientVersion())
	if err != nil {
		return err
	}
	if known, err := e.ready(ctx); err != nil {
		return err
	} else if known.podman {
		if err := e.pickPorts(ctx, body.Config.Labels, body.Host.PortBindings); err != nil {
			return err
		}
	}
	var resp container.CreateResponse
	err = e.whileUnseen(ctx, p.Spec.Name, func() error {
		resp, err = e.api.ContainerCreate(ctx, body.Config, body.Host, body.Network, body.Platform, p.Spec.Name)
		return err
	})
	for _, w := range resp.Warnings {
		report(executor.Progress{Text: hideValues(w, body.Config.Env)})
	}
	switch {
	case err == nil:
		return nil
	case nameTaken(err):
		return e.conflict(ctx, err)
	case errdefs.IsNotFound(err) && noSuchImage(said(err)):
		return e.refused(ctx, err, fmt.Sprintf("service %s: the engine has no image %s; pull or build it first (up --pull missing, up --build)", p.Spec.Service.Name, p.Spec.Image))
	}
	return e.refused(ctx, err, hideValues(createWords(said(err)), body.Config.Env))
}

// A name whose container is not to be seen is tried again each nameInterval, for
// nameWait at most.
const (
	nameInterval = 200 * time.Millisecond
	nameWait     = 20 * time.Second
)

// whileUnseen calls take again while the name belongs to a container that the
// engine is still making, or has nearly removed: whoever asked for it may have
// been killed since.
func (e *Engine) whileUnseen(ctx context.Context, name string, take func() error) error {
	over := time.NewTimer(nameWait)
	defer over.Stop()
	again := time.NewTicker(nameInterval)
	defer again.Stop()
	for {
		err := take()
		if err == nil || !nameTaken(err) {
			return err
		}
		if _, unseen := e.api.ContainerInspect(ctx, name); !errdefs.IsNotFound(unseen) {
			return err
		}
		select {
		case <-again.C:
		case <-over.C:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// noSuchImage: "No such image: x", and since Docker 28 "No such image x".
func noSuchImage(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "no such image") || strings.Contains(text, "image not known")
}

// nameTaken tells the conflict over a name from all others.
func nameTaken(err error) bool {
	text := said(err)
	return errdefs.IsConflict(err) && (strings.Contains(text, "is already in use by") || strings.Contains(text, "already exists")) ||
		strings.Contains(text, "name is already in use") // Podman answers 500
}

// conflict is the error of a name that somebody else has.
func (e *Engine) conflict(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &problem{text: said(err), kind: executor.ErrConflict, cause: err}
}

// start tries once more when a program of the engine's machine has the port that
// the engine has picked from a range, for it then picks the next; the same port
// again means that all were tried.
func (e *Engine) start(ctx context.Context, p planner.Start) error {
	tried := map[string]bool{}
	for {
		err := e.api.ContainerStart(ctx, p.Container.Addr(), container.StartOptions{})
		if err == nil {
			return nil
		}
		busy := portInUse.FindStringSubmatch(said(err))
		if busy == nil || tried[busy[1]] {
			return e.refused(ctx, err, startWords(said(err)))
		}
		tried[busy[1]] = true
	}
}

// stop takes a container that is gone for stopped.
func (e *Engine) stop(ctx context.Context, p planner.Stop) error {
	err := e.api.ContainerStop(ctx, p.Container.Addr(), container.StopOptions{Timeout: p.Timeout})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return e.failed(ctx, err)
}

// kill is content with a container that has ended, if the signal was to end
// it. It then waits for the end: newer engines answer before, and who lists the
// containers next would still find it running.
func (e *Engine) kill(ctx context.Context, p planner.Kill) error {
	id := p.Container.Addr()
	err := e.api.ContainerKill(ctx, id, p.Signal)
	switch strings.TrimPrefix(strings.ToUpper(p.Signal), "SIG") {
	case "", "KILL", "9":
		if err != nil && (errdefs.IsNotFound(err) || notRunning(said(err))) {
			return nil
		}
		if err == nil {
			e.awaitEnd(ctx, id)
		}
	}
	return e.failed(ctx, err)
}

// notRunning reads Docker's words and Podman's.
func notRunning(text string) bool {
	return strings.Contains(text, "is not running") || strings.Contains(text, "can only kill running containers")
}

// killTime is how long a killed container may take to end, as in the engine.
const killTime = 10 * time.Second

// awaitEnd returns when the container has ended, or nothing more is known of it.
func (e *Engine) awaitEnd(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, killTime)
	defer cancel()
	ended, failed := e.api.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	select {
	case <-ended:
	case <-ctx.Done():
	case err := <-failed:
		_ = err // the kill itself was carried out
	}
}

func (e *Engine) rename(ctx context.Context, p planner.Rename) error {
	err := e.whileUnseen(ctx, p.To, func() error { return e.api.ContainerRename(ctx, p.Container.Addr(), p.To) })
	if err != nil && (nameTaken(err) || betweenTries(err)) {
		return e.conflict(ctx, err)
	}
	return e.failed(ctx, err)
}

// betweenTries tells that the container has ended meanwhile and is to be
// restarted: the engine looks for its network then, and finds none.
func betweenTries(err error) bool {
	text := said(err)
	return strings.HasPrefix(text, "sandbox ") && strings.HasSuffix(text, " not found")
}
