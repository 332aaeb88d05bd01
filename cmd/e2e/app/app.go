// Package app builds the image that tests on a real engine run: the program of
// testdata/app alone, FROM scratch, so that no registry is needed.
//
// Only tests import it. It must never know recompose itself.
package app

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Image is the image's name.
const Image = "recompose-test/app:1"

const dockerfile = `FROM scratch
COPY app /app
ENTRYPOINT ["/app"]
CMD ["serve"]
`

// Build makes the image by the docker command.
func Build() error {
	dir, err := os.MkdirTemp("", "recompose-app-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("where the module is: %w", err)
	}
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "app"), "./testdata/app")
	build.Dir = strings.TrimSpace(string(root))
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		return err
	}
	if out, err := exec.Command("docker", "build", "-q", "-t", Image, dir).CombinedOutput(); err != nil {
		return fmt.Errorf("docker build: %w\n%s", err, out)
	}
	return nil
}
