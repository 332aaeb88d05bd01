// Package rules holds the page of each rule, so that the program can show it.
package rules

import "embed"

//go:embed *.md
var pages embed.FS

// Home is where the pages are published, with a slash at its end; empty: nowhere.
// Releases set it when linking (-ldflags "-X recompose/docs/rules.Home=https://...").
var Home string

// Page is what there is to read on a rule, as Markdown; empty for one that is
// not known.
func Page(id string) string {
	text, err := pages.ReadFile(id + ".md")
	if err != nil || id == "README" {
		return ""
	}
	return string(text)
}

// URL is the page's address; empty where it has none.
func URL(id string) string {
	if Home == "" || Page(id) == "" {
		return ""
	}
	return Home + id + ".md"
}
