package cmd

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"recompose/planner"
)

type imagesOptions struct {
	services []string
	quiet    bool
	format   string
}

func (a *App) newImagesCmd() *cobra.Command {
	o := &imagesOptions{}
	c := &cobra.Command{
		Use:     "images [OPTIONS] [SERVICE...]",
		Short:   "List the images that the containers use",
		Example: "  recompose images\n  recompose images -q web",
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			return a.runImages(c.Context(), o)
		},
	}
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "Only ids")
	c.Flags().StringVar(&o.format, "format", "", "table, json, or a template")
	return c
}

// imageUse is a container's image in JSON.
type imageUse struct {
	ID, ContainerName, Repository, Tag string
	Size                               int64     // bytes
	Created                            time.Time `json:",omitzero"`
}

func (a *App) runImages(ctx context.Context, o *imagesOptions) error {
	v, err := a.look(ctx, o.services, planner.Query{Images: true})
	if err != nil {
		return err
	}
	containers := v.containers(o.services)
	slices.SortFunc(containers, func(a, b planner.Container) int { return cmp.Compare(a.Name, b.Name) })
	if o.quiet {
		var ids []string
		for _, c := range containers {
			ids = append(ids, strings.TrimPrefix(c.ImageID, "sha256:"))
		}
		_, err := a.Out.Write(list(ids))
		return err
	}
	byID := map[string]planner.Image{}
	for _, image := range v.state.Images {
		byID[image.ID] = image
	}
	r := rows{
		table: `{{.Container}}\t{{.Repository}}\t{{.Tag}}\t{{.ImageID}}\t{{.Size}}\t{{.Created}}`,
		header: map[string]string{"Container": "CONTAINER", "Repository": "REPOSITORY", "Tag": "TAG", "ImageID": "IMAGE ID",
			"Size": "SIZE", "Created": "CREATED", "ID": "ID", "ContainerName": "CONTAINER"},
	}
	array := []imageUse{}
	for _, c := range containers {
		image := byID[c.ImageID]
		repository, tag := repositoryTag(image, c.Image)
		created := ""
		if !image.Created.IsZero() {
			created = units.HumanDuration(a.Now().Sub(image.Created)) + " ago"
		}
		r.values = append(r.values, map[string]any{
			"Container": c.Name, "ContainerName": c.Name, "Repository": repository, "Tag": tag,
			"ID": c.ImageID, "ImageID": shortID(c.ImageID), "Size": units.HumanSizeWithPrecision(float64(image.Size), 3), "Created": created,
		})
		array = append(array, imageUse{c.ImageID, c.Name, repository, tag, image.Size, image.Created})
	}
	r.array = array
	return r.write(a.Out, o.format)
}

// repositoryTag are the parts of the name that the container was made from, or
// of the image's first name; an image that has lost its names has "<none>".
func repositoryTag(image planner.Image, reference string) (repository, tag string) {
	name := reference
	if len(image.Tags) > 0 && !slices.Contains(image.Tags, reference) && !slices.Contains(image.Tags, reference+":latest") {
		name = image.Tags[0]
	}
	if name == "" || strings.HasPrefix(name, "sha256:") {
		return "<none>", "<none>"
	}
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		return name[:i], name[i+1:]
	}
	return name, "latest"
}
