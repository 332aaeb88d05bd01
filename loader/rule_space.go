package loader

import (
	"fmt"
	"regexp"
	"unicode"
)

// glued is a key or a dash with its value where no ordinary space stands between.
var glued = regexp.MustCompile(`^(?:-|[a-z_]+:)(.)`)

// spaceMissing is a hint for a text that was meant to be a key or a list.
func spaceMissing(text string) string {
	m := glued.FindStringSubmatch(text)
	if m == nil || m[1] == " " {
		return ""
	}
	if r := []rune(m[1])[0]; unicode.IsSpace(r) {
		return fmt.Sprintf("the space is the invisible character %U; type an ordinary one", r)
	}
	sign := "colon"
	if text[0] == '-' {
		sign = "dash"
	}
	return "a space is missing behind the " + sign
}
