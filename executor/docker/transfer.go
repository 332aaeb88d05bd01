package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"recompose/executor"
)

// maxLayers bounds how many parts of a transfer are told apart.
const maxLayers = 4096

// readTransfer reports the layers of a pull or a push.
func readTransfer(ctx context.Context, body io.Reader, report executor.Report) error {
	last := map[string]executor.Progress{}
	return readMessages(ctx, body, func(m message) error {
		p := executor.Progress{ID: m.ID, Text: m.Status, Current: m.Progress.Current, Total: m.Progress.Total}
		// Unpacking counts the same bytes once more: only the network's count.
		if p.Text != "Downloading" && p.Text != "Pushing" {
			p.Current, p.Total = 0, 0
		}
		before, seen := last[p.ID]
		if p.Text == "" || seen && before.Text == p.Text && percent(before) == percent(p) {
			return nil
		}
		if len(last) >= maxLayers {
			clear(last)
		}
		last[p.ID] = p
		report(p)
		return nil
	})
}

// percent is how far a part is: more steps than these are no news.
func percent(p executor.Progress) int64 {
	if p.Total <= 0 {
		return p.Current >> 20
	}
	return p.Current * 100 / p.Total
}

var (
	unanswered = regexp.MustCompile(`no such host|connection refused|i/o timeout|no route to host|network is unreachable|server misbehaving|connection reset|Client\.Timeout|TLS handshake timeout|context deadline exceeded|request canceled while waiting|": EOF$`)
	denied     = regexp.MustCompile(`denied|unauthorized|no basic auth credentials|authentication required|authorization failed|401 Unauthorized|403 Forbidden|incorrect username or password`)
	unknown    = regexp.MustCompile(`manifest unknown|not found|repository does not exist|name unknown|No such image`)
	limited    = regexp.MustCompile(`toomanyrequests|429 Too Many Requests|rate limit`)
	notLocal   = regexp.MustCompile(`does not exist locally`)
	foreign    = regexp.MustCompile(`no matching manifest|does not match the specified platform|was found but does not`)
)

// transferError tells what a registry has answered, or that none did, with the
// engine's own words behind.
func (e *Engine) transferError(ctx context.Context, err error, ref, host, verb string, loggedIn bool) error {
	err = e.failed(ctx, err)
	var p *problem
	if !errors.As(err, &p) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p = &problem{text: err.Error(), cause: err}
	}
	why := p.text
	switch {
	case errors.Is(p.kind, executor.ErrUnreachable):
		return err
	case limited.MatchString(why):
		p.text = fmt.Sprintf("%s lets us %s no more images for now", host, verb)
		if !loggedIn {
			p.text += "; `" + loginCommand(host) + "` raises the limit"
		}
	case notLocal.MatchString(why):
		p.text = fmt.Sprintf("there is no image %s here to push: build it first", ref)
	case unanswered.MatchString(why):
		p.text = fmt.Sprintf("no registry answers at %s", host)
	case denied.MatchString(why) && loggedIn:
		p.text = fmt.Sprintf("%s refuses to let this user %s %s, or has no such repository", host, verb, ref)
	case denied.MatchString(why):
		p.text = fmt.Sprintf("%s has no %s that may be %sed without a login; check the name, or try `%s`", host, ref, verb, loginCommand(host))
	case foreign.MatchString(why):
		p.text = fmt.Sprintf("%s has %s, but not for this platform", host, ref)
	case unknown.MatchString(why):
		p.text = fmt.Sprintf("%s has no image %s", host, ref)
	default:
		return p
	}
	p.text += " (" + firstLine(why) + ")"
	return p
}

func loginCommand(host string) string {
	if host == hubDomain {
		return "docker login"
	}
	return "docker login " + host
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimSpace(s)
}
