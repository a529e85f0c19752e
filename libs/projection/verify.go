package projection

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Verify reads every stored block of both streams again, checks each signature, chain and root, folds them into a fresh
// ledger beside this one and compares the two: blocks, positions and rows. It returns what is wrong, and the root hash
// over the rows of the ledger as it stands. progress is told of blocks done and blocks there are.
func (f *Follower) Verify(ctx context.Context, progress func(done, total uint64)) (findings []*queryv1.Finding, root [32]byte, err error) {
	dir, err := os.MkdirTemp(filepath.Dir(f.Ledger.Path()), "verify-")
	if err != nil {
		return nil, root, fmt.Errorf("make room for a second ledger: %w", err)
	}
	defer os.RemoveAll(dir)
	again, err := ledger.Open(filepath.Join(dir, "ledger.db"), ledger.Options{Agency: f.Agency})
	if err != nil {
		return nil, root, err
	}
	defer again.Close()
	v := verification{
		ctx: ctx, live: f, seen: map[string]bool{},
		again: New(Config{
			Agency: f.Agency, Ledger: again, Keys: f.Keys.Fresh(), JetStream: f.JetStream, Own: f.Own, Inbox: f.Inbox,
			Evidence: filepath.Join(dir, "evidence"), Progress: progress, Logger: f.Logger,
		}),
	}
	err = f.Ledger.View(func(view ledger.View) error { // one reading transaction: the ledger as it stands
		root, err = v.run(view)
		return err
	})
	if err != nil {
		return nil, root, fmt.Errorf("verify: %w", err)
	}
	return v.findings, root, nil
}

type verification struct {
	ctx         context.Context
	live, again *Follower
	findings    []*queryv1.Finding
	seen        map[string]bool
}

// source is a journal and the stream that holds it.
type source struct {
	id     journal.ID
	stream jetstream.Stream
	// last is the stream's last sequence.
	last uint64
}

func (v *verification) run(view ledger.View) (root [32]byte, err error) {
	sources, err := v.sources(view)
	if err != nil {
		return root, err
	}
	for id, stop := range v.live.State() {
		v.find(id, stop.Block, stop.Reason)
	}
	for _, s := range sources {
		position, err := view.Position(s.id)
		if err != nil {
			return root, err
		}
		if position == nil {
			continue
		}
		if err := v.read(s, position.Sequence); err != nil {
			return root, err
		}
		if err := v.compareBlocks(view, s.id); err != nil {
			return root, err
		}
	}
	if root, err = v.compareRows(view); err != nil {
		return root, err
	}
	for _, s := range sources { // what is stored and not folded
		if err := v.read(s, s.last); err != nil {
			return root, err
		}
	}
	for id, stop := range v.again.State() {
		v.find(id, stop.Block, stop.Reason)
	}
	return root, nil
}

// sources lists the journals of both streams and of the ledger, the directory first.
func (v *verification) sources(view ledger.View) ([]source, error) {
	var list []source
	known, err := journals(view)
	if err != nil {
		return nil, err
	}
	for _, stream := range []jetstream.Stream{v.live.Own, v.live.Inbox} {
		counts, last, err := v.live.subjects(v.ctx, stream)
		if err != nil {
			return nil, err
		}
		if err := v.again.count(counts); err != nil {
			return nil, err
		}
		for id := range counts {
			list = append(list, source{id, stream, last})
		}
		for _, id := range known {
			if _, ok := counts[id]; !ok && (id.Agency == v.live.Agency) == (stream == v.live.Own) {
				v.find(id, 1, "the ledger has it and the stream "+v.live.names[stream]+" has none of its blocks")
			}
		}
	}
	slices.SortFunc(list, func(a, b source) int { return directoryFirst(a.id, b.id) })
	return list, nil
}

func (v *verification) read(s source, last uint64) error {
	if err := v.again.catchUp(v.ctx, s.stream, s.id, last, bulkEvents, true); err != nil {
		return err
	}
	if isDirectory(s.id) {
		return v.again.Ledger.View(v.again.Keys.Learn)
	}
	return nil
}

// compareBlocks holds the blocks that the ledger keeps against those that were just read.
func (v *verification) compareBlocks(view ledger.View, id journal.ID) error {
	ordered, err := withdrawn(view, id)
	if err != nil {
		return err
	}
	return v.again.Ledger.View(func(other ledger.View) error {
		position, err := view.Position(id)
		if err != nil {
			return err
		}
		read, err := other.Position(id)
		if err != nil {
			return err
		}
		for event := position.GetStartEvents() + 1; event <= min(position.GetEvents(), read.GetEvents()); {
			kept, err := view.Block(id, event)
			if err != nil {
				return err
			}
			stored, err := other.Block(id, event)
			if err != nil {
				return err
			}
			if kept == nil || !bytes.Equal(kept.Header, stored.Header) || !bytes.Equal(kept.Body, stored.Body) ||
				!slices.EqualFunc(kept.Withdrawn, stored.Withdrawn, sameLeaf) {
				v.find(id, stored.GetNumber(), "the ledger keeps another block than the stream")
				return nil
			}
			for _, w := range stored.Withdrawn {
				if !ordered[w.Number] {
					v.find(id, stored.Number, fmt.Sprintf("event %d was taken out of it and no order names it", w.Number))
				}
			}
			events, err := journal.SplitBody(stored.Body)
			if err != nil {
				return err
			}
			event += uint64(len(events))
		}
		if read.GetBlock() < position.GetBlock() && v.again.State()[id] == nil {
			v.find(id, read.GetBlock()+1, fmt.Sprintf("the ledger has folded %d blocks, the stream holds %d", position.GetBlock(), read.GetBlock()))
		}
		return nil
	})
}

// compareRows compares the rows of each journal that both ledgers hold to the same block.
func (v *verification) compareRows(view ledger.View) (root [32]byte, err error) {
	root, rows, err := view.Root(v.ctx)
	if err != nil {
		return root, err
	}
	err = v.again.Ledger.View(func(other ledger.View) error {
		_, again, err := other.Root(v.ctx)
		if err != nil {
			return err
		}
		for id, want := range again {
			position, err := view.Position(id)
			if err != nil {
				return err
			}
			read, err := other.Position(id)
			if err != nil {
				return err
			}
			if read.GetBlock() == position.GetBlock() && rows[id] != want {
				v.find(id, position.GetBlock(), "the rows of the ledger are not what the events make")
			}
		}
		return nil
	})
	return root, err
}

func (v *verification) find(id journal.ID, block uint64, what string) {
	key := fmt.Sprint(id, block, what)
	if v.seen[key] {
		return
	}
	v.seen[key] = true
	v.findings = append(v.findings, &queryv1.Finding{Journal: id.String(), Block: block, What: what, Next: "counterfoil doctor"})
}
