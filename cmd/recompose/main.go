// Command recompose runs Compose files: as a program of its own, and as a
// plugin of the docker command.
package main

import (
	"os"

	"recompose/cmd"
)

func main() {
	os.Exit(cmd.Main(os.Args))
}
