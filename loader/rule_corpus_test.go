package loader

import (
	"context"
	"testing"
)

// TestCorpusChecked: what a peer accepts has no errors for validate either,
// whatever else is said.
func TestCorpusChecked(t *testing.T) {
	count := map[string]int{}
	for _, c := range corpus(t) {
		o := c.options
		o.Check = true
		o.Presets = []string{"security"}
		p, ds, err := Load(context.Background(), o)
		checkPlaces(t, ds)
		if p == nil && (c.classic || c.modern) && !stricter(ds) {
			t.Errorf("%s: %v %v", c.name, err, errorsOf(ds))
		}
		for _, d := range ds {
			count[string(d.Severity)+" "+d.Rule]++
			if ruleByID(d.Rule) == nil {
				t.Errorf("%s: the rule %q is not in the catalog", c.name, d.Rule)
			}
		}
	}
	printCounts(t, count)
}
