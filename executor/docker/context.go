package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/patternmatcher"
)

const (
	defaultDockerfile = "Dockerfile"
	ignoreFile        = ".dockerignore"
)

// buildContext is what a build is made of: a folder of this machine, or a URL
// that the engine fetches itself.
type buildContext struct {
	remote     string
	dir        string
	dockerfile string // its name within the context, with slashes
	content    []byte // of the Dockerfile
	ignore     *ignore
	// hidden: the Dockerfile is no file of the context (inline, elsewhere, or
	// left out by the patterns), and steps that copy all must not see it.
	hidden bool
	// written are files that are not, or not so, in dir.
	written map[string][]byte
}

// remotePrefixes mark a context that is no folder, as compose-go tells them.
var remotePrefixes = []string{"https://", "http://", "git://", "ssh://", "github.com/", "git@"}

// openContext finds the context of a build and its Dockerfile.
func openContext(c *types.BuildConfig) (*buildContext, error) {
	for _, prefix := range remotePrefixes {
		if strings.HasPrefix(c.Context, prefix) {
			if c.DockerfileInline != "" {
				return nil, errors.New("build.dockerfile_inline does not go with a context that is a URL: put the Dockerfile there")
			}
			return &buildContext{remote: c.Context, dockerfile: c.Dockerfile}, nil
		}
	}
	dir, err := filepath.EvalSymlinks(c.Context)
	if err != nil {
		return nil, fmt.Errorf("build.context: %w", err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("build.context: %s is not a folder", c.Context)
	}
	out := &buildContext{dir: dir, written: map[string][]byte{}}
	file, err := out.findDockerfile(c)
	if err != nil {
		return nil, err
	}
	if out.ignore, err = readIgnore(dir, file); err != nil {
		return nil, err
	}
	if !out.hidden {
		if out.hidden, _, err = out.ignore.excluded(out.dockerfile, patternmatcher.MatchInfo{}); err != nil {
			return nil, fmt.Errorf("build context: %s: %w", out.ignore.path, err)
		}
	}
	out.ignore.always = map[string]bool{out.dockerfile: true}
	return out, nil
}

// findDockerfile reads the Dockerfile and names it within the context. file is
// its path on this machine.
func (b *buildContext) findDockerfile(c *types.BuildConfig) (file string, err error) {
	file = filepath.Join(b.dir, defaultDockerfile)
	if c.DockerfileInline != "" {
		b.inject([]byte(c.DockerfileInline))
		return file, nil
	}
	if c.Dockerfile != "" {
		if file = c.Dockerfile; !filepath.IsAbs(file) {
			file = filepath.Join(b.dir, file)
		}
	}
	real, err := filepath.EvalSymlinks(file)
	if errors.Is(err, fs.ErrNotExist) && (c.Dockerfile == "" || c.Dockerfile == defaultDockerfile) {
		// As the docker command does: a lower-case name is found, too.
		if lower, e := filepath.EvalSymlinks(filepath.Join(b.dir, strings.ToLower(defaultDockerfile))); e == nil {
			real, err = lower, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("build.dockerfile: there is no %s", file)
	}
	if err == nil {
		b.content, err = os.ReadFile(real)
	}
	if err != nil {
		return "", fmt.Errorf("build.dockerfile: %w", err)
	}
	name, err := filepath.Rel(b.dir, real)
	if err != nil || !filepath.IsLocal(name) {
		b.inject(b.content)
		return file, nil
	}
	b.dockerfile = filepath.ToSlash(name)
	return file, nil
}

// inject adds a Dockerfile that is not in the folder, under a name that is the
// same for the same content, so that the build's cache holds.
func (b *buildContext) inject(content []byte) {
	sum := sha256.Sum256(content)
	b.content, b.hidden = content, true
	b.dockerfile = ".dockerfile." + hex.EncodeToString(sum[:])[:20]
	b.written[b.dockerfile] = content
}

// forClassic prepares the context for the classic builder: that one removes
// what the .dockerignore of the context names, the Dockerfile among it.
func (b *buildContext) forClassic() {
	if b.remote != "" {
		return
	}
	b.ignore.always[ignoreFile] = true
	_, injected := b.written[b.dockerfile]
	if !injected && b.ignore.path == filepath.Join(b.dir, ignoreFile) || b.ignore.path == "" && !injected {
		return
	}
	lines := append(bytes.TrimRight(b.ignore.text, "\n"), '\n')
	if b.ignore.path == "" {
		lines = []byte(ignoreFile + "\n")
	}
	b.written[ignoreFile] = append(lines, b.dockerfile+"\n"...)
}

// open gives the context as a tar archive, which is made while it is read:
// nothing of it is kept in memory. The failure is nil until the archive has
// been read to its end or closed.
func (b *buildContext) open(ctx context.Context) (body io.ReadCloser, failure func() error) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		t := &tarWriter{ctx: ctx, Writer: tar.NewWriter(w), context: b}
		err := t.folder("", patternmatcher.MatchInfo{})
		if err == nil {
			err = t.rest()
		}
		if err == nil {
			err = t.Close()
		}
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

// tarWriter writes a context in the order of its names.
type tarWriter struct {
	*tar.Writer
	ctx     context.Context
	context *buildContext
}

func (t *tarWriter) folder(dir string, outer patternmatcher.MatchInfo) error {
	entries, err := os.ReadDir(filepath.Join(t.context.dir, filepath.FromSlash(dir)))
	if err != nil {
		return unreadable(err)
	}
	for _, entry := range entries {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		name := path.Join(dir, entry.Name())
		out, inner, err := t.context.ignore.excluded(name, outer)
		if err != nil {
			return fmt.Errorf("build context: %s: %w", t.context.ignore.path, err)
		}
		if out && !(entry.IsDir() && t.context.ignore.reaches(name)) {
			continue
		}
		if !out {
			if err := t.entry(name, entry); err != nil {
				return err
			}
		}
		if entry.IsDir() {
			if err := t.folder(name, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry writes one file, folder or link. Sockets, pipes and devices are left
// out: nothing could be built from them. Owners are root, as the docker
// command has it.
func (t *tarWriter) entry(name string, entry fs.DirEntry) error {
	if _, ok := t.context.written[name]; ok {
		return nil
	}
	file := filepath.Join(t.context.dir, filepath.FromSlash(name))
	info, err := entry.Info()
	if err != nil {
		return unreadable(err)
	}
	var link string
	switch mode := info.Mode(); {
	case mode.IsRegular(), mode.IsDir():
	case mode&fs.ModeSymlink != 0:
		if link, err = os.Readlink(file); err != nil {
			return unreadable(err)
		}
	default:
		return nil
	}
	h, err := tar.FileInfoHeader(info, filepath.ToSlash(link))
	if err != nil {
		return fmt.Errorf("build context: %s: %w", file, err)
	}
	h.Name = name
	if info.IsDir() {
		h.Name += "/"
	}
	machineless(h)
	if !info.Mode().IsRegular() {
		return t.WriteHeader(h)
	}
	f, err := os.Open(file)
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	// A file that grows meanwhile is cut at the size that was announced.
	n, err := io.CopyN(t.Writer, f, h.Size)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("build context: %s became shorter while it was read (%d of %d bytes)", file, n, h.Size)
	}
	return err
}

// rest writes what is not in the folder.
func (t *tarWriter) rest() error {
	for _, name := range []string{ignoreFile, t.context.dockerfile} {
		content, ok := t.context.written[name]
		if !ok {
			continue
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: time.Unix(0, 0)}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(content); err != nil {
			return err
		}
	}
	return nil
}

// machineless takes from a header what differs between machines.
func machineless(h *tar.Header) {
	h.Uid, h.Gid, h.Uname, h.Gname = 0, 0, "", ""
	h.AccessTime, h.ChangeTime = time.Time{}, time.Time{}
	h.Format = tar.FormatPAX // long names; times are whole seconds
	h.ModTime = h.ModTime.Truncate(time.Second)
	if runtime.GOOS == "windows" {
		h.Mode |= 0o111 // as docker: Windows does not tell what may be executed
	}
}

func unreadable(err error) error {
	return fmt.Errorf("build context: %w; what the build does not need can be named in %s", err, ignoreFile)
}
