package replay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// ahead is how many blocks are decoded ahead of the fold; it bounds memory.
	ahead = 6
	// bulkEvents is the most events that one transaction folds, and bulkBytes how many bytes of them, which bounds memory too.
	bulkEvents, bulkBytes = 10_000, 16 << 20
)

// Key is a signing key's public side.
type Key = ed25519.PublicKey

// Trust is what blocks are checked against.
type Trust struct {
	// Keys are the signing keys of each agency.
	Keys map[string][]Key
	// Starts are where copies begin of which earlier blocks were not given.
	Starts map[journal.ID][]*directoryv1.JournalStart
}

// TrustOf is what a ledger's directory says.
func TrustOf(v ledger.View) (*Trust, error) {
	t := &Trust{Keys: map[string][]Key{}, Starts: map[journal.ID][]*directoryv1.JournalStart{}}
	agencies, err := v.Agencies()
	if err != nil {
		return nil, fmt.Errorf("read the agencies: %w", err)
	}
	changed, err := v.ChangedKeys()
	if err != nil {
		return nil, fmt.Errorf("read the keys that agencies changed to: %w", err)
	}
	for _, a := range agencies {
		for _, k := range a.GetSigningKeys() {
			t.Keys[a.Id] = append(t.Keys[a.Id], k.GetPublic())
		}
	}
	for _, own := range changed {
		agency := ledger.AgencyOf(own.Id)
		for _, k := range own.GetSigningKeys() {
			t.Keys[agency] = append(t.Keys[agency], k.GetPublic())
		}
	}
	releases, err := v.ReleasesWith("reader", v.Agency())
	if err != nil {
		return nil, fmt.Errorf("read where copies begin: %w", err)
	}
	for _, r := range releases {
		id, err := journal.ParseID(r.GetJournal())
		if err != nil {
			return nil, err
		}
		id.Group = r.GetGroup()
		t.Starts[id] = append(r.GetEarlierStarts(), r.GetStart())
	}
	return t, nil
}

// ReadTrust reads off the wire what blocks are checked against.
func ReadTrust(res *queryv1.PlanReplayResponse) (*Trust, error) {
	t := &Trust{Keys: map[string][]Key{}, Starts: map[journal.ID][]*directoryv1.JournalStart{}}
	for _, s := range res.GetSigners() {
		for _, k := range s.GetKeys() {
			t.Keys[s.Agency] = append(t.Keys[s.Agency], k)
		}
	}
	for _, s := range res.GetStarts() {
		id, err := journal.ParseID(s.GetJournal())
		if err != nil {
			return nil, err
		}
		t.Starts[id] = append(t.Starts[id], s.GetStart())
	}
	return t, nil
}

// signed checks that a block was signed with a key of its agency.
func (t *Trust) signed(b *journal.Block) error {
	for _, public := range t.Keys[b.ID.Agency] {
		if string(journal.KeyID(public)) == string(b.Header.KeyId) {
			return b.VerifySignature(public)
		}
	}
	return &journal.Broken{ID: b.ID, Block: b.Header.Number, Reason: fmt.Sprintf("it was signed with key %x, which is not one of %s", b.Header.KeyId, b.ID.Agency)}
}

// after is the head that a block follows on in a copy that lacks blocks before it; nil when nothing says that it may.
func (t *Trust) after(b *journal.Block) (*journal.Head, error) {
	starts := t.Starts[b.ID]
	i := slices.IndexFunc(starts, func(s *directoryv1.JournalStart) bool { return s.GetBlock()+1 == b.Header.Number })
	if i < 0 {
		return nil, nil
	}
	head, err := journal.StartAt(b.ID, starts[i])
	return &head, err
}

// Into folds blocks into a ledger.
type Into struct {
	Ledger *ledger.Ledger
	// Trust is what blocks are checked against. Nil for blocks of a ledger that checked them when it took them in: then only their
	// numbers have to follow.
	Trust *Trust
	// Progress is told how many events were folded since Fold began. Optional.
	Progress func(events uint64)

	heads map[journal.ID]journal.Head
	last  map[journal.ID]*journal.Block
	tx    *ledger.Tx
	open  int // events in tx
	bytes int
	done  uint64
}

// opened is a block on its way to the fold. ready is closed once block or err is set.
type opened struct {
	block *journal.Block
	err   error
	ready chan struct{}
}

