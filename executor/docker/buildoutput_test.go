package docker

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"recompose/executor"
)

var update = flag.Bool("update", false, "write the golden files anew")

// progressOf is what a build's answer is reported as, and its error.
func progressOf(t *testing.T, name string, answer io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	report := func(p executor.Progress) {
		id := p.ID
		if strings.HasPrefix(id, "sha256:") {
			id = id[:12]
		}
		fmt.Fprintf(&out, "%s | %s", id, p.Text)
		if p.Total > 0 {
			fmt.Fprintf(&out, " %d/%d", p.Current, p.Total)
		}
		out.WriteByte('\n')
	}
	read := readBuildKit
	if strings.HasPrefix(name, "classic") {
		read = readClassic
	}
	if err := read(t.Context(), answer, report); err != nil {
		fmt.Fprintf(&out, "error: %v\n", err)
	}
	return out.String()
}

// The streams are recorded from Docker 20.10.24.
func TestRecordedBuilds(t *testing.T) {
	streams, err := filepath.Glob("testdata/build/*.stream")
	if err != nil || len(streams) == 0 {
		t.Fatal("no recordings", err)
	}
	for _, path := range streams {
		name := strings.TrimSuffix(filepath.Base(path), ".stream")
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got := progressOf(t, name, f)
			golden := strings.TrimSuffix(path, ".stream") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// proto is a protobuf message of pairs: a field's number and its value.
func proto(pairs ...any) []byte {
	var b []byte
	for i := 0; i < len(pairs); i += 2 {
		number := protowire.Number(pairs[i].(int))
		switch v := pairs[i+1].(type) {
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v))
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), v)
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v)
		}
	}
	return b
}

func traces(messages ...[]byte) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, `{"id":"moby.buildkit.trace","aux":%q}`+"\n", base64.StdEncoding.EncodeToString(m))
	}
	return b.String()
}

func TestBuildKitProgress(t *testing.T) {
	step := func(digest, name string, more ...any) []byte {
		return proto(1, proto(append([]any{1, digest, 3, name}, more...)...))
	}
	started, done := []any{5, proto(1, 1)}, []any{5, proto(1, 1), 6, proto(1, 2)}
	log := func(digest, text string) []byte { return proto(3, proto(1, digest, 4, []byte(text))) }
	status := func(id string, current, total int) []byte {
		return proto(2, proto(1, id, 2, "a", 3, "transferring", 4, current, 5, total))
	}
	for name, c := range map[string]struct {
		in   string
		want string
	}{
		"announced, begun, done": {
			traces(step("a", "[1/2] COPY . /"), step("a", "[1/2] COPY . /", started...), step("a", "[1/2] COPY . /", done...)),
			"1/2 | [1/2] COPY . /\n",
		},
		"cached":          {traces(step("a", "[build 1/2] RUN x", 4, 1)), "build 1/2 | [build 1/2] RUN x (cached)\n"},
		"internal":        {traces(step("a", "[internal] load build definition", started...)), ""},
		"pieces of lines": {traces(step("a", "[1/1] RUN x", started...), log("a", "on"), log("a", "e\ntwo\nthr"), step("a", "[1/1] RUN x", done...)), "1/1 | [1/1] RUN x\n1/1 | one\n1/1 | two\n1/1 | thr\n"},
		"overwriting":     {traces(step("a", "[1/1] RUN x", started...), log("a", "10%\r50%\r\x1b[32m100%\x1b[0m\r\n")), "1/1 | [1/1] RUN x\n1/1 | 100%\n"},
		"log of no step":  {traces(log("b", "text\n")), ""},
		"percents":        {traces(status("layer", 1, 1000), status("layer", 2, 1000), status("layer", 500, 1000), status("?", 5, 0)), "layer |  1/1000\nlayer |  500/1000\n"},
		"warning":         {traces(proto(4, proto(1, "a", 3, "JSONArgsRecommended"))), " | warning: JSONArgsRecommended\n"},
		"unknown fields":  {traces(proto(9, "future", 10, 7), step("a", "[1/1] RUN x", append(started, 30, "future")...)), "1/1 | [1/1] RUN x\n"},
		"the first failed step": {
			traces(step("a", "[1/2] RUN x", append(done, 7, "context canceled")...), step("b", "[2/2] RUN y", started...), log("b", "boom"), step("b", "[2/2] RUN y", append(done, 7, "exit code: 2")...)) + `{"error":"failed to solve: exit code: 2"}`,
			"1/2 | [1/2] RUN x\n2/2 | [2/2] RUN y\n2/2 | boom\nerror: [2/2] RUN y: exit code: 2\nlast output:\n  boom\n",
		},
		"failed before a step": {`{"errorDetail":{"message":"dockerfile parse error line 1"},"error":"x"}`, "error: dockerfile parse error line 1\n"},
		"not protobuf":         {traces([]byte{0xff, 0xff}), "error: the engine's BuildKit progress is not readable\n"},
		"cut":                  {traces(step("a", "[1/1] RUN x", started...)[:9]), "error: the engine's BuildKit progress is not readable\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, progressOf(t, "buildkit", strings.NewReader(c.in))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheLastLinesOfAFailedStepAreKept(t *testing.T) {
	text := `{"stream":"Step 1/1 : RUN make"}` + "\n" + `{"stream":"\n"}` + "\n"
	for i := range 1000 {
		line, _ := json.Marshal(map[string]string{"stream": fmt.Sprintf("line %d\n", i)})
		text += string(line) + "\n"
	}
	text += `{"error":"The command '/bin/sh -c make' returned a non-zero code: 2"}`
	err := readClassic(t.Context(), strings.NewReader(text), func(executor.Progress) {})
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if lines[0] != "[1/1] RUN make: exit code 2" || lines[len(lines)-1] != "  line 999" || len(lines) != shownOutput+2 {
		t.Errorf("%d lines: %s", len(lines), err)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	huge := io.MultiReader(strings.NewReader(`{"stream":"`), &endless{strings.Repeat("x", 1<<16), 2 * maxMessage})
	err := readMessages(t.Context(), huge, func(message) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "longer than 16 MiB") {
		t.Errorf("got %v", err)
	}
	// Many small ones are no matter.
	one := fmt.Sprintf(`{"stream":%q}`, strings.Repeat("x", 10000))
	n := 0
	if err := readMessages(t.Context(), strings.NewReader(strings.Repeat(one, 2*maxMessage/len(one))), func(message) error { n++; return nil }); err != nil {
		t.Errorf("after %d messages: %v", n, err)
	}
}

func FuzzDecodeTrace(f *testing.F) {
	f.Add(proto(1, proto(1, "a", 3, "b", 5, proto(1, 1))))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = decodeTrace(data) // must return
	})
}
