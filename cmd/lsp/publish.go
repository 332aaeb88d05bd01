package lsp

import (
	"context"
	"io"
	"os"
	"reflect"
	"strings"

	"recompose/docs/rules"
	"recompose/loader"
	"recompose/loader/check"
	"recompose/loader/report"
)

// tell publishes what was found in each file, and that a file has nothing any
// more.
func (c *checker) tell(ctx context.Context, docs map[string]*document, projects []check.Project) {
	byFile := map[string][]loader.Diagnostic{}
	for path := range docs {
		byFile[path] = nil
	}
	for _, p := range projects {
		found := p.Found
		if p.Err != nil && len(p.Files) > 0 {
			found = append(found[:len(found):len(found)], loader.Diagnostic{Severity: loader.SeverityError, Message: p.Err.Error()})
		}
		for _, d := range found {
			if d.Position.File == "" && len(p.Files) > 0 {
				d.Position.File = p.Files[0]
			}
			byFile[d.Position.File] = append(byFile[d.Position.File], d)
		}
	}
	for path := range c.published {
		if _, ok := byFile[path]; !ok {
			byFile[path] = nil
		}
	}
	texts := texts{docs: docs, read: map[string]*text{}}
	results := map[string]result{}
	for path, found := range byFile {
		results[path] = result{texts.of(path), loader.SortDiagnostics(found)}
	}
	// What is asked about a finding comes after the client has heard of it.
	c.results.Lock()
	c.found, c.latest = results, projects
	c.results.Unlock()
	for path, r := range results {
		c.publish(ctx, path, r, texts)
	}
}

// publish tells the findings of one file; of one that is not open only if they
// are others than before.
func (c *checker) publish(ctx context.Context, path string, r result, texts texts) {
	p := publishParams{URI: uriOf(path), Diagnostics: []diagnostic{}}
	d, open := texts.docs[path]
	if open {
		p.URI, p.Version = d.uri, &d.version
		c.uris[path] = d.uri
	} else if known := c.uris[path]; known != "" {
		p.URI = known // as the client knows it
	}
	for _, one := range r.found {
		p.Diagnostics = append(p.Diagnostics, texts.diagnostic(r.text, one))
	}
	if !open && reflect.DeepEqual(c.published[path], p.Diagnostics) {
		return
	}
	if delete(c.published, path); len(p.Diagnostics) > 0 {
		c.published[path] = p.Diagnostics
	}
	c.notify(ctx, "textDocument/publishDiagnostics", p)
}

// texts are those of files: the editor's, else the disk's.
type texts struct {
	docs map[string]*document
	read map[string]*text
}

// maxText bounds what is read of a file to tell places in it, in bytes.
const maxText = 16 << 20

func (t texts) of(path string) *text {
	if d := t.docs[path]; d != nil {
		return d.text
	}
	if known := t.read[path]; known != nil {
		return known
	}
	t.read[path] = textOf(path)
	return t.read[path]
}

// textOf is a file's text on the disk.
func textOf(path string) *text {
	return newText(strings.Join(loader.Lines(readRegular(path)), "\n"))
}

// readRegular reads a file, as far as it has a sensible size; what can't be
// read is empty.
func readRegular(path string) []byte {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return nil
	}
	return content
}

func (t texts) diagnostic(in *text, d loader.Diagnostic) diagnostic {
	out := diagnostic{
		Range: in.spanOf(d.Position), Severity: severity(d.Severity), Code: d.Rule,
		Source: "recompose", Message: report.Sentence(d),
	}
	if url := rules.URL(d.Rule); url != "" {
		out.About = &about{url}
	}
	switch {
	case strings.HasPrefix(d.Rule, "unused-"):
		out.Tags = []int{tagUnnecessary}
	case strings.HasPrefix(d.Rule, "legacy-"), d.Rule == "obsolete-version":
		out.Tags = []int{tagDeprecated}
	}
	for _, r := range d.Related {
		at := location{uriOf(r.Position.File), t.of(r.Position.File).spanOf(r.Position)}
		if doc := t.docs[r.Position.File]; doc != nil {
			at.URI = doc.uri
		}
		out.Related = append(out.Related, related{at, r.Message})
	}
	return out
}

// severity by the protocol's numbers.
func severity(s loader.Severity) int {
	switch s {
	case loader.SeverityError:
		return 1
	case loader.SeverityWarning:
		return 2
	}
	return 3
}
