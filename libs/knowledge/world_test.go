package knowledge_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/knowledge"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// said is a fact with its times, in hours after the start: when it happened, when its block was written, and when that arrived.
type said struct {
	occurred, written, received int
	fact                        proto.Message
	// cites are the names of facts that came before.
	cites []string
	name  string
}

// world makes blocks with chosen times.
type world struct {
	t      testing.TB
	writer *ledgertest.Writer
	causes map[string]*eventv1.Cause
	blocks []*journal.Block
}

func newWorld(t testing.TB) *world {
	return &world{t: t, writer: ledgertest.NewWriter(), causes: map[string]*eventv1.Cause{}}
}

func hour(n int) time.Time { return ledgertest.Start.Add(time.Duration(n) * time.Hour) }

// tell makes a block of a fact. Where it happened is left open, it is when it was written; where it arrived is, then too.
func (w *world) tell(s said) *journal.Block {
	if s.occurred == 0 {
		s.occurred = s.written
	}
	id, e := w.writer.Event(s.fact)
	e.OccurredAt, e.RecordedAt = timestamppb.New(hour(s.occurred)), timestamppb.New(hour(s.written))
	for _, name := range s.cites {
		cause := w.causes[name]
		if cause == nil {
			w.t.Fatalf("nothing is called %s", name)
		}
		e.Causes = append(e.Causes, cause)
	}
	b := w.put(id, e, s.written, max(s.received, s.written))
	w.causes[s.name] = &eventv1.Cause{Journal: id.String(), Number: b.Header.FirstEvent, Id: e.Id}
	return b
}

func (w *world) put(id journal.ID, e *eventv1.Event, written, received int) *journal.Block {
	b := w.writer.Block(id, e)
	root := sha256.Sum256(append(e.Salt, byte(written)))
	b.Header.Root, b.Header.RecordedAt, b.ReceivedAt = root[:], timestamppb.New(hour(written)), hour(received)
	b.HeaderBytes, _ = proto.MarshalOptions{Deterministic: true}.Marshal(b.Header)
	w.blocks = append(w.blocks, b)
	return b
}

// view is the ledger of an agency on which the blocks are folded.
func (w *world) view(agency string) ledger.View {
	w.t.Helper()
	tx := ledgertest.Begin(w.t, ledgertest.Open(w.t, agency))
	w.fold(tx)
	return tx.View
}

func (w *world) fold(tx *ledger.Tx) {
	w.t.Helper()
	for _, b := range w.blocks {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// name is what an event was called.
func (w *world) name(k *queryv1.KnownEvent) string {
	for name, c := range w.causes {
		if id, err := uuid.FromBytes(c.Id); err == nil && id.String() == k.Id {
			return name
		}
	}
	return k.Words
}

func (w *world) names(list []*queryv1.KnownEvent, keep func(*queryv1.KnownEvent) bool) []string {
	all := []string{}
	for _, k := range list {
		if keep(k) {
			all = append(all, w.name(k))
		}
	}
	slices.Sort(all)
	return all
}

func used(k *queryv1.KnownEvent) bool { return k.Use != queryv1.KnownUse_KNOWN_USE_NONE }

func unused(k *queryv1.KnownEvent) bool { return !used(k) }

func every(*queryv1.KnownEvent) bool { return true }

func review(t testing.TB, view ledger.View, id string) *queryv1.KnewResponse {
	t.Helper()
	res, _, err := knowledge.Review(view, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func (w *world) lists(res *queryv1.KnewResponse) string {
	return fmt.Sprintf("used %q, unused %q, not arrived %q", w.names(res.Received, used), w.names(res.Received, unused), w.names(res.NotArrived, every))
}
