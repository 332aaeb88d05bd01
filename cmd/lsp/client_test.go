package lsp_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// patience bounds what would hang; no test passes or fails by less.
const patience = 3 * time.Minute

type place struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type region struct{ Start, End place }

type finding struct {
	Range    region
	Severity int
	Code     string
	Message  string
	Tags     []int
	Related  []struct {
		Location struct {
			URI   string
			Range region
		}
		Message string
	} `json:"relatedInformation"`
}

type published struct {
	URI         string
	Version     *int
	Diagnostics []finding
}

type message struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct {
		Code    int
		Message string
	} `json:"error,omitempty"`
}

// client is an editor, as far as its side of the protocol goes.
type client struct {
	t        *testing.T
	out      io.WriteCloser
	messages chan message
	next     int
	versions map[string]int // by URI
	got      []published    // that nobody has waited for yet
	asked    []string       // methods that the server has called
	dir      string
}

func newClient(t *testing.T, in io.Reader, out io.WriteCloser) *client {
	c := &client{t: t, out: out, messages: make(chan message, 1000), versions: map[string]int{}}
	go func() {
		defer close(c.messages)
		r := bufio.NewReader(in)
		for {
			header, err := textproto.NewReader(r).ReadMIMEHeader()
			if err != nil {
				return
			}
			size, err := strconv.Atoi(header.Get("Content-Length"))
			if err != nil {
				return
			}
			body := make([]byte, size)
			if _, err := io.ReadFull(r, body); err != nil {
				return
			}
			var m message
			if json.Unmarshal(body, &m) == nil {
				c.messages <- m
			}
		}
	}()
	return c
}

// files writes a txtar text into the workspace.
func (c *client) files(text string) {
	c.t.Helper()
	for _, f := range txtar.Parse([]byte(text)).Files {
		c.write(f.Name, string(f.Data))
	}
}

func (c *client) write(name, content string) {
	c.t.Helper()
	path := filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read(name string) string {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(content)
}

func (c *client) uri(name string) string {
	if strings.HasPrefix(name, "untitled:") {
		return name
	}
	path := filepath.ToSlash(c.dir)
	if path[0] != '/' {
		path = "/" + path
	}
	return "file://" + path + "/" + name
}

func (c *client) send(m map[string]any) {
	c.t.Helper()
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c.out, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) notify(method string, params any) {
	c.t.Helper()
	c.send(map[string]any{"method": method, "params": params})
}

// receive takes one message; false at the end. What the server asks for is
// granted, what it publishes kept.
func (c *client) receive() (message, bool) {
	c.t.Helper()
	select {
	case m, ok := <-c.messages:
		if m.Method == "textDocument/publishDiagnostics" {
			var p published
			if err := json.Unmarshal(m.Params, &p); err != nil {
				c.t.Fatal(err)
			}
			c.got = append(c.got, p)
		} else if m.Method != "" && m.ID != nil {
			c.asked = append(c.asked, m.Method)
			c.send(map[string]any{"id": m.ID, "result": nil})
		}
		return m, ok
	case <-time.After(patience):
		c.t.Fatal("the server does not answer")
		return message{}, false
	}
}

// ask calls a method and waits for the whole answer.
func (c *client) ask(method string, params any) message {
	c.t.Helper()
	c.next++
	id := strconv.Itoa(c.next)
	c.send(map[string]any{"id": c.next, "method": method, "params": params})
	for {
		m, ok := c.receive()
		if !ok {
			c.t.Fatalf("%s: the server has gone", method)
		}
		if string(m.ID) == id && m.Method == "" {
			return m
		}
	}
}

// call asks for a result.
func (c *client) call(method string, params, result any) {
	c.t.Helper()
	m := c.ask(method, params)
	if m.Error != nil {
		c.t.Fatalf("%s: %s", method, m.Error.Message)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(m.Result, result); err != nil {
		c.t.Fatalf("%s: %v in %s", method, err, m.Result)
	}
}

func (c *client) initialize() json.RawMessage {
	c.t.Helper()
	var r json.RawMessage
	c.call("initialize", map[string]any{
		"processId": nil, "rootUri": c.uri(""),
		"workspaceFolders": []any{map[string]any{"uri": c.uri(""), "name": "w"}},
		"capabilities": map[string]any{"workspace": map[string]any{
			"didChangeWatchedFiles": map[string]any{"dynamicRegistration": true},
		}},
	}, &r)
	c.notify("initialized", map[string]any{})
	return r
}

func (c *client) open(name, text string) {
	c.t.Helper()
	c.openAs(name, "yaml", text)
}

func (c *client) openAs(name, language, text string) {
	c.t.Helper()
	c.versions[c.uri(name)]++
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": c.uri(name), "languageId": language, "version": c.versions[c.uri(name)], "text": text,
	}})
}

// change sends the whole text.
func (c *client) change(name, text string) {
	c.t.Helper()
	c.edit(name, map[string]any{"text": text})
}

func (c *client) edit(name string, changes ...any) {
	c.t.Helper()
	c.versions[c.uri(name)]++
	c.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": c.uri(name), "version": c.versions[c.uri(name)]},
		"contentChanges": changes,
	})
}

// diagnostics waits for those of a file's newest version; of a file that is not
// open, for the next.
func (c *client) diagnostics(name string) []finding {
	c.t.Helper()
	for {
		for i, p := range c.got {
			if p.URI == c.uri(name) && (p.Version == nil || *p.Version == c.versions[p.URI]) {
				c.got = append(c.got[:i:i], c.got[i+1:]...)
				return p.Diagnostics
			}
		}
		if _, ok := c.receive(); !ok {
			c.t.Fatal("the server has gone")
		}
	}
}

func (c *client) at(name string, line, character int) map[string]any {
	return map[string]any{
		"textDocument": map[string]any{"uri": c.uri(name)},
		"position":     map[string]any{"line": line, "character": character},
	}
}
