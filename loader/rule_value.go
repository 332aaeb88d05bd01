package loader

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/distribution/reference"
)

// imageName: what is no reference can be neither pulled nor run.
func (r *rules) imageName(s types.ServiceConfig, path string) {
	check := func(at, name string) {
		if name == "" || strings.HasPrefix(name, "sha256:") {
			return
		}
		if _, err := reference.ParseAnyReference(name); err != nil {
			severity := SeverityError
			if pos, _ := r.positions.At(at); strings.Contains(r.textAt(pos), "$") || emptyPart(name) {
				severity = SeverityWarning // who sets the variable may do it elsewhere
			}
			if severity == SeverityWarning && r.said("unset-variable", at) {
				return // that is why
			}
			r.at(severity, "invalid-image", at, fmt.Sprintf("%q is no name of an image: %s", name, strings.TrimPrefix(err.Error(), "invalid reference format: ")), imageHint(name))
		}
	}
	check(path+".image", s.Image)
	if s.Build != nil {
		for i, tag := range s.Build.Tags {
			check(r.entryAt(path+".build.tags", i), tag)
		}
	}
}

func imageHint(name string) string {
	switch {
	case strings.Contains(name, "://"):
		return "an image has no scheme: write registry/name:tag"
	case strings.IndexFunc(name, unicode.IsSpace) >= 0:
		return "it has a space in it"
	case emptyPart(name):
		return "a part of it is empty; is a variable not set?"
	case strings.ToLower(name) != name:
		return fmt.Sprintf("names are in lower case: %q", strings.ToLower(name))
	}
	return "write name, name:tag or registry/name:tag"
}

func emptyPart(name string) bool {
	return strings.HasSuffix(name, ":") || strings.Contains(name, "::") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, ":")
}

// containerNameForm is the engine's (RestrictedNamePattern in
// daemon/names/names.go).
var containerNameForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// names: of containers, and hosts, which the kernel bounds.
func (r *rules) names(s types.ServiceConfig, path string) {
	if n := s.ContainerName; n != "" && !containerNameForm.MatchString(n) {
		r.flag("invalid-name", path+".container_name", fmt.Sprintf("%q is no name of a container", n), "letters, digits, `.`, `_` and `-`, at least two; the first a letter or digit")
	}
	if n := s.DomainName; strings.ContainsAny(n, " \t/") {
		r.flag("invalid-name", path+".domainname", fmt.Sprintf("%q is no name of a domain", n), "letters, digits, `.` and `-`")
	}
	if n := s.Hostname; len(n) > 64 || strings.ContainsAny(n, " \t/") {
		r.flag("invalid-name", path+".hostname", fmt.Sprintf("%q is no name of a host", n), "at most 64 letters, digits, `.` and `-`")
	}
}

var restartPolicies = []string{"no", "always", "on-failure", "unless-stopped"}

func (r *rules) restartPolicy(s types.ServiceConfig, path string) {
	if s.Restart == "" {
		return
	}
	name, most, counted := strings.Cut(s.Restart, ":")
	hint := "there are " + quoted(restartPolicies)
	switch {
	case !isOneOf(name, restartPolicies):
		if near := didYouMean(name, restartPolicies); near != "" {
			hint = near
		}
		r.flag("restart-policy", path+".restart", fmt.Sprintf("%q is no restart policy", s.Restart), hint)
	case counted && name != "on-failure":
		r.flag("restart-policy", path+".restart", fmt.Sprintf("%q: only on-failure can be given a number of tries", s.Restart), "")
	case counted:
		if n, err := strconv.Atoi(most); err != nil || n < 0 {
			r.flag("restart-policy", path+".restart", fmt.Sprintf("%q: the number of tries must be a number", s.Restart), "write on-failure:3")
		}
	}
}

// signals are Linux's, without SIG.
var signals = strings.Fields(`ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV
	STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX`)

var realTime = regexp.MustCompile(`^RTM(?:IN\+|AX-)\d{1,2}$`)

func (r *rules) stopSignal(s types.ServiceConfig, path string) {
	if s.StopSignal == "" {
		return
	}
	if n, err := strconv.Atoi(s.StopSignal); err == nil && n > 0 && n < 65 {
		return
	}
	name := strings.TrimPrefix(strings.ToUpper(s.StopSignal), "SIG")
	if isOneOf(name, signals) || realTime.MatchString(name) {
		return
	}
	long := make([]string, len(signals))
	for i, n := range signals {
		long[i] = "SIG" + n
	}
	r.flag("unknown-signal", path+".stop_signal", fmt.Sprintf("%q is no signal", s.StopSignal), didYouMean("SIG"+name, long))
}

// The names that Go knows, which the engine uses.
var (
	systems       = strings.Fields("aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasi wasip1 windows")
	architectures = strings.Fields("386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm wasm32 x86_64 x86-64 aarch64 armhf armel i386")
)

func (r *rules) platform(s types.ServiceConfig, path string) {
	check := func(at, text string) {
		if text == "" || text == "local" {
			return
		}
		parts := strings.Split(strings.ToLower(text), "/")
		hint := "write system/architecture, like linux/amd64"
		switch {
		case len(parts) > 3:
		case len(parts) == 1 && (isOneOf(parts[0], systems) || isOneOf(parts[0], architectures)):
			return
		case len(parts) == 1:
		case !isOneOf(parts[0], systems):
			hint = didYouMean(parts[0], systems)
		case !isOneOf(parts[1], architectures):
			hint = didYouMean(parts[1], architectures)
		default:
			return
		}
		r.flag("invalid-platform", at, fmt.Sprintf("%q is no platform", text), hint)
	}
	check(path+".platform", s.Platform)
	if s.Build != nil {
		for i, p := range s.Build.Platforms {
			check(r.entryAt(path+".build.platforms", i), p)
		}
	}
}

// capabilities are Linux's, without CAP_.
var capabilities = strings.Fields(`ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN
	DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE
	MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT
	SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM`)

func (r *rules) capabilities(s types.ServiceConfig, path string) {
	for _, list := range []struct {
		key   string
		names []string
	}{{".cap_add", s.CapAdd}, {".cap_drop", s.CapDrop}} {
		for i, name := range list.names {
			short := strings.TrimPrefix(strings.ToUpper(name), "CAP_")
			if !isOneOf(short, capabilities) {
				r.flag("unknown-capability", r.entryAt(path+list.key, i), fmt.Sprintf("%q is no capability", name), didYouMean(short, capabilities))
			}
		}
	}
}

var ulimitNames = strings.Fields("core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack")

func (r *rules) ulimits(s types.ServiceConfig, path string) {
	r.limits(s.Ulimits, path+".ulimits")
	if s.Build != nil {
		r.limits(s.Build.Ulimits, path+".build.ulimits")
	}
}

func (r *rules) limits(limits map[string]*types.UlimitsConfig, list string) {
	for name, u := range limits {
		at := joinKey(list, name)
		switch {
		case !isOneOf(name, ulimitNames):
			hint := didYouMean(name, ulimitNames)
			if hint == "" {
				hint = "there are " + strings.Join(ulimitNames, ", ")
			}
			r.flagKey("invalid-ulimit", at, fmt.Sprintf("%q is no limit", name), hint)
		case u != nil && u.Single == 0 && u.Hard >= 0 && (u.Soft > u.Hard || u.Soft < 0):
			r.flag("invalid-ulimit", at+".soft", fmt.Sprintf("the soft limit %d is above the hard limit %d", u.Soft, u.Hard), "")
		}
	}
}

func isOneOf(word string, words []string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

func quoted(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
