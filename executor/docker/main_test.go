package docker

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if talker.path != "" {
		os.RemoveAll(filepath.Dir(talker.path))
	}
	os.Exit(code)
}
