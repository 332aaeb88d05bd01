package docker

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/executor/ignore"
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
	ignore     *ignore.Patterns
	// written are files of the archive for the classic builder that are not, or
	// not so, in dir.
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
	if out.ignore, err = ignore.Read(dir, file); err != nil {
		return nil, err
	}
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
	b.content = content
	b.dockerfile = ".dockerfile." + hex.EncodeToString(sum[:])[:20]
	b.written[b.dockerfile] = content
}

// forClassic prepares the context for the classic builder: that one finds the
// Dockerfile and the patterns in the archive, and removes what they name
// before it builds.
func (b *buildContext) forClassic() {
	if b.remote != "" {
		return
	}
	b.ignore.Always = map[string]bool{ignoreFile: true, b.dockerfile: true}
	_, injected := b.written[b.dockerfile]
	own := b.ignore.Path == "" || b.ignore.Path == b.file(ignoreFile)
	if own && !injected {
		return
	}
	patterns := append(bytes.TrimRight(b.ignore.Text, "\n"), '\n')
	if b.ignore.Path == "" {
		patterns = []byte(ignoreFile + "\n") // it is none of the user's files
	}
	if injected {
		patterns = append(patterns, b.dockerfile+"\n"...)
	}
	b.written[ignoreFile] = patterns
}
