package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// The protocol by which a folder is sent (tonistiigi/fsutil: send.go,
// types/wire.proto). We say what there is, in order, and end with an empty
// packetStat; the engine asks by number for the files that it has not kept
// from earlier builds, and ends with packetFin, which we return.
const (
	packetStat    = 0
	packetRequest = 1
	packetData    = 2 // an empty one ends a file
	packetFin     = 3
	packetError   = 4
)

const chunkSize = 32 << 10

// metadata are the headers of a call that say what it wants; BuildKit escapes
// what is not ASCII, and says so in a header beside.
func metadata(h http.Header) func(key string) []string {
	return func(key string) []string {
		values := h.Values(key)
		if h.Get(key+"-encoded") != "1" {
			return values
		}
		out := make([]string, len(values))
		for i, v := range values {
			if decoded, err := url.QueryUnescape(v); err == nil {
				v = decoded
			}
			out[i] = v
		}
		return out
	}
}

// diffCopy sends a tree. Patterns to exclude are not looked at: the tree has
// left out what is to be left out.
func (s *Session) diffCopy(ctx context.Context, c *stream, header func(string) []string) error {
	names := header("dir-name")
	var tree Tree
	if len(names) == 1 {
		tree = s.options.Trees[names[0]]
	}
	if tree == nil {
		return fmt.Errorf("folder %q: %w", names, fs.ErrNotExist)
	}
	only := narrow(append(header("followpaths"), header("include-patterns")...))
	t := &transfer{stream: c, tree: tree, files: map[uint32]string{}, wake: make(chan struct{}, 1)}
	group, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fail := func(err error) error {
		if err == nil || ctx.Err() != nil {
			return err
		}
		s.note(err)
		return errors.Join(err, c.send(packet(packetError, nil, 0, []byte(err.Error()))))
	}
	group.Go(func() error { return fail(t.list(ctx, only)) })
	group.Go(func() error { return fail(t.sendFiles(ctx)) })
	// Reading ends with the call; it is no member of the group, for it cannot
	// be woken by it.
	err := t.receive()
	cancel()
	if sent := group.Wait(); sent != nil && !errors.Is(sent, context.Canceled) {
		return sent
	}
	return err
}

// transfer is one tree on its way.
type transfer struct {
	stream *stream
	tree   Tree

	mu     sync.Mutex
	files  map[uint32]string // what may be asked for, by number
	wanted []request         // what was asked for; at most all files
	wake   chan struct{}     // has a value after it grew
}

// request is a file that the engine wants.
type request struct {
	id   uint32
	name string
}

// list says what there is.
func (t *transfer) list(ctx context.Context, only []string) error {
	var number uint32
	err := t.tree.Walk(ctx, only, func(e Entry) error {
		if e.Mode.IsRegular() {
			t.mu.Lock()
			t.files[number] = e.Name
			t.mu.Unlock()
		}
		number++
		return t.stream.send(packet(packetStat, stat(e), 0, nil))
	})
	if err != nil {
		return err
	}
	return t.stream.send(packet(packetStat, nil, 0, nil))
}

// receive takes requests until the engine has all it wants.
func (t *transfer) receive() error {
	for {
		message, err := t.stream.receive()
		if err != nil {
			return err
		}
		all, err := fields(message)
		if err != nil {
			return err
		}
		var kind, id uint64
		var data []byte
		for _, f := range all {
			switch f.number {
			case 1:
				kind = f.n
			case 3:
				id = f.n
			case 4:
				data = f.bytes
			}
		}
		switch kind {
		case packetRequest:
			if err := t.want(uint32(id)); err != nil {
				return err
			}
		case packetFin:
			return t.stream.send(packet(packetFin, nil, 0, nil))
		case packetError:
			return fmt.Errorf("the engine: %s", data)
		}
	}
}

// want notes a file to send. Requests are taken as fast as they come: an
// engine that cannot make them would not read what we send, either.
func (t *transfer) want(id uint32) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	name, ok := t.files[id]
	if !ok {
		return fmt.Errorf("file number %d was not offered, or asked for twice", id)
	}
	delete(t.files, id)
	t.wanted = append(t.wanted, request{id, name})
	select {
	case t.wake <- struct{}{}:
	default:
	}
	return nil
}

// sendFiles sends what is asked for until ctx ends.
func (t *transfer) sendFiles(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.wake:
		}
		for {
			t.mu.Lock()
			wanted := t.wanted
			t.wanted = nil
			t.mu.Unlock()
			if len(wanted) == 0 {
				break
			}
			for _, r := range wanted {
				if err := t.sendFile(ctx, r); err != nil {
					return err
				}
			}
		}
	}
}

func (t *transfer) sendFile(ctx context.Context, r request) error {
	f, err := t.tree.Open(r.name)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, chunkSize)
	for ctx.Err() == nil {
		n, err := f.Read(buf)
		if n > 0 {
			if err := t.stream.send(packet(packetData, nil, r.id, buf[:n])); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return t.stream.send(packet(packetData, nil, r.id, nil))
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// packet is Packet{type=1, stat=2, ID=3, data=4}.
func packet(kind uint64, stat []byte, id uint32, data []byte) []byte {
	b := appendNumber(nil, 1, kind)
	b = appendBytes(b, 2, stat)
	b = appendNumber(b, 3, uint64(id))
	return appendBytes(b, 4, data)
}

// stat is Stat{path=1, mode=2, uid=3, gid=4, size=5, modTime=6, linkname=7};
// the mode has Go's bits, and the owner is root, as the docker command has it.
func stat(e Entry) []byte {
	b := appendBytes(nil, 1, []byte(e.Name))
	b = appendNumber(b, 2, uint64(uint32(e.Mode)))
	if e.Mode.IsRegular() {
		b = appendNumber(b, 5, uint64(e.Size))
	}
	b = appendNumber(b, 6, uint64(e.ModTime.UnixNano()))
	return appendBytes(b, 7, []byte(e.Link))
}

// narrow makes of the paths that steps copy what the tree need have; nil: all.
// What a pattern matches may be a link to anywhere.
func narrow(only []string) []string {
	out := make([]string, 0, len(only))
	for _, p := range only {
		p = path.Clean(strings.TrimPrefix(p, "/"))
		if p == "." || strings.ContainsAny(p, `*?[\`) {
			return nil
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
