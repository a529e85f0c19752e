package replay

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// viewBytes is about how much is read of a ledger in one view of it, in bytes: a ledger that grows waits for open views.
const viewBytes = 4 << 20

// Extent is how far of a journal a horizon goes.
type Extent struct {
	Block, Events uint64
}

// Plan is what there is to fold.
type Plan struct {
	// To is the last block of each journal that has anything within the horizon.
	To map[journal.ID]Extent
	// Looked is how far each journal was looked through.
	Looked map[journal.ID]Extent
	// Events are within the horizon.
	Events uint64
}

// ToRead is how many blocks a plan reads of journals after where after says.
func (p *Plan) ToRead(after map[journal.ID]Extent) (blocks uint64) {
	for id, to := range p.To {
		blocks += to.Block - min(to.Block, after[id].Block)
	}
	return blocks
}

// Plan looks through a ledger's blocks, of each journal after where after says, for what is within the horizon. It reads every event's
// times and kind and decodes no fact: about half a second for a million.
func (h *Horizon) Plan(ctx context.Context, of *ledger.Ledger, after map[journal.ID]Extent) (*Plan, error) {
	p := &Plan{To: map[journal.ID]Extent{}, Looked: map[journal.ID]Extent{}}
	err := h.each(ctx, of, after, nil, func(id journal.ID, kept *ledgerv1.FoldedBlock) error {
		header, within, err := h.look(id, kept, nil)
		if err != nil {
			return err
		}
		end := Extent{header.Number, header.FirstEvent + uint64(header.Count) - 1}
		p.Looked[id] = end
		if within > 0 {
			p.To[id] = end
			p.Events += uint64(within)
		}
		return nil
	})
	return p, err
}

// Blocks calls fn with the blocks up to those that a plan goes to, of each journal after where after says, in order, with only the leaf
// hashes of what is not within the horizon. fn may keep them.
func (h *Horizon) Blocks(ctx context.Context, of *ledger.Ledger, after map[journal.ID]Extent, to *Plan, fn func(*ledgerv1.FoldedBlock) error) error {
	return h.each(ctx, of, after, to, func(id journal.ID, kept *ledgerv1.FoldedBlock) error {
		out := map[int]bool{}
		if _, _, err := h.look(id, kept, out); err != nil {
			return err
		}
		if err := restrict(kept, out); err != nil {
			return fmt.Errorf("block %d of %s: %w", kept.Number, id, err)
		}
		return fn(kept)
	})
}

