package cmd

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"recompose/loader"
	"recompose/planner"
)

// A file of plan -o names its kind and version, so that no other file and no
// plan of another layout is applied.
const (
	savedKind    = "recompose-plan"
	savedVersion = 1
	// maxSaved bounds what is read of such a file, in bytes.
	maxSaved = 256 << 20
)

// savedPlan is what plan -o keeps: how to load the files again, what they and
// the engine were, and what was to be done. It holds no values, only digests.
type savedPlan struct {
	Kind    string    `json:"kind"`
	Version int       `json:"version"`
	Program string    `json:"program"` // recompose's version
	Made    time.Time `json:"made"`

	Load    savedLoad      `json:"load"`
	ByName  string         `json:"byName,omitempty"` // the project's name, where no files count
	Engine  string         `json:"engine"`           // its address
	Files   []planner.Fact `json:"files"`            // as they were written
	Inputs  []planner.Fact `json:"inputs"`           // what they mean
	State   []planner.Fact `json:"state"`
	Target  planner.Target `json:"target"`
	Actions planner.Plan   `json:"plan"`
}

// savedLoad are the flags that find the files.
type savedLoad struct {
	WorkingDir    string   `json:"workingDir"`
	Files         []string `json:"files,omitempty"`
	Name          string   `json:"name,omitempty"`
	Directory     string   `json:"directory,omitempty"`
	EnvFiles      []string `json:"envFiles,omitempty"`
	Profiles      []string `json:"profiles,omitempty"`
	Services      []string `json:"services,omitempty"`
	Compatibility bool     `json:"compatibility,omitempty"`
	Outline       bool     `json:"outline,omitempty"`
}

// preview prints a plan that will not run, and keeps it where that is asked
// for.
func (c *convergence) preview(plan planner.Plan) error {
	a := c.app
	if a.planning != nil && a.planning.output != "" {
		if err := c.keep(plan); err != nil {
			return err
		}
	}
	return a.preview(plan)
}

func (c *convergence) keep(plan planner.Plan) error {
	a, path := c.app, c.app.planning.output
	if a.planning.saved {
		return failure("-o keeps one plan, and this command has two: plan its parts, as build and push")
	}
	s, err := c.savedPlan(plan)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	if err := writePrivate(a.absolute(path), b.Bytes()); err != nil {
		return failure("the plan cannot be kept: %w", err)
	}
	a.planning.saved = true
	a.say("note", "the plan is kept: "+a.Program+" apply "+path)
	return nil
}

func (c *convergence) savedPlan(plan planner.Plan) (savedPlan, error) {
	a, o := c.app, c.app.loaded
	s := savedPlan{
		Kind: savedKind, Version: savedVersion, Program: planner.Version, Made: a.Now().UTC(),
		Load: savedLoad{WorkingDir: o.WorkingDir, Files: o.Files, Name: o.Name, Directory: o.Directory, EnvFiles: o.EnvFiles,
			Profiles: o.Profiles, Services: o.Services, Compatibility: o.Compatibility, Outline: o.Outline},
		Engine: addressOf(a.engine),
		State:  planner.StateFacts(c.project, c.state, plan.Project), Target: c.target, Actions: plan.WithoutValues(),
	}
	s.Target.Explain, s.Target.ShowValues = false, false
	var err error
	if s.Target.BuildOptions.Args, err = a.nameArgs(c.target.BuildOptions.Args); err != nil {
		return s, err
	}
	if c.project == nil {
		s.ByName = plan.Project
		return s, nil
	}
	s.Files, s.Inputs, err = a.inputs(c.project, c.target.BuildOptions.Args)
	return s, err
}

// nameArgs are the build arguments without their values, which apply takes
// from the environment again.
func (a *App) nameArgs(args map[string]*string) (map[string]*string, error) {
	if args == nil {
		return nil, nil
	}
	out := map[string]*string{}
	for key, value := range args {
		if now, ok := a.lookupEnv(key); value != nil && (!ok || now != *value) {
			return nil, failure("--build-arg %s: a plan that is kept holds no values; set %s in the environment and give --build-arg %s alone", key, key, key)
		}
		out[key] = nil
	}
	return out, nil
}

// fillArgs is the reverse of nameArgs.
func (a *App) fillArgs(args map[string]*string) {
	for key := range args {
		if value, ok := a.lookupEnv(key); ok {
			args[key] = &value
		}
	}
}

// inputs are facts on the files as they are written, and on what they mean.
func (a *App) inputs(p *loader.Project, args map[string]*string) (files, meaning []planner.Fact, err error) {
	for _, name := range slices.Concat(p.Files, p.EnvFiles) {
		if name == "-" {
			return nil, nil, failure("a plan of standard input cannot be kept: give the file with -f")
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, digestFact("file "+name, content))
	}
	meaning, err = planner.InputFacts(p)
	for key, value := range args {
		if value != nil {
			meaning = append(meaning, digestFact("build argument "+key, []byte(*value)))
		}
	}
	slices.SortFunc(meaning, func(a, b planner.Fact) int { return strings.Compare(a.Of, b.Of) })
	return files, meaning, err
}

func digestFact(of string, content []byte) planner.Fact {
	sum := sha256.Sum256(content)
	return planner.Fact{Of: of, Is: map[string]string{planner.DigestKey: hex.EncodeToString(sum[:])}}
}

// writePrivate puts a file in place in one step, for its owner's eyes only.
func writePrivate(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".plan-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error says what went wrong
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// readSaved reads a file of plan -o.
func (a *App) readSaved(path string) (savedPlan, error) {
	var s savedPlan
	f, err := os.Open(a.absolute(path))
	if err != nil {
		return s, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSaved))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(content, &s); err != nil || s.Kind != savedKind {
		detail := ""
		if err != nil {
			detail = " (" + err.Error() + ")"
		}
		return s, failure("%s is no plan: make one with plan -o FILE%s", path, detail)
	}
	if s.Version != savedVersion {
		return s, failure("%s is a plan of layout %d, made by recompose %s; this is %s, which reads layout %d: make it again with plan -o", path, s.Version, s.Program, planner.Version, savedVersion)
	}
	return s, nil
}

// absolute is a path of the command line, from the working directory.
func (a *App) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(a.Dir, path)
}

// moved is the error of a plan that no longer holds.
func moved(path string, s savedPlan, what string) error {
	return withCode(exitMoved, fmt.Errorf("the plan in %s, made at %s, no longer holds: %s; nothing was done, make it again with plan -o",
		path, s.Made.Local().Format(time.DateTime), what))
}
