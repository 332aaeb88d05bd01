package legacy

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// The forms of plain scalars in YAML 1.1, as PyYAML knows them
// (yaml/resolver.py), which read these files.
var (
	nullText      = regexp.MustCompile(`^(?:~|null|Null|NULL|)$`)
	boolText      = regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`)
	intText       = regexp.MustCompile(`^[-+]?(?:0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	floatText     = regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	timestampText = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$`)
)

// classicTag is the type of a scalar for the reader of its time; the value
// stays as written.
func classicTag(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Tag == "!!merge" {
		return n.Tag
	}
	switch text := n.Value; {
	case nullText.MatchString(text):
		return "!!null"
	case boolText.MatchString(text):
		return "!!bool"
	case intText.MatchString(text):
		return "!!int"
	case floatText.MatchString(text):
		return "!!float"
	case timestampText.MatchString(text):
		return "!!timestamp"
	case text == "=":
		return "!!value"
	}
	return "!!str"
}

// classicText is a scalar as Python writes it once it was read: 0777 is 511,
// 1:30 is 90, 1.10 is 1.1, yes is True.
func classicText(n *yaml.Node) string {
	switch n.Tag {
	case "!!bool":
		switch strings.ToLower(n.Value) {
		case "yes", "true", "on":
			return "True"
		}
		return "False"
	case "!!int":
		return classicInt(n.Value).String()
	case "!!float":
		return classicFloat(n.Value)
	}
	return n.Value
}

func classicInt(text string) *big.Int {
	text = strings.ReplaceAll(text, "_", "")
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimLeft(text, "+-")
	total := new(big.Int)
	switch {
	case strings.HasPrefix(text, "0b"):
		total.SetString(text[2:], 2)
	case strings.HasPrefix(text, "0x"):
		total.SetString(text[2:], 16)
	case strings.HasPrefix(text, "0") && len(text) > 1:
		total.SetString(text, 8)
	default: // digits of base sixty, mostly one
		for _, digit := range strings.Split(text, ":") {
			d, _ := new(big.Int).SetString(digit, 10)
			if d != nil {
				total.Mul(total, big.NewInt(60)).Add(total, d)
			}
		}
	}
	if negative {
		total.Neg(total)
	}
	return total
}

// classicFloat writes a float as Python's repr: the shortest digits, with an
// exponent below 1e-4 and from 1e16 on.
func classicFloat(text string) string {
	text = strings.ToLower(strings.ReplaceAll(text, "_", ""))
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign = "-"
	}
	text = strings.TrimLeft(text, "+-")
	switch text {
	case ".inf":
		return sign + "inf"
	case ".nan":
		return "nan"
	}
	f := 0.0
	for _, digit := range strings.Split(text, ":") {
		d, _ := strconv.ParseFloat(digit, 64) // out of range is infinite, as in Python
		f = f*60 + d
	}
	switch {
	case math.IsInf(f, 0):
		return sign + "inf"
	case f != 0 && (f < 1e-4 || f >= 1e16):
		return sign + strconv.FormatFloat(f, 'e', -1, 64)
	}
	out := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(out, ".") {
		out += ".0"
	}
	return sign + out
}
