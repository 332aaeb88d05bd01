package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/diff"

	"recompose/loader"
	"recompose/loader/fix"
)

// maxFixRounds bounds how often files are mended and checked anew: what one fix
// brings to light, like the mistakes behind a tab, may have a fix too.
const maxFixRounds = 10

// fix mends the files and checks them again, until nothing is left to mend. With
// --diff it does so in memory and shows what would become of them; what was
// found stays that of the files as they are. A file outside the checked projects'
// files is left alone.
func (v *validation) fix(ctx context.Context) error {
	count, names := 0, []string{}
	projects, found, files := v.projects, v.found, v.files
	for range maxFixRounds {
		changed := false
		for file, fixes := range v.fixes() {
			n, err := v.fixFile(file, fixes)
			if err != nil {
				return withCode(exitNotChecked, err)
			}
			if n > 0 {
				count, changed = count+n, true
				names = append(names, file)
			}
		}
		if !changed {
			break
		}
		if err := v.check(ctx); err != nil {
			return err
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if v.options.diff {
		v.projects, v.found, v.files = projects, found, files
		if err := v.showMended(names); err != nil {
			return withCode(exitNotChecked, err)
		}
	}
	if count > 0 && !v.options.quiet && !v.silent(false) {
		done := "mended"
		if v.options.diff {
			done = "could be mended"
		}
		v.say("note", fmt.Sprintf("%s %s in %s", counted(count, "mistake"), done, counted(len(names), "file")))
	}
	return nil
}

// showMended prints what --fix would change.
func (v *validation) showMended(files []string) error {
	for _, file := range files {
		before := v.stdin
		if file != "-" {
			var err error
			if before, err = os.ReadFile(file); err != nil {
				return err
			}
		}
		name := v.relativeName(file)
		if file == "-" && v.options.stdinName != "" {
			name = filepath.ToSlash(v.options.stdinName)
		}
		if _, err := v.Out.Write(diff.Diff(name, before, name, v.mended[file])); err != nil {
			return err
		}
	}
	return nil
}

func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// fixes are those of the checked files, by absolute name, each once although
// several projects may have the file.
func (v *validation) fixes() map[string][]loader.Fix {
	out := map[string][]loader.Fix{}
	said := map[string]bool{}
	for _, p := range v.projects {
		for _, d := range p.Found {
			file := d.Position.File
			if d.Fix == nil || !p.Has(file) {
				continue
			}
			if key := fmt.Sprint(*d.Fix); !said[key] {
				said[key] = true
				out[file] = append(out[file], *d.Fix)
			}
		}
	}
	return out
}

// fixFile mends one file, or with --diff its text in memory, and says how many
// fixes were made.
func (v *validation) fixFile(file string, fixes []loader.Fix) (int, error) {
	before, held := v.mended[file]
	switch {
	case held:
	case file == "-":
		before = v.stdin
	default:
		var err error
		if before, err = os.ReadFile(file); err != nil {
			return 0, err
		}
	}
	after, n, err := fix.Apply(file, before, fixes)
	if err != nil {
		v.say("warning", fmt.Sprintf("%s is not mended: %v", v.relativeName(file), err))
		return 0, nil
	}
	switch {
	case n == 0:
		return 0, nil
	case v.options.diff:
		v.mended[file] = after
		return n, nil
	}
	return n, replaceFile(file, after)
}
