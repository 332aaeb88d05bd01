// Package watch tells which files of this machine change, and what the develop
// sections of a project want done for them.
//
// It must never know an engine, or do what it says.
package watch

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/executor/ignore"
)

// never are files that nobody wants to see: git's own, and what editors write
// for themselves.
var never = []string{"**/.git", "**/.idea", "**/*___jb_tmp___", "**/*___jb_old___", "**/.#*", "**/4913", "**/*~", "**/.*.sw[opxn]"}

// Rule is an entry of a develop section.
type Rule struct {
	types.Trigger

	Service string
	// Mounted: the container has the files by a mount already, so that they are
	// not copied.
	Mounted bool

	dir              bool // the path is a folder
	ignored, include *ignore.Patterns
	context          string // folder of the build; empty: there is none here
	build            *ignore.Patterns
}

// Rules are what a project's services ask for.
type Rules []Rule

// NewRules reads the develop sections of services, in their order. An error is
// for what cannot be done.
func NewRules(p *types.Project, services []string) (Rules, error) {
	var out Rules
	for _, name := range services {
		s, ok := p.Services[name]
		if !ok || s.Develop == nil {
			continue
		}
		context, build, err := buildIgnores(s.Build)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", name, err)
		}
		for _, t := range s.Develop.Watch {
			r := Rule{Trigger: t, Service: name, Mounted: mounted(t.Path, s.Volumes), context: context, build: build}
			r.Path = filepath.Clean(t.Path)
			if info, err := os.Stat(r.Path); err == nil {
				if r.dir = info.IsDir(); !r.dir && strings.HasSuffix(t.Target, "/") {
					r.Target = path.Join(t.Target, filepath.Base(r.Path))
				}
			}
			if r.ignored, err = ignore.New(slices.Concat(never, t.Ignore)...); err == nil && len(t.Include) > 0 {
				r.include, err = ignore.New(t.Include...)
			}
			switch {
			case err != nil:
				return nil, fmt.Errorf("service %s: develop.watch of %s: %w", name, t.Path, err)
			case r.Rebuilds() && s.Build == nil:
				return nil, fmt.Errorf("service %s: to rebuild it for %s, it needs a build section", name, t.Path)
			case t.Action == types.WatchActionSyncExec && len(t.Exec.Command) == 0:
				return nil, fmt.Errorf("service %s: sync+exec for %s needs exec.command", name, t.Path)
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// buildIgnores are the patterns of a build's folder. Those that only list what
// a build takes say nothing of what else is worked on, as in docker compose.
func buildIgnores(b *types.BuildConfig) (dir string, patterns *ignore.Patterns, err error) {
	if b == nil {
		return "", nil, nil
	}
	if dir, err = filepath.EvalSymlinks(b.Context); err != nil || !filepath.IsAbs(dir) {
		return "", nil, nil // an address, or the build will say that it is not there
	}
	if patterns, err = ignore.Read(dir, dockerfile(dir, b)); err != nil || patterns.Everything() {
		return "", nil, err
	}
	return dir, patterns, nil
}

// dockerfile is where the Dockerfile of a build lies on this machine.
func dockerfile(dir string, b *types.BuildConfig) string {
	file := cmp.Or(b.Dockerfile, "Dockerfile")
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}

// mounted reports whether a path lies in what a service mounts of this machine.
func mounted(file string, volumes []types.ServiceVolumeConfig) bool {
	return slices.ContainsFunc(volumes, func(v types.ServiceVolumeConfig) bool {
		_, ok := below(v.Source, file)
		return v.Type == types.VolumeTypeBind && ok
	})
}

// below is a file's path in a folder, with slashes; "." is the folder itself.
func below(dir, file string) (string, bool) {
	rel, err := filepath.Rel(dir, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// Copies reports whether the rule copies files into containers.
func (r Rule) Copies() bool {
	switch r.Action {
	case types.WatchActionSync, types.WatchActionSyncRestart, types.WatchActionSyncExec:
		return !r.Mounted
	}
	return false
}

// Rebuilds reports whether the rule builds an image.
func (r Rule) Rebuilds() bool { return r.Action == types.WatchActionRebuild }

// match reports whether a file is one that the rule is about, and names it in
// the container. A watched folder is not: what is in it is.
func (r Rule) match(file string) (target string, ok bool) {
	rel, ok := below(r.Path, file)
	if !ok || rel == "." && r.dir || r.leaves(file, rel) || r.include != nil && rel != "." && !r.include.Match(rel) {
		return "", false
	}
	return path.Join("/", r.Target, rel), true
}

// leaves reports whether the rule ignores a file.
func (r Rule) leaves(file, rel string) bool {
	if rel != "." && r.ignored.Match(rel) {
		return true
	}
	in, ok := below(r.context, file)
	return r.build != nil && ok && in != "." && r.build.Match(in)
}

// Skips reports whether all rules ignore a folder with all that is in it.
func (rs Rules) Skips(dir string) bool {
	return !slices.ContainsFunc(rs, func(r Rule) bool {
		rel, ok := below(r.Path, dir)
		if !ok {
			return false
		}
		in, _ := below(r.context, dir)
		reached := r.ignored.Reaches(rel) || r.build != nil && r.build.Reaches(in)
		return reached || !r.leaves(dir, rel)
	})
}

// Paths are what is to be watched.
func (rs Rules) Paths() []string {
	var out []string
	for _, r := range rs {
		out = append(out, r.Path)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Services are those that the rules are for, in order.
func (rs Rules) Services() []string {
	var out []string
	for _, r := range rs {
		out = append(out, r.Service)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Copy is a file of this machine and its path in a container.
type Copy struct{ File, Target string }

// Task is what changed files ask for, of one service.
type Task struct {
	Service string
	Rebuild bool
	Copies  []Copy // by target; what is not here any more is to be removed there
	Restart bool
	Exec    []types.ServiceHook
}

// Tasks are what changed files ask for, by service.
func (rs Rules) Tasks(files []string) []Task {
	byService := map[string]*Task{}
	for _, r := range rs {
		hit := false
		for _, file := range files {
			target, ok := r.match(file)
			if !ok {
				continue
			}
			hit = true
			t := byService[r.Service]
			if t == nil {
				t = &Task{Service: r.Service}
				byService[r.Service] = t
			}
			if r.Copies() {
				t.Copies = append(t.Copies, Copy{file, target})
			}
		}
		if !hit {
			continue
		}
		t := byService[r.Service]
		switch r.Action {
		case types.WatchActionRebuild:
			t.Rebuild = true
		case types.WatchActionRestart, types.WatchActionSyncRestart:
			t.Restart = true
		case types.WatchActionSyncExec:
			t.Exec = append(t.Exec, r.Exec)
		}
	}
	var out []Task
	for _, name := range slices.Sorted(maps.Keys(byService)) {
		t := byService[name]
		slices.SortStableFunc(t.Copies, func(a, b Copy) int { return cmp.Compare(a.Target, b.Target) })
		out = append(out, *t)
	}
	return out
}

// Initial are all files that the rules with initial_sync copy for a service,
// without those of skip and its Dockerfile.
func (rs Rules) Initial(p *types.Project, service string, skip []string) (Task, error) {
	if b := p.Services[service].Build; b != nil {
		skip = append(slices.Clone(skip), dockerfile(b.Context, b))
	}
	var mine Rules
	var files []string
	for _, r := range rs {
		if r.Service != service || !r.InitialSync || !r.Copies() {
			continue
		}
		mine = append(mine, r)
		err := filepath.WalkDir(r.Path, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil && file == r.Path:
				return nil // not there yet: Paths are watched all the same
			case err != nil:
				return err
			case d.IsDir() && file != r.Path && (Rules{r}).Skips(file):
				return fs.SkipDir
			case !d.IsDir() && !slices.Contains(skip, file):
				files = append(files, file)
			}
			return nil
		})
		if err != nil {
			return Task{}, err
		}
	}
	slices.Sort(files)
	t := Task{Service: service}
	for _, task := range mine.Tasks(slices.Compact(files)) {
		t.Copies = task.Copies
	}
	return t, nil
}
