package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// folder is a tree in memory, in order.
type folder struct {
	entries []Entry
	content map[string]string
	only    []string // of the last walk
	broken  error    // after the last entry
}

func (f *folder) Walk(_ context.Context, only []string, visit func(Entry) error) error {
	f.only = only
	for _, e := range f.entries {
		if err := visit(e); err != nil {
			return err
		}
	}
	return f.broken
}

func (f *folder) Open(name string) (io.ReadCloser, error) {
	content, ok := f.content[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return io.NopCloser(strings.NewReader(content)), nil
}

// fetch plays an engine that wants all files, and tells what it was sent.
func (e *engine) fetch(header http.Header) (stats []string, files map[string]string, status string) {
	e.t.Helper()
	body, requests := io.Pipe()
	defer requests.Close()
	say := func(p []byte) {
		if _, err := requests.Write(framed(p)); err != nil {
			e.t.Error(err)
		}
	}
	files = map[string]string{}
	names := map[uint64]string{}
	left, listed := 0, false
	var number uint64
	status = e.call(methodDiffCopy, header, body, func(m []byte) {
		var kind, id uint64
		var stat, data []byte
		all, _ := fields(m)
		for _, f := range all {
			switch f.number {
			case 1:
				kind = f.n
			case 2:
				stat = f.bytes
			case 3:
				id = f.n
			case 4:
				data = f.bytes
			}
		}
		switch {
		case kind == packetStat && stat != nil:
			s := map[int]field{}
			all, _ := fields(stat)
			for _, f := range all {
				s[f.number] = f
			}
			mode := fs.FileMode(s[2].n)
			stats = append(stats, fmt.Sprintf("%s %s %d %s", s[1].bytes, mode, s[5].n, s[7].bytes))
			if mode.IsRegular() {
				names[number] = string(s[1].bytes)
				left++
				say(packet(packetRequest, nil, uint32(number), nil))
			}
			number++
		case kind == packetStat:
			listed = true
		case kind == packetData && len(data) > 0:
			files[names[id]] += string(data)
		case kind == packetData:
			left--
		case kind == packetFin:
			requests.Close()
			return
		case kind == packetError:
			stats = append(stats, "error: "+string(data))
			requests.Close()
			return
		}
		if listed && left == 0 {
			say(packet(packetFin, nil, 0, nil))
			left = -1
		}
	})
	return stats, files, status
}

func TestDiffCopy(t *testing.T) {
	big := strings.Repeat("0123456789", 100_000)
	tree := &folder{
		entries: []Entry{
			{Name: "a", Mode: fs.ModeDir | 0o755},
			{Name: "a/big", Mode: 0o644, Size: int64(len(big)), ModTime: time.Unix(1, 0)},
			{Name: "a/empty", Mode: 0o600},
			{Name: "link", Mode: fs.ModeSymlink | 0o777, Link: "a/big"},
			{Name: "run", Mode: fs.ModeSetuid | 0o755, Size: 2},
		},
		content: map[string]string{"a/big": big, "a/empty": "", "run": "#!"},
	}
	for i := range 500 { // more than any buffer of requests on the way
		name := fmt.Sprintf("z%03d", i)
		tree.entries = append(tree.entries, Entry{Name: name, Mode: 0o644, Size: 1})
		tree.content[name] = "x"
	}
	s := New(Options{Trees: map[string]Tree{"context": tree}})
	e := connect(t, s)
	stats, files, status := e.fetch(http.Header{"Dir-Name": {"context"}})
	if status != "0 " {
		t.Errorf("status %s", status)
	}
	want := []string{"a drwxr-xr-x 0 ", fmt.Sprintf("a/big -rw-r--r-- %d ", len(big)), "a/empty -rw------- 0 ", "link Lrwxrwxrwx 0 a/big", "run urwxr-xr-x 2 "}
	if diff := cmp.Diff(want, stats[:5]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if files["a/empty"] != "" || files["a/big"] != big || files["run"] != "#!" || files["z499"] != "x" || len(stats) != 505 {
		t.Errorf("%d entries, %d files", len(stats), len(files))
	}
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}

func TestDiffCopyOfWhatIsNeeded(t *testing.T) {
	tree := &folder{}
	e := connect(t, New(Options{Trees: map[string]Tree{"context": tree}}))
	for _, c := range []struct {
		header http.Header
		want   []string
	}{
		{http.Header{}, nil},
		{http.Header{"Followpaths": {"src", "/package.json"}}, []string{"src", "package.json"}},
		{http.Header{"Followpaths": {url.QueryEscape("größe/ä b")}, "Followpaths-Encoded": {"1"}}, []string{"größe/ä b"}},
		{http.Header{"Followpaths": {"src", "."}}, nil},
		{http.Header{"Followpaths": {"src", "lib/*.go"}}, nil},
		{http.Header{"Include-Patterns": {".dockerignore"}}, []string{".dockerignore"}},
	} {
		c.header["Dir-Name"] = []string{"context"}
		if _, _, status := e.fetch(c.header); status != "0 " {
			t.Errorf("%v: status %s", c.header, status)
		}
		if diff := cmp.Diff(c.want, tree.only); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.header, diff)
		}
	}
	if _, _, status := e.fetch(http.Header{"Dir-Name": {"elsewhere"}}); !strings.HasPrefix(status, "5 ") {
		t.Errorf("an unknown folder: %s", status)
	}
}

func TestOurErrorsReachBothSides(t *testing.T) {
	for name, tree := range map[string]*folder{
		"of the walk": {entries: []Entry{{Name: "a", Mode: fs.ModeDir}}, broken: errors.New("a/b: no access")},
		"of a file":   {entries: []Entry{{Name: "a/b", Mode: 0o644, Size: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Trees: map[string]Tree{"context": tree}})
			stats, _, status := connect(t, s).fetch(http.Header{"Dir-Name": {"context"}})
			if last := stats[len(stats)-1]; !strings.HasPrefix(last, "error: ") || !strings.Contains(last, "a/b") {
				t.Errorf("the engine is not told: %q", stats)
			}
			if s.Err() == nil || !strings.Contains(s.Err().Error(), "a/b") {
				t.Errorf("kept: %v", s.Err())
			}
			if !strings.HasPrefix(status, "2 ") {
				t.Errorf("status %s", status)
			}
		})
	}
}

func TestHostileRequests(t *testing.T) {
	tree := &folder{entries: []Entry{{Name: "a", Mode: 0o644, Size: 1}}, content: map[string]string{"a": "x"}}
	e := connect(t, New(Options{Trees: map[string]Tree{"context": tree}}))
	header := func() http.Header { return http.Header{"Dir-Name": {"context"}} }
	for name, body := range map[string][]byte{
		"a file that is not there": framed(packet(packetRequest, nil, 99, nil)),
		"not protobuf":             framed([]byte{0xff, 0xff}),
		"a claim of 4 GiB":         {0, 0xff, 0xff, 0xff, 0xff},
		"compressed":               {1, 0, 0, 0, 0},
		"an error of its own":      framed(packet(packetError, nil, 0, []byte("disk full"))),
		"the end too soon":         nil,
	} {
		t.Run(name, func(t *testing.T) {
			status := e.call(methodDiffCopy, header(), bytes.NewReader(body), func([]byte) {})
			if strings.HasPrefix(status, "0 ") {
				t.Errorf("status %s", status)
			}
		})
	}
}
