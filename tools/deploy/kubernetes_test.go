package deploy

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests is the folder of what is for Kubernetes.
var manifests = filepath.Join("..", "..", "deploy", "kubernetes")

// cluster is what one kustomization comes to.
type cluster struct {
	namespaces   []corev1.Namespace
	services     []corev1.Service
	configs      []corev1.ConfigMap
	claims       []corev1.PersistentVolumeClaim
	deployments  []appsv1.Deployment
	statefulSets []appsv1.StatefulSet
	disruptions  []policyv1.PodDisruptionBudget
	networks     []networkingv1.NetworkPolicy
}

// build builds a kustomization as kubectl does and reads its objects strictly: a field that Kubernetes does not know, or
// one given twice, is an error.
func build(t *testing.T, name string) *cluster {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(manifests, name))
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{}
	for _, resource := range built.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.add(text); err != nil {
			t.Errorf("%s: %v", resource.CurId(), err)
		}
		if kind := resource.GetKind(); kind != "Namespace" && resource.GetNamespace() == "" {
			t.Errorf("%s is in no namespace", resource.CurId())
		}
	}
	return c
}

func (c *cluster) add(text []byte) error {
	var of metav1.TypeMeta
	if err := yaml.Unmarshal(text, &of); err != nil {
		return err
	}
	switch of.APIVersion + " " + of.Kind {
	case "v1 Namespace":
		return read(text, &c.namespaces)
	case "v1 Service":
		return read(text, &c.services)
	case "v1 ConfigMap":
		return read(text, &c.configs)
	case "v1 PersistentVolumeClaim":
		return read(text, &c.claims)
	case "apps/v1 Deployment":
		return read(text, &c.deployments)
	case "apps/v1 StatefulSet":
		return read(text, &c.statefulSets)
	case "policy/v1 PodDisruptionBudget":
		return read(text, &c.disruptions)
	case "networking.k8s.io/v1 NetworkPolicy":
		return read(text, &c.networks)
	}
	return fmt.Errorf("%s %s is not looked at by this test", of.APIVersion, of.Kind)
}

func read[T any](text []byte, into *[]T) error {
	var one T
	if err := yaml.UnmarshalStrict(text, &one); err != nil {
		return err
	}
	*into = append(*into, one)
	return nil
}

// pods are the templates of a cluster's pods, by name.
func (c *cluster) pods() map[string]corev1.PodTemplateSpec {
	all := map[string]corev1.PodTemplateSpec{}
	for _, d := range c.deployments {
		all[d.Name] = d.Spec.Template
	}
	for _, s := range c.statefulSets {
		all[s.Name] = s.Spec.Template
	}
	return all
}

func both(t *testing.T) map[string]*cluster {
	t.Helper()
	all := map[string]*cluster{"hub": build(t, "hub"), "node": build(t, "node")}
	for name, c := range all {
		if len(c.pods()) != 1 || len(c.namespaces) != 1 || len(c.networks) != 1 || len(c.services) != 1 {
			t.Fatalf("%s has other objects than were looked for: %+v", name, c)
		}
	}
	return all
}

