// Command web is the example's application: it answers with its host name, so
// that a reader sees which replica it was, and logs each request to a file.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	listen := flag.String("listen", ":8000", "address to serve")
	logFile := flag.String("log", "", "append a line for each request to this file (default: standard output)")
	check := flag.Bool("check", false, "exit with 0 if the server of this container answers; do not serve")
	hold := flag.Bool("hold", false, "exit with 0 at once: for a container that only holds a volume")
	flag.Parse()
	switch {
	case *hold:
		return
	case *check:
		r, err := http.Get("http://localhost" + *listen)
		if err != nil {
			log.Fatal(err)
		}
		r.Body.Close()
		return
	}
	var out io.Writer = os.Stdout
	if *logFile != "" {
		f, err := os.OpenFile(*logFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			log.Fatal(err)
		}
		out = f
	}
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	requests := log.New(out, name+" ", log.LstdFlags)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		requests.Println(r.Method, r.URL.Path)
		fmt.Fprintf(w, "Hello from %s\n", name)
	})
	log.Fatal(http.ListenAndServe(*listen, nil))
}
