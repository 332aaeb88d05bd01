package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"recompose/loader/report"
)

// baseline leaves out what is known, or makes all that was found known.
func (v *validation) baseline() error {
	file := v.absolute(v.options.baseline)
	if v.options.updateBaseline {
		var b bytes.Buffer
		if err := report.NewBaseline(v.found).Write(&b); err != nil {
			return err
		}
		if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
			return withCode(exitNotChecked, err)
		}
		v.say("note", fmt.Sprintf("%s knows %s now", v.options.baseline, counted(len(v.found), "problem")))
		v.found = nil
		return nil
	}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return withUsage(failure("--baseline %s: there is no such file; --update-baseline makes it", v.options.baseline))
	}
	if err != nil {
		return withCode(exitNotChecked, err)
	}
	known, err := report.ReadBaseline(content)
	if err != nil {
		return withUsage(failure("--baseline %s: %w", v.options.baseline, err))
	}
	all := len(v.found)
	fresh, mended := known.Filter(v.found)
	v.found = fresh
	if v.options.quiet || v.silent(false) {
		return nil
	}
	if n := all - len(fresh); n > 0 {
		v.say("note", fmt.Sprintf("%s of %s %s left out", counted(n, "known problem"), v.options.baseline, be(n)))
	}
	if len(mended) > 0 && len(v.options.paths) > 0 && v.options.changedSince == "" {
		v.say("note", fmt.Sprintf("%s of %s %s mended; --update-baseline forgets what is", counted(len(mended), "problem"), v.options.baseline, be(len(mended))))
	}
	return nil
}

func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
