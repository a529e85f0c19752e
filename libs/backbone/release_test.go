package backbone_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
)

func TestReleaseReachesItsReaderAndNobodyElse(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing := startAgency(t, h, "licensing", nil)
	customs := startAgency(t, h, "customs", nil)
	police := startAgency(t, h, "police", nil)

	// Half is history when it is released, half comes after.
	for i := 1; i <= 20; i++ {
		record(t, licensing.Node, "border", strconv.Itoa(i))
		record(t, licensing.Node, "committee", "not for customs")
	}
	release(t, h, "licensing/border", "customs")
	for i := 21; i <= 40; i++ {
		record(t, licensing.Node, "border", strconv.Itoa(i))
		record(t, licensing.Node, "committee", "not for customs")
	}
	eventually(t, "customs has all 40", func() bool { return last(t, customs.Inbox()) >= 40 })
	if diff := cmp.Diff(numbered("in.licensing.border", 1, 40), contents(t, customs.Inbox())); diff != "" {
		t.Errorf("inbox of customs:\n%s", diff)
	}
	if got := contents(t, police.Inbox()); len(got) != 0 {
		t.Errorf("the police were sent %q", got)
	}
	eventually(t, "the hub has everything", func() bool { return licensing.pumps.Status().ToSend == 0 })
}

func TestUnreleaseStopsTheFlowAndAnotherReleaseGoesOn(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing := startAgency(t, h, "licensing", nil)
	customs := startAgency(t, h, "customs", nil)
	police := startAgency(t, h, "police", nil)
	release(t, h, "licensing/border", "customs")
	release(t, h, "licensing/border", "customs") // twice is once
	release(t, h, "licensing/border", "police")
	record(t, licensing.Node, "border", "1")
	eventually(t, "customs has the first", func() bool { return last(t, customs.Inbox()) == 1 })

	border := journalID(t, "licensing/border")
	for range 2 {
		if err := h.Unrelease(t.Context(), border, "customs"); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.Releases(); len(got) != 1 || got[0].Reader != "police" {
		t.Errorf("releases: %v", got)
	}
	for i := 2; i <= 10; i++ {
		record(t, licensing.Node, "border", strconv.Itoa(i))
	}
	// What went to the police had the same way to go to customs.
	eventually(t, "the police have all", func() bool { return last(t, police.Inbox()) == 10 })
	if got := contents(t, customs.Inbox()); len(got) != 1 {
		t.Errorf("customs were sent %q after the release was taken back", got)
	}

	release(t, h, "licensing/border", "customs")
	eventually(t, "customs has caught up", func() bool { return last(t, customs.Inbox()) >= 10 })
	record(t, licensing.Node, "border", "11")
	eventually(t, "customs has the last", func() bool { return last(t, customs.Inbox()) >= 11 })
	if diff := cmp.Diff(numbered("in.licensing.border", 1, 11), contents(t, customs.Inbox())); diff != "" {
		t.Errorf("inbox of customs after the second release:\n%s", diff)
	}
}

func TestSeveralOriginsAndGroupsShareOneFeed(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing := startAgency(t, h, "licensing", nil)
	police := startAgency(t, h, "police", nil)
	customs := startAgency(t, h, "customs", nil)
	for _, id := range []string{"licensing/border", "licensing/all", "police/all"} {
		release(t, h, id, "customs")
	}
	const each = 50
	for i := range each {
		record(t, licensing.Node, "border", strconv.Itoa(i))
		record(t, licensing.Node, "all", strconv.Itoa(i))
		record(t, police.Node, "all", strconv.Itoa(i))
	}
	eventually(t, "customs has all", func() bool { return last(t, customs.Inbox()) >= 3*each })
	next := map[string]int{}
	for _, msg := range contents(t, customs.Inbox()) {
		var subject string
		var number int
		if _, err := fmt.Sscan(msg, &subject, &number); err != nil {
			t.Fatal(err)
		}
		if number != next[subject] {
			t.Fatalf("%s came when %d was due", msg, next[subject])
		}
		next[subject]++
	}
	want := map[string]int{"in.licensing.border": each, "in.licensing.all": each, "in.police.all": each}
	if diff := cmp.Diff(want, next); diff != "" {
		t.Errorf("in the inbox:\n%s", diff)
	}
}

func TestReleaseRefusals(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	addAgency(t, h, "licensing")
	addAgency(t, h, "customs")
	for _, tt := range []struct {
		id, reader string
		want       error
	}{
		{"licensing/all", "police", fault.NotFound},
		{"police/all", "customs", fault.NotFound},
		{"customs/all", "customs", fault.Invalid},
	} {
		if err := h.Release(t.Context(), journalID(t, tt.id), tt.reader, 0); !errors.Is(err, tt.want) {
			t.Errorf("release %s to %s: %v, want %v", tt.id, tt.reader, err, tt.want)
		}
	}
	for _, name := range []string{"", "Customs", "a.b", "a>", "../x", "x_y"} {
		a, _, _ := keysOf(t, name)
		if _, err := h.AddAgency(t.Context(), a); !errors.Is(err, fault.Invalid) {
			t.Errorf("add agency %q: %v", name, err)
		}
	}
}

func TestHubKeepsItsSecretsAndItsAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	before := addAgency(t, h, "x-1")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = startHub(t, dir)
	after := addAgency(t, h, "x-1")
	if !slices.Equal(after.HubURLs, before.HubURLs) || string(after.CAPEM) != string(before.CAPEM) {
		t.Errorf("agencies would not find the hub again: %s became %s", before.HubURLs, after.HubURLs)
	}
	kept := t.TempDir()
	if err := before.WriteTo(kept); err != nil {
		t.Fatal(err)
	}
	read, err := backbone.LoadCredentials(kept)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, read); diff != "" {
		t.Errorf("credentials written and read:\n%s", diff)
	}
	for _, root := range []string{dir, kept} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if filepath.Base(path) == "broker" {
				return filepath.SkipDir
			}
			info, err := d.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 && path != root {
				t.Errorf("%s can be read by others: %v", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// The first credentials are still good.
	n := startNode(t, "x-1", t.TempDir())
	p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: read})
	if err := p.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCredentialsThatCannotBeRight(t *testing.T) {
	t.Parallel()
	good := addAgency(t, startHub(t, t.TempDir()), "customs")
	for name, spoil := range map[string]func(*backbone.Credentials){
		"address":    func(c *backbone.Credentials) { c.HubURLs = []string{"nats://127.0.0.1:4222"} },
		"authority":  func(c *backbone.Credentials) { c.CAPEM = []byte("none") },
		"JWT":        func(c *backbone.Credentials) { c.JWT = "none" },
		"no address": func(c *backbone.Credentials) { c.HubURLs = nil },
		"another's seed": func(c *backbone.Credentials) {
			_, c.Seed, _ = keysOf(t, "police")
		},
	} {
		t.Run(name, func(t *testing.T) {
			bad := *good
			spoil(&bad)
			dir := t.TempDir()
			// What cannot be written at all is noticed even earlier.
			if err := bad.WriteTo(dir); err != nil {
				return
			}
			if _, err := backbone.LoadCredentials(dir); err == nil {
				t.Error("spoiled credentials were accepted")
			}
		})
	}
	if _, err := backbone.LoadCredentials(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no credentials: %v", err)
	}
}
