package cmd

import (
	"slices"
	"strings"
)

// nearest is the known word that a misspelt one most likely means, or "".
func nearest(word string, known []string) string {
	limit := max(1, len(word)/3)
	best, bestDistance := "", limit+1
	for _, k := range known {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if len(word) > 2 && strings.HasPrefix(k, word) {
			d = min(d, 1)
		}
		if d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance counts the letters to insert, drop, change or swap with their
// neighbour (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(x)][len(y)]
}

// unknownServices is the one message for all names that are no services, with
// what is known; nil where all are.
func unknownServices(asked, known []string) error {
	var unknown []string
	for _, name := range asked {
		if !slices.Contains(known, name) && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return failure("%s", unknownText(unknown, known))
}

// unknownText says which names are no services, which were probably meant, and
// which there are.
func unknownText(unknown, known []string) string {
	text := "no such service: " + strings.Join(unknown, ", ")
	var meant []string
	for _, name := range unknown {
		if near := nearest(name, known); near != "" && !slices.Contains(meant, near) {
			meant = append(meant, near)
		}
	}
	if len(meant) > 0 {
		text += "; did you mean " + strings.Join(meant, ", ") + "?"
	}
	if len(known) == 0 {
		return text + " (there are no services)"
	}
	known = slices.Clone(known)
	slices.Sort(known)
	return text + " (there are " + strings.Join(slices.Compact(known), ", ") + ")"
}
