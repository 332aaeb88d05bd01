// Package spelling finds the word that somebody meant. It knows letters only,
// never compose files.
package spelling

import "strings"

// Nearest gives the candidate that word was most likely meant to be, or "" if
// none is near: at most one edit for every three letters. Letter case, and
// `-` for `_`, count as no edit; a swap of neighbours counts as one. Of equals
// the first candidate wins.
func Nearest(word string, candidates []string) string {
	meant := fold(word)
	best, distance := "", len(meant)/3+1
	if len(meant) < 3 {
		distance = 2
	}
	for _, c := range candidates {
		if d := edits(meant, fold(c), distance); d < distance && c != word {
			best, distance = c, d
		}
	}
	return best
}

func fold(s string) []rune {
	return []rune(strings.ReplaceAll(strings.ToLower(s), "-", "_"))
}

// edits is the optimal string alignment distance, or limit if it is not below.
func edits(a, b []rune, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var before []int
	leastBefore := 0
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= limit && leastBefore >= limit {
			return limit // a swap reaches back two rows, nothing further
		}
		before, last, leastBefore = last, row, least
	}
	return min(last[len(b)], limit)
}
