package loader

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	"gopkg.in/yaml.v3"
)

var loggingForms = []form{
	{"services.*.logging", logOptions},
	{"services.*.logging.options.max-size", logSize},
	{"services.*.logging.options.max-buffer-size", logSize},
	{"services.*.logging.options.max-file", func(v value) {
		if text := v.text(); text != "" {
			if n, err := strconv.Atoi(text); err != nil || n < 1 {
				v.flagAs(SeverityWarning, "driver-option", fmt.Sprintf("max-file is %s; it must be a number, at least 1", text), "")
			}
		}
	}},
	{"services.*.logging.options.mode", wordOf(SeverityError, "blocking", "non-blocking")},
}

// logOptionNames are those of the engine's own drivers, whose list is short;
// others are not looked at.
var logOptionNames = map[string][]string{
	"json-file": strings.Fields("max-size max-file compress labels labels-regex env env-regex tag mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress"),
	"local":     strings.Fields("max-size max-file compress labels labels-regex env env-regex tag mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress"),
	"journald":  strings.Fields("labels labels-regex env env-regex tag mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress"),
}

func logOptions(v value) {
	driver, options := v.below("driver").text(), v.below("options")
	if options.node == nil || options.node.Kind != yaml.MappingNode {
		return
	}
	if driver == "none" && len(options.node.Content) > 0 {
		v.flagKey(SeverityError, "driver-option", "options", "the log driver none takes no options", "leave them out")
		return
	}
	sure := driver != "" // else the engine's settings say which
	if !sure {
		driver = "json-file"
	}
	options.optionsOf(logOptionNames[driver], fmt.Sprintf("is no option of the log driver %s", driver), sure)
}

// optionsOf warns of the keys of a mapping that its driver does not take. Where
// the list may be incomplete, only of misspelt ones.
func (v value) optionsOf(known []string, what string, complete bool) {
	for i := 0; len(known) > 0 && i+1 < len(v.node.Content); i += 2 {
		key := v.node.Content[i]
		if key.Tag == "!!merge" || isOneOf(key.Value, known) {
			continue
		}
		if hint := didYouMean(key.Value, known); hint != "" || complete {
			v.flagKey(SeverityWarning, "driver-option", key.Value, fmt.Sprintf("%q %s", key.Value, what), hint)
		}
	}
}

func logSize(v value) {
	if text := v.text(); text != "" && text != "-1" {
		if _, err := units.FromHumanSize(text); err != nil {
			v.flagAs(SeverityWarning, "driver-option", fmt.Sprintf("%s: %q is no size", v.name(), text), "write a number with its unit: k, m or g")
		}
	}
}
