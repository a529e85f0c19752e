package backbone_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
)

func TestSuspendedAgencyIsOutUntilItIsResumed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	licensing := startAgency(t, h, "licensing", nil)
	customs := startAgency(t, h, "customs", nil)
	release(t, h, "licensing/all", "customs")
	record(t, licensing.Node, "all", "1")
	eventually(t, "customs has the first", func() bool { return last(t, customs.Inbox()) == 1 })

	for range 2 {
		if err := h.Suspend(t.Context(), "customs"); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "customs is dropped", func() bool { return !customs.pumps.Status().Connected })
	// Neither credentials asked for again nor a restart of the hub let it in.
	again := startPumps(t, backbone.PumpConfig{Node: startNode(t, "customs", t.TempDir()), Credentials: addAgency(t, h, "customs")})
	eventually(t, "credentials asked for again are refused", func() bool {
		return refused(again)
	})
	if again.Status().Connected {
		t.Error("credentials asked for again let a suspended agency in")
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = startHub(t, dir)
	record(t, licensing.Node, "all", "2")
	eventually(t, "the feed has the second", func() bool { return feedLast(t, h, "customs") == 2 })
	eventually(t, "customs is refused", func() bool {
		return refused(customs.pumps)
	})
	if out, err := h.Suspended("customs"); err != nil || !out {
		t.Errorf("suspended: %v, %v", out, err)
	}
	if got := last(t, customs.Inbox()); got != 1 {
		t.Errorf("customs read on to %d while suspended", got)
	}

	if err := h.Resume(t.Context(), "customs"); err != nil {
		t.Fatal(err)
	}
	level(t, customs, "in.licensing.all", 2)
	if out, err := h.Suspended("customs"); err != nil || out {
		t.Errorf("suspended after it was resumed: %v, %v", out, err)
	}
	if err := h.Suspend(t.Context(), "police"); !errors.Is(err, fault.NotFound) {
		t.Errorf("suspend an agency that there is not: %v", err)
	}
}

// refused reports whether the hub last refused the pumps' credentials.
func refused(p *backbone.Pumps) bool {
	return strings.Contains(strings.ToLower(p.Status().LastError), "authorization violation")
}

func TestLongestNames(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	long := func(c string) string { return c + strings.Repeat("-", 30) + "9" }
	from, to := startAgency(t, h, long("a"), nil), startAgency(t, h, long("b"), nil)
	release(t, h, long("a")+"/"+long("g"), long("b"))
	record(t, from.Node, long("g"), "1")
	level(t, to, "in."+long("a")+"."+long("g"), 1)
}
