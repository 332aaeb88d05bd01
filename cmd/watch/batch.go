package watch

import (
	"maps"
	"slices"
	"time"
)

const (
	// quietTime is how long nothing must have changed for a batch to be over:
	// editors and git write in several steps.
	quietTime = 300 * time.Millisecond
	// longestTime bounds how long a batch waits for that.
	longestTime = 5 * time.Second
)

// batch are files that changed close to each other.
type batch struct {
	files       map[string]bool
	first, last time.Time
}

func (b *batch) add(file string, now time.Time) {
	if b.files == nil {
		b.files, b.first = map[string]bool{}, now
	}
	b.files[file], b.last = true, now
}

// due is when the batch is over; the zero time for an empty one.
func (b *batch) due() time.Time {
	if b.files == nil {
		return time.Time{}
	}
	due, latest := b.last.Add(quietTime), b.first.Add(longestTime)
	if due.After(latest) {
		return latest
	}
	return due
}

// take empties the batch.
func (b *batch) take() []string {
	out := slices.Sorted(maps.Keys(b.files))
	*b = batch{}
	return out
}
