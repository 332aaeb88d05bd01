package planner

// Plan is what will be done, in a stable topological order: an action comes
// after all that it waits for.
type Plan struct {
	Goal    Goal     `json:"goal"`
	Project string   `json:"project"`
	Actions []Action `json:"actions"`
	Notes   []Note   `json:"notes,omitempty"`
	// Problems forbid the plan to run; they were found before anything was
	// touched.
	Problems []Problem `json:"problems,omitempty"`
	// Needs are facts that the planner lacked: observe them and make the plan
	// anew. A plan with needs must not run.
	Needs Query `json:"-"`
	// Provisional: some actions hang on an image that is not there yet. Run
	// the image actions, observe, and make the plan anew.
	Provisional bool `json:"provisional,omitempty"`
}

// Note tells the user something that the plan does not do.
type Note struct {
	Warning bool   `json:"warning,omitempty"`
	Text    string `json:"text"`
}

// Problem is a reason not to begin.
type Problem struct {
	// Rule is a stable kebab-case id; Service where it belongs to one.
	Rule    string `json:"rule"`
	Service string `json:"service,omitempty"`
	Text    string `json:"text"`
	Hint    string `json:"hint,omitempty"`
}

// Error makes a problem an error.
func (p Problem) Error() string {
	if p.Hint == "" {
		return p.Text
	}
	return p.Text + ": " + p.Hint
}

// Empty reports whether the plan changes nothing.
func (p Plan) Empty() bool {
	for _, a := range p.Actions {
		if a.Op != OpKeep {
			return false
		}
	}
	return true
}
