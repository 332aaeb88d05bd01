package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"recompose/executor"
	"recompose/planner"
)

// addImage adds an image and takes its tags off others.
func (e *Engine) addImage(i planner.Image) {
	if i.ID == "" {
		i.ID = e.newID("image", strings.Join(i.Tags, " "))
	}
	if i.Config == nil {
		i.Config = &planner.ImageConfig{}
	}
	if i.Created.IsZero() {
		i.Created = e.now()
	}
	i.Tags = slices.Clone(i.Tags)
	for n, tag := range i.Tags {
		i.Tags[n] = withTag(tag)
	}
	for _, old := range e.images {
		old.Tags = slices.DeleteFunc(old.Tags, func(tag string) bool { return slices.Contains(i.Tags, tag) })
	}
	if n := slices.IndexFunc(e.images, func(old *planner.Image) bool { return old.ID == i.ID }); n >= 0 {
		e.images[n].Tags = append(e.images[n].Tags, i.Tags...)
		return
	}
	e.images = append(e.images, &i)
}

func (e *Engine) pull(p planner.PullImage) error {
	for _, i := range e.offered {
		for n := range i.Tags {
			if withTag(i.Tags[n]) == withTag(p.Image) {
				e.addImage(i)
				return nil
			}
		}
	}
	if e.PullAny {
		if _, here := e.image(p.Image); !here {
			e.addImage(planner.Image{Tags: []string{p.Image}})
		}
		return nil
	}
	return fmt.Errorf("pull access denied for %s: %w", p.Image, executor.ErrNotFound)
}

// build gives the same image for the same input.
func (e *Engine) build(p planner.BuildImage) error {
	input, err := json.Marshal([]any{p.Config, p.Platform, p.Options, p.Service, e.revisions[p.Service]})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(input)
	e.addImage(planner.Image{ID: "sha256:" + hex.EncodeToString(sum[:]), Tags: append([]string{p.Image}, p.Tags...), Labels: maps.Clone(p.Labels)})
	return nil
}

func (e *Engine) push(p planner.PushImage) error {
	i, ok := e.image(p.Image)
	if !ok {
		return fmt.Errorf("no such image: %s: %w", p.Image, executor.ErrNotFound)
	}
	e.offered = append([]planner.Image{*i}, e.offered...)
	return nil
}

// removeImage removes a name, and the image with its last one unless a
// container was made from it.
func (e *Engine) removeImage(ref string) error {
	i, ok := e.image(ref)
	if !ok {
		return fmt.Errorf("no such image: %s: %w", ref, executor.ErrNotFound)
	}
	left := slices.DeleteFunc(slices.Clone(i.Tags), func(tag string) bool { return tag == withTag(ref) })
	if len(left) > 0 {
		i.Tags = left
		return nil
	}
	for _, c := range e.containers {
		if c.ImageID == i.ID {
			return fmt.Errorf("the image %s is used by container %s", ref, c.Name)
		}
	}
	e.images = slices.DeleteFunc(e.images, func(other *planner.Image) bool { return other == i })
	return nil
}
