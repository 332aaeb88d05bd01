package loader

import (
	"slices"
)

// Rule is one kind of mistake that is looked for.
type Rule struct {
	ID       string
	Severity Severity // unless the settings say otherwise
	Summary  string
	// Preset is the one that turns the rule on; empty: it is on.
	Preset string
	// Firm rules find what leaves no project to go on with: as errors they
	// cannot be turned down.
	Firm bool
	// Varies: an error in some files, a warning in others.
	Varies bool
	// Check: only `validate` asks; what comes of it may be meant. The errors of
	// a rule that varies are told always.
	Check  bool
	Params []Param
}

// Param is a list of words that a rule goes by.
type Param struct {
	Name    string
	Summary string
	Default []string
}

// Presets are sets of severities that have a name.
var Presets = map[string]string{
	"security": "what gives a container more power than most need",
	"strict":   "unset variables and ignored keys are errors",
}

var strict = map[string]Severity{"unset-variable": SeverityError, "ignored-key": SeverityError}

// Rules are all rules, by their ids.
func Rules() []Rule { return slices.Clone(catalog) }

// ruleByID is nil for an id that no rule has.
func ruleByID(id string) *Rule {
	i, found := slices.BinarySearchFunc(catalog, id, func(r Rule, id string) int {
		switch {
		case r.ID < id:
			return -1
		case r.ID > id:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &catalog[i]
}

// CanIgnore reports whether a comment may turn a rule off.
func CanIgnore(id string) bool {
	rule := ruleByID(id)
	return rule != nil && (!rule.Firm || rule.Varies)
}

func ruleIDs() []string {
	ids := make([]string, len(catalog))
	for i, r := range catalog {
		ids[i] = r.ID
	}
	return ids
}
