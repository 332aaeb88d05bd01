package docker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"recompose/executor"
	"recompose/planner"
)

// keptOutput is how much of a command's output goes into an error, in bytes.
const keptOutput = 2 << 10

// runHook runs a post_start or pre_stop command to its end.
func (e *Engine) runHook(ctx context.Context, p planner.RunHook) error {
	out := &lastBytes{}
	o := executor.ExecOptions{
		Command: p.Hook.Command, User: p.Hook.User, WorkDir: p.Hook.WorkingDir, Privileged: p.Hook.Privileged, Stdout: out, Stderr: out,
	}
	for _, key := range slices.Sorted(maps.Keys(p.Hook.Environment)) {
		if value := p.Hook.Environment[key]; value != nil {
			o.Env = append(o.Env, key+"="+*value)
		}
	}
	code, err := e.Exec(ctx, p.Container.Addr(), o)
	if err != nil {
		return err
	}
	if code == 0 {
		return nil
	}
	text := fmt.Sprintf("%s: exit code %d", strings.Join(p.Hook.Command, " "), code)
	if said := printable(out.String()); said != "" {
		text += ": " + hideValues(said, o.Env)
	}
	return fmt.Errorf("%s", text)
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct {
	mu   sync.Mutex
	kept []byte
}

func (l *lastBytes) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, p...)
	if extra := len(l.kept) - keptOutput; extra > 0 {
		l.kept = slices.Delete(l.kept, 0, extra)
	}
	return len(p), nil
}

func (l *lastBytes) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.kept)
}
