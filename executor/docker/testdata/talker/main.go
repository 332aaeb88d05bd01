// The program of the images that the tests of streams and builds make: it
// talks and listens as told. It stands alone in an image made FROM scratch.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch args[0] {
	case "say": // say OUT ERR: a line on each output
		fmt.Println(args[1])
		fmt.Fprintln(os.Stderr, args[2])
	case "fail": // fail CODE: both, and that exit code
		fmt.Println("about to fail")
		fmt.Fprintln(os.Stderr, "it failed")
		code, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		os.Exit(code)
	case "long": // long N: one line of N bytes, then "end"
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		w := bufio.NewWriter(os.Stdout)
		fmt.Fprintln(w, strings.Repeat("x", n))
		fmt.Fprintln(w, "end")
		return w.Flush()
	case "echo": // what comes in goes out, until its end
		_, err := io.Copy(os.Stdout, os.Stdin)
		return err
	case "size": // the terminal's size after it was changed once
		changes := make(chan os.Signal, 1)
		signal.Notify(changes, syscall.SIGWINCH)
		fmt.Println("ready")
		<-changes
		fmt.Println("changed")
	case "wait": // until told to stop
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		<-stop
	case "files": // files DIR: the paths below, a line each
		return files(args[1], "")
	case "cat":
		b, err := os.ReadFile(args[1])
		os.Stdout.Write(b)
		return err
	}
	return nil
}

func files(root, dir string) error {
	entries, err := os.ReadDir(root + "/" + dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(dir+"/"+e.Name(), "/")
		owner := info.Sys().(*syscall.Stat_t)
		fmt.Println(name, info.Mode(), owner.Uid, owner.Gid)
		if e.IsDir() {
			if err := files(root, name); err != nil {
				return err
			}
		}
	}
	return nil
}
