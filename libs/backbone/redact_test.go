package backbone_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// publisher writes blocks of two events each, not sealed, into licensing/all.
type publisher struct {
	node   *backbone.Node
	sealer journal.Sealer
	head   journal.Head
	blocks []*journal.Block
}

func newPublisher(t *testing.T, n *backbone.Node) *publisher {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &publisher{node: n, sealer: journal.Sealer{Signer: private}, head: journal.Head{ID: journalID(t, "licensing/all")}}
}

func (p *publisher) write(t *testing.T) {
	t.Helper()
	var entries []journal.Entry
	for number := p.head.Events + 1; number <= p.head.Events+2; number++ {
		fact := &licensingv1.LicenceSuspended{LicenceId: fmt.Sprintf("licensing/L-%d", number)}
		event, err := journal.NewEvent(fact, time.Now(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		e, err := journal.Record(number, event, fact)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	data, block, next, err := p.sealer.Write(&p.head, entries, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if block.Sequence, err = journal.Append(t.Context(), p.node.JetStream(), backbone.JournalStream, p.head.ID, data, p.head.Sequence); err != nil {
		t.Fatal(err)
	}
	p.head = next
	p.head.Sequence = block.Sequence
	p.blocks = append(p.blocks, block)
}

// redact takes events out of a block, and deletes what the journal had of it before.
func (p *publisher) redact(t *testing.T, block int, events ...uint64) {
	t.Helper()
	redacted, err := journal.Redact(p.blocks[block-1], events, nil)
	if err == nil {
		err = p.node.Redact(t.Context(), p.blocks[block-1], redacted, p.head.Position())
	}
	if err != nil {
		t.Fatal(err)
	}
	p.head.Sequence = last(t, p.node.Journal())
	if erased, err := p.node.Erase(t.Context(), p.head.ID); err != nil || erased != 1 {
		t.Fatalf("Erase = %d, %v; want 1 message", erased, err)
	}
}

// forms lists the blocks on a subject as their numbers, with the events that are withdrawn.
func forms(t *testing.T, s jetstream.Stream, subject string) string {
	t.Helper()
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for n := max(info.State.FirstSeq, 1); n <= info.State.LastSeq; n++ {
		msg, err := s.GetMsg(t.Context(), n)
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && msg.Subject != subject {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := journal.Parse(msg.Data)
		if err == nil {
			err = b.Open(nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		form := fmt.Sprint(b.Header.Number)
		for _, e := range b.Entries {
			if e.Withdrawn() {
				form += fmt.Sprintf("-%d", e.Number)
			}
		}
		list = append(list, form)
	}
	return strings.Join(list, " ")
}

// holds waits until a stream holds these forms.
func holds(t *testing.T, what string, s jetstream.Stream, subject, want string) {
	t.Helper()
	eventually(t, what+" to hold "+want, func() bool { return forms(t, s, subject) == want })
}

// at returns a stream of an agency's account at the hub.
func at(t *testing.T, h *backbone.Hub, agency, name string) (s jetstream.Stream) {
	t.Helper()
	err := h.InAccount(agency, func(js jetstream.JetStream) (err error) {
		s, err = js.Stream(t.Context(), name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Blocks are redacted, one of them twice, with a reader who has them, one who comes later, and one who was let in and shut
// out before. Nobody is left with an older form; a later reader gets what is left in its place; the journal goes on.
func TestRedactedBlocksReplaceTheWholeOnesEverywhere(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, customs := startAgency(t, h, "licensing", nil), startAgency(t, h, "customs", nil)
	former := startAgency(t, h, "former", nil)
	const block, in, feed = "block.licensing.all", "in.licensing.all", "feed.licensing.all"
	release(t, h, "licensing/all", "customs")
	release(t, h, "licensing/all", "former")
	p := newPublisher(t, licensing.Node)
	for range 3 {
		p.write(t)
	}
	holds(t, "customs", customs.Inbox(), in, "1 2 3")
	holds(t, "former", former.Inbox(), in, "1 2 3")
	if err := h.Unrelease(t.Context(), p.head.ID, "former"); err != nil {
		t.Fatal(err)
	}

	p.redact(t, 2, 3)
	p.write(t)
	holds(t, "the journal", licensing.Journal(), block, "1 3 2-3 4")
	holds(t, "the relay", at(t, h, "licensing", backbone.RelayName("licensing")), block, "1 3 2-3 4")
	holds(t, "customs' feed", at(t, h, "customs", backbone.FeedStream), feed, "1 3 2-3 4")
	holds(t, "the feed of one who reads no more", at(t, h, "former", backbone.FeedStream), feed, "1 3")
	holds(t, "customs", customs.Inbox(), in, "1 2 3 2-3 4")
	if erased, err := customs.Erase(t.Context(), p.head.ID); err != nil || erased != 1 || forms(t, customs.Inbox(), in) != "1 3 2-3 4" {
		t.Errorf("customs erased %d, %v, and holds %s", erased, err, forms(t, customs.Inbox(), in))
	}

	police := startAgency(t, h, "police", nil)
	release(t, h, "licensing/all", "police")
	holds(t, "a later reader", police.Inbox(), in, "1 2-3 3 2-3 4")

	p.redact(t, 2, 3, 4)
	p.redact(t, 4, 8)
	for name, s := range map[string]jetstream.Stream{
		"the relay":     at(t, h, "licensing", backbone.RelayName("licensing")),
		"customs' feed": at(t, h, "customs", backbone.FeedStream), "police's feed": at(t, h, "police", backbone.FeedStream),
	} {
		subject := feed
		if name == "the relay" {
			subject = block
		}
		holds(t, name, s, subject, "1 3 2-3-4 4-8")
	}
	holds(t, "police", police.Inbox(), in, "1 2-3 3 2-3 4 2-3-4 4-8")
	if _, err := police.Erase(t.Context(), p.head.ID); err != nil || forms(t, police.Inbox(), in) != "1 3 2-3-4 4-8" {
		t.Errorf("police: %v, and holds %s", err, forms(t, police.Inbox(), in))
	}
	heads, err := h.Heads(t.Context())
	if err != nil || heads[p.head.ID] != 4 {
		t.Errorf("Heads = %v, %v; want licensing/all to end at block 4", heads, err)
	}
	var different []uint64
	if _, err := licensing.pumps.CompareRelay(t.Context(), func(own *jetstream.RawStreamMsg, _ bool) { different = append(different, own.Sequence) }); err != nil || len(different) > 0 {
		t.Errorf("CompareRelay: %v differ, %v", different, err)
	}
}

// What is no redaction of the message that it names deletes nothing at the hub: not another journal's block, not a whole one,
// not one that is not the block.
func TestFalseRedactionDeletesNothing(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, customs := startAgency(t, h, "licensing", nil), startAgency(t, h, "customs", nil)
	release(t, h, "licensing/all", "customs")
	p := newPublisher(t, licensing.Node)
	p.write(t)
	p.write(t)
	redactedTwo, err := journal.Redact(p.blocks[1], []uint64{3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := licensing.Journal().GetMsg(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct {
		data  []byte
		names string
	}{{redactedTwo, "1"}, {whole.Data, "2"}, {redactedTwo, "one"}} {
		msg := nats.NewMsg("block.licensing.all")
		msg.Data = m.data
		msg.Header.Set(journal.RedactsHeader, m.names)
		if _, err := licensing.JetStream().PublishMsg(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	p.head.Sequence = last(t, licensing.Journal())
	p.write(t)
	p.write(t)
	p.redact(t, 4, 7) // once this is done, all before was looked at
	relay := at(t, h, "licensing", backbone.RelayName("licensing"))
	holds(t, "the relay", relay, "block.licensing.all", "1 2 2-3 2 2-3 3 4-7")
	holds(t, "customs", customs.Inbox(), "in.licensing.all", "1 2 2-3 2 2-3 3 4 4-7")
}
