package sim

import (
	"errors"
	"fmt"
	"maps"

	"recompose/planner"
	"recompose/planner/create"
)

// leastMemory is the smallest limit that Docker takes, in bytes.
const leastMemory = 6 << 20

// update changes limits and the restart policy as Docker does: what is not
// set stays, and what is refused changes nothing.
func (e *Engine) update(c *container, p planner.Update) error {
	if !e.Info.Updates {
		return errors.New("this engine cannot update containers")
	}
	want, err := create.Update(p.Spec)
	if err != nil {
		return err
	}
	if c.made.Host == nil { // somebody else made it: of its limits nothing is known
		body, err := create.Make(p.Spec, e.Info.APIVersion)
		if err != nil {
			return err
		}
		c.made = body
	}
	h := *c.made.Host
	switch {
	case want.Memory > 0 && want.Memory < leastMemory:
		err = errors.New("the minimum memory limit is 6MB")
	case want.MemorySwap > 0 && want.MemorySwap < want.Memory:
		err = errors.New("the limit of memory and swap must not be below that of memory")
	case want.Memory == 0 && want.MemorySwap > 0:
		err = errors.New("a limit of memory and swap needs one of memory")
	case want.Memory > 0 && want.MemoryReservation > want.Memory:
		err = errors.New("the memory limit must not be below the memory reservation")
	case want.Memory > h.MemorySwap && want.MemorySwap == 0:
		err = errors.New("the memory limit must not be above the limit of memory and swap that is set already")
	case want.NanoCPUs > 0 && (h.CPUPeriod > 0 || h.CPUQuota > 0):
		err = errors.New("cpus cannot be set beside cpu_period and cpu_quota")
	case (want.CPUPeriod > 0 || want.CPUQuota > 0) && h.NanoCPUs > 0:
		err = errors.New("cpu_period and cpu_quota cannot be set beside cpus")
	case h.AutoRemove && !want.RestartPolicy.IsNone():
		err = errors.New("a container that is removed at its end has no restart policy")
	case want.RestartPolicy.MaximumRetryCount > 0 && !want.RestartPolicy.IsOnFailure():
		err = fmt.Errorf("the restart policy %s has no number of attempts", want.RestartPolicy.Name)
	case c.Running() && want.Memory > 0 && want.Memory < e.behavior(c).Memory:
		err = errors.New("the container uses more memory already: device or resource busy")
	}
	if err != nil {
		return fmt.Errorf("cannot update container %s: %w", c.Name, err)
	}
	for _, f := range []struct {
		set   *int64
		value int64
	}{
		{&h.Memory, want.Memory}, {&h.MemorySwap, want.MemorySwap}, {&h.MemoryReservation, want.MemoryReservation},
		{&h.NanoCPUs, want.NanoCPUs}, {&h.CPUShares, want.CPUShares}, {&h.CPUPeriod, want.CPUPeriod}, {&h.CPUQuota, want.CPUQuota},
		{&h.CPURealtimePeriod, want.CPURealtimePeriod}, {&h.CPURealtimeRuntime, want.CPURealtimeRuntime},
	} {
		if f.value != 0 {
			*f.set = f.value
		}
	}
	if want.CpusetCpus != "" {
		h.CpusetCpus = want.CpusetCpus
	}
	if want.PidsLimit != nil {
		h.PidsLimit = want.PidsLimit
		if *h.PidsLimit < 0 {
			h.PidsLimit = new(int64)
		}
	}
	if want.RestartPolicy.Name != "" {
		h.RestartPolicy = want.RestartPolicy
	}
	c.made.Host = &h
	if c.Adopted {
		c.Fields = create.WithLive(c.Fields, create.Live(c.made.Host))
	}
	e.event(c, "update")
	return nil
}

// tell adds what an inspection says of the container as it is now.
func (c *container) tell(out *planner.Container, values, live bool) {
	if values {
		out.Values = create.Values(c.spec)
	}
	if c.made.Host == nil {
		return
	}
	if values {
		maps.DeleteFunc(out.Values, func(key string, _ []string) bool { return create.Updatable(key) })
		maps.Copy(out.Values, create.LiveValues(c.made.Host))
	}
	if live {
		out.Live, out.Failing = create.Live(c.made.Host), c.failing
	}
}
