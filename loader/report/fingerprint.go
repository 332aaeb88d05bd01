package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"recompose/loader"
)

var (
	listIndex  = regexp.MustCompile(`\[\d+\]`)
	lineNumber = regexp.MustCompile(`\b(line|entry) \d+`)
)

// Fingerprints name each diagnostic by what it says and of which value, not by
// its line or its place in a list, so that the name stays while the file
// changes around it. Of several that are alike, the later ones are numbered.
func Fingerprints(ds []loader.Diagnostic) []string {
	out := make([]string, len(ds))
	seen := map[string]int{}
	for i, d := range ds {
		key := fmt.Sprintf("%s\x00%s\x00%s\x00%s", d.Rule, d.Position.File,
			listIndex.ReplaceAllString(d.Path, "[]"), lineNumber.ReplaceAllString(d.Message, "$1"))
		seen[key]++
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, seen[key]))
		out[i] = hex.EncodeToString(sum[:16])
	}
	return out
}
