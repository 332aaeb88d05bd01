package loader

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// deployForms are warnings, mostly: one engine takes no notice of much of
// deploy, and Swarm refuses it.
var deployForms = []form{
	{"services.*.deploy.mode", wordOf(SeverityWarning, "replicated", "global", "replicated-job", "global-job")},
	{"services.*.deploy.endpoint_mode", wordOf(SeverityWarning, "vip", "dnsrr")},
	{"services.*.deploy.update_config.failure_action", wordOf(SeverityWarning, "continue", "rollback", "pause")},
	{"services.*.deploy.rollback_config.failure_action", wordOf(SeverityWarning, "continue", "pause")},
	{"services.*.deploy.update_config.delay", notNegative},
	{"services.*.deploy.update_config.monitor", notNegative},
	{"services.*.deploy.update_config.max_failure_ratio", ratio},
	{"services.*.deploy.rollback_config.delay", notNegative},
	{"services.*.deploy.rollback_config.monitor", notNegative},
	{"services.*.deploy.rollback_config.max_failure_ratio", ratio},
	{"services.*.deploy.restart_policy.condition", restartCondition},
	{"services.*.deploy.restart_policy.delay", notNegative},
	{"services.*.deploy.restart_policy.window", notNegative},
	{"services.*.deploy.resources.limits.cpus", notNegativeNumber},
	{"services.*.deploy.resources.reservations.cpus", notNegativeNumber},
	{"services.*.deploy.placement.constraints[]", constraint},
	{"services.*.deploy.placement.preferences[].spread", func(v value) {
		if text := v.text(); text != "" && !strings.HasPrefix(text, "node.labels.") && !strings.HasPrefix(text, "engine.labels.") {
			v.flagAs(SeverityWarning, "invalid-form", fmt.Sprintf("replicas cannot be spread over %q", text), "write node.labels.NAME")
		}
	}},
}

// restartCondition: the engine refuses what it does not know.
func restartCondition(v value) {
	own := []string{"none", "on-failure", "any"}
	if text := v.text(); text != "" && !isOneOf(text, own) && !isOneOf(text, restartPolicies) {
		v.flagAs(SeverityError, "unknown-word", fmt.Sprintf("condition: %q is none of %s", text, quoted(own)), didYouMean(text, own))
	}
}

func notNegative(v value) {
	if d, err := time.ParseDuration(v.text()); err == nil && d < 0 {
		v.flagAs(SeverityWarning, "out-of-range", fmt.Sprintf("%s is %s; it must not be negative", v.name(), v.text()), "")
	}
}

func notNegativeNumber(v value) {
	if n, err := strconv.ParseFloat(v.text(), 64); err == nil && n < 0 {
		v.flag("out-of-range", fmt.Sprintf("%s is %s; it must not be negative", v.name(), v.text()), "")
	}
}

func ratio(v value) {
	if n, err := strconv.ParseFloat(v.text(), 64); err == nil && (n < 0 || n > 1) {
		v.flagAs(SeverityWarning, "out-of-range", fmt.Sprintf("%s is %s; it is a part, between 0 and 1", v.name(), v.text()), "")
	}
}

// constraintForm is Swarm's: a key, a sign and a value.
var (
	constraintForm = regexp.MustCompile(`^\s*([a-zA-Z0-9_.\-/]+)\s*(==|!=)\s*(\S.*)$`)
	constraintKeys = []string{"node.id", "node.hostname", "node.ip", "node.role", "node.platform.os", "node.platform.arch"}
)

func constraint(v value) {
	text := v.text()
	if text == "" {
		return
	}
	m := constraintForm.FindStringSubmatch(text)
	if m == nil {
		hint := "write KEY==VALUE or KEY!=VALUE"
		if key, after, ok := strings.Cut(text, "="); ok && !strings.HasSuffix(key, "!") {
			hint = fmt.Sprintf("write %s==%s", strings.TrimSpace(key), strings.TrimSpace(after))
		}
		v.flagAs(SeverityWarning, "invalid-form", fmt.Sprintf("%q is no constraint", text), hint)
		return
	}
	key := strings.ToLower(m[1])
	if !isOneOf(key, constraintKeys) && !strings.HasPrefix(key, "node.labels.") && !strings.HasPrefix(key, "engine.labels.") {
		v.flagAs(SeverityWarning, "invalid-form", fmt.Sprintf("a node has no %q", m[1]), didYouMean(key, append(constraintKeys, "node.labels")))
	}
}
