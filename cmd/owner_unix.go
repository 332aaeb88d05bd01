//go:build !windows

package cmd

import (
	"os"
	"syscall"
)

// keepOwner gives a file the owner of another one, where the user may.
func keepOwner(f *os.File, info os.FileInfo) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(s.Uid), int(s.Gid)) // only root may; others keep what they own
	}
}
