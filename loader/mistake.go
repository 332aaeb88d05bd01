package loader

import (
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// mistake is one finding of compose-go, made of the text of its error: it has
// no other form.
type mistake struct {
	rule, path, message, hint string

	at *Position // where no path leads
}

var (
	decodeErrors = regexp.MustCompile(`'((?:services|networks|volumes|configs|secrets|models|jobs)\[[^']*)' `)
	castErrors   = regexp.MustCompile(`error while interpolating ([^\s:]+): failed to cast to expected type: `)
	specText     = regexp.MustCompile(`(?:invalid (?:hostPort|containerPort|spec|proto|IP address)|no port specified|invalid published port|invalid target port|Invalid ip address|invalid volume specification|confusing device mapping)[^:]*: "?([^"\s]*[^":\s<])`)
	shortForm    = regexp.MustCompile(`^services.*\.(?:ports|volumes|expose|devices)\[\d+\]$`)
	wrongBool    = regexp.MustCompile(`^invalid boolean: (.*)$`)
	wrongNumber  = regexp.MustCompile(`parsing "(.*)": invalid syntax`)
	wrongType    = regexp.MustCompile(`^expected type '(u?int|float|bool|string)\d*', got unconvertible type '\w+'`)
	belowZero    = regexp.MustCompile(`-\d+ overflows uint`)
	wrongTime    = regexp.MustCompile(`^time: `)
	wrongSize    = regexp.MustCompile(`^invalid (?:suffix|size): `)
)

// mistakes takes an error of compose-go apart. Some hold several findings.
func (l *load) mistakes(err error) []mistake {
	text := strings.Join(strings.Fields(err.Error()), " ")
	for _, joined := range []*regexp.Regexp{decodeErrors, castErrors} {
		at := joined.FindAllStringSubmatchIndex(text, -1)
		var out []mistake
		for i, m := range at {
			end := len(text)
			if i+1 < len(at) {
				end = at[i+1][0]
			}
			path, _ := l.written(text[m[2]:m[3]])
			if at := l.castBelow(text[m[2]:m[3]], path); at != nil {
				cast := l.wordValue(text[m[2]:m[3]], strings.TrimSpace(text[m[1]:end]))
				cast.path, cast.at = "", at
				out = append(out, cast)
				continue
			}
			if before, after, some := strings.Cut(text[m[2]:m[3]], ".[]."); some {
				path = l.someEntry(before, after, text[m[1]:end], path)
			}
			out = append(out, l.wordValue(path, strings.TrimSpace(text[m[1]:end])))
		}
		if len(out) > 0 {
			return out
		}
	}
	m := mistake{rule: "compose", path: l.pathOf(err.Error()), message: strings.TrimSuffix(text, ": invalid compose project")}
	for _, s := range l.sources {
		m.message = strings.TrimPrefix(m.message, "validating "+s.name+": ")
		m.message = strings.ReplaceAll(m.message, " in "+s.name, "")
	}
	switch {
	case strings.Contains(text, "Circular reference"):
		m.rule = "extends-cycle"
		names := extendsStep.FindAllStringSubmatch(err.Error(), -1)
		var chain []string
		for _, n := range names {
			chain = append(chain, n[1])
		}
		chain = fromFirst(chain)
		m.message = "extends goes round in a circle: " + joinCircle(chain)
		if len(chain) > 0 && l.positions.has(joinPath("services", chain[0], "extends")) {
			m.path = joinPath("services", chain[0], "extends")
		}
	case strings.Contains(text, "include cycle detected"):
		m.rule = "include-cycle"
	case strings.HasPrefix(text, "cannot extend"):
		m = reworded(m)
		m.rule, m.hint, m.at = "undefined-service", l.otherBase(m.message), l.extendsBelow(text)
		return []mistake{m}
	case shortForm.MatchString(m.path):
		m.rule = "schema"
	}
	if m.path == "" {
		m.at = l.valueBelow(text)
	}
	return []mistake{reworded(m)}
}

// otherBase suggests a service for one that is quoted and in no file.
func (l *load) otherBase(message string) string {
	_, rest, _ := strings.Cut(message, `"`)
	name, _, _ := strings.Cut(rest, `"`)
	var names []string
	for _, s := range slices.Concat(l.sources, l.related) {
		for _, root := range s.docs {
			if services := child(root, "services"); services != nil && services.Kind == yaml.MappingNode {
				for i := 0; i+1 < len(services.Content); i += 2 {
					names = append(names, services.Content[i].Value)
				}
			}
		}
	}
	return didYouMean(name, names)
}

// extendsStep is one line of compose-go's description of a circle.
var extendsStep = regexp.MustCompile(`(?m)^\s+(?:extends )?(\S+) in `)

// fromFirst turns a circle so that it begins at its first name by the alphabet:
// compose-go begins anywhere.
func fromFirst(circle []string) []string {
	if len(circle) < 2 || circle[0] != circle[len(circle)-1] {
		return circle
	}
	open := circle[1:]
	at := slices.Index(open, slices.Min(open))
	turned := slices.Concat(open[at:], open[:at])
	return append(turned, turned[0])
}

// wordValue says what a value should have been.
func (l *load) wordValue(path, text string) mistake {
	m := mistake{rule: "schema", path: path, message: text}
	name := path[strings.LastIndexByte(path, '.')+1:]
	switch {
	case wrongBool.MatchString(text):
		m.message = name + " must be true or false, not " + wrongBool.FindStringSubmatch(text)[1]
	case wrongNumber.MatchString(text):
		value := wrongNumber.FindStringSubmatch(text)[1]
		m.message = name + " must be a number, not " + value
		if strings.Count(value, ",") == 1 {
			m.hint = "write a point: " + strings.Replace(value, ",", ".", 1)
		}
	case wrongType.MatchString(text):
		want := map[string]string{"bool": "true or false", "string": "a string"}[wrongType.FindStringSubmatch(text)[1]]
		if want == "" {
			want = "a number"
		}
		m.message = name + " must be " + want
	case belowZero.MatchString(text):
		m.message = name + " must not be negative"
	case wrongTime.MatchString(text):
		m.message = name + " is no valid duration: " + strings.TrimPrefix(text, "time: ")
		m.hint = "write a number with its unit, like 30s, 1m30s or 500ms"
	case wrongSize.MatchString(text):
		m.message = name + " is no valid size: " + strings.Replace(text, "invalid suffix:", "unknown unit", 1)
		m.hint = "write a number with its unit: b, k, m or g"
	default:
		return reworded(m)
	}
	return m
}

// pathText is how compose-go names a place: services.web.ports.0 or
// services.web.ports[0].
var (
	pathText    = regexp.MustCompile(`\b(?:services|networks|volumes|configs|secrets|models|jobs|include)[.\[][^\s:,"']+`)
	serviceText = regexp.MustCompile("service[s]? [\"'`]([^\"'`]+)[\"'`]")
	volumeText  = regexp.MustCompile("(volume|network|config|secret) [\"'`]?([^\"'`\\s]+)[\"'`]?")
)

// pathOf finds the place that an error of compose-go is about, "" if it names
// none that is written in a file.
func (l *load) pathOf(text string) string {
	for _, m := range pathText.FindAllString(text, -1) {
		if path, ok := l.written(strings.TrimRight(m, ".")); ok {
			return path
		}
	}
	for _, m := range serviceText.FindAllStringSubmatch(text, -1) {
		path := joinPath("services", m[1])
		if _, ok := l.positions.At(path); ok {
			if strings.Contains(text, "extend") && l.positions.has(path+".extends.service") {
				return path + ".extends.service"
			}
			if l.positions.has(path+".extends") && strings.Contains(text, "extend") {
				return path + ".extends"
			}
			return path
		}
	}
	if m := volumeText.FindStringSubmatch(text); m != nil {
		path := joinPath(m[1]+"s", m[2])
		if _, ok := l.positions.At(path); ok {
			return path
		}
	}
	if strings.Contains(text, "Circular reference") {
		return l.circular(text)
	}
	if strings.Contains(text, "include") {
		if _, ok := l.positions.At("include"); ok {
			return "include"
		}
	}
	if quoted, place := quotedIn(text); place != nil {
		return l.pathOfValue(quoted, place)
	}
	return ""
}

// quotedIn is the value that an error names, and the places that may have it.
func quotedIn(text string) (quoted string, place *regexp.Regexp) {
	if m := specText.FindStringSubmatch(text); m != nil {
		return m[1], shortForm
	}
	for _, q := range quotedValues {
		if m := q.pattern.FindStringSubmatch(text); m != nil {
			return filepath.Base(m[1]), q.place
		}
	}
	return "", nil
}

// quotedValues are errors that name a value, and the places that may have it.
var quotedValues = []struct{ pattern, place *regexp.Regexp }{
	{regexp.MustCompile(`invalid ssh key "(.*)"`), regexp.MustCompile(`^services.*\.build\.ssh(?:\[\d+\])?$`)},
	{regexp.MustCompile(`^stat (.*): no such file or directory$`), regexp.MustCompile(`^include\[\d+\]\.env_file(?:\[\d+\])?$`)},
}

// pathOfValue finds a value, like a port or volume in the short form, by what
// compose-go quotes of it; it names no place for these.
func (l *load) pathOfValue(quoted string, place *regexp.Regexp) string {
	found := ""
	l.positions.each(func(path string, pos Position) {
		if !place.MatchString(path) || found != "" && path > found {
			return
		}
		text := l.textAt(pos)
		if value, err := l.substitute(text); err == nil && strings.Contains(value, quoted) {
			found = path
		}
	})
	if found != "" {
		return found
	}
	for _, d := range l.found { // in a v1-format file, a number may have become another one
		if d.Rule == "changed-scalar" && strings.HasSuffix(d.Message, " "+quoted) {
			return "services." + d.Path
		}
	}
	return ""
}

// someEntry is the entry that an error means which tells all of a list but the
// index, and quotes the value.
func (l *load) someEntry(list, key, text, otherwise string) string {
	m := wrongNumber.FindStringSubmatch(text)
	above, _ := l.written(list)
	if m == nil || above == "" {
		return otherwise
	}
	place := regexp.MustCompile("^" + regexp.QuoteMeta(above) + `\[\d+\]\.` + regexp.QuoteMeta(key) + "$")
	if at := l.pathOfValue(m[1], place); at != "" {
		return at
	}
	return otherwise
}

// written turns a dotted path into ours, as far as the files have it. Keys
// with dots in them make it ambiguous: the longest key that exists wins.
func (l *load) written(dotted string) (string, bool) {
	parts := strings.FieldsFunc(dotted, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	path := ""
next:
	for i := 0; i < len(parts); {
		for j := len(parts); j > i; j-- {
			key := strings.Join(parts[i:j], ".")
			entry := path + "[" + key + "]"
			if at, err := strconv.Atoi(key); err == nil {
				entry = l.entryAt(path, at)
			}
			for _, p := range []string{joinKey(path, key), entry} {
				if _, ok := l.positions.At(p); ok {
					path, i = p, j
					continue next
				}
			}
		}
		break
	}
	return path, path != "" && strings.ContainsAny(path, ".[")
}

// entryAt is the path of an entry that compose-go has at an index: entries that
// were dropped before it count in the file, and of two for one thing the last
// stands in the place of the first.
func (l *load) entryAt(list string, index int) string {
	dropped := l.dropped[list] // before the i-th of them, dropped[i]-i are left
	if kept := l.keptEntries(list); index < len(kept) {
		return joinIndex(list, kept[index])
	}
	return joinIndex(list, index+sort.Search(len(dropped), func(i int) bool { return dropped[i]-i > index }))
}

// entriesOf gives the indexes of those paths that are entries of lists, sorted.
func entriesOf(paths []string) map[string][]int {
	entries := map[string][]int{}
	for _, path := range paths {
		list := parentPath(path)
		if i, err := strconv.Atoi(strings.Trim(path[len(list):], "[]")); err == nil && strings.HasSuffix(path, "]") {
			entries[list] = append(entries[list], i)
		}
	}
	for list, indexes := range entries {
		slices.Sort(indexes)
		entries[list] = slices.Compact(indexes)
	}
	return entries
}

func (l *load) circular(text string) string {
	m := regexp.MustCompile(`(?m)^\s*(\S+) in `).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	path := joinPath("services", m[1], "extends")
	if _, ok := l.positions.At(path); ok {
		return path
	}
	return ""
}
