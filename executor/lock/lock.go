// Package lock lets one process of this machine at a time change a project of
// an engine. The kernel holds the lock, so that a process that dies leaves
// none behind.
//
// It must never know what is changed, or a terminal.
package lock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// Holder is the process that holds a lock.
type Holder struct {
	PID     int       `json:"pid"` // 0: it has not said yet
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// String is "process 12 (recompose up) since 15:04:05".
func (h Holder) String() string {
	if h.PID == 0 {
		return "another process"
	}
	// Another user may have written the file: nothing of it may move a cursor.
	command := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, h.Command)
	return fmt.Sprintf("process %d (%s) since %s", h.PID, command, h.Since.Local().Format(time.TimeOnly))
}

// HeldError says who held the lock until the time to wait was over.
type HeldError struct{ Holder Holder }

func (e *HeldError) Error() string { return "locked by " + e.Holder.String() }

// errHeld: another process has the file.
var errHeld = errors.New("held")

// interval is how often a waiting process tries again: no system that we run
// on tells a waiter of a released file in a way that it can stop waiting for.
const interval = 100 * time.Millisecond

// Options say how to wait.
type Options struct {
	// Timeout is how long to wait at most; 0: not at all.
	Timeout time.Duration
	// Waiting is told once, before the wait, who holds the lock; nil: nobody is.
	Waiting func(Holder)
}

// Lock is held until Release.
type Lock struct{ file *os.File }

// Folder is where the files of locks are.
type Folder struct {
	path  string
	users *users // who shares it; nil: nobody
}

// Own is a folder of the user's own, made if it is not there.
func Own(path string) Folder { return Folder{path: path} }

// Acquire takes the lock of a key in a folder. The error is a *HeldError where
// another process keeps it for longer than the timeout, and the context's where
// that ends first.
func Acquire(ctx context.Context, in Folder, key string, me Holder, o Options) (*Lock, error) {
	if in.users == nil {
		if err := os.MkdirAll(in.path, 0o700); err != nil {
			return nil, err
		}
	}
	path := in.file(key)
	file, err := open(path, in.users)
	if errors.Is(err, errHeld) {
		file, err = wait(ctx, path, in.users, o)
	}
	if err != nil {
		return nil, err
	}
	l := &Lock{file}
	if err := l.sign(me); err != nil {
		l.Release()
		return nil, err
	}
	return l, nil
}

// file is the path of a key's file: a digest, for keys are addresses and names.
func (f Folder) file(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:12]) + ".lock"
	if f.users != nil {
		name = "recompose-" + name
	}
	return filepath.Join(f.path, name)
}

func wait(ctx context.Context, path string, who *users, o Options) (*os.File, error) {
	if o.Timeout <= 0 {
		return nil, &HeldError{holder(path)}
	}
	if o.Waiting != nil {
		o.Waiting(holder(path))
	}
	over := time.NewTimer(o.Timeout)
	defer over.Stop()
	again := time.NewTicker(interval)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over.C:
			return nil, &HeldError{holder(path)}
		case <-again.C:
			if file, err := open(path, who); !errors.Is(err, errHeld) {
				return file, err
			}
		}
	}
}

// sign leaves word for those that wait.
func (l *Lock) sign(me Holder) error {
	b, err := json.Marshal(me)
	if err == nil {
		err = l.file.Truncate(0)
	}
	if err == nil {
		_, err = l.file.WriteAt(b, 0)
	}
	return err
}

// Release gives the lock back. The file stays: to remove it would let two
// processes hold two files of one name.
func (l *Lock) Release() {
	_ = l.file.Truncate(0) // what it says of the holder is only read while it is held
	_ = l.file.Close()     // frees it even where it fails
}

// holder reads who has the file; the zero Holder where that is not known.
func holder(path string) Holder {
	var h Holder
	f, err := os.Open(path)
	if err != nil {
		return h
	}
	defer f.Close()
	if b, err := io.ReadAll(io.LimitReader(f, 4096)); err == nil {
		_ = json.Unmarshal(b, &h) // half written: it has not said yet
	}
	return h
}
