package lsp

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"recompose/loader"
	"recompose/loader/check"
	"recompose/loader/find"
)

// checker finds what is wrong with the open documents and all that belongs to
// them, once the typing rests, and tells the client what is new.
type checker struct {
	*server
	wake chan struct{} // holds one

	waiting sync.Mutex
	dirty   map[string]bool // files that have changed since the last check
	all     bool            // anything may have

	// Of the goroutine that checks only:
	projects  map[string]check.Project // by the names of their files
	published map[string][]diagnostic  // by path; with something in them
	uris      map[string]string        // of documents that were open, by path

	results sync.Mutex
	found   map[string]result
	latest  []check.Project
}

// result is what was found in a file, and in which text of it.
type result struct {
	text  *text
	found []loader.Diagnostic
}

// foundIn is what was found in a document, if it has not changed since.
func (c *checker) foundIn(d *document) []loader.Diagnostic {
	c.results.Lock()
	defer c.results.Unlock()
	if r := c.found[d.path]; r.text == d.text {
		return r.found
	}
	return nil
}

// together are the files of the projects that a file belongs to.
func (c *checker) together(path string) []string {
	c.results.Lock()
	defer c.results.Unlock()
	var out []string
	for _, p := range c.latest {
		if p.Has(path) {
			for _, f := range slices.Concat(p.Files, p.Read) {
				if !slices.Contains(out, f) {
					out = append(out, f)
				}
			}
		}
	}
	return out
}

func newChecker(s *server) *checker {
	return &checker{
		server: s, wake: make(chan struct{}, 1), dirty: map[string]bool{},
		projects: map[string]check.Project{}, published: map[string][]diagnostic{}, uris: map[string]string{}, found: map[string]result{},
	}
}

// changed asks for a check after a file, or with "" anything, has changed.
func (c *checker) changed(path string) {
	c.waiting.Lock()
	c.dirty[path] = true
	c.all = c.all || path == ""
	c.waiting.Unlock()
	select {
	case c.wake <- struct{}{}:
	default: // one is asked for already
	}
}

// run checks until the session ends.
func (c *checker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		if !c.rest(ctx) {
			return
		}
		c.check(ctx)
	}
}

// rest waits until nothing has changed for a while.
func (c *checker) rest(ctx context.Context) bool {
	timer := time.NewTimer(c.Pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-c.wake:
			timer.Reset(c.Pause)
		case <-timer.C:
			return true
		}
	}
}

func (c *checker) check(ctx context.Context) {
	c.waiting.Lock()
	dirty, all := c.dirty, c.all
	c.dirty, c.all = map[string]bool{}, false
	c.waiting.Unlock()
	stale := func(p check.Project) bool {
		return all || slices.ContainsFunc(slices.Collect(maps.Keys(dirty)), p.Has)
	}
	docs := c.open()
	known := map[string]check.Project{}
	var projects []check.Project
	own, above := c.groups(docs)
	for i, g := range slices.Concat(own, above) {
		key := g.Base + "\n" + strings.Join(g.Files, "\n")
		p, ok := c.projects[key]
		if !ok || stale(p) {
			p = c.load(ctx, g, docs)
		}
		known[key] = p
		reads := slices.ContainsFunc(slices.Collect(maps.Keys(docs)), p.Has)
		if i < len(own) || reads && p.Err == nil {
			projects = append(projects, p)
		}
	}
	c.projects = known
	c.tell(ctx, docs, check.WithoutParts(projects))
}

// groups are the projects of the open compose files, and those above them that
// may include or extend one.
func (c *checker) groups(docs map[string]*document) (own, above []find.Group) {
	var files []string
	for path, d := range docs {
		if d.compose {
			files = append(files, path)
		}
	}
	slices.Sort(files)
	own = find.Groups(files)
	seen := map[string]bool{}
	for _, g := range own {
		seen[g.Files[0]] = true
	}
	for _, f := range files {
		for dir := filepath.Dir(f); ; dir = filepath.Dir(dir) {
			if main, _ := loader.DefaultFiles(dir); main != "" && !seen[main] {
				seen[main] = true
				above = append(above, find.Groups([]string{main})...)
			}
			if dir == filepath.Dir(dir) || dir == c.root(f) {
				break
			}
		}
	}
	return own, above
}

// root is the workspace's folder that a file lies in; its directory if none.
func (c *checker) root(file string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	root := ""
	for _, r := range c.roots {
		if rel, err := filepath.Rel(r, file); err == nil && filepath.IsLocal(rel) && len(r) > len(root) {
			root = r
		}
	}
	if root == "" {
		return filepath.Dir(file)
	}
	return root
}

// load checks a project. A mistake of the loader itself is a finding too.
func (c *checker) load(ctx context.Context, g find.Group, docs map[string]*document) (p check.Project) {
	defer func() {
		if bug := recover(); bug != nil {
			p = check.Project{Files: g.Files, Err: fmt.Errorf("recompose cannot check this: %v", bug)}
		}
	}()
	o := c.Flags
	o.WorkingDir = c.root(g.Files[0])
	// The editor was started somewhere else.
	o.Env = slices.DeleteFunc(slices.Clone(o.Env), func(v string) bool { return strings.HasPrefix(v, "PWD=") })
	o.Open = func(file string) ([]byte, bool) {
		d, ok := docs[file]
		if !ok {
			return nil, false
		}
		return []byte(d.text.content), true
	}
	return check.Group(ctx, c.Load, o, g)
}
