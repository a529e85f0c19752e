package backbone_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// perJournal sorts the contents of an inbox by journal, each in its order.
func perJournal(t *testing.T, inbox jetstream.Stream) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, message := range contents(t, inbox) {
		subject, data, _ := strings.Cut(message, " ")
		all[subject] = append(all[subject], data)
	}
	return all
}

func sequence(from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, itoa(i))
	}
	return all
}

// A hub is destroyed and restored from a backup that was taken while nodes wrote, with other nodes away. Everybody
// ends with everything once, in the order of each journal; what came after in the feed is mixed otherwise than before.
func TestRestoredHubLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	publishers := []string{"licensing", "police", "revenue"}
	nodes, pumps := map[string]*backbone.Node{}, map[string]*backbone.Pumps{}
	creds := map[string]*backbone.Credentials{}
	for _, name := range append(publishers, "customs") {
		creds[name] = addAgency(t, h, name)
		nodes[name] = startNode(t, name, t.TempDir())
		pumps[name] = startPumps(t, backbone.PumpConfig{Node: nodes[name], Credentials: creds[name]})
	}
	for _, name := range publishers {
		release(t, h, name+"/all", "customs")
	}
	const each = 150
	var writing sync.WaitGroup
	half := make(chan struct{}, len(publishers))
	for _, name := range publishers {
		writing.Go(func() {
			for i := 1; i <= each; i++ {
				record(t, nodes[name], "all", itoa(i))
				if i == each/2 {
					half <- struct{}{}
				}
			}
		})
	}
	for range publishers {
		<-half
	}
	all := takeAll(t, dir)
	writing.Wait()
	customs := nodes["customs"]
	eventually(t, "customs has all", func() bool { return last(t, customs.Inbox()) == each*uint64(len(publishers)) })
	before := contents(t, customs.Inbox())
	if i := slices.IndexFunc(all.streams, func(s backbone.KeptStream) bool { return s.Stream == backbone.FeedStream }); i >= 0 {
		t.Errorf("a feed was kept: %v", all.streams[i])
	}
	if err := errors.Join(pumps["police"].Close(), h.Close()); err != nil {
		t.Fatal(err)
	}

	restored := startHub(t, all.putBack(t, dir))
	want := map[string][]string{}
	for _, name := range publishers {
		want["in."+name+".all"] = sequence(1, each)
	}
	for _, name := range []string{"licensing", "revenue"} { // police is away
		for i := each + 1; i <= each+20; i++ {
			record(t, nodes[name], "all", itoa(i))
		}
		want["in."+name+".all"] = sequence(1, each+20)
	}
	eventually(t, "customs has what is new", func() bool { return last(t, customs.Inbox()) >= uint64(len(before)+40) })
	startPumps(t, backbone.PumpConfig{Node: nodes["police"], Credentials: creds["police"]})
	record(t, nodes["police"], "all", itoa(each+1))
	want["in.police.all"] = sequence(1, each+1)
	eventually(t, "customs has what police recorded", func() bool { return last(t, customs.Inbox()) >= uint64(len(before)+41) })
	eventually(t, "the feed is whole", func() bool { return feedLast(t, restored, "customs") == uint64(len(before)+41) })
	if diff := cmp.Diff(want, perJournal(t, customs.Inbox())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, contents(t, customs.Inbox())[:len(before)]); diff != "" {
		t.Errorf("what the inbox held has changed:\n%s", diff)
	}
	// Once more over a new line: the place in the new feed is in the inbox.
	if err := pumps["customs"].Close(); err != nil {
		t.Fatal(err)
	}
	p := startPumps(t, backbone.PumpConfig{Node: customs, Credentials: creds["customs"]})
	record(t, nodes["revenue"], "all", itoa(each+21))
	want["in.revenue.all"] = sequence(1, each+21)
	eventually(t, "customs goes on", func() bool { return last(t, customs.Inbox()) >= uint64(len(before)+42) })
	if diff := cmp.Diff(want, perJournal(t, customs.Inbox())); diff != "" {
		t.Error(diff)
	}
	if stopped := p.Status().Stopped; stopped != "" {
		t.Errorf("the pump stopped: %s", stopped)
	}
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		if got, end := relayLast(t, restored, name), last(t, nodes[name].Journal()); got != end {
			t.Errorf("the hub has %d of %d blocks of %s", got, end, name)
		}
	}
}

