package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"recompose/loader"
	"recompose/loader/report"
	"recompose/loader/upgrade"
)

type upgradeOptions struct {
	files        []string
	write        bool
	check        bool
	namedVolumes bool
}

func (a *App) newUpgradeCmd() *cobra.Command {
	o := upgradeOptions{}
	c := &cobra.Command{
		Use:   "upgrade [OPTIONS] [FILE...]",
		Short: "Rewrite files of older formats in today's",
		Long: `Rewrite the project's files, or those named, in today's format: services of
the 2015 format go under "services:", links become depends_on, net becomes
network_mode or networks, "version" goes. Comments, order, anchors and quoting
stay. What changes is shown as a diff; nothing is written without --write.
What today's format cannot say, or reads in another way, is told with its
place. No engine is needed.

With - as the file, standard input is read, and --write writes to standard
output. Exit codes: 0, or 1 if a file cannot be rewritten or, with --check,
would change.`,
		Example: `  recompose upgrade
  recompose upgrade --write docker-compose.yml
  recompose -f a.yml -f b.yml upgrade --check`,
		RunE: func(c *cobra.Command, args []string) error {
			o.files = args
			return a.runUpgrade(c.Context(), o)
		},
	}
	f := c.Flags()
	f.BoolVarP(&o.write, "write", "w", false, "Write the files in place of showing what would change")
	f.BoolVar(&o.check, "check", false, "Only name the files that would change, and exit with 1 if there are any")
	f.BoolVar(&o.namedVolumes, "named-volumes", false, "Also name the unnamed volumes of data-only services; their data has to be copied once")
	c.MarkFlagsMutuallyExclusive("write", "check")
	return c
}

func (a *App) runUpgrade(ctx context.Context, o upgradeOptions) error {
	options := a.loadOptions(nil)
	if len(o.files) > 0 {
		options.Files = o.files
	}
	files, diagnostics, err := loader.ReadFiles(options)
	a.report(diagnostics)
	if err != nil {
		return err
	}
	if loader.HasErrors(diagnostics) {
		return errReported
	}
	results := upgrade.Files(files, upgrade.Options{NamedVolumes: o.namedVolumes})
	changed, failed := false, false
	for _, r := range results {
		changed = changed || r.Changed()
		failed = failed || loader.HasErrors(r.Notes)
		if err := a.emit(r, o); err != nil {
			return err
		}
	}
	if err := a.reportNotes(results, o.check); err != nil {
		return err
	}
	if !o.check {
		a.noteName(ctx, files, options)
	}
	switch {
	case failed, o.check && changed:
		return errReported
	case !changed && !o.check:
		fmt.Fprintln(a.Err, "nothing to upgrade")
	}
	return nil
}

// emit writes, names or shows one file's new text.
func (a *App) emit(r upgrade.Result, o upgradeOptions) error {
	name := a.relative([]loader.Diagnostic{{Position: loader.Position{File: r.Name}}})[0].Position.File
	switch {
	case o.write && r.Name == "-":
		_, err := a.Out.Write(r.New)
		return err
	case !r.Changed():
		return nil
	case o.check:
		_, err := fmt.Fprintln(a.Out, name)
		return err
	case o.write:
		if err := replaceFile(r.Name, r.New); err != nil {
			return err
		}
		fmt.Fprintln(a.Err, "upgraded "+name)
		return nil
	}
	_, err := a.Out.Write(diff.Diff(name, r.Old, name, r.New))
	return err
}

// reportNotes prints the notes, which are about the files as they were; a check
// prints errors only.
func (a *App) reportNotes(results []upgrade.Result, check bool) error {
	for _, r := range results {
		var shown []loader.Diagnostic
		for _, d := range r.Notes {
			if d.Severity == loader.SeverityError || !check && !a.silent(d.Severity == loader.SeverityWarning) {
				shown = append(shown, d)
			}
		}
		lines := strings.Split(string(r.Old), "\n")
		source := func(_ string, n int) (string, bool) {
			if n < 1 || n > len(lines) {
				return "", false
			}
			return strings.TrimSuffix(lines[n-1], "\r"), true
		}
		if err := report.Text(a.Err, a.relative(shown), source); err != nil {
			return err
		}
	}
	return nil
}

// noteName tells where the format decides on the project's name: the project
// under the old one would be left alone.
func (a *App) noteName(ctx context.Context, files []loader.File, o loader.Options) {
	if files[0].Name == "-" || files[0].Format != loader.FormatV1 {
		return
	}
	p, _, err := a.load(ctx, o)
	if err != nil || p == nil || p.OtherName == "" || a.silent(false) {
		return
	}
	a.say("note", fmt.Sprintf("the project is called %s here; with a file of today's format the directory gives it the name %s. Put `name: %s` into the file, or use -p, to go on with its containers",
		p.Name, p.OtherName, p.Name))
}

// replaceFile gives a file new content at once: whoever reads it sees the old
// or the new one. Its mode stays, and a symbolic link stays one.
func replaceFile(path string, content []byte) (err error) {
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(content); err != nil {
		return err
	}
	keepOwner(f, info)
	if err = f.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
