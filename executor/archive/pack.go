// Package archive packs files of this machine into tar archives and unpacks
// archives that are not trusted: nothing of them lands outside the directory
// that was named, and nothing but files, directories and links.
//
// It must never know containers.
package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"
)

// Pack writes a file, or a directory with all in it, under a name of its own;
// an empty name leaves the directory itself out. Links are packed as links.
// left are the paths of what is neither file, directory nor link.
func Pack(out io.Writer, file, name string) (left []string, err error) {
	dir, start := filepath.Dir(file), filepath.Base(file)
	if dir == file { // the root of all
		start = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	p := packer{root: root, w: tar.NewWriter(out), start: start, name: name}
	info, err := root.Lstat(start)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		err = fs.WalkDir(root.FS(), start, p.walk)
	} else {
		err = p.add(start, info)
	}
	if err != nil {
		return nil, err
	}
	return p.left, p.w.Close()
}

// Item is a file of this machine and its name in an archive.
type Item struct{ File, Name string }

// PackItems writes files, links, and directories without what is in them, under
// their names. What is not there is left out. left is as of Pack.
func PackItems(out io.Writer, items []Item) (left []string, err error) {
	p := packer{w: tar.NewWriter(out)}
	for _, i := range items {
		if err := p.item(i); err != nil && !Gone(err) {
			return nil, err
		}
	}
	return p.left, p.w.Close()
}

// Gone reports whether an error says that a file is not there: also where a
// file stands for the folder around it.
func Gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func (p *packer) item(i Item) (err error) {
	p.start, p.name = filepath.Base(i.File), i.Name
	if p.root, err = os.OpenRoot(filepath.Dir(i.File)); err != nil {
		return err
	}
	defer p.root.Close()
	info, err := p.root.Lstat(p.start)
	if err != nil {
		return err
	}
	return p.add(p.start, info)
}

type packer struct {
	root        *os.Root
	w           *tar.Writer
	start, name string
	left        []string
}

func (p *packer) walk(file string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if file == p.start && p.name == "" {
		return nil
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	return p.add(file, info)
}

func (p *packer) add(file string, info fs.FileInfo) error {
	link := ""
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		var err error
		if link, err = p.root.Readlink(file); err != nil {
			return err
		}
	case !info.IsDir() && !info.Mode().IsRegular():
		p.left = append(p.left, file)
		return nil
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(p.start, file)
	if err != nil {
		return err
	}
	h.Name = path.Join(p.name, filepath.ToSlash(rel))
	if info.IsDir() {
		h.Name += "/"
	}
	h.Uname, h.Gname = "", "" // names of this machine
	h.AccessTime, h.ChangeTime, h.ModTime = time.Time{}, time.Time{}, h.ModTime.Truncate(time.Second)
	h.Format = tar.FormatPAX // for long names
	if !info.Mode().IsRegular() {
		return p.w.WriteHeader(h)
	}
	f, err := p.root.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := p.w.WriteHeader(h); err != nil {
		return err
	}
	// A file that grows meanwhile is cut at the size that was announced.
	if n, err := io.CopyN(p.w, f, h.Size); err != nil {
		return fmt.Errorf("%s: %d of %d bytes could be read: %w", file, n, h.Size, err)
	}
	return nil
}
