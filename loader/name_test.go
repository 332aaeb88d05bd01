package loader

import (
	"testing"
)

func TestProjectName(t *testing.T) {
	for name, c := range map[string]struct {
		flag, env, file, dir string
		format               Format
		check                bool
		want, other          string
		source               NameSource
	}{
		"directory":                    {dir: "/x/Prod_Poc-1", format: FormatSpec, want: "prod_poc-1", source: NameFromDir},
		"directory, 2015":              {dir: "/x/Prod_Poc-1", format: FormatV1, want: "prodpoc1", other: "prod_poc-1", source: NameFromDir},
		"plain directory, 2015":        {dir: "/x/prod", format: FormatV1, want: "prod", source: NameFromDir},
		"no letters, 2015":             {dir: "/", format: FormatV1, want: "default", source: NameFromDir},
		"no letters":                   {dir: "/", format: FormatSpec},
		"no letters, checked":          {dir: "/x/___", format: FormatSpec, check: true, want: "default", source: NameFromDir},
		"leading signs":                {dir: "/x/_-a", format: FormatV3, want: "a", source: NameFromDir},
		"file":                         {file: "My App", dir: "/x/d", format: FormatSpec, want: "myapp", source: NameFromFile},
		"a service of that name, 2015": {file: "web", dir: "/x/d", format: FormatV1, want: "d", source: NameFromDir},
		"environment":                  {env: "e", file: "f", dir: "/x/d", format: FormatSpec, want: "e", source: NameFromEnv},
		"flag":                         {flag: "p", env: "e", file: "f", dir: "/x/d", format: FormatSpec, want: "p", source: NameFromFlag},
		"unfit flag":                   {flag: "P!", dir: "/x/d", format: FormatSpec},
		"unfit flag, 2015":             {flag: "P_!", dir: "/x/d", format: FormatV1, want: "p_", source: NameFromFlag},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Name: c.flag, Check: c.check}
			env := newEnvironment(o)
			if c.env != "" {
				env.vars["COMPOSE_PROJECT_NAME"] = c.env
			}
			got, err := nameProject(o, env, c.dir, c.file, c.format)
			if c.want == "" {
				if err == nil {
					t.Errorf("no error, but %+v", got)
				}
				return
			}
			if want := (projectName{name: c.want, other: c.other, source: c.source}); err != nil || got != want {
				t.Errorf("%+v, want %+v, %v", got, want, err)
			}
		})
	}
}