// The order of journals in a feed that was made anew is another one: a block that is held may come after a new one,
// also when the line is cut between the two.
func TestFeedMadeAnewIsPassedOverPerJournal(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, police := startAgency(t, h, "licensing", nil), startAgency(t, h, "police", nil)
	n, creds := startNode(t, "customs", t.TempDir()), addAgency(t, h, "customs")
	p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	release(t, h, "police/all", "customs")
	for i := 1; i <= 3; i++ {
		record(t, police.Node, "all", itoa(i))
	}
	eventually(t, "police's blocks are in", func() bool { return last(t, n.Inbox()) == 3 })
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	unrelease(t, h, "police/all", "customs")
	deleteStream(t, h, "customs", backbone.FeedStream)
	if err := h.Mend(t.Context()); err != nil {
		t.Fatal(err)
	}
	// First comes what is new, and after it what is held.
	release(t, h, "licensing/all", "customs")
	record(t, licensing.Node, "all", "1")
	eventually(t, "the new feed begins", func() bool { return feedLast(t, h, "customs") == 1 })
	p = startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	eventually(t, "the new block is in", func() bool { return last(t, n.Inbox()) == 4 })
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	release(t, h, "police/all", "customs")
	record(t, police.Node, "all", "4")
	eventually(t, "the new feed is whole", func() bool { return feedLast(t, h, "customs") == 5 })
	startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	eventually(t, "the last block is in", func() bool { return last(t, n.Inbox()) >= 5 })
	want := map[string][]string{"in.police.all": sequence(1, 4), "in.licensing.all": sequence(1, 1)}
	if diff := cmp.Diff(want, perJournal(t, n.Inbox())); diff != "" {
		t.Error(diff)
	}
}

// Another block under the number of the last one that is held goes to the inbox, where the follower sees that the
// journal has forked; the other journals go on.
func TestForkInAFeedMadeAnewIsNotPassedOver(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, police := startAgency(t, h, "licensing", nil), startAgency(t, h, "police", nil)
	n, creds := startNode(t, "customs", t.TempDir()), addAgency(t, h, "customs")
	p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	release(t, h, "licensing/all", "customs")
	release(t, h, "police/all", "customs")
	record(t, licensing.Node, "all", "1")
	record(t, licensing.Node, "all", "2")
	eventually(t, "both are in", func() bool { return last(t, n.Inbox()) == 2 })
	if err := errors.Join(p.Close(), licensing.pumps.Close()); err != nil {
		t.Fatal(err)
	}
	deleteStream(t, h, "customs", backbone.FeedStream)
	deleteStream(t, h, "licensing", backbone.RelayName("licensing"))
	if err := h.Mend(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := startAgency(t, h, "licensing", nil) // a node that lost everything, and the hub too
	record(t, other.Node, "all", "1")
	record(t, other.Node, "all", "another 2")
	startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	eventually(t, "the other block is in", func() bool { return last(t, n.Inbox()) >= 3 })
	record(t, police.Node, "all", "1")
	eventually(t, "others' blocks still come", func() bool { return last(t, n.Inbox()) >= 4 })
	want := map[string][]string{"in.licensing.all": {"1", "2", "another 2"}, "in.police.all": {"1"}}
	if diff := cmp.Diff(want, perJournal(t, n.Inbox())); diff != "" {
		t.Error(diff)
	}
}

func unrelease(t *testing.T, h *backbone.Hub, id, reader string) {
	t.Helper()
	if err := h.Unrelease(t.Context(), journalID(t, id), reader); err != nil {
		t.Fatal(err)
	}
}

// relayLast returns the last sequence of the hub's copy of an agency's journal.
func relayLast(t *testing.T, h *backbone.Hub, agency string) (sequence uint64) {
	t.Helper()
	err := h.InAccount(agency, func(js jetstream.JetStream) error {
		relay, err := js.Stream(t.Context(), backbone.RelayName(agency))
		if err == nil {
			sequence = relay.CachedInfo().State.LastSeq
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}
