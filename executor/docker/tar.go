package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"

	"recompose/executor/docker/session"
)

// archive gives the context as a tar archive, which is made while it is read:
// nothing of it is kept in memory. failure is why it could not be made; it
// ends the reading.
func (b *buildContext) archive(ctx context.Context) (body io.ReadCloser, failure func() error) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := b.writeTar(ctx, w)
		w.CloseWithError(err)
		done <- err
	}()
	return r, func() error {
		r.Close()
		if err := <-done; err != nil && !errors.Is(err, io.ErrClosedPipe) {
			return err
		}
		return nil
	}
}

func (b *buildContext) writeTar(ctx context.Context, out io.Writer) error {
	w := tar.NewWriter(out)
	err := b.Walk(ctx, nil, func(e session.Entry) error {
		if _, ok := b.written[e.Name]; ok {
			return nil
		}
		return b.writeEntry(w, e)
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(b.written)) {
		content := b.written[name]
		if err := w.WriteHeader(header(session.Entry{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: time.Unix(0, 0)})); err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
	return w.Close()
}

func (b *buildContext) writeEntry(w *tar.Writer, e session.Entry) error {
	if !e.Mode.IsRegular() {
		return w.WriteHeader(header(e))
	}
	f, err := b.Open(e.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := w.WriteHeader(header(e)); err != nil {
		return err
	}
	// A file that grows meanwhile is cut at the size that was announced.
	n, err := io.CopyN(w, f, e.Size)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("build context: %s became shorter while it was read (%d of %d bytes)", b.file(e.Name), n, e.Size)
	}
	return err
}

// header has root as the owner, as the docker command does, and whole seconds.
func header(e session.Entry) *tar.Header {
	h := &tar.Header{
		Typeflag: tar.TypeReg, Name: e.Name, Size: e.Size, Mode: int64(e.Mode.Perm()), ModTime: e.ModTime.Truncate(time.Second),
		Linkname: e.Link, Format: tar.FormatPAX, // for long names
	}
	switch {
	case e.Mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, e.Name+"/"
	case e.Mode&fs.ModeSymlink != 0:
		h.Typeflag = tar.TypeSymlink
	}
	for bit, tarBit := range map[fs.FileMode]int64{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if e.Mode&bit != 0 {
			h.Mode |= tarBit
		}
	}
	return h
}
