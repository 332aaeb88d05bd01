package find

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// maxIgnore bounds what is read of a .gitignore file, in bytes.
const maxIgnore = 1 << 20

// ignores are the .gitignore files that hold for a directory, those of
// directories above first.
type ignores []ignoreFile

type ignoreFile struct {
	dir   string // absolute
	rules []ignoreRule
}

type ignoreRule struct {
	match         *regexp.Regexp // of the path below dir, with slashes
	negated, dirs bool
}

// above collects the .gitignore files from the repository's top down to dir; a
// directory outside a repository has its own only.
func above(dir string) ignores {
	var out ignores
	for at := dir; ; at = filepath.Dir(at) {
		out = append(ignores(nil).with(at), out...)
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return out
		}
		if at == filepath.Dir(at) {
			return ignores(nil).with(dir)
		}
	}
}

// with adds the file of a directory below, if there is one.
func (g ignores) with(dir string) ignores {
	path := filepath.Join(dir, ".gitignore")
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > maxIgnore {
		return g
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return g // what can't be read ignores nothing
	}
	f := ignoreFile{dir: dir}
	for line := range strings.Lines(string(content)) {
		if rule, ok := parseIgnore(line); ok {
			f.rules = append(f.rules, rule)
		}
	}
	return append(g[:len(g):len(g)], f)
}

// ignored: the last rule that matches decides, as in git.
func (g ignores) ignored(path string, dir bool) bool {
	for i := len(g) - 1; i >= 0; i-- {
		rel, err := filepath.Rel(g[i].dir, path)
		if err != nil {
			continue
		}
		rel = filepath.ToSlash(rel)
		for j := len(g[i].rules) - 1; j >= 0; j-- {
			if r := g[i].rules[j]; (dir || !r.dirs) && r.match.MatchString(rel) {
				return !r.negated
			}
		}
	}
	return false
}

// parseIgnore reads a line as gitignore(5) describes it.
func parseIgnore(line string) (ignoreRule, bool) {
	line = strings.TrimRight(line, "\r\n")
	if trimmed := strings.TrimRight(line, " "); !strings.HasSuffix(trimmed, `\`) {
		line = trimmed
	}
	if line == "" || line[0] == '#' {
		return ignoreRule{}, false
	}
	var r ignoreRule
	if line[0] == '!' {
		r.negated, line = true, line[1:]
	}
	if strings.HasSuffix(line, "/") {
		r.dirs, line = true, strings.TrimSuffix(line, "/")
	}
	anchored := strings.Contains(line, "/")
	pattern := globPattern(strings.TrimPrefix(line, "/"))
	if !anchored {
		pattern = "(?:.*/)?" + pattern
	}
	match, err := regexp.Compile("^" + pattern + "$")
	r.match = match
	return r, err == nil
}

// globPattern turns a glob into a regular expression.
func globPattern(glob string) string {
	var b strings.Builder
	for i := 0; i < len(glob); i++ {
		switch rest := glob[i:]; {
		case strings.HasPrefix(rest, "**/"):
			b.WriteString("(?:.*/)?")
			i += 2
		case rest == "**":
			b.WriteString(".*")
			i++
		case rest[0] == '*':
			b.WriteString("[^/]*")
		case rest[0] == '?':
			b.WriteString("[^/]")
		case rest[0] == '[' && strings.IndexByte(rest[1:], ']') > 0:
			end := strings.IndexByte(rest[2:], ']') + 2 // a bracket right behind the first is meant itself
			class := strings.ReplaceAll(rest[1:end], `\`, `\\`)
			if class[0] == '!' {
				class = "^" + class[1:]
			}
			b.WriteString("[" + class + "]")
			i += end
		case rest[0] == '\\' && len(rest) > 1:
			b.WriteString(regexp.QuoteMeta(rest[1:2]))
			i++
		default:
			b.WriteString(regexp.QuoteMeta(rest[:1]))
		}
	}
	return b.String()
}
