// The program of the tests' images: one static binary that does what a test
// needs of a container. It stands alone in an image made FROM scratch.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const usage = `app COMMAND [ARG...]
  serve [PORT]         answer requests until told to stop; healthy after $HEALTHY_AFTER (never: "never")
  wait                 do nothing until told to stop
  probe [PORT]         exit 0 when serve says it is healthy
  exit CODE [AFTER]    end with CODE
  get URL              print what URL answers
  write FILE TEXT      append a line
  cat FILE...          print files
  ls DIR...            print what is in folders
  env                  print the environment, sorted
  lines N              print N lines on both outputs, in turn
  stat FILE...         print mode and owner
  lookup NAME...       print addresses
  rm -rf -- PATH...    remove; also under the name of rm
  stubborn             ignore the signal to stop
`

func main() {
	if filepath.Base(os.Args[0]) == "rm" {
		os.Args = append([]string{"app", "rm"}, os.Args[1:]...)
	}
	if len(os.Args) < 2 {
		fail(usage)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fail(err.Error() + "\n")
	}
}

func fail(text string) {
	fmt.Fprint(os.Stderr, text)
	os.Exit(1)
}

func run(command string, args []string) error {
	switch command {
	case "serve":
		return serve(arg(args, 0, "80"))
	case "wait":
		<-stopped()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Hour)
	case "probe":
		_, err := get("http://127.0.0.1:" + arg(args, 0, "80") + "/health")
		return err
	case "exit":
		after, _ := time.ParseDuration(arg(args, 1, "0s"))
		select {
		case <-time.After(after):
		case <-stopped():
		}
		code, err := strconv.Atoi(arg(args, 0, "0"))
		if err != nil {
			return err
		}
		os.Exit(code)
	case "get":
		body, err := get(arg(args, 0, ""))
		fmt.Print(body)
		return err
	case "write":
		return write(arg(args, 0, ""), arg(args, 1, ""))
	case "cat":
		for _, name := range args {
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			os.Stdout.Write(b)
		}
	case "ls":
		for _, dir := range args {
			entries, err := os.ReadDir(dir)
			if err != nil {
				return err
			}
			for _, e := range entries {
				fmt.Println(e.Name())
			}
		}
	case "env":
		env := os.Environ()
		sort.Strings(env)
		fmt.Println(strings.Join(env, "\n"))
	case "lines":
		n, err := strconv.Atoi(arg(args, 0, "1"))
		for i := range n {
			fmt.Printf("out %d\n", i)
			fmt.Fprintf(os.Stderr, "err %d\n", i)
		}
		return err
	case "rm":
		for _, name := range args {
			if !strings.HasPrefix(name, "-") {
				if err := os.RemoveAll(name); err != nil {
					return err
				}
			}
		}
	case "stat":
		return stat(args)
	case "lookup":
		for _, name := range args {
			addrs, err := net.LookupHost(name)
			if err != nil {
				return err
			}
			fmt.Println(name, strings.Join(addrs, " "))
		}
	default:
		return fmt.Errorf("no command %q\n%s", command, usage)
	}
	return nil
}

func arg(args []string, i int, otherwise string) string {
	if i < len(args) {
		return args[i]
	}
	return otherwise
}

// stopped has a value once the container is asked to stop; process 1 has no
// default for the signal.
func stopped() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT)
	return c
}

func serve(port string) error {
	began := time.Now()
	stop := stopped()
	reloads := make(chan os.Signal, 8)
	signal.Notify(reloads, syscall.SIGHUP)
	go func() {
		for range reloads {
			fmt.Println("reloaded")
		}
	}()
	host, _ := os.Hostname()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("served", r.URL.Path)
		fmt.Fprintf(w, "%s %s\n", host, os.Getenv("GREETING"))
	})
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		setting := os.Getenv("HEALTHY_AFTER")
		after, _ := time.ParseDuration(setting)
		if setting == "never" || time.Since(began) < after {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	server := &http.Server{Addr: ":" + port, Handler: mux}
	go func() {
		<-stop
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	}()
	fmt.Println("serving on", port)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func get(url string) (string, error) {
	client := http.Client{Timeout: 5 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", r.Status, body)
	}
	return string(body), err
}

func write(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(f, text); err != nil {
		return err
	}
	return f.Close()
}

func stat(names []string) error {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		s, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return fmt.Errorf("%s: no owner", name)
		}
		fmt.Printf("%s %o %d:%d\n", name, info.Mode().Perm(), s.Uid, s.Gid)
	}
	return nil
}