// violations are the rules of the restricted Pod Security Standard that a pod breaks.
func violations(t *testing.T, template corev1.PodTemplateSpec) (all []string) {
	t.Helper()
	standard, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, result := range standard.EvaluatePod(level, &template.ObjectMeta, &template.Spec) {
		if !result.Allowed {
			all = append(all, result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	return all
}

func TestPodsAreRestricted(t *testing.T) {
	for name, c := range both(t) {
		if got := c.namespaces[0].Labels["pod-security.kubernetes.io/enforce"]; got != "restricted" {
			t.Errorf("the namespace of %s enforces %q", name, got)
		}
		for pod, template := range c.pods() {
			if found := violations(t, template); len(found) > 0 {
				t.Errorf("%s: %v", pod, found)
			}
			if auto := template.Spec.AutomountServiceAccountToken; auto == nil || *auto {
				t.Errorf("%s is given a token of the cluster", pod)
			}
			for _, container := range slices.Concat(template.Spec.InitContainers, template.Spec.Containers) {
				if ro := container.SecurityContext.ReadOnlyRootFilesystem; ro == nil || !*ro {
					t.Errorf("%s in %s can write to its image", container.Name, pod)
				}
				if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
					t.Errorf("%s in %s has no limit of memory or asks for no processor", container.Name, pod)
				}
			}
		}
	}
	open := build(t, "node").deployments[0].Spec.Template
	open.Spec.Containers[0].SecurityContext.Capabilities = nil
	if len(violations(t, open)) == 0 {
		t.Error("a container with capabilities passes")
	}
}

// What a pod mounts, what services and policies select and what a set is named for is there.
func TestReferencesAreKept(t *testing.T) {
	for name, c := range both(t) {
		for pod, template := range c.pods() {
			volumes := map[string]bool{}
			for _, v := range template.Spec.Volumes {
				volumes[v.Name] = true
				if claim := v.PersistentVolumeClaim; claim != nil && (len(c.claims) != 1 || c.claims[0].Name != claim.ClaimName) {
					t.Errorf("%s mounts claim %s, which is not there", pod, claim.ClaimName)
				}
			}
			for _, s := range c.statefulSets {
				volumes[s.Spec.VolumeClaimTemplates[0].Name] = true
				if s.Spec.ServiceName != c.services[0].Name || c.services[0].Spec.ClusterIP != corev1.ClusterIPNone {
					t.Errorf("%s has no headless service %s", pod, s.Spec.ServiceName)
				}
			}
			for _, container := range slices.Concat(template.Spec.InitContainers, template.Spec.Containers) {
				for _, m := range container.VolumeMounts {
					if !volumes[m.Name] {
						t.Errorf("%s in %s mounts %s, which is not there", container.Name, pod, m.Name)
					}
				}
				for _, e := range container.Env {
					if e.ValueFrom == nil || e.ValueFrom.ConfigMapKeyRef == nil {
						continue
					}
					ref := e.ValueFrom.ConfigMapKeyRef
					if len(c.configs) != 1 || c.configs[0].Name != ref.Name || c.configs[0].Data[ref.Key] == "" {
						t.Errorf("%s in %s reads %s of %s, which is not there", container.Name, pod, ref.Key, ref.Name)
					}
				}
			}
			selectors := map[string]labels.Selector{"service": labels.SelectorFromSet(c.services[0].Spec.Selector)}
			choose := func(what string, s *metav1.LabelSelector) {
				selector, err := metav1.LabelSelectorAsSelector(s)
				if err != nil {
					t.Fatal(err)
				}
				selectors[what] = selector
			}
			choose("network policy", &c.networks[0].Spec.PodSelector)
			for _, d := range c.disruptions {
				choose("disruption budget", d.Spec.Selector)
			}
			for what, selector := range selectors {
				if selector.Empty() || !selector.Matches(labels.Set(template.Labels)) {
					t.Errorf("the %s of %s does not select its pods", what, name)
				}
			}
		}
	}
}

func TestHubOfThreeGoesOnWithTwo(t *testing.T) {
	c := build(t, "hub")
	s := c.statefulSets[0]
	if *s.Spec.Replicas != 3 || s.Spec.PodManagementPolicy != appsv1.ParallelPodManagement || !c.services[0].Spec.PublishNotReadyAddresses {
		t.Error("three servers would not find each other")
	}
	if len(c.disruptions) != 1 || c.disruptions[0].Spec.MaxUnavailable.IntValue() != 1 {
		t.Error("two servers may be taken away at a time")
	}
	apart := s.Spec.Template.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if len(apart) != 1 || apart[0].TopologyKey != corev1.LabelHostname {
		t.Error("two servers may stand on one machine")
	}
	for _, v := range s.Spec.Template.Spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for i, source := range v.Projected.Sources {
			if want := fmt.Sprintf("hub-%d", i); source.Secret.Name != want || !strings.HasPrefix(source.Secret.Items[0].Path, want+"/") {
				t.Errorf("secret %s is put under %s", source.Secret.Name, source.Secret.Items[0].Path)
			}
		}
	}
}

func TestNodeIsNeverThereTwice(t *testing.T) {
	d := build(t, "node").deployments[0]
	if *d.Spec.Replicas != 1 || d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		t.Errorf("%d replicas, replaced by %s", *d.Spec.Replicas, d.Spec.Strategy.Type)
	}
}

func TestProbesAreOfTheProgram(t *testing.T) {
	for name, c := range both(t) {
		for pod, template := range c.pods() {
			main := template.Spec.Containers[0]
			for what, probe := range map[string]*corev1.Probe{"startup": main.StartupProbe, "liveness": main.LivenessProbe, "readiness": main.ReadinessProbe} {
				switch {
				case probe == nil:
					t.Errorf("%s has no %s probe", pod, what)
				case probe.Exec != nil && (len(probe.Exec.Command) < 2 || probe.Exec.Command[1] != "probe"):
					t.Errorf("%s is probed with %v", pod, probe.Exec.Command)
				case name == "node" && (probe.HTTPGet == nil || probe.HTTPGet.Scheme != corev1.URISchemeHTTPS || probe.HTTPGet.Port.StrVal != main.Ports[0].Name ||
					probe.HTTPGet.Path != map[string]string{"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}[what]):
					t.Errorf("the %s probe of a node does not ask its API: %v", what, probe)
				case probe.Exec != nil && strings.Contains(strings.Join(probe.Exec.Command, " "), "$("):
					t.Errorf("the %s probe of %s has a variable in it: nobody puts in its value", what, name)
				}
			}
		}
	}
}

// The policy of a node lets it call the hub and ask for names, and nothing else.
func TestNodeTalksToTheHubOnly(t *testing.T) {
	n := build(t, "node").networks[0].Spec
	hub := build(t, "hub").pods()["hub"].Labels
	ports := map[string]bool{}
	for _, rule := range n.Egress {
		if len(rule.To) == 0 || len(rule.Ports) == 0 {
			t.Error("a rule lets it go anywhere")
		}
		for _, to := range rule.To {
			for _, p := range rule.Ports {
				ports[p.Port.String()] = true
				if p.Port.IntValue() != 4222 {
					continue
				}
				selector, err := metav1.LabelSelectorAsSelector(to.PodSelector)
				if err != nil || selector.Empty() || !selector.Matches(labels.Set(hub)) {
					t.Errorf("what it may call is not the hub: %v, %v", selector, err)
				}
			}
		}
	}
	if len(ports) != 2 || !ports["4222"] || !ports["53"] {
		t.Errorf("it may call ports %v", ports)
	}
	if len(n.PolicyTypes) != 2 || len(n.Ingress) != 1 || len(n.Ingress[0].Ports) != 1 || n.Ingress[0].Ports[0].Port.IntValue() != 7100 {
		t.Errorf("it may be called otherwise than at its API: %+v", n)
	}
}

func TestUnknownFieldIsFound(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(manifests, "hub", "disruption.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := new(cluster).add(bytes.ReplaceAll(text, []byte("maxUnavailable"), []byte("maxUnavailble"))); err == nil {
		t.Error("a field that does not exist passes")
	}
}
