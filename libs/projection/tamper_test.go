package projection_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var licensingAll = journal.ID{Agency: "licensing", Group: "all"}

func granted(id string) *licensingv1.LicenceGranted {
	return &licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
	}}
}

// blocks is how many blocks licensing has recorded in a case.
const blocks = 4

// world is licensing with four blocks of two licences each, all of them at customs, which has folded them.
func world(t *testing.T) (w *desktest.World, origin, reader *desktest.Agency) {
	t.Helper()
	w = desktest.New(t, "licensing", "customs")
	origin, reader = w.Agency("licensing"), w.Agency("customs")
	for i := range blocks {
		origin.Record(desktest.Facts(granted(fmt.Sprintf("licensing/L-%da", i)), granted(fmt.Sprintf("licensing/L-%db", i))))
	}
	w.Carry(origin, reader, "all")
	reader.Wait(licensingAll, 2*blocks)
	return w, origin, reader
}

// message is one stored message.
type message struct {
	subject string
	data    []byte
}

// rewrite makes a stream again from its own messages as change leaves them.
func rewrite(t *testing.T, a *desktest.Agency, stream jetstream.Stream, change func([]message) []message) {
	t.Helper()
	ctx, js := t.Context(), a.Server.JetStream()
	info, err := stream.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var stored []message
	err = journal.Read(ctx, stream, "", 1, info.State.LastSeq, func(m journal.Message) error {
		stored = append(stored, message{m.Subject, bytes.Clone(m.Data)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(ctx, info.Config.Name); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(ctx, info.Config); err != nil {
		t.Fatal(err)
	}
	for _, m := range change(stored) {
		if _, err := js.PublishMsg(ctx, &nats.Msg{Subject: m.subject, Data: m.data}); err != nil {
			t.Fatal(err)
		}
	}
}

// at finds the place of licensing's block number n among stored messages.
func at(stored []message, n int) int {
	for i, m := range stored {
		if strings.HasSuffix(m.subject, ".licensing.all") {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}

// folded is how many of licensing's blocks a ledger gives answers from.
func folded(t *testing.T, a *desktest.Agency) (n uint64) {
	t.Helper()
	err := a.Ledger.View(func(v ledger.View) error {
		p, err := v.Position(licensingAll)
		n = p.GetBlock()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What was done to a stored history, and the block from which on nothing may be believed.
var damages = []struct {
	name   string
	change func(t *testing.T, stored []message, other [][]byte) []message
	block  uint64
}{
	{"bit flipped in the header", flip(2, 0.05), 2},
	{"bit flipped in the middle", flip(2, 0.5), 2},
	{"bit flipped in the body", flip(3, 0.95), 3},
	{"first block flipped", flip(1, 0.6), 1},
	{"last block flipped", flip(blocks, 0.7), blocks},
	{"block deleted", func(_ *testing.T, s []message, _ [][]byte) []message {
		i := at(s, 2)
		return append(s[:i:i], s[i+1:]...)
	}, 2},
	{"two blocks swapped", func(_ *testing.T, s []message, _ [][]byte) []message {
		i, j := at(s, 2), at(s, 3)
		s[i], s[j] = s[j], s[i]
		return s
	}, 2},
	{"block replaced by one of another history", func(_ *testing.T, s []message, other [][]byte) []message {
		s[at(s, 3)].data = other[2]
		return s
	}, 3},
	{"block replaced by nonsense", func(_ *testing.T, s []message, _ [][]byte) []message {
		s[at(s, 4)].data = []byte("nonsense")
		return s
	}, 4},
}

// flip flips one bit of a block, so far into its bytes.
func flip(block int, where float64) func(*testing.T, []message, [][]byte) []message {
	return func(_ *testing.T, s []message, _ [][]byte) []message {
		data := s[at(s, block)].data
		data[int(float64(len(data))*where)] ^= 0x10
		return s
	}
}

// A ledger that is built from a damaged history stops at the damaged block, in the own journal as in the inbox, and
// says so; verify says it of a ledger that was built before the damage.
func TestDamagedHistoryIsNamed(t *testing.T) {
	for _, where := range []string{"own journal", "inbox"} {
		for _, d := range damages {
			t.Run(where+"/"+d.name, func(t *testing.T) {
				t.Parallel()
				_, origin, reader := world(t)
				_, stranger, _ := world(t)
				a, stream := origin, origin.Own
				if where == "inbox" {
					a, stream = reader, reader.Inbox
				}
				rewrite(t, a, stream, func(s []message) []message { return d.change(t, s, stranger.Blocks("all")) })
				found := verify(t, a)
				if !names(found, d.block) {
					t.Errorf("verify found %v; want block %d of %s", found, d.block, licensingAll)
				}

				a.Forget()
				a.Open()
				if err := a.Follower.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				stop := a.Follower.State()[licensingAll]
				if stop == nil || stop.Block != d.block {
					t.Errorf("follower stopped at %v; want block %d", stop, d.block)
				}
				if n := folded(t, a); n != d.block-1 {
					t.Errorf("%d blocks are answered from; want %d", n, d.block-1)
				}
				if kept, err := os.ReadDir(a.Evidence()); err != nil || len(kept) == 0 {
					t.Errorf("no evidence is kept: %v", err)
				}
			})
		}
	}
}

func verify(t *testing.T, a *desktest.Agency) []*queryv1.Finding {
	t.Helper()
	found, _, err := a.Follower.Verify(t.Context(), func(uint64, uint64) {})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func names(found []*queryv1.Finding, block uint64) bool {
	for _, f := range found {
		if f.Journal == licensingAll.String() && f.Block == block {
			return true
		}
	}
	return false
}

func TestVerifyFindsNothingWhereNothingIs(t *testing.T) {
	_, origin, reader := world(t)
	for _, a := range []*desktest.Agency{origin, reader} {
		root, _ := a.Root()
		found, verified, err := a.Follower.Verify(t.Context(), func(uint64, uint64) {})
		if err != nil || len(found) > 0 || verified != root {
			t.Errorf("%s: findings %v, root %x of %x, %v", a.Name, found, verified, root, err)
		}
	}
}

// A block that another key signed is refused and reported, and what is good before it stays.
func TestWrongKey(t *testing.T) {
	_, origin, reader := world(t)
	_, forger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		signer ed25519.PrivateKey
	}{{"a key that nobody knows", forger}, {"the key of another agency", reader.Signer}} {
		t.Run(tt.name, func(t *testing.T) {
			reader.Deliver(licensingAll, next(t, origin, tt.signer, "licensing/L-forged"))
			eventually(t, func() bool { return reader.Follower.State()[licensingAll] != nil })
			if stop := reader.Follower.State()[licensingAll]; stop.Block != blocks+1 || !strings.Contains(stop.Reason, "key") {
				t.Errorf("reported is %v; want block %d and the key", stop, blocks+1)
			}
			if n := folded(t, reader); n != blocks {
				t.Errorf("%d blocks are answered from; want %d", n, blocks)
			}
		})
	}
}

// A block that arrives as another journal's is refused there, and its own journal goes on.
func TestBlockOnAnotherSubject(t *testing.T) {
	_, origin, reader := world(t)
	elsewhere := journal.ID{Agency: "enforcement", Group: "all"}
	data := next(t, origin, origin.Signer, "licensing/L-next")
	reader.Deliver(elsewhere, data)
	eventually(t, func() bool { return reader.Follower.State()[elsewhere] != nil })
	reader.Deliver(licensingAll, data)
	reader.Wait(licensingAll, 2*blocks+1)
}

// Two blocks under one number: whichever came first stays, the second is a fork and is said to be.
func TestForkIsNoticed(t *testing.T) {
	_, origin, reader := world(t)
	one, two := next(t, origin, origin.Signer, "licensing/L-one"), next(t, origin, origin.Signer, "licensing/L-two")
	reader.Deliver(licensingAll, one)
	reader.Deliver(licensingAll, two)
	eventually(t, func() bool { return reader.Follower.State()[licensingAll] != nil })
	if stop := reader.Follower.State()[licensingAll]; stop.Block != blocks+1 || !strings.Contains(stop.Reason, "forked") {
		t.Errorf("stopped with %v", stop)
	}
}

// next writes the block that would come after an agency's journal, signed with any key.
func next(t *testing.T, a *desktest.Agency, signer ed25519.PrivateKey, licence string) []byte {
	t.Helper()
	var head journal.Head
	err := a.Ledger.View(func(v ledger.View) error {
		p, err := v.Position(licensingAll)
		if err != nil {
			return err
		}
		head, err = journal.HeadAt(licensingAll, p)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	fact := granted(licence)
	event, err := journal.NewEvent(fact, time.Now(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e, err := journal.Record(head.Events+1, event, fact)
	if err != nil {
		t.Fatal(err)
	}
	epoch, key, err := a.Keys.Newest(journal.ID{Agency: a.Name, Group: "all"})
	if err != nil {
		t.Fatal(err)
	}
	data, _, _, err := journal.Sealer{Signer: signer, Key: key, Epoch: epoch}.Write(&head, []journal.Entry{e}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not come about in 10 s")
		}
	}
}

// A journal whose keys the directory does not have yet waits for them, and goes on by itself when they come; blocks
// that are delivered twice change nothing.
func TestJournalWaitsForItsKeys(t *testing.T) {
	w, origin, reader := world(t)
	want, _ := reader.Root()
	var kept []message
	rewrite(t, reader, reader.Inbox, func(s []message) []message { kept = s; return nil })
	reader.Forget()
	reader.Open()
	reader.Start()
	w.Carry(origin, reader, "all")
	eventually(t, func() bool { return reader.Follower.State()[licensingAll] != nil })
	if stop := reader.Follower.State()[licensingAll]; stop.Block != 1 || !strings.Contains(stop.Reason, "no key") {
		t.Errorf("waits with %v; want block 1 and the key that is missing", stop)
	}
	w.Carry(w.Authority, reader, "directory")
	reader.Wait(licensingAll, 2*blocks)
	for _, m := range kept {
		if _, err := reader.Server.JetStream().PublishMsg(t.Context(), &nats.Msg{Subject: m.subject, Data: m.data}); err != nil {
			t.Fatal(err)
		}
	}
	origin.Record(desktest.Facts(granted("licensing/L-after")))
	reader.Deliver(licensingAll, origin.Blocks("all")[blocks])
	reader.Wait(licensingAll, 2*blocks+1)
	eventually(t, func() bool { return len(reader.Follower.State()) == 0 })
	reader.Forget()
	reader.Open()
	if err := reader.Follower.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := reader.Root(); got == want {
		t.Error("the root did not change with a further licence")
	}
}
