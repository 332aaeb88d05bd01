package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"

	"recompose/planner"
	"recompose/planner/create"
)

// defaultMode is what a config or secret has where the file says nothing.
const defaultMode = 0o444

// maxFile bounds a config or secret, in bytes; they are held in memory.
const maxFile = 64 << 20

// copyIn writes all files of a container by one request. The engine makes
// folders that are missing.
func (e *Engine) copyIn(ctx context.Context, p planner.CopyIn) error {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range p.Files {
		if err := addFile(w, f); err != nil {
			return fmt.Errorf("%s %s: %w", f.Kind, f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	err := e.api.CopyToContainer(ctx, p.Container.Addr(), "/", &archive, container.CopyToContainerOptions{})
	if err != nil && strings.Contains(said(err), "read-only") {
		return e.refused(ctx, err, "configs and secrets cannot be written into a container whose files are read-only; leave out read_only, or give them by `file:` on the engine's own machine")
	}
	return e.failed(ctx, err)
}

func addFile(w *tar.Writer, f create.File) error {
	uid, err := owner(f.UID)
	if err != nil {
		return fmt.Errorf("uid %q is not a number", f.UID)
	}
	gid, err := owner(f.GID)
	if err != nil {
		return fmt.Errorf("gid %q is not a number", f.GID)
	}
	content, err := contentOf(f)
	if err != nil {
		return err
	}
	mode := int64(defaultMode)
	if f.Mode != nil {
		mode = int64(*f.Mode)
	}
	h := &tar.Header{
		Typeflag: tar.TypeReg, Name: strings.TrimPrefix(path.Clean("/"+f.Target), "/"),
		Size: int64(len(content)), Mode: mode, Uid: uid, Gid: gid,
	}
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

func owner(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.Atoi(s)
}

func contentOf(f create.File) ([]byte, error) {
	if f.Source == "" {
		return []byte(f.Content), nil
	}
	info, err := os.Stat(f.Source)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder", f.Source)
	case info.Size() > maxFile:
		return nil, errors.New(f.Source + " is larger than 64 MiB")
	}
	return os.ReadFile(f.Source)
}
