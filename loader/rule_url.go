package loader

import (
	"net/url"
	"strings"
)

// urlProblem says why a text that has a scheme is no URL; "" for others.
func urlProblem(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || strings.ContainsAny(scheme, "/. ") {
		for _, near := range []string{"http:/", "https:/", "git:/", "ssh:/"} {
			if strings.HasPrefix(text, near) {
				return "two slashes follow the colon"
			}
		}
		return ""
	}
	switch u, err := url.Parse(text); {
	case rest == "":
		return "nothing follows the scheme"
	case scheme == "docker-image" || scheme == "oci-layout": // the name of an image, or a path
		return ""
	case err != nil:
		return strings.TrimPrefix(err.Error(), "parse "+`"`+text+`": `)
	case u.Host == "" && scheme != "file":
		return "it has no host"
	case !isOneOf(scheme, []string{"http", "https", "git", "ssh", "file", "oci"}):
		if hint := didYouMean(scheme, []string{"http", "https", "git", "ssh"}); hint != "" {
			return "the scheme " + scheme + " is not known; " + hint
		}
		return "the scheme " + scheme + " is not known"
	}
	return ""
}
