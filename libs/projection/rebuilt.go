package projection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// mostRows is how many differing rows a result names.
const mostRows = 100

// compare holds the live ledger, as it stands at one moment, against the new one at the same blocks.
func (r *rebuild) compare(ctx context.Context) error {
	began := time.Now()
	err := r.live.Ledger.View(func(old ledger.View) error {
		at, err := r.places(ctx, old)
		if err != nil {
			return err
		}
		if err := r.fold(ctx, at); err != nil {
			return err
		}
		return r.again.Ledger.View(func(anew ledger.View) error {
			c := comparison{rebuild: r, old: old, anew: anew, journals: map[string]*queryv1.RebuiltJournal{}, unequal: map[string]bool{}}
			return c.run(ctx, at)
		})
	})
	r.result.Blocks = r.blocks()
	r.result.ComparedIn = durationpb.New(time.Since(began))
	return err
}

type comparison struct {
	*rebuild
	old, anew ledger.View
	journals  map[string]*queryv1.RebuiltJournal
	// unequal are journals of which the two ledgers hold not equally much, so that their rows cannot be compared.
	unequal map[string]bool
}

func (c *comparison) run(ctx context.Context, at []place) error {
	for _, p := range at {
		if err := c.position(p.id); err != nil {
			return err
		}
	}
	if err := c.parked(c.old, func(j *queryv1.RebuiltJournal) { j.ParkedBefore++ }); err != nil {
		return err
	}
	if err := c.parked(c.anew, func(j *queryv1.RebuiltJournal) { j.Parked++ }); err != nil {
		return err
	}
	if err := c.keptBlocks(at); err != nil {
		return err
	}
	return c.rows(ctx)
}

// of is what is said of a journal.
func (c *comparison) of(name string) *queryv1.RebuiltJournal {
	j := c.journals[name]
	if j == nil {
		j = &queryv1.RebuiltJournal{Journal: name}
		c.journals[name] = j
		c.result.Journals = append(c.result.Journals, j)
	}
	return j
}

func (c *comparison) found(name, format string, args ...any) {
	j := c.of(name)
	j.Findings = append(j.Findings, fmt.Sprintf(format, args...))
}

// position compares how far the two ledgers are in a journal.
func (c *comparison) position(id journal.ID) error {
	old, err := c.old.Position(id)
	if err != nil {
		return err
	}
	anew, err := c.anew.Position(id)
	if err != nil {
		return err
	}
	j := c.of(id.String())
	j.Block, j.Events = anew.GetBlock(), anew.GetEvents()
	c.unequal[j.Journal] = old.GetBlock() != anew.GetBlock()
	switch {
	case anew.GetBlock() < old.GetBlock():
		why := "the stream holds no more"
		if stop := c.again.State()[id]; stop != nil {
			why = fmt.Sprintf("block %d: %s", stop.Block, stop.Reason)
		}
		c.found(j.Journal, "the old ledger holds %d blocks; built anew it comes to block %d: %s", old.GetBlock(), anew.GetBlock(), why)
		c.result.Stays = fmt.Sprintf("it holds %d blocks of %s, and built anew it would hold %d: %s; see: counterfoil doctor",
			old.GetBlock(), id, anew.GetBlock(), why)
	case anew.GetBlock() > old.GetBlock():
		c.found(j.Journal, "the old ledger was stopped after block %d", old.GetBlock())
	case !samePosition(old, anew):
		c.found(j.Journal, "the old ledger had another hash of block %d or of the events before it", old.GetBlock())
	}
	return nil
}

func samePosition(a, b *ledgerv1.Position) bool {
	return a.GetEvents() == b.GetEvents() && a.GetStartEvents() == b.GetStartEvents() && bytes.Equal(a.GetHeaderDigest(), b.GetHeaderDigest()) &&
		bytes.Equal(a.GetRoot(), b.GetRoot())
}

func (c *comparison) parked(v ledger.View, count func(*queryv1.RebuiltJournal)) error {
	events, err := v.ParkedEvents()
	for _, e := range events {
		count(c.of(e.Journal))
	}
	return err
}

// keptBlocks compares the blocks that both ledgers keep. One that makes no sense in the old ledger is damage, no error.
func (c *comparison) keptBlocks(at []place) error {
	for _, p := range at {
		event, err := c.old.OtherBlock(p.id, c.anew)
		if err != nil {
			return c.damaged(err)
		}
		if event > 0 {
			c.found(p.id.String(), "the old ledger kept another block at event %d than the stream holds", event)
		}
	}
	return nil
}

// rows compares the rows of journals that both ledgers hold equally much of.
func (c *comparison) rows(ctx context.Context) error {
	total := c.anew.Rows()
	looked := func(rows uint64) {
		c.result.RowsCompared = rows
		c.progress(queryv1.RebuildPhase_REBUILD_PHASE_COMPARE, rows, max(rows, total))
	}
	return c.damaged(c.old.Differences(ctx, c.anew, looked, func(d ledger.Difference) error {
		if c.unequal[d.Journal] {
			return nil
		}
		c.result.Differences++
		j, what := c.of(d.Journal), "changed"
		switch {
		case d.Here && d.There:
			j.Changed++
		case d.There:
			what = "missing"
			j.Missing++
		default:
			what = "surplus"
			j.Surplus++
		}
		if len(c.result.Rows) < mostRows {
			c.result.Rows = append(c.result.Rows, &queryv1.RowDifference{Journal: d.Journal, Table: d.Table, Id: d.ID, What: what})
		}
		return nil
	}))
}

// damaged notes that the old ledger could not be read, which is no error: it gives way.
func (c *comparison) damaged(err error) error {
	if rebuild := (*ledger.Rebuild)(nil); errors.As(err, &rebuild) {
		c.result.Damage = rebuild.Reason
		return nil
	}
	return err
}
