package loader

import (
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// Masked stands in place of a value that is not for others' eyes.
const Masked = "********"

// secretKey finds names that people give to what they keep to themselves.
var secretKey = regexp.MustCompile(`(?i)(passw(or)?d|passphrase|secret|token|credential|api_?key|private_?key|access_?key|auth_?key|requirepass|masterauth|encryption_?key|signing_?key|(^|_)(pwd|pass|salt|dsn)($|_))`)

// SecretKey reports whether a variable or label of this name most likely holds
// a secret.
func SecretKey(name string) bool { return secretKey.MatchString(name) }

// Redact is the model with the values masked that are, or look like, secrets:
// under secret-like names in environments, build arguments, labels and driver
// options, in the content of secrets, and passwords in addresses.
func Redact(model *types.Project) *types.Project {
	out, err := model.WithServicesTransform(func(_ string, s types.ServiceConfig) (types.ServiceConfig, error) {
		redactMapping(s.Environment)
		redactLabels(s.Labels)
		redactLabels(s.Annotations)
		if s.Build != nil {
			redactMapping(s.Build.Args)
			redactLabels(s.Build.Labels)
		}
		if s.Deploy != nil {
			redactLabels(s.Deploy.Labels)
		}
		if s.Logging != nil {
			redactLabels(s.Logging.Options)
		}
		redactWords(s.Command)
		redactWords(s.Entrypoint)
		if s.HealthCheck != nil {
			redactWords(s.HealthCheck.Test)
		}
		return s, nil
	})
	if err != nil { // the function above has none
		return &types.Project{Name: model.Name}
	}
	for name, s := range out.Secrets {
		if s.Content != "" {
			s.Content = Masked
		}
		out.Secrets[name] = s
	}
	out.Environment = out.Environment.Clone()
	redactLabels(out.Environment)
	return out
}

func redactMapping(m types.MappingWithEquals) {
	for key, value := range m {
		if value == nil {
			continue
		}
		masked := redacted(key, *value)
		m[key] = &masked
	}
}

func redactLabels[M ~map[string]string](m M) {
	for key, value := range m {
		m[key] = redacted(key, value)
	}
}

func redacted(key, value string) string {
	if value != "" && SecretKey(key) {
		return Masked
	}
	return maskText(value)
}

// inText finds what may be a secret in a longer text: a password in an address,
// and what follows a name or an option, as in a shell's line. What a variable
// stands for is not there to be seen.
var inText = regexp.MustCompile(urlPassword + `|` + named + `("[^"$][^"]*"|'[^'$][^']*'|[^\s"'$&;|<>()][^\s"'&;|<>()]*)`)

const (
	// urlPassword is a password in an address: scheme://user:password@host.
	urlPassword = `([a-zA-Z][a-zA-Z0-9+.-]*://[^/?#\s:@]*:)([^/?#\s@]+)@`
	named       = `((?:-{1,2})?[A-Za-z][\w.-]*=|--?[A-Za-z][\w.-]*[ \t]+)`
)

// found is a secret within a text: where it is, and what stands before it.
type found struct {
	from, to int
	name     string
}

func secretsIn(text string) []found {
	var all []found
	for from := 0; from < len(text); {
		at := inText.FindStringSubmatchIndex(text[from:])
		if at == nil {
			return all
		}
		for i := range at {
			at[i] += from
		}
		switch {
		case at[2] >= from: // an address
			all = append(all, found{at[4], at[5], ":"})
			from = at[5]
		case SecretKey(text[at[6]:at[7]]):
			all = append(all, found{at[8], at[9], text[at[6]:at[7]]})
			from = at[9]
		default:
			from = at[7] // its value may be an option or an address itself
		}
	}
	return all
}

func maskText(text string) string {
	var b strings.Builder
	end := 0
	for _, s := range secretsIn(text) {
		b.WriteString(text[end:s.from] + Masked)
		end = s.to
	}
	return b.String() + text[end:]
}

// RedactWords is the words of a value with what looks like a secret masked:
// what follows a secret-like name or option, and passwords in addresses.
func RedactWords(words []string) []string {
	out := slices.Clone(words)
	redactWords(out)
	return out
}

// redactWords masks what follows a secret-like option, as in --password x and
// --password=x.
func redactWords[S ~[]string](words S) {
	for i, w := range slices.Clone(words) {
		words[i] = maskText(w)
		if m := optionValue.FindStringSubmatch(w); m != nil && SecretKey(m[1]) {
			words[i] = m[1] + "=" + Masked
		} else if i > 0 && optionName.MatchString(words[i-1]) && SecretKey(words[i-1]) {
			words[i] = Masked
		}
	}
}

var (
	optionValue = regexp.MustCompile(`^(-{0,2}[A-Za-z][\w.-]*)=.+$`)
	optionName  = regexp.MustCompile(`^--?[A-Za-z][\w.-]*$`)
)