// each calls fn with blocks of the journals that the horizon does not skip, in views of some blocks each.
func (h *Horizon) each(ctx context.Context, of *ledger.Ledger, after map[journal.ID]Extent, to *Plan, fn func(journal.ID, *ledgerv1.FoldedBlock) error) error {
	var positions []*ledgerv1.Position
	err := of.View(func(v ledger.View) (err error) {
		positions, err = v.Positions()
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range positions {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return err
		}
		end := Extent{p.Block, p.Events}
		if to != nil {
			end = to.To[id]
		}
		if h.skips(id) {
			continue
		}
		if last, bounded := h.upTo[id]; bounded {
			end.Block = min(end.Block, last)
		}
		for at := after[id].Events; at < end.Events; {
			if err := ctx.Err(); err != nil {
				return err
			}
			before := at
			if at, err = some(of, id, at, end, fn); err != nil {
				return fmt.Errorf("read %s: %w", id, err)
			}
			if at == before {
				break
			}
		}
	}
	return nil
}

var errEnough = errors.New("enough blocks for one view")

// some reads blocks of a journal after an event in one view, calls fn with them when that has ended, for whoever takes its time must not
// hold up the ledger, and returns the last event that it read.
func some(of *ledger.Ledger, id journal.ID, after uint64, end Extent, fn func(journal.ID, *ledgerv1.FoldedBlock) error) (uint64, error) {
	var blocks []*ledgerv1.FoldedBlock
	size := 0
	err := of.View(func(v ledger.View) error {
		return v.EachBlockAfter(id, after, func(kept *ledgerv1.FoldedBlock) error {
			if kept.Number > end.Block || size >= viewBytes {
				return errEnough
			}
			header := &eventv1.Header{}
			if err := proto.Unmarshal(kept.Header, header); err != nil {
				return err
			}
			after = header.FirstEvent + uint64(header.Count) - 1
			blocks, size = append(blocks, kept), size+len(kept.Body)
			return nil
		})
	})
	if err != nil && !errors.Is(err, errEnough) {
		return after, err
	}
	for _, kept := range blocks {
		if err := fn(id, kept); err != nil {
			return after, err
		}
	}
	return after, nil
}

// look counts the events of a block that are within the horizon, and notes the places of the others in out.
func (h *Horizon) look(id journal.ID, kept *ledgerv1.FoldedBlock, out map[int]bool) (*eventv1.Header, int, error) {
	header := &eventv1.Header{}
	if err := proto.Unmarshal(kept.Header, header); err != nil {
		return nil, 0, fmt.Errorf("read the header of block %d: %w", kept.Number, err)
	}
	raws, err := journal.SplitBody(kept.Body)
	if err != nil {
		return nil, 0, fmt.Errorf("read block %d: %w", kept.Number, err)
	}
	s := ledger.Standing{Journal: id, Header: header, ReceivedAt: kept.ReceivedAt.AsTime()}
	e, within := &glance{}, 0
	for i, raw := range raws {
		s.Number = header.FirstEvent + uint64(i)
		if len(raw) == 0 {
			continue // withdrawn
		}
		if err := e.read(raw); err != nil {
			return nil, 0, fmt.Errorf("read event %d: %w", s.Number, err)
		}
		if h.Within(s, &e.event) {
			within++
		} else if out != nil {
			out[i] = true
		}
	}
	return header, within, nil
}

// glance reads of an event what a horizon looks at, off the wire.
type glance struct {
	event              eventv1.Event
	occurred, recorded timestamppb.Timestamp
}

// The fields of an event that a horizon looks at.
const (
	occurredField = 3
	recordedField = 4
	kindField     = 10
)

func (g *glance) read(raw []byte) error {
	g.event.OccurredAt, g.event.RecordedAt, g.event.Kind = nil, nil, ""
	for len(raw) > 0 {
		field, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return protowire.ParseError(n)
		}
		raw = raw[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(field, kind, raw); n < 0 {
				return protowire.ParseError(n)
			}
			raw = raw[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(raw)
		if n < 0 {
			return protowire.ParseError(n)
		}
		raw = raw[n:]
		var err error
		switch field {
		case occurredField:
			g.event.OccurredAt, err = &g.occurred, proto.Unmarshal(value, &g.occurred)
		case recordedField:
			g.event.RecordedAt, err = &g.recorded, proto.Unmarshal(value, &g.recorded)
		case kindField:
			g.event.Kind = string(value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// restrict leaves of a kept block the leaf hashes of the events in these places.
func restrict(kept *ledgerv1.FoldedBlock, out map[int]bool) error {
	if len(out) == 0 {
		return nil
	}
	header := &eventv1.Header{}
	if err := proto.Unmarshal(kept.Header, header); err != nil {
		return err
	}
	raws, err := journal.SplitBody(kept.Body)
	if err != nil {
		return err
	}
	gone := map[uint64]*ledgerv1.WithdrawnLeaf{}
	for _, w := range kept.Withdrawn {
		gone[w.Number] = w
	}
	body := make([]byte, 0, len(kept.Body))
	kept.Withdrawn = nil
	for i, raw := range raws {
		number := header.FirstEvent + uint64(i)
		w := gone[number]
		if out[i] {
			leaf := journal.LeafHash(raw)
			w, raw = &ledgerv1.WithdrawnLeaf{Number: number, Leaf: leaf[:]}, nil
		}
		if w != nil {
			kept.Withdrawn = append(kept.Withdrawn, w)
		}
		body = protowire.AppendBytes(protowire.AppendTag(body, 1, protowire.BytesType), raw)
	}
	kept.Body = body
	return nil
}

// Source is Blocks for Into.Fold.
func (h *Horizon) Source(of *ledger.Ledger, after map[journal.ID]Extent, to *Plan) func(context.Context, func(*ledgerv1.FoldedBlock) error) error {
	return func(ctx context.Context, fn func(*ledgerv1.FoldedBlock) error) error {
		return h.Blocks(ctx, of, after, to, fn)
	}
}
