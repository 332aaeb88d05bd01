package find

import (
	"path/filepath"

	"recompose/loader"
)

// Group is files that are checked together, in merge order.
type Group struct {
	Files []string
	// Base is the file that a variant (docker-compose.prod.yml) may have to be
	// laid over; empty where there is none. Whether it has to, only its content
	// can tell: many variants stand alone.
	Base string
}

// Groups puts files together as `up` would: the file that it finds in a
// directory with its override file, whichever of the two is among files. Every
// other file is a group of its own.
func Groups(files []string) []Group {
	var out []Group
	seen := map[string]bool{}
	for _, f := range files {
		dir := filepath.Dir(f)
		main, override := loader.DefaultFiles(dir)
		g := Group{Files: []string{f}}
		switch {
		case f == main || f == override && main != "":
			if g.Files = []string{main}; override != "" {
				g.Files = append(g.Files, override)
			}
		case f != override:
			g.Base = main
		}
		if !seen[g.Files[0]] {
			seen[g.Files[0]] = true
			out = append(out, g)
		}
	}
	return out
}
