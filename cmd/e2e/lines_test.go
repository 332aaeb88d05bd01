package e2e

import (
	"slices"
	"strings"
)

// sortedLines are the lines of a text that are not empty, in order.
func sortedLines(text string) []string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
	slices.Sort(lines)
	return lines
}
