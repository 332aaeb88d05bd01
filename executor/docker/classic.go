package docker

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/docker/docker/api/types/build"

	"recompose/executor"
)

// buildClassic builds with the engine's older builder, which also Podman
// speaks.
func (e *Engine) buildClassic(ctx context.Context, source *buildContext, o build.ImageBuildOptions, report executor.Report) error {
	var err error
	if o.AuthConfigs, err = e.allCredentials(); err != nil {
		return err
	}
	read := func(body io.Reader) error { return readClassic(ctx, body, report) }
	if source.remote != "" {
		return e.post(ctx, nil, o, read)
	}
	source.forClassic()
	body, failure := source.archive(ctx)
	err = e.post(ctx, body, o, read)
	if own := failure(); own != nil && err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w\nthe engine: %w", own, err) // ours is the cause
	}
	return err
}

var (
	// classicStep begins an instruction: "Step 2/3 : RUN make"; Podman writes
	// it as "STEP 2/3: RUN make".
	classicStep = regexp.MustCompile(`^(?:Step|STEP) (\d+/\d+) ?: (.*)$`)
	// classicNoise are the ids of layers and of containers in between.
	classicNoise = regexp.MustCompile(`^(?: ---> |Removing intermediate container |--> |Successfully (?:built|tagged) )`)
)

// readClassic reports what the classic builder writes, as BuildKit's steps are.
func readClassic(ctx context.Context, body io.Reader, report executor.Report) error {
	var now *step
	lines := lineBuffer{emit: func(_ time.Time, line []byte) {
		text := plainText(string(line))
		if m := classicStep.FindStringSubmatch(text); m != nil {
			now = newStep(m[1], "["+m[1]+"] "+m[2], report)
			report(executor.Progress{ID: m[1], Text: now.name})
			return
		}
		if now == nil || classicNoise.MatchString(text) {
			return
		}
		now.output.write(time.Time{}, append(line, '\n'))
	}}
	err := readMessages(ctx, body, func(m message) error {
		switch {
		case m.Stream != "":
			lines.write(time.Time{}, []byte(m.Stream))
		case m.ID != "" && m.Status == "Downloading": // of a base image
			report(executor.Progress{ID: m.ID, Current: m.Progress.Current, Total: m.Progress.Total})
		}
		return nil
	})
	lines.flush()
	if err == nil || ctx.Err() != nil {
		return err
	}
	return failedStep(now, err)
}
