package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// image finds a local image by reference: name with or without a tag, name
// with a digest, or id.
func (m *maker) image(ref string) (Image, bool) {
	return findImage(m.s.Images, ref)
}

func findImage(images []Image, ref string) (Image, bool) {
	want := normalTag(ref)
	digest := familiar(ref)
	if i := strings.LastIndex(digest, "@"); i >= 0 {
		// A tag beside a digest does not count.
		name := digest[:i]
		if c := strings.LastIndex(name, ":"); c > strings.LastIndex(name, "/") {
			name = name[:c]
		}
		digest = name + digest[i:]
	}
	for _, img := range images {
		if slices.Contains(img.Tags, want) || slices.Contains(img.Digests, digest) ||
			img.ID == ref || strings.TrimPrefix(img.ID, "sha256:") == ref {
			return img, true
		}
	}
	return Image{}, false
}

// normalTag is the reference in the familiar form, with its tag.
func normalTag(ref string) string {
	ref = familiar(ref)
	if strings.Contains(ref, "@") || strings.LastIndex(ref, ":") > strings.LastIndex(ref, "/") {
		return ref
	}
	return ref + ":latest"
}

func familiar(ref string) string {
	for _, prefix := range []string{"docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/"} {
		if rest, ok := strings.CutPrefix(ref, prefix); ok {
			return rest
		}
	}
	return strings.TrimPrefix(ref, "library/")
}

// imageVolumes are the paths that the image of a service keeps in volumes.
// ok is false where that is not known yet: then it is asked for.
func (m *maker) imageVolumes(ref string) (volumes []string, ok bool) {
	img, found := m.image(ref)
	if !found {
		return nil, true
	}
	if img.Config == nil {
		m.need(Query{ImageConfigs: []string{ref}})
		return nil, false
	}
	return img.Config.Volumes, true
}

// imagePass plans how the services' images come to be here.
func (m *maker) imagePass(names []string) {
	for _, name := range names {
		if svc, ok := m.service(name); ok && !m.services[name].passive {
			m.fetchImage(svc)
			m.buildAfter(svc)
		}
	}
}

// fetchImage adds the action that makes a service's image appear, if one is
// called for.
func (m *maker) fetchImage(svc types.ServiceConfig) {
	ref := imageName(m.p, m.project, svc)
	if svc.Provider != nil || m.t.Offline {
		return
	}
	if _, ok := m.images[ref]; ok || slices.Contains(m.t.Fetched, ref) && m.imageHere(ref) {
		return
	}
	policy := cmp.Or(m.t.Pull, svc.PullPolicy)
	here := m.imageHere(ref)
	tried := slices.Contains(m.t.Fetched, ref)
	buildable := svc.Build != nil
	switch {
	case buildable && (m.t.Build == BuildAlways || policy == types.PullPolicyBuild && m.t.Build != BuildNever):
		m.images[ref] = m.build(svc, ref, "asked for")
	case policy == types.PullPolicyAlways && !tried && (svc.Image != "" || !buildable):
		m.images[ref] = m.pull(svc, ref, "the policy is to pull always", buildable && m.t.Build != BuildNever || here)
	case here:
	case policy == types.PullPolicyNever && !buildable:
		m.problem("image-missing", svc.Name, fmt.Sprintf("service %s: the image %s is not here, and its policy is never to pull", svc.Name, ref), "pull or build it first, or change pull_policy")
	case buildable && m.t.Build == BuildNever && (svc.Image == "" || tried):
		m.problem("image-missing", svc.Name, fmt.Sprintf("service %s: the image %s is not here, and --no-build forbids building it", svc.Name, ref), "leave out --no-build")
	case buildable && (svc.Image == "" || m.p.Classic() || tried || policy == types.PullPolicyNever):
		m.images[ref] = m.build(svc, ref, "no such image here")
	default:
		// With both image and build, the registry is asked first, and the
		// image built if it has none (Compose Specification, "build and image").
		why := "no such image here"
		if buildable {
			why += "; it is built if no registry has it"
		}
		m.images[ref] = m.pull(svc, ref, why, buildable)
	}
}

func (m *maker) imageHere(ref string) bool {
	_, ok := m.image(ref)
	return ok
}

func (m *maker) pull(svc types.ServiceConfig, ref, why string, optional bool) *node {
	return m.add(Action{
		Op: OpPull, Pool: PoolFetch, Ref: Ref{Kind: KindImage, Name: ref, Service: svc.Name}, Reason: Reason{Text: why},
		Optional: optional || m.t.IgnoreFailures, Payload: PullImage{Image: ref, Platform: cmp.Or(svc.Platform, m.t.Platform)},
	})
}

func (m *maker) build(svc types.ServiceConfig, ref, why string) *node {
	labels := map[string]string{LabelProject: m.project, LabelService: svc.Name, LabelVersion: Version}
	platform := svc.Platform
	if of := svc.Build.Platforms; platform == "" && (len(of) == 0 || slices.Contains(of, m.t.Platform)) {
		platform = m.t.Platform
	}
	return m.add(Action{
		Op: OpBuild, Pool: PoolBuild, Ref: Ref{Kind: KindImage, Name: ref, Service: svc.Name}, Reason: Reason{Text: why},
		Payload: BuildImage{Service: svc.Name, Image: ref, Tags: svc.Build.Tags, Platform: platform, Config: svc.Build,
			Secrets: m.p.Model.Secrets, Labels: labels, Options: m.t.BuildOptions},
	})
}
