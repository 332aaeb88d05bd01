package loader

import (
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/types"
)

// TestReworded: what the libraries say of values today is still what the
// patterns look for.
func TestReworded(t *testing.T) {
	port := func(text string) error { _, err := types.ParsePortConfig(text); return err }
	volume := func(text string) error { _, err := format.ParseVolume(text); return err }
	host := func(text string) error { _, err := types.NewHostsList([]string{text}); return err }
	for _, test := range []struct {
		say        func(string) error
		text, want string
	}{
		{port, "80800:80", `"80800" is no port of the host`},
		{port, "80:http", `"http" is no port of a container`},
		{port, "80:", `"80:" names no port of a container`},
		{port, "1-3:1-2", `the ranges 1-3 of the host and 1-2 of the container are not of one length`},
		{port, "1.2.3:80:80", `"1.2.3" is no IP address`},
		{port, "80:80/upd", `"upd" is no protocol`},
		{volume, "", `the mount is empty`},
		{volume, ":/data", `a part of ":/data" is empty`},
		{host, "db", `"db" has no address`},
	} {
		err := test.say(test.text)
		if err == nil {
			t.Errorf("%q is taken", test.text)
			continue
		}
		if got := reworded(mistake{message: strings.Join(strings.Fields(err.Error()), " ")}).message; got != test.want {
			t.Errorf("%q: %q became %q, want %q", test.text, err, got, test.want)
		}
	}
	if m := (mistake{rule: "compose", message: "something else", hint: "x"}); reworded(m) != m {
		t.Errorf("became %+v", reworded(m))
	}
}
