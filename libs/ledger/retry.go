package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Retried is what a retry came to.
type Retried struct {
	// Applied are the events that are parked no longer, by journal and number, and Anew the journals that were folded anew.
	Applied []*ledgerv1.ParkedEvent
	Anew    []journal.ID
	// Still are the events that were asked for and are parked, by journal and number.
	Still []*ledgerv1.ParkedEvent
}

// RetryParked applies the parked events that can be applied by now: all, those of one journal, or the one with this number.
// The zero journal is all, number 0 every one.
//
// An event is applied in its place in its journal or not at all. Applied later it would stand after events that it came
// before and make rows that no other copy has; and the same blocks, folded by the same program, park the same events. So a
// retry changes something only where this program knows a kind that the one before did not: then the journals of that
// agency are folded anew from the blocks that are kept, as a ledger that is built anew would fold them. That is one
// transaction for each agency, at some 30,000 events a second, and whoever writes waits for it. A retry that ends early has
// done some agencies and not others.
func (l *Ledger) RetryParked(ctx context.Context, id journal.ID, number uint64) (*Retried, error) {
	before, err := l.parked()
	if err != nil {
		return nil, err
	}
	asked := func(p *ledgerv1.ParkedEvent) bool {
		return (id == journal.ID{} || p.Journal == id.String()) && (number == 0 || p.Number == number)
	}
	r := &Retried{}
	for _, p := range before {
		if !asked(p) || ParkedClass(p) != queryv1.ParkedClass_PARKED_CLASS_KNOWN_NOW {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("retry what is parked: %w", err)
		}
		if err := r.foldAnew(l, p.Journal); err != nil {
			return nil, fmt.Errorf("retry what is parked of %s: %w", p.Journal, err)
		}
	}
	after, err := l.parked()
	for _, p := range before {
		if _, still := slices.BinarySearchFunc(after, p, CompareParked); !still {
			r.Applied = append(r.Applied, p)
		}
	}
	for _, p := range after {
		if asked(p) {
			r.Still = append(r.Still, p)
		}
	}
	return r, err
}

// parked are all parked events, by journal and number.
func (l *Ledger) parked() (all []*ledgerv1.ParkedEvent, err error) {
	err = l.View(func(v View) error {
		all, err = v.ParkedEvents()
		return err
	})
	slices.SortFunc(all, CompareParked)
	return all, err
}

// foldAnew folds a journal anew, with those of its agency that it may share events with, unless that was done.
func (r *Retried) foldAnew(l *Ledger, name string) error {
	id, err := journal.ParseID(name)
	if err != nil || slices.Contains(r.Anew, id) {
		return err
	}
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	h, err := tx.journalHead(id)
	if err != nil {
		return err
	}
	if err := tx.foldAnew(h, nil); err != nil {
		return err
	}
	for id := range tx.heads {
		r.Anew = append(r.Anew, id)
	}
	slices.SortFunc(r.Anew, func(a, b journal.ID) int { return strings.Compare(a.String(), b.String()) })
	return tx.Commit()
}