// Fold folds the blocks that source gives, each after the one before it in its journal, and commits as it goes: interrupted, it is done
// again with the blocks after the ledger's positions. Chain and root of every block are checked, and before every commit the signature
// of the last block of each journal, which covers those before it. It returns *journal.Broken for what does not hold, and source's
// error.
func (i *Into) Fold(ctx context.Context, source func(context.Context, func(*ledgerv1.FoldedBlock) error) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue, ended := make(chan *opened, ahead), make(chan error, 1)
	go func() {
		defer close(queue)
		ended <- source(ctx, func(kept *ledgerv1.FoldedBlock) error {
			o := &opened{ready: make(chan struct{})}
			go func() {
				defer close(o.ready)
				o.block, o.err = journal.Reopened(kept)
			}()
			select {
			case queue <- o:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	i.heads, i.last, i.done = map[journal.ID]journal.Head{}, map[journal.ID]*journal.Block{}, 0
	defer i.abandon()
	for o := range queue {
		<-o.ready
		if o.err != nil {
			return o.err
		}
		if err := i.block(o.block); err != nil {
			return err
		}
	}
	if err := <-ended; err != nil {
		return err
	}
	return i.commit()
}

// At is how far the ledger that is folded into has each journal.
func At(l *ledger.Ledger) (map[journal.ID]Extent, error) {
	at := map[journal.ID]Extent{}
	err := l.View(func(v ledger.View) error {
		positions, err := v.Positions()
		for _, p := range positions {
			id, parseErr := journal.ParseID(p.Journal)
			err = errors.Join(err, parseErr)
			at[id] = Extent{p.Block, p.Events}
		}
		return err
	})
	return at, err
}

func (i *Into) block(b *journal.Block) error {
	if i.tx == nil {
		tx, err := i.Ledger.Begin()
		if err != nil {
			return err
		}
		i.tx = tx
	}
	position, err := i.follow(b)
	if err != nil {
		return err
	}
	if err := i.tx.Fold(b, position); err != nil {
		return fmt.Errorf("fold block %d of %s: %w", b.Header.Number, b.ID, err)
	}
	i.last[b.ID] = b
	i.open += len(b.Entries)
	i.bytes += len(b.Plain)
	if i.open < bulkEvents && i.bytes < bulkBytes {
		return nil
	}
	return i.commit()
}

// follow returns the position after a block.
func (i *Into) follow(b *journal.Block) (*ledgerv1.Position, error) {
	if i.Trust == nil {
		return i.plainly(b)
	}
	head, err := i.head(b)
	if err != nil {
		return nil, err
	}
	next, err := head.Next(b)
	if err != nil {
		return nil, err
	}
	i.heads[b.ID] = next
	return next.Position(), nil
}

// plainly is follow for blocks that need no checking.
func (i *Into) plainly(b *journal.Block) (*ledgerv1.Position, error) {
	before, err := i.tx.Position(b.ID)
	if err != nil {
		return nil, err
	}
	p := &ledgerv1.Position{
		Journal: b.ID.String(), Block: b.Header.Number, Events: b.Header.FirstEvent + uint64(len(b.Entries)) - 1, HeaderDigest: b.Digest[:],
		Sequence: b.Sequence, RecordedAt: b.Header.RecordedAt, ReceivedAt: timestamppb.New(b.ReceivedAt), Root: b.Header.Root,
		StartBlock: before.GetStartBlock(), StartEvents: before.GetStartEvents(),
	}
	if b.Header.Number > before.GetBlock()+1 {
		p.StartBlock, p.StartEvents = b.Header.Number-1, b.Header.FirstEvent-1
		err = i.tx.BeginAt(b.ID, &ledgerv1.Position{Block: p.StartBlock, Events: p.StartEvents})
	}
	return p, err
}

// head is what a block has to follow on.
func (i *Into) head(b *journal.Block) (*journal.Head, error) {
	head, known := i.heads[b.ID]
	if !known {
		position, err := i.tx.Position(b.ID)
		if err != nil {
			return nil, err
		}
		if head, err = journal.HeadAt(b.ID, position); err != nil {
			return nil, err
		}
	}
	if b.Header.Number <= head.Block+1 {
		return &head, nil
	}
	after, err := i.Trust.after(b)
	if after == nil || err != nil {
		return &head, err // the block says itself what is missing
	}
	return after, i.tx.BeginAt(b.ID, after.Position())
}

func (i *Into) commit() error {
	if i.tx == nil {
		return nil
	}
	for _, b := range i.last {
		if i.Trust == nil {
			break
		}
		if err := i.Trust.signed(b); err != nil {
			return err
		}
	}
	err := i.tx.Commit()
	i.done += uint64(i.open)
	i.tx, i.open, i.bytes = nil, 0, 0
	clear(i.last)
	if err != nil {
		return err
	}
	if i.Progress != nil {
		i.Progress(i.done)
	}
	return nil
}

func (i *Into) abandon() {
	if i.tx != nil {
		i.tx.Rollback()
		i.tx = nil
	}
}

// horizonKey is where a ledger that was replayed says which part of history it holds.
const horizonKey = "replay/horizon"

// Begin marks a ledger as one that holds a horizon. One that holds another is refused.
func Begin(l *ledger.Ledger, asked proto.Message) error {
	want, err := proto.MarshalOptions{Deterministic: true}.Marshal(asked)
	if err != nil {
		return err
	}
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if held := tx.Local(horizonKey); held != nil && string(held) != string(append([]byte{1}, want...)) {
		return fault.Errorf(fault.Conflict, "the ledger in this folder is of another part of history; give the same choice again to go on, or another folder")
	}
	positions, err := tx.Positions()
	if err != nil {
		return err
	}
	if tx.Local(horizonKey) == nil && len(positions) > 0 {
		return fault.Errorf(fault.Conflict, "the folder holds a ledger that is no replay; give another folder")
	}
	if err := tx.PutLocal(horizonKey, append([]byte{1}, want...)); err != nil {
		return err
	}
	return tx.Commit()
}
