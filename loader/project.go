// Package loader turns compose files, .env files and flags into a Project,
// and every mistake in them into a Diagnostic with its place.
//
// It reads files and the environment that it is given; it must never know
// an engine, a plan or a terminal.
package loader

import (
	"github.com/compose-spec/compose-go/v2/types"
)

// Format is the generation of the compose file format. It decides the
// classic behaviour: names, links, networks and what `scale` means.
type Format string

const (
	FormatV1   Format = "v1"   // 2015: services at the top level
	FormatV2   Format = "2.x"  // version: "2" to "2.4"
	FormatV3   Format = "3.x"  // version: "3" to "3.9"
	FormatSpec Format = "spec" // the Compose Specification
)

// NameSource says where the project's name was found. A name that was
// derived from the directory may be another one for an older project.
type NameSource string

const (
	NameFromFlag NameSource = "flag"        // -p
	NameFromEnv  NameSource = "environment" // COMPOSE_PROJECT_NAME
	NameFromFile NameSource = "file"        // top-level name:
	NameFromDir  NameSource = "directory"
)

// Project is what the files mean. It is never changed after Load.
type Project struct {
	Name       string
	NameSource NameSource
	// OtherName is the name that docker-compose 1.29.2 derives from the same
	// directory, where it differs from the classic one (v1-format files whose
	// name comes from the directory only; else empty). A project that the
	// engine has under it is continued.
	OtherName string

	Dir      string   // absolute; relative paths of the files start here
	Files    []string // absolute, in merge order; "-" is standard input
	EnvFiles []string // absolute; the .env files that were read
	// IncludedEnv are the env files that only an included file is read with, by
	// its name; those of its includers come first and count more.
	IncludedEnv map[string][]string
	Format      Format

	// Compatibility asks for `_` in the names of containers and images
	// (--compatibility, COMPOSE_COMPATIBILITY).
	Compatibility bool

	// Model is compose-go's model of the files: interpolated, merged, with
	// resolved paths and environments, active profiles selected (the others
	// are in DisabledServices). For v1-format files: services without `net`
	// have NetworkMode "default", named volumes are in Model.Volumes as
	// external ones carrying the extension ImplicitVolume, volumes_from and
	// links are in today's form.
	Model *types.Project

	// Content holds a sha256 digest (hex) of what a config, secret, env_file
	// or label_file holds, under ContentKey. Values are never kept.
	Content map[string]string

	// Seccomp holds the text of the profile that an entry of a security_opt
	// names by its path, by that entry.
	Seccomp map[string]string

	// Positions finds the place in the files where a value was written.
	Positions *Positions
}

// ImplicitVolume marks, as an extension of a volume, a v1-format named volume
// that no file declares: nothing checks, labels or removes it.
const ImplicitVolume = "x-recompose-implicit"

// ContentKey names an entry of Project.Content. kind is "config", "secret",
// "env_file" or "label_file"; name is the key of the config or secret, the
// path of the file otherwise.
func ContentKey(kind, name string) string { return kind + ":" + name }

// Classic reports whether the project's format is v1: default bridge, legacy
// links, un-prefixed volumes, `_` names.
func (p *Project) Classic() bool { return p.Format == FormatV1 }
