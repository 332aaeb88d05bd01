package loader

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

var (
	shells    = []string{"sh", "bash", "ash", "dash", "zsh", "cmd", "powershell", "pwsh", "busybox", "tini", "dumb-init", "exec", "env", "su", "sudo", "su-exec", "gosu"}
	operators = []string{"&&", "||", "|", ";", ">", ">>", "2>&1", "&"}
)

// words: no shell reads a command, so it is not what it looks like.
func (r *rules) words(s types.ServiceConfig, path string) {
	if len(s.Entrypoint) == 0 {
		r.shellWords(s.Command, path+".command")
	}
	r.shellWords(s.Entrypoint, path+".entrypoint")
	for key, words := range map[string][]string{".command": s.Command, ".entrypoint": s.Entrypoint} {
		at := joinIndex(path+key, 0)
		if len(words) == 1 && strings.Contains(words[0], " ") && r.declared(at) && (key == ".entrypoint" || len(s.Entrypoint) == 0) && !strings.Contains(words[0], "\n") {
			r.flag("command-words", at, fmt.Sprintf("%q is one word, so it is the program's whole name", words[0]), "write it without brackets, or each word as an entry")
		}
	}
}

func (r *rules) shellWords(words []string, at string) {
	if len(words) == 0 {
		return
	}
	program := words[0][strings.LastIndexAny(words[0], `/\`)+1:]
	if isOneOf(strings.TrimSuffix(program, ".exe"), shells) {
		return
	}
	for _, w := range words[1:] {
		if isOneOf(w, operators) {
			r.flag("shell-in-command", at, fmt.Sprintf("%q is given to %s as a word: no shell reads this", w, words[0]), `write ["sh", "-c", "..."]`)
			return
		}
	}
}
