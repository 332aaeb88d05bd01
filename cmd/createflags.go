package cmd

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"recompose/planner"
)

// createFlags are those that up, create, scale and run share: how containers
// come to be.
type createFlags struct {
	build, noBuild            bool
	pull                      string
	quietPull, quietBuild     bool
	forceRecreate, noRecreate bool
	noInPlace                 bool
	alwaysRecreateDeps        bool
	renewAnonVolumes          bool
	removeOrphans             orphanFlag
	orphansGiven              bool
	scale                     []string
	keepScale                 bool
	rolling, once             bool
	timeout                   int
	timeoutGiven              bool
	yes                       bool
}

func (o *createFlags) addBuild(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.build, "build", false, "Build images before creating containers")
	f.StringVar(&o.pull, "pull", "policy", "Pull images first: always, missing, never, or as the file's policy says")
	f.BoolVar(&o.quietPull, "quiet-pull", false, "Don't show how far pulls are")
	f.BoolVar(&o.quietBuild, "quiet-build", false, "Don't show what builds say")
}

func (o *createFlags) addRecreate(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.noBuild, "no-build", false, "Never build an image")
	f.BoolVar(&o.forceRecreate, "force-recreate", false, "Replace containers though nothing changed")
	f.BoolVar(&o.noRecreate, "no-recreate", false, "Never replace or change a container that exists")
	f.BoolVar(&o.noInPlace, "no-in-place", false, "Replace containers also where only limits or the restart policy differ")
	f.StringArrayVar(&o.scale, "scale", nil, "`SERVICE=N`: this many replicas, whatever the file says (repeat)")
	f.BoolVar(&o.keepScale, "keep-scale", false, "Leave the number of replicas that run now")
}

func addYes(c *cobra.Command, yes *bool) {
	c.Flags().BoolVarP(yes, "yes", "y", false, "Answer every question with yes")
}

func (o *createFlags) addOrphans(c *cobra.Command) {
	c.Flags().Var(&o.removeOrphans, "remove-orphans", "Remove containers of services that the files don't have (=all: those made from another folder too)")
	c.Flags().Lookup("remove-orphans").NoOptDefVal = "true"
}

// given notes which flags were set, since 0 and false are values too.
func (o *createFlags) given(c *cobra.Command) {
	o.timeoutGiven = c.Flags().Changed("timeout")
	o.orphansGiven = c.Flags().Changed("remove-orphans")
}

// check refuses contradictions, as both peers do.
func (o *createFlags) check() error {
	switch {
	case o.build && o.noBuild:
		return failure("--build and --no-build contradict each other")
	case o.forceRecreate && o.noRecreate:
		return failure("--force-recreate and --no-recreate contradict each other")
	case o.alwaysRecreateDeps && o.noRecreate:
		return failure("--always-recreate-deps and --no-recreate contradict each other")
	case o.renewAnonVolumes && o.noRecreate:
		return failure("--renew-anon-volumes and --no-recreate contradict each other")
	}
	return nil
}

// apply sets what the flags say on t.
func (o *createFlags) apply(t *planner.Target) error {
	if err := o.check(); err != nil {
		return err
	}
	switch {
	case o.build:
		t.Build = planner.BuildAlways
	case o.noBuild:
		t.Build = planner.BuildNever
	}
	pull, err := pullPolicy(o.pull)
	if err != nil {
		return err
	}
	t.Pull = pull
	t.BuildOptions.Quiet = o.quietBuild
	switch {
	case o.forceRecreate:
		t.Recreate = planner.RecreateAlways
	case o.noRecreate:
		t.Recreate, t.RecreateDeps = planner.RecreateNever, planner.RecreateNever
	}
	if o.alwaysRecreateDeps {
		t.RecreateDeps = planner.RecreateAlways
	}
	t.RenewVolumes, t.NoInPlace = o.renewAnonVolumes, o.noInPlace
	t.KeepScale, t.Rolling, t.Once = o.keepScale, o.rolling, o.once
	if t.Replicas, err = parseScales(o.scale); err != nil {
		return err
	}
	if o.timeoutGiven {
		if t.Timeout, err = seconds(o.timeout); err != nil {
			return err
		}
	}
	return nil
}

// pullPolicy checks --pull. "policy" and "" leave it to the file.
func pullPolicy(s string) (string, error) {
	switch s {
	case "", "policy":
		return "", nil
	case "always", "missing", "never":
		return s, nil
	}
	return "", failure("--pull %q: expected always, missing, never or policy", s)
}

// seconds checks a --timeout; -1 waits for ever, as in docker compose.
func seconds(n int) (*int, error) {
	if n < -1 {
		return nil, failure("--timeout %d: expected seconds", n)
	}
	return &n, nil
}

// parseScales reads SERVICE=N arguments; nil without any.
func parseScales(args []string) (map[string]int, error) {
	if len(args) == 0 {
		return nil, nil
	}
	replicas := map[string]int{}
	for _, arg := range args {
		service, number, ok := strings.Cut(arg, "=")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if !ok || service == "" || err != nil {
			return nil, failure("%q: expected SERVICE=NUMBER, as in web=2", arg)
		}
		if n < 0 {
			return nil, failure("%q: a service can't have less than 0 containers", arg)
		}
		if before, again := replicas[service]; again && before != n {
			return nil, failure("%s is given two numbers of replicas: %d and %d", service, before, n)
		}
		replicas[service] = n
	}
	return replicas, nil
}
