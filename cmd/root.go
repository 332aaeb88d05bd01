package cmd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"recompose/cmd/progress"
	"recompose/executor"
	"recompose/loader"
	"recompose/planner"
)

// globalOptions are the flags that stand before the command.
type globalOptions struct {
	files, envFiles, profiles []string
	project, dir              string
	compatibility, dryRun     bool
	parallel                  int
	progress, ansi            string
	noANSI, verbose, version  bool
	logLevel                  string
	lockTimeout               time.Duration

	host, context, configDir string
	tls, tlsVerify           bool
	tlsCACert, tlsCert       string
	tlsKey                   string
	skipHostnameCheck        bool

	// Decided once the flags are known.
	mode  progress.Mode
	color bool
}

// Run runs one command line, args[0] being the program's name, and returns
// the exit code.
func (a *App) Run(args []string) int {
	if a.load == nil {
		a.load = loader.Load
	}
	if a.make == nil {
		a.make = planner.Make
	}
	if a.run == nil {
		a.run = executor.Run
	}
	a.Err = &lockedWriter{w: a.Err}
	program, rest := pluginArgs(args)
	if a.Program == "" {
		a.Program = program
	}
	if len(rest) > 0 && rest[0] == pluginMetadataCommand {
		return a.exit(writePluginMetadata(a.Out))
	}
	root := a.newRoot()
	root.SetArgs(rest)
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(context.Background())
	if c, ok := a.engine.(interface{ Close() error }); ok {
		_ = c.Close() // all answers have been read
	}
	return a.exit(err)
}

func (a *App) newRoot() *cobra.Command {
	g := &a.global
	root := &cobra.Command{
		Use:              a.Program[strings.LastIndex(a.Program, " ")+1:],
		Annotations:      map[string]string{cobra.CommandDisplayNameAnnotation: a.Program}, // of two words as a plugin
		Short:            "Define and run applications of several containers",
		Long:             rootHelp,
		Example:          rootExample,
		TraverseChildren: true,
		SilenceErrors:    true,
		SilenceUsage:     true,
		RunE: func(c *cobra.Command, args []string) error {
			if g.version {
				return a.runVersion(versionOptions{})
			}
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return a.settle(c) },
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	f := root.Flags()
	f.SetInterspersed(false)
	f.StringArrayVarP(&g.files, "file", "f", nil, "Compose `FILE`, in merge order (repeat); - is standard input")
	f.StringVarP(&g.project, "project-name", "p", "", "Project `NAME`")
	f.StringVar(&g.dir, "project-directory", "", "`DIR` that relative paths start from (default: that of the first file)")
	f.StringVar(&g.dir, "workdir", "", "Old name of --project-directory")
	f.StringArrayVar(&g.envFiles, "env-file", nil, "Read variables from `FILE` in place of .env (repeat)")
	f.StringArrayVar(&g.profiles, "profile", nil, "Enable a profile (repeat)")
	f.BoolVar(&g.compatibility, "compatibility", false, "Name containers and images with _ as docker-compose did")
	f.IntVar(&g.parallel, "parallel", -1, "At most `N` engine calls at once; -1: as many as sensible")
	f.StringVar(&g.progress, "progress", "", "How to show progress: auto, tty, plain, json, quiet")
	f.StringVar(&g.ansi, "ansi", "", "Colours and cursor control: never, always, auto")
	f.BoolVar(&g.noANSI, "no-ansi", false, "Old form of --ansi never")
	f.BoolVar(&g.verbose, "verbose", false, "Show every step")
	f.DurationVar(&g.lockTimeout, "lock-timeout", defaultLockTimeout, "Wait up to `DURATION` (30s, 5m) for another process that changes the project; 0: don't wait")
	f.StringVarP(&g.logLevel, "log-level", "l", "", "Say less: warnings from warning on, only errors with error")
	f.BoolP("debug", "D", false, "Accepted for the docker command")
	f.StringVarP(&g.host, "host", "H", "", "Engine to talk to, as a `URL` (unix://, tcp://, ssh://)")
	f.StringVarP(&g.context, "context", "c", "", "Context of the docker command that names the engine")
	f.StringVar(&g.configDir, "config", "", "`DIR` of the docker command's configuration")
	f.BoolVar(&g.tls, "tls", false, "Use TLS; implied by --tlsverify")
	f.BoolVar(&g.tlsVerify, "tlsverify", false, "Use TLS and verify the engine")
	f.StringVar(&g.tlsCACert, "tlscacert", "", "Trust certificates that this CA signed")
	f.StringVar(&g.tlsCert, "tlscert", "", "TLS certificate file")
	f.StringVar(&g.tlsKey, "tlskey", "", "TLS key file")
	f.BoolVar(&g.skipHostnameCheck, "skip-hostname-check", false, "Accepted for docker-compose 1.29.2")
	f.BoolVarP(&g.version, "version", "v", false, "Show the version")
	for _, name := range []string{"workdir", "no-ansi", "debug", "config", "skip-hostname-check"} {
		_ = f.MarkHidden(name) // the name is right above
	}
	root.PersistentFlags().BoolVar(&g.dryRun, "dry-run", false, "Print the plan and change nothing")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		a.newUpCmd(), a.newWatchCmd(), a.newDownCmd(), a.newScaleCmd(), a.newRollbackCmd(), a.newCreateCmd(),
		a.newStartCmd(), a.newStopCmd(), a.newRestartCmd(), a.newKillCmd(), a.newRmCmd(), a.newPauseCmd(), a.newUnpauseCmd(),
		a.newBuildCmd(), a.newPullCmd(), a.newPushCmd(), a.newRunCmd(), a.newExecCmd(), a.newAttachCmd(), a.newCpCmd(), a.newExportCmd(), a.newCommitCmd(),
		a.newPsCmd(), a.newTopCmd(), a.newStatsCmd(), a.newLogsCmd(), a.newPortCmd(), a.newImagesCmd(), a.newVolumesCmd(), a.newLsCmd(), a.newEventsCmd(), a.newWaitCmd(),
		a.newConfigCmd(), a.newValidateCmd(), a.newLspCmd(), a.newUpgradeCmd(), a.newPlanCmd(), a.newApplyCmd(), a.newWhyCmd(), a.newGraphCmd(), a.newVersionCmd(),
	)
	for _, c := range root.Commands() {
		if c.ValidArgsFunction == nil && strings.Contains(c.Use, "SERVICE") {
			c.ValidArgsFunction = a.completeServices
		}
	}
	return root
}

