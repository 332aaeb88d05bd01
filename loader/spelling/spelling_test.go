package spelling

import "testing"

func TestNearest(t *testing.T) {
	keys := []string{"image", "environment", "env_file", "ports", "volumes", "volumes_from", "tty"}
	for word, want := range map[string]string{
		"imagee":        "image",
		"enviroment":    "environment",
		"prots":         "ports",
		"port":          "ports",
		"volumes_form":  "volumes_from",
		"Env-File":      "env_file",
		"healthcheck":   "",
		"x":             "",
		"x😀y":           "",
		"vloumes_fmor":  "volumes_from",
		"networks_none": "",
	} {
		if got := Nearest(word, keys); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
