package lsp

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// pathOf is the file that a URI names; "" for what is no file of this machine,
// like a buffer that was never saved.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" && runtime.GOOS != "windows" {
		return ""
	}
	path := u.Path
	if runtime.GOOS == "windows" {
		if len(path) > 2 && path[0] == '/' && path[2] == ':' {
			path = strings.ToUpper(path[1:2]) + path[2:] // clients differ in the drive's case
		} else if u.Host != "" {
			path = "//" + u.Host + path
		}
	}
	if path == "" {
		return ""
	}
	return filepath.Clean(filepath.FromSlash(path))
}

// unsaved is where a buffer that was never saved would stand, if its URI names
// one ("untitled:Untitled-1"): what it refers to is looked for from there.
func unsaved(uri, dir string) string {
	name, ok := strings.CutPrefix(uri, "untitled:")
	if !ok || dir == "" {
		return ""
	}
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	if path := pathOf("file://" + name); strings.HasPrefix(name, "/") && path != "" {
		return path // the name that the editor will save it under
	}
	return filepath.Join(dir, strings.NewReplacer("/", "-", `\`, "-", ":", "-").Replace(uri))
}

// uriOf names a file.
func uriOf(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/...
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
