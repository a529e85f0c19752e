package backbone_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// A hub of three is backed up at one of its servers. All three are lost; the backup comes back as a hub of one, with
// what the three had, and the nodes come back to it by themselves.
func TestServerOfThreeIsRestoredAsAHubOfOne(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	licensing, customs := c.start(t, 0, "licensing"), c.start(t, 1, "customs")
	c[1].ask(t, "release", "licensing/all", "customs")
	for i := 1; i <= 20; i++ {
		record(t, licensing.Node, "all", itoa(i))
	}
	eventually(t, "customs has all", func() bool { return last(t, customs.Inbox()) == 20 })
	all := takeAll(t, c[0].dir)
	for i := 21; i <= 30; i++ {
		record(t, licensing.Node, "all", itoa(i))
	}
	eventually(t, "customs has what came after", func() bool { return last(t, customs.Inbox()) == 30 })
	for _, p := range c {
		p.stop(t)
	}
	if _, err := backbone.OpenSnapshots(t.Context(), c[0].dir); err == nil || !strings.Contains(err.Error(), "one server of three") {
		t.Errorf("opened the store of one of three by itself: %v", err)
	}
	restored := all.putBack(t, c[0].dir)
	config, err := backbone.LoadHubConfig(restored)
	if err != nil {
		t.Fatal(err)
	}
	if config.Cluster != nil {
		t.Fatal("the restored server waits for others")
	}
	config.Logger = logger(t)
	h, err := backbone.StartHub(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	record(t, licensing.Node, "all", "31")
	eventually(t, "customs has what is new", func() bool { return last(t, customs.Inbox()) >= 31 })
	if diff := cmp.Diff(numbered("in.licensing.all", 1, 31), contents(t, customs.Inbox())); diff != "" {
		t.Error(diff)
	}
}
