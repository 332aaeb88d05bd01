//go:build !windows

package lock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// sharedFolder is the system's folder for locks.
const sharedFolder = "/run/lock"

// users are those who may use an engine: root, and whom its socket lets in.
type users struct {
	owner, group int // -1: none
	all          bool
}

// Shared is the folder that all users have in common who may use the engine at a
// socket; ok is false where the system has none.
func Shared(socket string) (f Folder, ok bool) { return sharedIn(sharedFolder, socket) }

// sharedIn wants a folder where everybody may make files and remove only their
// own.
func sharedIn(folder, socket string) (f Folder, ok bool) {
	dir, err := os.Lstat(folder)
	if err != nil || !dir.IsDir() || dir.Mode()&os.ModeSticky == 0 || dir.Mode().Perm()&0o002 == 0 {
		return f, false
	}
	s, err := os.Stat(socket)
	if err != nil {
		return f, false
	}
	sys, ok := s.Sys().(*syscall.Stat_t)
	if !ok {
		return f, false
	}
	who := &users{owner: int(sys.Uid), group: -1, all: s.Mode().Perm()&0o002 != 0}
	if s.Mode().Perm()&0o020 != 0 {
		who.group = int(sys.Gid)
	}
	return Folder{path: folder, users: who}, true
}

// openShared opens the file, or makes it for those who may use the engine. Who
// may not can neither open it nor put one of their own in its place.
func (u *users) openShared(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
		if err == nil {
			if err = u.trust(f); err != nil {
				_ = f.Close() // nothing was written
				return nil, err
			}
			return f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			u.admit(f)
			return f, nil
		}
		if !errors.Is(err, fs.ErrExist) { // else another process was faster
			return nil, err
		}
	}
}

// admit lets the others open a new file. Where that fails, it is the user's own.
func (u *users) admit(f *os.File) {
	switch {
	case u.all:
		_ = f.Chmod(0o666)
	case u.group >= 0 && f.Chown(-1, u.group) == nil:
		_ = f.Chmod(0o660)
	}
}

// trust refuses a file that somebody may have laid there to hold everybody up,
// or to have another file written to.
func (u *users) trust(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() || s.Nlink != 1 {
		return fmt.Errorf("%s is not a file of its own", f.Name())
	}
	if uid := int(s.Uid); !u.all && uid != 0 && uid != os.Geteuid() && uid != u.owner && !u.member(uid) {
		return fmt.Errorf("%s belongs to user %d, who may not use the engine", f.Name(), uid)
	}
	return nil
}

func (u *users) member(uid int) bool {
	who, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return false
	}
	groups, err := who.GroupIds()
	return err == nil && u.group >= 0 && slices.Contains(groups, strconv.Itoa(u.group))
}
