package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Unpack puts an archive's first entry, and what lies in it, into a directory
// under a name; with an empty name, what lies in it into the directory itself.
// Files that are there are replaced, directories stay. owners keeps those of
// the archive. left are the names of what is neither file, directory nor link.
func Unpack(archive io.Reader, dir, name string, owners bool) (left []string, err error) {
	root, err := os.OpenRoot(dir) // it lets no name and no link lead out
	if err != nil {
		return nil, err
	}
	defer root.Close()
	u := unpacker{root: root, name: name, owners: owners}
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return u.left, u.finish()
		}
		if err == nil {
			err = u.entry(h, r)
		}
		if err != nil {
			return u.left, err
		}
	}
}

type unpacker struct {
	root   *os.Root
	name   string
	owners bool
	top    string // of the archive; empty before the first entry
	made   []*tar.Header
	left   []string
}

// entry unpacks one entry. From here on its name is the one in the directory.
func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	if u.top == "" {
		u.top = path.Clean("/" + h.Name)
	}
	var err error
	if h.Name, err = u.place(h.Name); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.directory(h)
	case tar.TypeReg:
		return u.file(h, content)
	case tar.TypeSymlink:
		if err := u.clear(h.Name); err != nil {
			return err
		}
		if err := u.root.Symlink(h.Linkname, h.Name); err != nil {
			return err
		}
		return u.own(h)
	case tar.TypeLink:
		old, err := u.place(h.Linkname)
		if err != nil {
			return err
		}
		if err := u.clear(h.Name); err != nil {
			return err
		}
		return u.root.Link(old, h.Name)
	}
	u.left = append(u.left, h.Name)
	return nil
}

// place is where a name of the archive goes.
func (u *unpacker) place(name string) (string, error) {
	if slices.Contains(strings.Split(name, "/"), "..") {
		return "", fmt.Errorf("the archive has a path that leads out of it: %q", name)
	}
	clean := path.Clean("/" + name)
	rest, ok := strings.CutPrefix(clean, strings.TrimSuffix(u.top, "/")+"/")
	if clean != u.top && !ok {
		return "", fmt.Errorf("the archive has a path outside of %q: %q", u.top, name)
	}
	if clean == u.top {
		rest = ""
	}
	return path.Join(".", u.name, rest), nil
}

func (u *unpacker) directory(h *tar.Header) error {
	info, err := u.root.Lstat(h.Name)
	switch {
	case err == nil && info.IsDir():
		return nil // as it is
	case err == nil:
		return fmt.Errorf("%s is there and not a directory", h.Name)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := u.root.Mkdir(h.Name, 0o700); err != nil {
		return err
	}
	u.made = append(u.made, h)
	return nil
}

// finish gives directories their mode and time, which were in the way before.
func (u *unpacker) finish() error {
	for _, h := range slices.Backward(u.made) {
		if err := u.own(h); err != nil {
			return err
		}
		if err := u.root.Chmod(h.Name, mode(h)); err != nil {
			return err
		}
		if err := u.root.Chtimes(h.Name, time.Time{}, h.ModTime); err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacker) file(h *tar.Header, content io.Reader) error {
	if err := u.clear(h.Name); err != nil {
		return err
	}
	f, err := u.root.OpenFile(h.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = u.own(h)
	}
	if err == nil {
		err = f.Chmod(mode(h))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return u.root.Chtimes(h.Name, time.Time{}, h.ModTime)
}

// clear removes a file or link that is to be replaced.
func (u *unpacker) clear(name string) error {
	info, err := u.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is there and a directory", name)
	case !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0:
		return fmt.Errorf("%s is there and not a file", name)
	}
	return u.root.Remove(name)
}

func (u *unpacker) own(h *tar.Header) error {
	if !u.owners {
		return nil
	}
	return u.root.Lchown(h.Name, h.Uid, h.Gid)
}

// mode leaves out the bits that let a file run as its owner.
func mode(h *tar.Header) fs.FileMode { return fs.FileMode(h.Mode).Perm() }
