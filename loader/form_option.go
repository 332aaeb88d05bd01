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
	{"services.*.logging.options.compress", logSwitch},
	{"services.*.logging.options.fluentd-async", logSwitch},
	{"services.*.logging.options.fluentd-sub-second-precision", logSwitch},
	{"services.*.logging.options.fluentd-request-ack", logSwitch},
	{"services.*.logging.options.syslog-address", logAddress("udp", "tcp", "tcp+tls", "unix", "unixgram")},
	{"services.*.logging.options.syslog-format", wordOf(SeverityError, "rfc3164", "rfc5424", "rfc5424micro")},
	{"services.*.logging.options.syslog-facility", notNear("unknown-word", "syslog has no facility %q", "kern", "user", "mail", "daemon", "auth", "syslog",
		"lpr", "news", "uucp", "cron", "authpriv", "ftp", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7")},
	{"services.*.logging.options.gelf-address", logAddress("udp", "tcp")},
	{"services.*.logging.options.gelf-compression-type", wordOf(SeverityError, "gzip", "zlib", "none")},
}

// sharedLogOptions are taken by most of the engine's log drivers.
const sharedLogOptions = "labels labels-regex env env-regex tag mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress "

// logOptionNames are those of the engine's own drivers; of others, nothing is
// known.
var logOptionNames = map[string][]string{
	"json-file": strings.Fields(sharedLogOptions + "max-size max-file compress"),
	"local":     strings.Fields(sharedLogOptions + "max-size max-file compress"),
	"journald":  strings.Fields(sharedLogOptions),
	"syslog": strings.Fields(sharedLogOptions + `syslog-address syslog-facility syslog-format syslog-tls-ca-cert syslog-tls-cert syslog-tls-key
		syslog-tls-skip-verify`),
	"gelf": strings.Fields(sharedLogOptions + `gelf-address gelf-compression-type gelf-compression-level gelf-tcp-max-reconnect
		gelf-tcp-reconnect-delay`),
	"fluentd": strings.Fields(sharedLogOptions + `fluentd-address fluentd-async fluentd-async-connect fluentd-async-reconnect-interval
		fluentd-buffer-limit fluentd-max-retries fluentd-retry-wait fluentd-request-ack fluentd-sub-second-precision fluentd-write-timeout`),
	"awslogs": strings.Fields(sharedLogOptions + `awslogs-region awslogs-group awslogs-stream awslogs-create-group awslogs-create-stream
		awslogs-datetime-format awslogs-multiline-pattern awslogs-credentials-endpoint awslogs-endpoint awslogs-format
		awslogs-force-flush-interval-seconds awslogs-max-buffered-events`),
}

func logOptions(v value) {
	given, options := v.below("driver"), v.below("options")
	if options.node == nil || options.node.Kind != yaml.MappingNode || given.overridden() {
		return
	}
	driver := given.text()
	if driver == "none" && len(options.node.Content) > 0 {
		v.flagKey(SeverityError, "driver-option", "options", "the log driver none takes no options", "leave them out")
		return
	}
	sure := isOneOf(driver, []string{"json-file", "local", "journald"}) // the others grow
	if driver == "" {
		driver = "json-file" // the engine's settings may say another
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

func logSwitch(v value) {
	if text := v.text(); text != "" {
		if _, err := strconv.ParseBool(text); err != nil {
			v.flagAs(SeverityWarning, "driver-option", fmt.Sprintf("%s must be true or false, not %s", v.name(), text), didYouMean(text, []string{"true", "false"}))
		}
	}
}

// logAddress wants one with its protocol.
func logAddress(protocols ...string) func(value) {
	return func(v value) {
		text := v.text()
		if protocol, _, ok := strings.Cut(text, "://"); text != "" && (!ok || !isOneOf(protocol, protocols)) {
			hint := fmt.Sprintf("write %s://%s", protocols[0], text)
			if ok {
				hint = didYouMean(protocol, protocols)
			}
			v.flagAs(SeverityError, "driver-option", fmt.Sprintf("%s: %q does not begin with one of the protocols %s", v.name(), text, quoted(protocols)), hint)
		}
	}
}