// settle decides what depends on several flags and variables.
func (a *App) settle(c *cobra.Command) error {
	g := &a.global
	a.command = c.CommandPath()
	if g.lockTimeout < 0 {
		return failure("--lock-timeout %s: expected 0 or more", g.lockTimeout)
	}
	mode, err := progress.ParseMode(firstOf(g.progress, a.getenv("COMPOSE_PROGRESS")))
	if err != nil {
		return err
	}
	ansi := firstOf(g.ansi, a.getenv("COMPOSE_ANSI"), "auto")
	if g.noANSI {
		if g.ansi != "" && g.ansi != "never" {
			return failure("--no-ansi and --ansi %s contradict each other", g.ansi)
		}
		ansi = "never"
	}
	switch ansi {
	case "never", "always", "auto":
	default:
		return failure("--ansi %q: expected never, always or auto", ansi)
	}
	if mode == progress.TTY && ansi == "never" {
		return failure("--progress tty needs what --ansi never forbids")
	}
	if mode == progress.Auto {
		mode = progress.Plain
		if ansi != "never" && a.ErrTTY && a.getenv("TERM") != "dumb" {
			mode = progress.TTY
		}
	}
	g.mode = mode
	g.color = ansi == "always" || ansi == "auto" && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
	switch strings.ToUpper(g.logLevel) {
	case "", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL":
	default:
		return failure("--log-level %q: expected debug, info, warning, error or critical", g.logLevel)
	}
	if v := a.getenv("COMPOSE_PARALLEL_LIMIT"); v != "" && g.parallel == -1 {
		if g.parallel, err = strconv.Atoi(v); err != nil {
			return failure("COMPOSE_PARALLEL_LIMIT %q is not a number", v)
		}
	}
	if g.parallel < -1 || g.parallel == 0 {
		return failure("--parallel %d: expected a number from 1, or -1 for no limit", g.parallel)
	}
	g.compatibility = g.compatibility || isOn(a.getenv("COMPOSE_COMPATIBILITY"))
	return nil
}

// silent reports whether --log-level leaves a kind of message out.
func (a *App) silent(warning bool) bool {
	switch strings.ToUpper(a.global.logLevel) {
	case "ERROR", "CRITICAL", "FATAL":
		return true
	case "WARN", "WARNING":
		return !warning
	}
	return false
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// flagError explains a flag that cobra does not know: a wrong one, or one that
// belongs before the command.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		name := unknown.GetSpecifiedName()
		root := c.Root()
		if c != root && len(name) > 1 && root.Flags().Lookup(name) != nil {
			return failure("--%s stands before the command: %s --%s … %s", name, root.Use, name, c.Name())
		}
		if len(name) > 1 {
			var known []string
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if !f.Hidden {
					known = append(known, f.Name)
				}
			})
			if near := nearest(name, known); near != "" {
				return failure("unknown flag --%s: did you mean --%s? (%s --help)", name, near, c.CommandPath())
			}
		}
	}
	return fmt.Errorf("%w (%s --help)", err, c.CommandPath())
}

func unknownCommand(c *cobra.Command, name string) error {
	var known []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			known = append(known, sub.Name())
		}
	}
	if near := nearest(name, known); near != "" {
		return failure("unknown command %q: did you mean %q?", name, near)
	}
	return failure("unknown command %q (%s --help lists them)", name, c.CommandPath())
}

const rootHelp = `Define and run applications of several containers.

A compose file says which containers, networks and volumes an application has.
recompose compares it with what the engine has, and does what is missing.
Files of every generation are understood, from the 2015 format on.`

const rootExample = `  recompose up -d            # create and start what the file describes
  recompose scale web=2      # two replicas of web
  recompose plan             # what would up do, and why?
  recompose down             # stop and remove all of it`
