package loader

import (
	"regexp"
	"strings"
)

// wording says in our terms what compose-go says in its own. A message and its
// hint may use what the pattern has found ($1).
type wording struct {
	pattern       *regexp.Regexp
	rule          string // "": that of the mistake
	message, hint string
}

const (
	portHint  = "write HOST:CONTAINER, like 8080:80; a port is at most 65535, a range is like 8000-8010"
	mountHint = "write SOURCE:TARGET or SOURCE:TARGET:MODE"
)

var wordings = []wording{
	{regexp.MustCompile(`invalid hostPort: (.+)$`), "schema", `"$1" is no port of the host`, portHint},
	{regexp.MustCompile(`invalid containerPort: (.+)$`), "schema", `"$1" is no port of a container`, portHint},
	{regexp.MustCompile(`no port specified: (.*)<empty>$`), "schema", `"$1" names no port of a container`, "write HOST:CONTAINER, or the container's port alone"},
	{regexp.MustCompile(`invalid ranges specified for container and host Ports: (\S+) and (\S+)$`), "schema", `the ranges $2 of the host and $1 of the container are not of one length`, ""},
	{regexp.MustCompile(`(?i)invalid IP address:? (\S+?):?(?: .*)?$`), "schema", `"$1" is no IP address`, ""},
	{regexp.MustCompile(`invalid proto: (.+)$`), "schema", `"$1" is no protocol`, "there are tcp, udp and sctp"},
	{regexp.MustCompile(`invalid empty volume spec`), "schema", "the mount is empty", mountHint},
	{regexp.MustCompile(`invalid spec: (.*): empty section between colons`), "schema", `a part of "$1" is empty`, mountHint},
	{regexp.MustCompile(`invalid spec: (.*): too many colons`), "schema", `"$1" has too many colons`, mountHint},
	{regexp.MustCompile(`invalid additional host, missing IP: (.+)$`), "schema", `"$1" has no address`, "write NAME:ADDRESS"},
	{regexp.MustCompile(`bad host name '(.*)'$`), "schema", `"$1" is no name of a host`, ""},
	{regexp.MustCompile(`^service ports \S+ is missing a target port$`), "schema", "the port has no target", "write target: with the port of the container"},
	{regexp.MustCompile(`^invalid command line string$`), "schema", "this is no command line", "close its quotes, or write a list of words"},
	{regexp.MustCompile(`unsupported expose value .*$`), "schema", "this is no port", "write a port, a range like 8000-8010, or 53/udp"},
	{regexp.MustCompile(`unexpected value type \S+ for mode$`), "schema", "this is no mode of a file", "write it in octal, like 0440"},
	{regexp.MustCompile(`^invalid ssh key (".*")$`), "schema", `ssh: $1 is neither default nor ID=PATH`, "write default, or ID=PATH with an agent's socket or a key"},
	{regexp.MustCompile(`^stat (.*): no such file or directory$`), "env-file", `env_file $1 does not exist`, ""},
	{regexp.MustCompile(`invalid type \S+ for ulimits$`), "schema", `the limit must be a number`, "write a number, or soft: and hard: with one each"},
	{regexp.MustCompile(`(\S+): one of (\S+) must be set$`), "schema", `$1 needs one of $2`, ""},
	{regexp.MustCompile(`(\S+): (\S+) attributes are mutually exclusive$`), "conflicting-keys", `$1 can have one of $2 only`, ""},
	{regexp.MustCompile(`conflicting parameters "external" and "(.*)" specified$`), "conflicting-keys", `what is external has its $1 elsewhere`, "remove one of the two"},
	{regexp.MustCompile(`invalid value (".*"), the only value allowed is 'all' or a number$`), "schema", `$1 is neither a number nor all`, ""},
	{regexp.MustCompile(`"count" and "device_ids" attributes are exclusive$`), "conflicting-keys", `count and device_ids cannot stand together`, ""},
	{regexp.MustCompile(`confusing device mapping, please use long syntax: (.*)$`), "schema", `"$1" can be read in several ways`, "write source, target and permissions as keys"},
	{regexp.MustCompile(`cannot extend service ".*?"(?: in .*?)?: service "(.*?)" not found in (\S+)$`), "", `extends: $2 has no service "$1"`, ""},
	{regexp.MustCompile(`cannot extend service ".*?"(?: in .*?)?: service "(.*?)" not found$`), "", `extends: service "$1" is not defined`, ""},
	{regexp.MustCompile(`cannot extend service ".*?" in (.*?): no services section$`), "", `extends: $1 has no services`, ""},
}

// reworded is a mistake in our terms, as far as there are any for it.
func reworded(m mistake) mistake {
	for _, w := range wordings {
		at := w.pattern.FindStringSubmatchIndex(m.message)
		if at == nil {
			continue
		}
		message := string(w.pattern.ExpandString(nil, w.message, m.message, at))
		m.message, m.hint = strings.ReplaceAll(message, "|", ", "), w.hint
		if w.rule != "" {
			m.rule = w.rule
		}
		break
	}
	return m
}
