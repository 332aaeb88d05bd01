package loader

import (
	"context"
	"io"
)

// Options are what the command line and the environment say about the files.
type Options struct {
	Files      []string // -f; "-" is Stdin; empty: COMPOSE_FILE, else found by name upwards from WorkingDir
	Name       string   // -p
	Directory  string   // --project-directory
	WorkingDir string   // where the command runs; absolute
	EnvFiles   []string // --env-file
	Profiles   []string // --profile
	// Services are those that the command line names: they are enabled
	// whatever their profile.
	Services      []string
	Env           []string // the process's environment, KEY=VALUE
	Stdin         io.Reader
	Compatibility bool
}

// Load reads the files and makes them a Project. Mistakes come as diagnostics,
// all that can be found at once; where one is an error, the project is nil.
// The error is for what is no mistake in a file: no file found, unreadable.
func Load(ctx context.Context, o Options) (*Project, []Diagnostic, error) {
	panic("not written yet")
}
