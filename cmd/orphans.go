package cmd

import (
	"strconv"

	"recompose/loader"
	"recompose/planner"
)

// orphanFlag is --remove-orphans: a switch that may also be "all".
type orphanFlag planner.OrphanPolicy

// Set reads the flag's value.
func (f *orphanFlag) Set(text string) error {
	if text == string(planner.OrphansRemoveAll) {
		*f = orphanFlag(planner.OrphansRemoveAll)
		return nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return failure("%q: expected true, false or all", text)
	}
	*f = orphanFlag(planner.OrphansWarn)
	if on {
		*f = orphanFlag(planner.OrphansRemove)
	}
	return nil
}

// String is empty for what holds by default.
func (f *orphanFlag) String() string { return string(*f) }

// Type is that of a switch, for which help names no value.
func (f *orphanFlag) Type() string { return "bool" }

// orphanPolicy joins the flag with COMPOSE_REMOVE_ORPHANS and
// COMPOSE_IGNORE_ORPHANS.
func (a *App) orphanPolicy(p *loader.Project, o *createFlags) (planner.OrphanPolicy, error) {
	policy := planner.OrphanPolicy(o.removeOrphans)
	if setting := a.setting(p, "COMPOSE_REMOVE_ORPHANS"); !o.orphansGiven && setting == string(planner.OrphansRemoveAll) {
		policy = planner.OrphansRemoveAll
	} else if !o.orphansGiven && isOn(setting) {
		policy = planner.OrphansRemove
	}
	ignore := isOn(a.setting(p, "COMPOSE_IGNORE_ORPHANS"))
	switch {
	case ignore && policy != planner.OrphansWarn:
		return "", failure("COMPOSE_IGNORE_ORPHANS and --remove-orphans contradict each other")
	case ignore:
		return planner.OrphansIgnore, nil
	}
	return policy, nil
}
