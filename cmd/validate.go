package cmd

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"recompose/loader"
	"recompose/loader/report"
)

// exitUsage is validate's code for a wrong command line; other commands have
// exitFailed, as the peers do.
const exitUsage = 2

type validateOptions struct {
	paths   []string
	format  string
	outputs []string
	quiet   bool
	failOn  string

	presets         []string
	strict, sandbox bool

	fix, diff      bool
	baseline       string
	updateBaseline bool
	changedSince   string
	stdinName      string
	listRules      bool
}

func (a *App) newValidateCmd() *cobra.Command {
	o := &validateOptions{}
	c := &cobra.Command{
		Use:   "validate [OPTIONS] [PATH...]",
		Short: "Find the mistakes in the files",
		Long: `Find all mistakes in the files at once, each with its file, line and column.
No engine is needed.

Without PATH the project's files are checked, as up would read them. With it,
the files that are named and all compose files in directories that are: by
name, by content, less what .gitignore leaves out. A file is checked together
with its override file; a variant (docker-compose.prod.yml) by itself or, where
it has fewer mistakes so, over the directory's compose file.

Exit codes: 0 nothing at or above --fail-on, 1 something, 2 wrong command line,
3 something could not be read or written.`,
		Example: `  recompose validate
  recompose validate .
  recompose validate --fix --diff
  recompose validate . --format github --output sarif=compose.sarif
  recompose validate . --baseline .compose-baseline.json`,
		Args: func(_ *cobra.Command, args []string) error {
			o.paths = args
			return withUsage(a.checkValidateOptions(o))
		},
		RunE: func(c *cobra.Command, _ []string) error { return a.runValidate(c.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.format, "format", "", "What to print: "+strings.Join(report.Formats(), ", ")+" (default text; github in its workflows)")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "Also write a report, as `FORMAT=FILE` (repeat)")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Print nothing")
	f.StringVar(&o.failOn, "fail-on", "error", "Exit with 1 from this `SEVERITY` on: error, warning, info, never")
	f.BoolVar(&o.strict, "strict", false, "Unset variables and ignored keys are errors; the same as --preset strict")
	f.StringArrayVar(&o.presets, "preset", nil, "Turn on a set of rules: "+strings.Join(slices.Sorted(maps.Keys(loader.Presets)), ", ")+" (repeat)")
	f.BoolVar(&o.sandbox, "sandbox", false, "Refuse to read files outside the project's directory")
	f.BoolVar(&o.fix, "fix", false, "Mend what can be mended safely, in the files")
	f.BoolVar(&o.diff, "diff", false, "With --fix: show what would change, and write nothing")
	f.StringVar(&o.baseline, "baseline", "", "Leave out the mistakes that `FILE` knows")
	f.BoolVar(&o.updateBaseline, "update-baseline", false, "Write all that is found to the baseline")
	f.StringVar(&o.changedSince, "changed-since", "", "Only projects of which a file has changed since the git `REVISION`")
	f.StringVar(&o.stdinName, "stdin-filename", "", "`FILE` that standard input (-) is the content of")
	f.BoolVar(&o.listRules, "list-rules", false, "Print the rules with their severity and preset (--format text or json), and check nothing")
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return withUsage(flagError(c, err)) })
	return c
}

func withUsage(err error) error {
	if err == nil {
		return nil
	}
	return withCode(exitUsage, err)
}

// checkValidateOptions finds what contradicts itself, and settles the rest.
func (a *App) checkValidateOptions(o *validateOptions) error {
	if o.listRules {
		return checkListRules(o)
	}
	if o.format == "" {
		o.format = "text"
		if a.getenv("GITHUB_ACTIONS") == "true" {
			o.format = "github"
		}
	}
	if !report.IsFormat(o.format) {
		return failure("--format %q: expected %s", o.format, strings.Join(report.Formats(), ", "))
	}
	var written []string
	for _, text := range o.outputs {
		_, file, err := parseOutput(text)
		if err != nil {
			return err
		}
		if file = filepath.Clean(file); slices.Contains(written, file) {
			return failure("--output writes %s twice: each report needs a file of its own", file)
		}
		written = append(written, file)
	}
	if !slices.Contains([]string{"error", "warning", "info", "never"}, o.failOn) {
		return failure("--fail-on %q: expected error, warning, info or never", o.failOn)
	}
	var err error
	if o.presets, err = knownPresets(o.presets, o.strict); err != nil {
		return err
	}
	stdin := slices.Contains(o.paths, "-") || slices.Contains(a.global.files, "-")
	switch {
	case o.diff && !o.fix:
		return failure("--diff goes with --fix")
	case o.fix && stdin && !o.diff:
		return failure("standard input cannot be mended; --fix --diff shows how")
	case o.updateBaseline && o.baseline == "":
		return failure("--update-baseline needs --baseline FILE")
	case o.stdinName != "" && !stdin:
		return failure("--stdin-filename goes with - as the file")
	case len(o.paths) > 0 && len(a.global.files) > 0:
		return failure("-f names the files of one project, PATH any number of projects: use one of them")
	case strings.HasPrefix(o.changedSince, "-"):
		return failure("--changed-since %q is no revision", o.changedSince)
	}
	return nil
}

// knownPresets are those of --preset and --strict.
func knownPresets(presets []string, strict bool) ([]string, error) {
	for _, p := range presets {
		if _, known := loader.Presets[p]; !known {
			return nil, failure("--preset %q: expected %s", p, strings.Join(slices.Sorted(maps.Keys(loader.Presets)), " or "))
		}
	}
	if strict {
		presets = append(presets, "strict")
	}
	return presets, nil
}

// checkListRules refuses what says how to check.
func checkListRules(o *validateOptions) error {
	if o.format == "" {
		o.format = "text"
	}
	switch {
	case !slices.Contains(report.RuleFormats, o.format):
		return failure("--list-rules --format %q: expected %s", o.format, strings.Join(report.RuleFormats, " or "))
	case len(o.paths) > 0 || o.fix || len(o.outputs) > 0:
		return failure("--list-rules checks nothing")
	}
	return nil
}

// fails tells which severities make the exit code 1.
func (o *validateOptions) fails(s loader.Severity) bool {
	order := []string{"info", "warning", "error", "never"}
	return slices.Index(order, string(s)) >= slices.Index(order, o.failOn)
}

func (a *App) runValidate(ctx context.Context, o *validateOptions) error {
	if o.listRules {
		return report.Rules(a.Out, o.format)
	}
	v := &validation{App: a, options: o, mended: map[string][]byte{}}
	if err := v.check(ctx); err != nil {
		return err
	}
	if o.fix {
		if err := v.fix(ctx); err != nil {
			return err
		}
	}
	if o.baseline != "" {
		if err := v.baseline(); err != nil {
			return err
		}
	}
	if !o.diff { // which has been printed instead
		if err := v.write(); err != nil {
			return err
		}
	}
	if err := v.unread(); err != nil {
		return err
	}
	if slices.ContainsFunc(v.found, func(d loader.Diagnostic) bool { return o.fails(d.Severity) }) {
		return errReported
	}
	return nil
}
