package cmd

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"recompose/loader/check"
)

// keepChanged forgets the projects of which no file has changed since the
// revision. A project's files are all that it names, like env files and what it
// includes.
func (v *validation) keepChanged(ctx context.Context) error {
	changed, err := v.changedFiles(ctx, v.options.changedSince)
	if err != nil {
		return err
	}
	v.projects = slices.DeleteFunc(v.projects, func(p check.Project) bool {
		return p.Err == nil && !slices.ContainsFunc(slices.Concat(p.Files, p.Read), func(f string) bool {
			return changed[realPath(f)]
		})
	})
	return nil
}

// changedFiles asks git what differs from a revision in the working tree, files
// included that it does not know yet.
func (v *validation) changedFiles(ctx context.Context, revision string) (map[string]bool, error) {
	top, err := v.git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	root := strings.TrimRight(top, "\r\n")
	differ, err := v.git(ctx, "diff", "--name-only", "--no-renames", "-z", revision, "--")
	if err != nil {
		return nil, err
	}
	unknown, err := v.git(ctx, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", filepath.ToSlash(root))
	if err != nil {
		return nil, err
	}
	changed := map[string]bool{}
	for _, name := range strings.Split(differ+unknown, "\x00") {
		if name != "" {
			changed[realPath(filepath.Join(root, name))] = true
		}
	}
	return changed, nil
}

func (v *validation) git(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir, c.Env = v.Dir, v.Env
	out, err := c.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", failure("git %s: %s", args[0], strings.TrimSpace(string(failed.Stderr)))
	}
	if err != nil {
		return "", failure("--changed-since needs git: %w", err)
	}
	return string(out), nil
}

// realPath is the path without links, as far as it exists.
func realPath(path string) string {
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}
