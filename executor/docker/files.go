package docker

import (
	"context"
	"io"

	"github.com/docker/docker/api/types/container"

	"recompose/executor"
)

// Stat implements executor.Files.
func (e *Engine) Stat(ctx context.Context, id, path string) (executor.FileInfo, error) {
	if _, err := e.ready(ctx); err != nil {
		return executor.FileInfo{}, err
	}
	stat, err := e.api.ContainerStatPath(ctx, id, path)
	return executor.FileInfo{Mode: stat.Mode, Target: stat.LinkTarget}, e.failed(ctx, err)
}

// ReadFiles implements executor.Files.
func (e *Engine) ReadFiles(ctx context.Context, id, path string) (io.ReadCloser, error) {
	if _, err := e.ready(ctx); err != nil {
		return nil, err
	}
	archive, _, err := e.api.CopyFromContainer(ctx, id, path)
	return archive, e.failed(ctx, err)
}

// WriteFiles implements executor.Files.
func (e *Engine) WriteFiles(ctx context.Context, id, dir string, archive io.Reader, own bool) error {
	if _, err := e.ready(ctx); err != nil {
		return err
	}
	err := e.api.CopyToContainer(ctx, id, dir, archive, container.CopyToContainerOptions{CopyUIDGID: own})
	return e.failed(ctx, err)
}

// Export implements executor.Files.
func (e *Engine) Export(ctx context.Context, id string) (io.ReadCloser, error) {
	if _, err := e.ready(ctx); err != nil {
		return nil, err
	}
	archive, err := e.api.ContainerExport(ctx, id)
	return archive, e.failed(ctx, err)
}

// Commit implements executor.Files.
func (e *Engine) Commit(ctx context.Context, id string, o executor.CommitOptions) (string, error) {
	if _, err := e.ready(ctx); err != nil {
		return "", err
	}
	made, err := e.api.ContainerCommit(ctx, id, container.CommitOptions{
		Reference: o.Image, Author: o.Author, Comment: o.Message, Changes: o.Changes, Pause: o.Pause,
	})
	return made.ID, e.failed(ctx, err)
}
