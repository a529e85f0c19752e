package backbone_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

func itoa(n int) string { return strconv.Itoa(n) }

func remove(path string) error { return os.Remove(path) }

func overwrite(path, content string) error { return os.WriteFile(path, []byte(content), 0o600) }

// fileHolding returns a file under dir with the text in it, or "".
func fileHolding(t *testing.T, dir, text string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			found = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// oldCopy keeps the node's folder as it is after the first blocks, lets more be recorded and relayed, and returns
// the old copy: a node that was restored from a backup.
func oldCopy(t *testing.T, creds *backbone.Credentials, kept, relayed int) string {
	t.Helper()
	dir, backup := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	n := startNode(t, "licensing", dir)
	for i := 1; i <= kept; i++ {
		record(t, n, "all", itoa(i))
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	n = startNode(t, "licensing", dir)
	p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	for i := kept + 1; i <= relayed; i++ {
		record(t, n, "all", itoa(i))
	}
	if err := p.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the hub has all", func() bool { return p.Status().ToSend == 0 })
	if err := errors.Join(p.Close(), n.Close()); err != nil {
		t.Fatal(err)
	}
	return backup
}

func TestLostTailIsTakenOver(t *testing.T) {
	t.Parallel()
	for _, kept := range []int{0, 3} {
		h := startHub(t, t.TempDir())
		creds := addAgency(t, h, "licensing")
		n := startNode(t, "licensing", oldCopy(t, creds, kept, 100))
		p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
		if err := p.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Ready means that the next block continues what the hub has.
		record(t, n, "all", "101")
		if diff := cmp.Diff(numbered("block.licensing.all", 1, 101), contents(t, n.Journal())); diff != "" {
			t.Errorf("journal after its tail was lost:\n%s", diff)
		}
		eventually(t, "the hub has the new block", func() bool { return p.Status().ToSend == 0 })
	}
}

func TestTailThatIsNotOursIsNotTakenOver(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	creds := addAgency(t, h, "licensing")
	n := startNode(t, "licensing", oldCopy(t, creds, 3, 20))
	p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds, TakeOver: func(subject string, data []byte) error {
		if subject == "block.licensing.all" && string(data) != "12" {
			return nil
		}
		return errors.New("signature does not match")
	}})
	eventually(t, "the pump stops", func() bool { return p.Status().Stopped != "" })
	if got := p.Status().Stopped; !strings.Contains(got, "block 12") || !strings.Contains(got, "signature") {
		t.Errorf("stopped because %q", got)
	}
	if got := last(t, n.Journal()); got != 11 {
		t.Errorf("the journal ends at %d", got)
	}
	if err := p.Ready(t.Context()); !errors.Is(err, backbone.ErrStopped) {
		t.Errorf("ready with a stopped pump: %v", err)
	}
}

func TestForkStopsTheJournalAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]int{"shorter than the hub's": 1, "longer than the hub's": 30} {
		t.Run(name, func(t *testing.T) {
			h := startHub(t, t.TempDir())
			creds := addAgency(t, h, "licensing")
			customs := startAgency(t, h, "customs", nil)
			release(t, h, "customs/all", "licensing")
			n := startNode(t, "licensing", oldCopy(t, creds, 3, 20))
			for i := range more {
				record(t, n, "all", "other "+itoa(i))
			}
			var told atomic.Int32
			p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds, OnFork: func(reason string) {
				if !strings.Contains(reason, "block ") {
					t.Errorf("no block in %q", reason)
				}
				told.Add(1)
			}})
			if err := p.Ready(t.Context()); !errors.Is(err, backbone.ErrForked) {
				t.Fatalf("ready with a forked journal: %v", err)
			}
			if told.Load() != 1 {
				t.Errorf("the node was told %d times", told.Load())
			}
			eventually(t, "the stop is shown", func() bool { s := p.Status(); return s.Forked && s.Stopped != "" })
			if got := last(t, n.Journal()); got != uint64(3+more) {
				t.Errorf("the forked journal has %d blocks instead of %d", got, 3+more)
			}
			record(t, customs.Node, "all", "still read")
			eventually(t, "others' blocks still come", func() bool { return last(t, n.Inbox()) == 1 })
		})
	}
}

func TestDeletedBlocksKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	customs := startAgency(t, h, "customs", nil)
	dir, creds := t.TempDir(), addAgency(t, h, "licensing")
	release(t, h, "licensing/all", "customs")
	n := startNode(t, "licensing", dir)
	for i := 1; i <= 6; i++ {
		record(t, n, "all", itoa(i))
	}
	for _, number := range []uint64{2, 3, 6} { // before the hub ever had them; the last one too
		if err := n.Journal().DeleteMsg(t.Context(), number); err != nil {
			t.Fatal(err)
		}
	}
	record(t, n, "all", "7")
	p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	eventually(t, "all is sent", func() bool { return p.Status().Reconciled && p.Status().ToSend == 0 })
	if err := n.Journal().DeleteMsg(t.Context(), 7); err != nil { // after
		t.Fatal(err)
	}
	if err := errors.Join(p.Close(), n.Close()); err != nil {
		t.Fatal(err)
	}
	n = startNode(t, "licensing", dir)
	p = startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	if err := p.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := record(t, n, "all", "8"); got != 8 {
		t.Errorf("the eighth block became number %d", got)
	}
	want := []string{"in.licensing.all 1", "in.licensing.all 4", "in.licensing.all 5", "in.licensing.all 7", "in.licensing.all 8"}
	eventually(t, "customs has the rest", func() bool { return last(t, customs.Inbox()) >= uint64(len(want)) })
	if diff := cmp.Diff(want, contents(t, customs.Inbox())); diff != "" {
		t.Errorf("inbox:\n%s", diff)
	}
}

func TestFeedThatIsNotTheOldOneStopsThePump(t *testing.T) {
	t.Parallel()
	backup := filepath.Join(t.TempDir(), "backup")
	restore := func(t *testing.T, dir string) {
		if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(backup))); err != nil {
			t.Fatal(err)
		}
	}
	restoreAndGoOn := func(t *testing.T, dir string) {
		restore(t, dir)
		h := startHub(t, dir)
		police := startAgency(t, h, "police", nil)
		release(t, h, "police/all", "customs")
		for i := range 20 {
			record(t, police.Node, "all", itoa(i))
		}
		eventually(t, "the feed has grown", func() bool { return feedLast(t, h, "customs") == 25 })
		if err := errors.Join(police.pumps.Close(), h.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, want string
		harm       func(*testing.T, string)
	}{
		{"restored from an old copy", "it ends at 5", restore},
		{"restored and written on", "message 10 is not the one", restoreAndGoOn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			h := startHub(t, dir)
			licensing := startAgency(t, h, "licensing", nil)
			creds, customsDir := addAgency(t, h, "customs"), t.TempDir()
			release(t, h, "licensing/all", "customs")
			for i := 1; i <= 5; i++ {
				record(t, licensing.Node, "all", itoa(i))
			}
			eventually(t, "the feed has 5", func() bool { return feedLast(t, h, "customs") == 5 })
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.RemoveAll(backup), os.CopyFS(backup, os.DirFS(dir))); err != nil {
				t.Fatal(err)
			}
			h = startHub(t, dir)
			for i := 6; i <= 10; i++ {
				record(t, licensing.Node, "all", itoa(i))
			}
			n := startNode(t, "customs", customsDir)
			p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
			eventually(t, "the inbox has 10", func() bool { return last(t, n.Inbox()) == 10 })
			if err := errors.Join(licensing.pumps.Close(), p.Close(), h.Close()); err != nil {
				t.Fatal(err)
			}
			tt.harm(t, dir)
			startHub(t, dir)
			p = startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
			eventually(t, "the pump stops", func() bool { return p.Status().Stopped != "" })
			if got := p.Status().Stopped; !strings.Contains(got, tt.want) {
				t.Errorf("stopped because %q, want something with %q", got, tt.want)
			}
			if got := last(t, n.Inbox()); got != 10 {
				t.Errorf("the inbox went on to %d", got)
			}
		})
	}
}

// feedLast returns the last sequence of an agency's feed, asked as the hub's operator.
func feedLast(t *testing.T, h *backbone.Hub, agency string) (sequence uint64) {
	t.Helper()
	err := h.InAccount(agency, func(js jetstream.JetStream) error {
		feed, err := js.Stream(t.Context(), backbone.FeedStream)
		if err == nil {
			sequence = feed.CachedInfo().State.LastSeq
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}
