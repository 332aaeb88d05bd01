//go:build !windows

package lock

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stranger is an id that no user has.
const stranger = 54321

// common is a folder as the system's for locks, and a socket with the mode.
func common(t *testing.T, mode os.FileMode) (dir, socket string) {
	t.Helper()
	// Not t.TempDir: other users must be able to pass through.
	dir, err := os.MkdirTemp("", "lock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(t.TempDir(), "engine.sock")
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, mode); err != nil {
		t.Fatal(err)
	}
	return dir, socket
}

func shared(t *testing.T, dir, socket string) Folder {
	t.Helper()
	f, ok := sharedIn(dir, socket)
	if !ok {
		t.Fatal("the folder is not taken for one that users share")
	}
	return f
}

// TestSharedFolders: only a folder where nobody removes another one's files will
// do.
func TestSharedFolders(t *testing.T) {
	dir, socket := common(t, 0o660)
	for name, mode := range map[string]os.FileMode{"not sticky": 0o777, "not for everybody": 0o755 | os.ModeSticky} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if _, ok := sharedIn(dir, socket); ok {
			t.Errorf("a folder that is %s was taken", name)
		}
	}
	if _, ok := sharedIn(filepath.Join(dir, "none"), socket); ok {
		t.Error("a folder that is not there was taken")
	}
	if _, ok := sharedIn(dir, filepath.Join(dir, "none")); ok {
		t.Error("a socket that is not there was taken")
	}
}

// TestSharedFile: whom the socket lets in may lock the file, and nobody else.
func TestSharedFile(t *testing.T) {
	for mode, want := range map[os.FileMode]os.FileMode{0o600: 0o600, 0o660: 0o660, 0o666: 0o666} {
		dir, socket := common(t, mode)
		f := shared(t, dir, socket)
		l, err := Acquire(t.Context(), f, "k", Holder{PID: 1}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var held *HeldError
		if _, err := Acquire(t.Context(), f, "k", Holder{PID: 2}, Options{}); !errors.As(err, &held) || held.Holder.PID != 1 {
			t.Errorf("a second holder: %v", err)
		}
		info, err := os.Stat(f.file("k"))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("socket %o: the file's mode is %v, want %o: %v", mode, info.Mode(), want, err)
		}
		l.Release()
	}
}

// TestNotAFileOfItsOwn: links and pipes in the file's place are neither
// followed nor waited for.
func TestNotAFileOfItsOwn(t *testing.T) {
	dir, socket := common(t, 0o660)
	f := shared(t, dir, socket)
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, lay := range map[string]func(path string) error{
		"symlink":  func(path string) error { return os.Symlink(victim, path) },
		"dangling": func(path string) error { return os.Symlink(filepath.Join(dir, "none"), path) },
		"hardlink": func(path string) error { return os.Link(victim, path) },
		"pipe":     func(path string) error { return syscall.Mkfifo(path, 0o666) },
		"folder":   func(path string) error { return os.Mkdir(path, 0o777) },
	} {
		if err := lay(f.file(name)); err != nil {
			t.Fatal(err)
		}
		l, err := Acquire(t.Context(), f, name, Holder{PID: 1}, Options{})
		if err == nil {
			l.Release()
			t.Errorf("a %s was taken for the lock's file", name)
		}
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("the victim has %q: %v", b, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "none")); err == nil {
		t.Error("a file was made where a link led")
	}
}

// TestOtherUsers: another user who may use the engine waits for root's lock; who
// may not can neither take it nor lay a file there that root waits for.
func TestOtherUsers(t *testing.T) {
	if as := os.Getenv("LOCK_TEST_AS"); as != "" {
		f, ok := sharedIn(os.Getenv("LOCK_TEST_DIR"), os.Getenv("LOCK_TEST_SOCKET"))
		if !ok {
			t.Fatal("no shared folder")
		}
		_, err := Acquire(t.Context(), f, as, Holder{PID: 2}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can act as another user")
	}
	dir, socket := common(t, 0o666)
	if err := os.Chmod(filepath.Dir(socket), 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "program")
	if out, err := exec.Command("cp", os.Args[0], program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	other := func(key string) (string, error) {
		c := exec.Command(program, "-test.run", "^TestOtherUsers$")
		c.Dir = dir
		c.Env = append(os.Environ(), "LOCK_TEST_AS="+key, "LOCK_TEST_DIR="+dir, "LOCK_TEST_SOCKET="+filepath.Join(dir, "engine.sock"))
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
		out, err := c.CombinedOutput()
		return string(out), err
	}
	// Within the folder, which everybody may pass through.
	if err := os.Rename(socket, filepath.Join(dir, "engine.sock")); err != nil {
		t.Fatal(err)
	}
	f := shared(t, dir, filepath.Join(dir, "engine.sock"))
	l, err := Acquire(t.Context(), f, "ours", Holder{PID: 1, Since: time.Now()}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := other("ours"); err == nil || !strings.Contains(out, "locked by process 1") {
		t.Errorf("another user does not see root's lock: %v\n%s", err, out)
	}
	l.Release()
	if out, err := other("ours"); err != nil {
		t.Errorf("another user cannot take the lock after root: %v\n%s", err, out)
	}
	if out, err := other("theirs"); err != nil {
		t.Fatalf("another user cannot make a lock: %v\n%s", err, out)
	}
	// From now on the socket is root's alone.
	if err := os.Chmod(filepath.Join(dir, "engine.sock"), 0o600); err != nil {
		t.Fatal(err)
	}
	f = shared(t, dir, filepath.Join(dir, "engine.sock"))
	if _, err := Acquire(t.Context(), f, "theirs", Holder{PID: 1}, Options{}); err == nil || !strings.Contains(err.Error(), "may not use the engine") {
		t.Errorf("root takes a file that a stranger has laid there: %v", err)
	}
	l, err = Acquire(t.Context(), f, "roots", Holder{PID: 1}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if out, err := other("roots"); err == nil || !strings.Contains(out, "permission denied") {
		t.Errorf("a stranger may open root's lock: %v\n%s", err, out)
	}
}
