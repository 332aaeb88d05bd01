package loader

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// hideTree masks, in a tree of JSON, what is or looks like a secret.
func hideTree(value any, key string) any {
	switch v := value.(type) {
	case string:
		return hidden(key, v)
	case []any:
		if words, ok := asWords(v); ok {
			for i, w := range hiddenWords(words) {
				v[i] = w
			}
			return v
		}
		for i := range v {
			v[i] = hideTree(v[i], key)
		}
	case map[string]any:
		for k := range v {
			v[k] = hideTree(v[k], k)
		}
	}
	return value
}

// hidden is a value without what is secret in it. One that has the mark of it
// by itself is masked as a whole: the mark always means that something is not
// there.
func hidden(key, value string) string {
	if strings.Contains(value, Masked) {
		return Masked
	}
	return redacted(key, value)
}

func hiddenWords(words []string) []string {
	out := RedactWords(words)
	for i, w := range words {
		if strings.Contains(w, Masked) {
			out[i] = Masked
		}
	}
	return out
}

func asWords(list []any) ([]string, bool) {
	words := make([]string, len(list))
	for i, e := range list {
		w, ok := e.(string)
		if !ok {
			return nil, false
		}
		words[i] = w
	}
	return words, len(words) > 0
}

// filler puts today's values where a tree has masked ones.
type filler struct{ todays, missing []string }

func (f *filler) fill(old, today any, path string) any {
	switch v := old.(type) {
	case string:
		now, there := today.(string)
		return f.note(path, v, func() (string, bool) { return unmask(v, now, there) })
	case []any:
		now, _ := today.([]any)
		if words, ok := asWords(v); ok {
			f.words(v, words, now, path)
			return v
		}
		for i := range v {
			var other any
			if i < len(now) {
				other = now[i]
			}
			v[i] = f.fill(v[i], other, path+"."+strconv.Itoa(i))
		}
	case map[string]any:
		now, _ := today.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			v[key] = f.fill(v[key], now[key], strings.TrimPrefix(path+"."+key, "."))
		}
	}
	return old
}

// note fills one value, and keeps where it is.
func (f *filler) note(path, value string, fill func() (string, bool)) string {
	if !strings.Contains(value, Masked) {
		return value
	}
	filled, ok := fill()
	if !ok {
		f.missing = append(f.missing, path)
		return value
	}
	f.todays = append(f.todays, path)
	return filled
}

// words fills the words of a command where today's has its secrets under the
// same options, in the same order.
func (f *filler) words(list []any, old []string, today []any, path string) {
	if masked(old) == nil {
		return
	}
	now, _ := asWords(today)
	redacted := hiddenWords(now)
	from, to := masked(redacted), masked(old)
	same := slices.EqualFunc(from, to, func(i, j int) bool { return option(redacted, i) == option(old, j) })
	for n, j := range to {
		if !same {
			f.missing = append(f.missing, path)
			return
		}
		word, ok := now[from[n]], true
		if option(old, j) == "" {
			word, ok = unmask(old[j], word, true)
		}
		if !ok {
			f.missing = append(f.missing, path)
			return
		}
		list[j] = word
	}
	f.todays = append(f.todays, path)
}

// masked are the indices of the words that something is missing from.
func masked(words []string) []int {
	var at []int
	for i, w := range words {
		if strings.Contains(w, Masked) {
			at = append(at, i)
		}
	}
	return at
}

// option names the option whose value the word hides; "" where it hides a
// password within an address.
func option(words []string, i int) string {
	switch name, found := strings.CutSuffix(words[i], "="+Masked); {
	case found && optionValue.MatchString(words[i]) && !strings.Contains(name, Masked):
		return name
	case words[i] == Masked && i > 0:
		return words[i-1]
	case words[i] == Masked:
		return Masked
	}
	return ""
}

// unmask puts today's value in place of a masked one; of a longer text, only
// its secrets, if today's has them after the same names.
func unmask(value, today string, there bool) (string, bool) {
	if value == Masked {
		return today, there
	}
	secrets, parts := secretsIn(today), strings.Split(value, Masked)
	if len(secrets) == 0 || len(parts) != len(secrets)+1 {
		return "", false
	}
	var b strings.Builder
	for i, s := range secrets {
		if !strings.HasSuffix(parts[i], s.name) {
			return "", false
		}
		b.WriteString(parts[i] + today[s.from:s.to])
	}
	return b.String() + parts[len(secrets)], true
}
