package schedules

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// offices are ledgers that schedules are played on, one after the other; each ends without a trace.
type offices struct {
	ledgers   map[string]*ledger.Ledger
	directory []*journal.Block
}

// open makes a ledger for each agency, with what the authority recorded.
func open(t testing.TB, directory []proto.Message, names ...string) *offices {
	t.Helper()
	o := &offices{ledgers: map[string]*ledger.Ledger{}, directory: ledgertest.NewWriter().Blocks(directory...)}
	for _, name := range names {
		l := ledgertest.Open(t, name)
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range o.directory {
			if err := errors.Join(tx.Apply(b.ID, b.Entries...), tx.Fold(b, ledgertest.Position(b))); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		o.ledgers[name] = l
	}
	return o
}

// net is agencies and the blocks between them.
type net struct {
	w      *ledgertest.Writer
	now    time.Time
	nodes  []*node
	flight []message
	// hears says who is given the journals of whom; nil: everybody.
	hears func(to, from *node) bool
	// reads says who is given a journal; nil: everybody.
	reads func(to *node, id journal.ID) bool
	// steps is what happened, for whoever reads a failure.
	steps []string
}

type node struct {
	name string
	tx   *ledger.Tx
	cut  bool
	// stuck is a journal of which nothing comes, while others do.
	stuck journal.ID
	// skew is how far its clock is ahead of the time that it truly is; skewed: it was off once, and may have written so.
	skew   time.Duration
	skewed bool
	// have is how many blocks of a journal are folded, ahead what came before its turn.
	have  map[journal.ID]uint64
	ahead map[journal.ID]map[uint64]*journal.Block
	own   []*journal.Block
	// looked is how many blocks it knew when it looked for what is due, next when it looks again.
	looked uint64
	next   time.Time
	// left is its balance when it knew so many blocks.
	read uint64
	left amounts
}

// knows is how many blocks a node has folded.
func (x *node) knows() (blocks uint64) {
	for _, n := range x.have {
		blocks += n
	}
	return blocks
}

// message is a block on its way.
type message struct {
	from, to *node
	block    *journal.Block
}

// connect starts a schedule among agencies. close ends it.
func (o *offices) connect(names ...string) (n *net, close func(), err error) {
	n = &net{w: ledgertest.NewWriter(), now: ledgertest.Start.AddDate(0, 0, 1)}
	for _, b := range o.directory {
		n.w.After(b)
	}
	close = func() {
		for _, x := range n.nodes {
			x.tx.Rollback()
		}
	}
	for _, name := range names {
		tx, err := o.ledgers[name].Begin()
		if err != nil {
			return n, close, err
		}
		n.nodes = append(n.nodes, &node{name: name, tx: tx, have: map[journal.ID]uint64{}, ahead: map[journal.ID]map[uint64]*journal.Block{}})
	}
	return n, close, nil
}

func (n *net) say(format string, args ...any) {
	n.steps = append(n.steps, n.now.Format("02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// failed is an error with what led to it.
func (n *net) failed(format string, args ...any) error {
	return fmt.Errorf("%s\n%w", strings.Join(n.steps, "\n"), fmt.Errorf(format, args...))
}

// record puts what a rule decided on record at an agency, as a block of one of its groups, and sends it to all others.
func (n *net) record(at *node, group string, facts ...proto.Message) error {
	if len(facts) == 0 {
		return nil
	}
	dated := make([]proto.Message, len(facts))
	for i, f := range facts {
		if d, ok := f.(ledger.Dated); ok {
			f = d.Message
			if d.Group != "" {
				group = d.Group
			}
		}
		dated[i] = f
	}
	id := journal.ID{Agency: at.name, Group: group}
	for i, f := range dated {
		dated[i] = ledgertest.At(n.stamp(at, id), f)
	}
	return n.send(at, n.w.Together(id, dated...))
}

// stamp is the time that a block is written at: never before the one before it (libs/journal).
func (n *net) stamp(at *node, id journal.ID) time.Time {
	now := at.clock(n)
	for _, b := range at.own {
		if last := b.Header.RecordedAt.AsTime(); b.ID == id && last.After(now) {
			now = last
		}
	}
	return now
}

// clock is what time a node thinks that it is.
func (x *node) clock(n *net) time.Time { return n.now.Add(x.skew) }

// send folds a block where it was made, and sends it to those who read its journal.
func (n *net) send(at *node, b *journal.Block) error {
	at.own = append(at.own, b)
	if err := at.fold(b, n.now); err != nil {
		return n.failed("what was decided cannot be folded: %w", err)
	}
	for _, to := range n.nodes {
		if to != at && (n.hears == nil || n.hears(to, at)) && (n.reads == nil || n.reads(to, b.ID)) {
			n.flight = append(n.flight, message{at, to, b})
		}
	}
	return nil
}

func (x *node) fold(b *journal.Block, received time.Time) error {
	x.have[b.ID] = b.Header.Number
	position := ledgertest.Position(b)
	position.ReceivedAt = timestamppb.New(received)
	return errors.Join(x.tx.Apply(b.ID, b.Entries...), x.tx.Fold(b, position))
}

// receive folds a block in its turn, once.
func (x *node) receive(b *journal.Block, at time.Time) error {
	if x.ahead[b.ID] == nil {
		x.ahead[b.ID] = map[uint64]*journal.Block{}
	}
	x.ahead[b.ID][b.Header.Number] = b
	for next := x.ahead[b.ID][x.have[b.ID]+1]; next != nil; next = x.ahead[b.ID][x.have[b.ID]+1] {
		if err := x.fold(next, at); err != nil {
			return err
		}
	}
	return nil
}

// deliver lets most of what is on its way arrive, in any order, and now and then to come again; nothing over a line that is cut.
func (n *net) deliver(t *rapid.T) error {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
	r.Shuffle(len(n.flight), func(i, j int) { n.flight[i], n.flight[j] = n.flight[j], n.flight[i] })
	late := n.flight[:0:0]
	for _, m := range n.flight {
		if m.from.cut || m.to.cut || m.to.stuck == m.block.ID || r.IntN(4) == 0 {
			late = append(late, m)
			continue
		}
		if r.IntN(8) == 0 {
			late = append(late, m)
		}
		if err := m.to.receive(m.block, n.now); err != nil {
			return n.failed("%s cannot fold block %d of %s: %w", m.to.name, m.block.Header.Number, m.block.ID, err)
		}
	}
	n.flight = late
	return nil
}

// settle mends every line and lets everything arrive.
func (n *net) settle() error {
	for _, x := range n.nodes {
		x.cut = false
	}
	for _, m := range n.flight {
		if err := m.to.receive(m.block, n.now); err != nil {
			return n.failed("what came cannot be folded: %w", err)
		}
	}
	n.flight = n.flight[:0]
	return nil
}

// cutLines cuts one line now and then, and mends others.
func (n *net) cutLines(t *rapid.T, lines []*node) {
	cut := rapid.IntRange(-3*len(lines), len(lines)-1).Draw(t, "line")
	for i, x := range lines {
		was := x.cut
		if x.cut = i == cut || x.cut && rapid.IntRange(0, 7).Draw(t, "mend") > 0; x.cut != was {
			n.say("the line of %s is cut: %t", x.name, x.cut)
		}
	}
}
