// Package heartbeat says now and then in a journal with licences in force that nothing newer was recorded there, so that copies
// of it count as fresh (docs/border.md, Release).
package heartbeat

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/adopted"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// defaultAge is how old a copy of a licence may be where no policy says.
	defaultAge = time.Hour
	// pageSize is how many licences are looked at together.
	pageSize = 200
)

// Beats records heartbeats. What it remembers spares looking for a licence in force each time; a new one looks anew. Safe for
// concurrent use.
type Beats struct {
	mu sync.Mutex
	// found is a licence in force by journal; none until when none is.
	found map[string]string
	none  map[string]absence
	// every is how often, by the policies that were on record when the directory had so many events.
	every     time.Duration
	directory uint64
}

// absence is that a journal had no licence in force when it had so many events; one comes into force at a time, if at all.
type absence struct {
	events uint64
	until  time.Time
}

// Due records a heartbeat in one journal of this agency that has a licence in force, once its last block, whatever it holds, is
// a quarter as old as the copy of a licence may be by the strictest policy on record. It says when the next is due.
func (b *Beats) Due(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	positions, err := view.Positions()
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read how far the journals are: %w", err)
	}
	if err := b.pace(view, positions); err != nil {
		return nil, time.Time{}, err
	}
	var next time.Time
	for _, p := range positions {
		agency, group, _ := strings.Cut(p.GetJournal(), "/")
		if agency != view.Agency() || group == ledger.Directory.Group {
			continue
		}
		at := p.GetRecordedAt().AsTime().Add(b.every)
		if !at.After(now) {
			in, until, err := b.inForce(view, p, now)
			switch {
			case err != nil:
				return nil, time.Time{}, err
			case in:
				return []proto.Message{ledger.Dated{Message: &licensingv1.Heartbeat{}, Group: group}}, time.Time{}, nil
			}
			at = until
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return nil, next, nil
}

// pace works out how often heartbeats are due, where the directory has grown.
func (b *Beats) pace(view ledger.View, positions []*ledgerv1.Position) (err error) {
	i := slices.IndexFunc(positions, func(p *ledgerv1.Position) bool { return p.GetJournal() == ledger.Directory.String() })
	if b.every > 0 && i >= 0 && positions[i].GetEvents() == b.directory {
		return nil
	}
	if i >= 0 {
		b.directory = positions[i].GetEvents()
	}
	b.every, err = interval(view)
	return err
}

// interval is a quarter of the least age that a policy on record allows a copy; policies that are no longer in force count as
// well, because licences granted under them do.
func interval(view ledger.View) (time.Duration, error) {
	policies, err := adopted.Policies(view)
	if err != nil {
		return 0, err
	}
	age := defaultAge
	for _, p := range policies {
		if minutes := p.Terms.GetRelease().GetMaxAgeMinutes(); minutes > 0 {
			age = min(age, time.Duration(minutes)*time.Minute)
		}
	}
	return age / 4, nil
}

// inForce reports whether a licence in force is of a journal; if not, from when one will be.
func (b *Beats) inForce(view ledger.View, p *ledgerv1.Position, now time.Time) (bool, time.Time, error) {
	if b.found == nil {
		b.found, b.none = map[string]string{}, map[string]absence{}
	}
	name := p.GetJournal()
	if id := b.found[name]; id != "" {
		l, err := view.Licence(id)
		if err != nil || inForce(l, now) {
			return err == nil, time.Time{}, err
		}
		delete(b.found, name)
	}
	if none, known := b.none[name]; known && none.events == p.GetEvents() && (none.until.IsZero() || now.Before(none.until)) {
		return false, none.until, nil
	}
	id, until, err := look(view, name, now)
	if err != nil {
		return false, until, err
	}
	if id == "" {
		b.none[name] = absence{p.GetEvents(), until}
		return false, until, nil
	}
	b.found[name] = id
	return true, until, nil
}

// look finds a licence of a journal that is in force; if there is none, when the next will come into force.
func look(view ledger.View, journal string, now time.Time) (id string, until time.Time, err error) {
	granted := &queryv1.Filter{Conditions: []*queryv1.Condition{
		{Attribute: "journal", Values: []string{journal}}, {Attribute: "status", Values: []string{"granted"}},
	}}
	for page := ""; ; {
		rows, next, err := view.List(queryv1.Table_TABLE_LICENCES, granted, page, pageSize)
		if err != nil {
			return "", until, fmt.Errorf("list the licences of %s: %w", journal, err)
		}
		for _, r := range rows {
			l := r.GetLicence()
			if inForce(l, now) {
				return l.GetId(), until, nil
			}
			if from := l.GetValidFrom().AsTime(); from.After(now) && (until.IsZero() || from.Before(until)) {
				until = from
			}
		}
		if page = next; page == "" {
			return "", until, nil
		}
	}
}

func inForce(l *ledgerv1.Licence, now time.Time) bool {
	return l.GetStatus() == ledgerv1.Status_STATUS_GRANTED &&
		(l.GetValidFrom() == nil || !now.Before(l.GetValidFrom().AsTime())) && (l.GetValidUntil() == nil || now.Before(l.GetValidUntil().AsTime()))
}
