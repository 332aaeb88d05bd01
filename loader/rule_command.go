package loader

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

// words: no shell reads a command, so it is not what it looks like.
func (r *rules) words(s types.ServiceConfig, path string) {
	for key, words := range map[string][]string{".command": s.Command, ".entrypoint": s.Entrypoint} {
		at := joinIndex(path+key, 0)
		if len(words) == 1 && strings.Contains(words[0], " ") && r.declared(at) && (key == ".entrypoint" || len(s.Entrypoint) == 0) && !strings.Contains(words[0], "\n") {
			r.flag("command-words", at, fmt.Sprintf("%q is one word, spaces and all", words[0]), "make each word an entry of its own")
		}
	}
}

// shellText: compose-go ends a command at the first operator of a shell, and
// drops the rest. 1.29.2 gave the program all of it, as words.
func (r *rules) shellText(s *source, n *yaml.Node, path string) {
	if n == nil || n.Kind != yaml.ScalarNode {
		return
	}
	text, err := r.substitute(n.Value)
	at := operator(text)
	if err != nil || at < 0 || strings.TrimSpace(text[:at]) == "" {
		return
	}
	message := fmt.Sprintf("no shell reads this: %q and what follows is dropped", string(text[at]))
	if r.format == FormatV1 {
		message = fmt.Sprintf("no shell reads this: %q is given to the program as a word", string(text[at]))
	}
	r.note("shell-in-command", s.position(n), path, message, `write ["sh", "-c", "..."], or quote it`)
}

// operator is where an operator of a shell stands outside of quotes, -1 if
// there is none.
func operator(text string) int {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && strings.IndexByte("\"'`", c) >= 0:
			quote = c
		case quote == 0 && strings.IndexByte(";&|<>", c) >= 0:
			return i
		}
	}
	return -1
}
