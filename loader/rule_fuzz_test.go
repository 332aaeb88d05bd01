package loader

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzCheck: whatever the text, all rules come to an end, name places inside
// it, and say the same again.
func FuzzCheck(f *testing.F) {
	seeds(f, "diagnostics/*.yaml", "diagnostics/security/*.yaml", "good/*.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxFuzz {
			return
		}
		check := func() []Diagnostic {
			_, ds, _ := Load(context.Background(), Options{
				Files: []string{stdinName}, Name: "fuzz", WorkingDir: "/nonexistent", Stdin: bytes.NewReader(data),
				Check: true, Presets: []string{"security"},
			})
			return ds
		}
		ds := check()
		checkInside(t, data, ds)
		if diff := cmp.Diff(ds, check()); diff != "" {
			t.Errorf("another time: %s", diff)
		}
	})
}
