// Package spelling finds the word that somebody meant. It knows letters only,
// never compose files.
package spelling

import (
	"math/bits"
	"strings"
)

// Nearest is Words.Nearest for a list that is asked once.
func Nearest(word string, candidates []string) string {
	return NewWords(candidates).Nearest(word)
}

// Words are candidates that many words are compared with: a file may misspell
// thousands of thousands. Not for concurrent use.
type Words struct {
	list    []candidate
	written map[string][]int  // by their folded letters
	known   map[string]string // what was found before
	rows    [3][]int
	work    int
}

// maxWork bounds what all comparisons with some words may cost, in pairs of
// letters: a tenth of a second. Words that come later are near to none.
const maxWork = 50_000_000

type candidate struct {
	text   string
	folded []rune
	letters
}

// letters are those that a word has, in 64 classes.
type letters uint64

// NewWords folds the candidates. Of equally near ones the first wins.
func NewWords(candidates []string) *Words {
	w := &Words{list: make([]candidate, len(candidates)), written: make(map[string][]int, len(candidates)), known: map[string]string{}}
	for i, text := range candidates {
		folded := fold(text)
		w.list[i] = candidate{text, folded, lettersOf(folded)}
		w.written[string(folded)] = append(w.written[string(folded)], i)
	}
	return w
}

// Nearest gives the candidate that word was most likely meant to be, or "" if
// none is near: at most one edit for every three letters. Letter case, and
// `-` for `_`, count as no edit; a swap of neighbours counts as one.
func (w *Words) Nearest(word string) string {
	near, known := w.known[word]
	if !known {
		near = w.search(word, word)
		w.known[word] = near
	}
	return near
}

// Only gives the nearest candidate if no other one is near.
func (w *Words) Only(word string) string {
	near := w.Nearest(word)
	if near == "" || w.search(word, near) != "" {
		return ""
	}
	return near
}

// search leaves out the word itself and another one.
func (w *Words) search(word, other string) string {
	meant := fold(word)
	for _, i := range w.written[string(meant)] {
		if c := w.list[i].text; c != word && c != other {
			return c
		}
	}
	best, distance := "", len(meant)/3+1
	if len(meant) < 3 {
		distance = 2
	}
	own := lettersOf(meant)
	w.work += len(w.list)
	for i := range w.list {
		c := &w.list[i]
		if len(c.folded)-len(meant) >= distance || len(meant)-len(c.folded) >= distance ||
			c.lacks(own) >= distance || own.lacks(c.letters) >= distance || c.text == word || c.text == other {
			continue
		}
		if w.work += len(meant) * len(c.folded); w.work > maxWork {
			return ""
		}
		if d := w.edits(meant, c.folded, distance); d < distance {
			best, distance = c.text, d
		}
		if distance == 1 { // those with the same letters were looked up
			break
		}
	}
	return best
}

func lettersOf(word []rune) (l letters) {
	for _, r := range word {
		l |= 1 << (uint(r) % 64)
	}
	return l
}

// lacks counts the letters of another word that this one has not: each takes an
// edit.
func (l letters) lacks(other letters) int { return bits.OnesCount64(uint64(other &^ l)) }

func fold(s string) []rune {
	return []rune(strings.ReplaceAll(strings.ToLower(s), "-", "_"))
}

// edits is the optimal string alignment distance, or limit if it is not below.
func (w *Words) edits(a, b []rune, limit int) int {
	for i := range w.rows {
		if len(w.rows[i]) <= len(b) {
			w.rows[i] = make([]int, 2*len(b)+1)
		}
	}
	before, last, row := w.rows[0], w.rows[1], w.rows[2]
	leastBefore := 0
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
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
		before, last, row, leastBefore = last, row, before, least
	}
	return min(last[len(b)], limit)
}
