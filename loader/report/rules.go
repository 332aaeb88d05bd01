package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"recompose/docs/rules"
	"recompose/loader"
)

// RuleFormats are those that Rules knows.
var RuleFormats = []string{"text", "json"}

// jsonRule is a rule as `validate --list-rules --format json` has it.
type jsonRule struct {
	ID       string          `json:"id"`
	Severity loader.Severity `json:"severity"`
	Summary  string          `json:"summary"`
	Preset   string          `json:"preset,omitempty"` // it is off without
	Firm     bool            `json:"firm"`             // as an error it cannot be turned down
	Varies   bool            `json:"varies,omitempty"` // in some files it is a warning
	Params   []jsonParam     `json:"params,omitempty"`
	URL      string          `json:"url,omitempty"`
}

type jsonParam struct {
	Name    string   `json:"name"`
	Summary string   `json:"summary"`
	Default []string `json:"default"`
}

// Rules lists all rules with their severity, and the preset without which a rule
// is off.
func Rules(w io.Writer, format string) error {
	if format == "json" {
		document := struct {
			Schema int        `json:"schema"`
			Rules  []jsonRule `json:"rules"`
		}{Schema: 1}
		for _, r := range loader.Rules() {
			document.Rules = append(document.Rules, ruleJSON(r))
		}
		return writeJSON(w, document)
	}
	tw := tabwriter.NewWriter(w, 0, 1, 2, ' ', 0)
	fmt.Fprintln(tw, "RULE\tSEVERITY\tPRESET\tFINDS")
	for _, r := range loader.Rules() {
		severity := string(r.Severity)
		if r.Varies {
			severity = "error or warning"
		}
		preset := r.Preset
		if preset == "" {
			preset = "-"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", r.ID, severity, preset, r.Summary)
	}
	return tw.Flush()
}

func ruleJSON(r loader.Rule) jsonRule {
	out := jsonRule{
		ID: r.ID, Severity: r.Severity, Summary: r.Summary, Preset: r.Preset,
		Firm: r.Firm, Varies: r.Varies, URL: rules.URL(r.ID),
	}
	for _, p := range r.Params {
		defaults := p.Default
		if defaults == nil {
			defaults = []string{}
		}
		out.Params = append(out.Params, jsonParam{p.Name, p.Summary, defaults})
	}
	return out
}
