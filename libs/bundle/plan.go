package bundle

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// plan is which part of which journals a bundle holds.
type plan struct {
	c    *Courier
	req  *queryv1.MakeBundleRequest
	all  []part
	left []*queryv1.BundleLeftOut
}

// part is a journal from where the reader stands: the messages of the stream here after from, up to last.
type part struct {
	id         journal.ID
	after      *queryv1.BundleJournal
	from, last uint64
}

func (p *plan) leave(id journal.ID, reason string) {
	p.left = append(p.left, &queryv1.BundleLeftOut{Journal: id.String(), Reason: reason})
}

func (p *plan) parts(ctx context.Context, v ledger.View) error {
	if p.req.Reader == p.c.Agency {
		return fault.Errorf(fault.Invalid, "%s is the agency of this node; a bundle is for another one", p.req.Reader)
	}
	if reader, err := v.AgencyRow(p.req.Reader); err != nil {
		return err
	} else if reader == nil {
		return fault.Errorf(fault.NotFound, "agency %s is not in the directory; see: counterfoil directory", p.req.Reader)
	}
	since := map[string]uint64{}
	for _, s := range p.req.Since {
		since[s.Journal] = s.Block
	}
	wanted, err := p.wanted(v)
	if err != nil {
		return err
	}
	for _, id := range wanted {
		reads, rule, err := reads(v, id, p.req.Reader)
		if err != nil {
			return err
		}
		position, err := v.Position(id)
		switch {
		case err != nil:
			return err
		case id.Agency == p.req.Reader:
			p.leave(id, "it is the reader's own")
		case !reads:
			p.leave(id, rule)
		case position == nil:
			p.leave(id, "there is nothing of it here")
		default:
			after, given := since[id.String()]
			if !given {
				receipt, err := v.Receipt(p.req.Reader + "/" + id.String())
				if err != nil {
					return err
				}
				after = receipt.GetReceipt().GetBlock()
			}
			one, err := p.begin(ctx, v, id, position, after)
			if err != nil {
				return err
			}
			p.all = append(p.all, one)
		}
	}
	return nil
}

// reads reports whether an agency reads a journal, and by which rule.
func reads(v ledger.View, id journal.ID, agency string) (bool, string, error) {
	readers, err := directory.Readers(v, id)
	for _, r := range readers {
		if r.Agency == agency {
			return r.Reads, r.Rule, err
		}
	}
	return false, agency + " is not in the directory", err
}

// wanted are the journals that were asked for and what opens them, the directory's first.
func (p *plan) wanted(v ledger.View) ([]journal.ID, error) {
	if p.req.ReceiptsOnly {
		return []journal.ID{directory.Own(p.c.Agency)}, nil
	}
	var ids []journal.ID
	for _, name := range p.req.Journals {
		id, err := journal.ParseID(name)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "%v", err)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 || p.req.Others {
		held, err := v.Positions()
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			id, err := journal.ParseID(h.Journal)
			if err != nil {
				return nil, err
			}
			if id.Agency == p.c.Agency && len(p.req.Journals) == 0 || id.Agency != p.c.Agency && id.Agency != p.req.Reader && p.req.Others {
				ids = append(ids, id)
			}
		}
	}
	for _, id := range slices.Clone(ids) {
		if id.Agency != p.req.Reader {
			ids = append(ids, directory.Own(id.Agency))
		}
	}
	ids = append(ids, directory.Journal, directory.Own(p.c.Agency))
	slices.SortFunc(ids, p.before)
	return slices.Compact(ids), nil
}

// before orders journals by what is needed to read them: the authority's part of the directory, the maker's, the others', the
// rest.
func (p *plan) before(a, b journal.ID) int {
	rank := func(id journal.ID) int {
		switch {
		case id == directory.Journal:
			return 0
		case id == directory.Own(p.c.Agency):
			return 1
		case id.Group == directory.Group:
			return 2
		}
		return 3
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.String(), b.String()))
}

// begin finds the last block that the reader has, or is not given, and that can be pointed at here.
func (p *plan) begin(ctx context.Context, v ledger.View, id journal.ID, at *ledgerv1.Position, since uint64) (part, error) {
	one := part{id: id, after: &queryv1.BundleJournal{Journal: id.String()}, last: at.Sequence}
	release, err := v.Release(ledger.ReleaseID(id.Agency, id.Group, p.req.Reader))
	if err != nil {
		return one, err
	}
	for block := min(max(since, release.GetStart().GetBlock()), at.Block); block > at.StartBlock; block-- {
		kept, err := blockAt(v, id, at, block)
		if err != nil {
			return one, err
		}
		origin, err := p.c.Node.Origin(ctx, id, kept.Sequence)
		if err != nil {
			return one, err
		}
		if origin == 0 {
			continue // its message was deleted for a withdrawal: one block earlier does as well
		}
		sum := sha256.Sum256(kept.Header)
		one.after.AfterBlock, one.after.AfterDigest, one.after.AfterSequence = block, sum[:], origin
		one.from = kept.Sequence
		return one, nil
	}
	if at.StartBlock > 0 { // the copy here begins later
		start, err := startAt(v, id, p.c.Agency, at.StartBlock)
		if err != nil {
			return one, err
		}
		one.after.AfterBlock, one.after.AfterDigest, one.after.AfterSequence = start.GetBlock(), start.GetHeaderDigest(), start.GetSequence()
	}
	return one, nil
}

// startAt is where an agency was told that its copy of a journal begins, if that is after the block; nil when it is not.
func startAt(v ledger.View, id journal.ID, agency string, block uint64) (*directoryv1.JournalStart, error) {
	release, err := v.Release(ledger.ReleaseID(id.Agency, id.Group, agency))
	if err != nil {
		return nil, err
	}
	for _, start := range append(slices.Clone(release.GetEarlierStarts()), release.GetStart()) {
		if block > 0 && start.GetBlock() == block {
			return start, nil
		}
	}
	return nil, nil
}

// blockAt finds a block that the ledger keeps by its number: events are what it is kept under.
func blockAt(v ledger.View, id journal.ID, at *ledgerv1.Position, number uint64) (*ledgerv1.FoldedBlock, error) {
	for low, high := at.StartEvents+1, at.Events; low <= high; {
		middle := low + (high-low)/2
		kept, err := v.Block(id, middle)
		if err != nil {
			return nil, err
		}
		if kept == nil {
			break
		}
		header := &eventv1.Header{}
		if err := proto.Unmarshal(kept.Header, header); err != nil {
			return nil, fmt.Errorf("read the header of block %d of %s: %w", kept.Number, id, err)
		}
		switch {
		case kept.Number == number:
			return kept, nil
		case kept.Number < number:
			low = header.FirstEvent + uint64(header.Count)
		default:
			high = header.FirstEvent - 1
		}
	}
	return nil, fmt.Errorf("block %d of %s is not in the ledger", number, id)
}
