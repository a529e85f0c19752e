package desk

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Reaction is a rule that an event triggers, own or received, or a time that comes. What it records for an event carries a
// key made of the reaction's name and the event, and the cursor moves in the transaction that records it: each event has
// its effect at most once.
type Reaction struct {
	// Name is stable and unique in the agency.
	Name string
	// Kind of the events that it hears.
	Kind protoreflect.FullName
	// React decides like a command, also for several groups: each is recorded by a command of its own. It is pure, and may be
	// asked again about the same event. It is asked first on what is committed, and, when it decides something, again in the
	// transaction that records it.
	React func(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error)
	// Due, in place of Kind and React, decides what things come to whose time has come, as many as one record bears, and says when the next
	// will be; zero: none. It is asked after changes and at that time, until it decides nothing; then it rests for 20 times as long as it took.
	Due func(view ledger.View, now time.Time) (facts []proto.Message, next time.Time, err error)
}

// A reaction looks at so many events of a journal, and for so long, before the others have their turn: what cannot wait does
// not wait for long.
const (
	hearAtOnce = 64
	turnTime   = 20 * time.Millisecond
)

// react hears every event once for each reaction, does what is due, and keeps the agency's own statements up with the
// directory, as the ledger grows, until ctx ends.
func (d *Desk) react(ctx context.Context) {
	kept, rested := uint64(0), map[string]time.Time{}
	_ = d.Ledger.Follow(ctx, func() (again time.Duration) { // it ends with ctx
		var err error
		if kept, err = d.keepUp(ctx, kept); err != nil && ctx.Err() == nil {
			d.Logger.Error("own statements are not up with the directory", "agency", d.Agency, "err", err)
		}
		positions, err := d.positions()
		if err != nil {
			d.Logger.Error("reactions stopped for now", "agency", d.Agency, "err", err)
			return longestWait
		}
		for _, r := range d.Reactions {
			wait, err := d.turn(ctx, r, positions, rested)
			if err != nil && ctx.Err() == nil {
				d.Logger.Error("reaction stopped for now", "agency", d.Agency, "reaction", r.Name, "err", err)
				wait = tryAgain // nothing may change before then
			}
			if wait > 0 && (again == 0 || wait < again) {
				again = wait
			}
		}
		return again
	})
}

// positions are how far each journal is committed.
func (d *Desk) positions() (positions []*ledgerv1.Position, err error) {
	err = d.Ledger.Committed(func(v ledger.View) (err error) {
		positions, err = v.Positions()
		return err
	})
	return positions, err
}

// turn gives a reaction its turn, and says after how long it wants the next; 0 is when something changes. rested has until when those to
// a time rest.
func (d *Desk) turn(ctx context.Context, r Reaction, positions []*ledgerv1.Position, rested map[string]time.Time) (time.Duration, error) {
	if r.Due != nil {
		if rests := time.Until(rested[r.Name]); rests > 0 {
			return rests, nil
		}
		wait, took, err := d.doDue(ctx, r)
		rested[r.Name] = time.Now().Add(restFor * took)
		return wait, err
	}
	more, err := d.hear(ctx, r, positions)
	if more {
		return time.Nanosecond, err
	}
	return 0, err
}

// tryAgain is how long after a reaction failed it is tried again.
const tryAgain = 2 * time.Second

// longestWait bounds how long a time that was stepped back goes unnoticed.
const longestWait = time.Minute

// restFor is how many times as long as it took a reaction to a time rests once it has found nothing due: what is open, however much it
// is, takes a twentieth of a processor at most while the ledger grows.
const restFor = 20

// doDue records what is due and says after how long the next is, and how long it took to see that none is.
func (d *Desk) doDue(ctx context.Context, r Reaction) (wait, took time.Duration, err error) {
	for {
		var facts []proto.Message
		var next time.Time
		began := time.Now()
		err := d.Ledger.Committed(func(v ledger.View) (err error) {
			facts, next, err = r.Due(v, d.Now())
			return err
		})
		switch {
		case err != nil:
			return 0, 0, fmt.Errorf("look what is due: %w", err)
		case len(facts) == 0 && next.IsZero():
			return 0, time.Since(began), nil
		case len(facts) == 0:
			return min(max(next.Sub(d.Now()), time.Millisecond), longestWait), time.Since(began), nil
		}
		_, err = d.submit(&command{
			particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(d.Now()), Officer: &eventv1.Officer{Role: "clock"}},
			decide: func(v ledger.View) ([]proto.Message, error) {
				facts, _, err := r.Due(v, d.Now())
				return facts, err
			},
			ctx: ctx, done: make(chan outcome, 1),
		})
		if err != nil {
			return 0, 0, fmt.Errorf("record what is due: %w", err)
		}
	}
}

// keepUp has what is due recorded when the directory moved since it was kept up to.
func (d *Desk) keepUp(ctx context.Context, kept uint64) (uint64, error) {
	var directed uint64
	err := d.Ledger.Committed(func(v ledger.View) (err error) {
		_, directed, err = known(v, d.Agency)
		return err
	})
	if err != nil || directed == kept {
		return kept, err
	}
	if _, err := d.submit(d.keeping(ctx)); err != nil {
		return kept, err
	}
	return directed, nil
}

// hear lets one reaction hear the next events of every journal that has grown since it was last heard to its end, and reports
// whether there are more.
func (d *Desk) hear(ctx context.Context, r Reaction, positions []*ledgerv1.Position) (more bool, err error) {
	for _, p := range positions {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return false, err
		}
		key := cursorKey(r, id)
		if d.heard[key] >= p.Events {
			continue
		}
		here, err := d.hearJournal(ctx, r, id)
		if err != nil {
			return false, fmt.Errorf("hear %s: %w", id, err)
		}
		if !here {
			d.heard[key] = p.Events
		}
		more = more || here
	}
	return more, nil
}

func (d *Desk) hearJournal(ctx context.Context, r Reaction, id journal.ID) (more bool, err error) {
	var heard []journal.Entry
	decides := map[uint64][]string{}
	err = d.Ledger.Committed(func(v ledger.View) error {
		after, err := d.cursor(v, r, id)
		if err != nil {
			return err
		}
		if heard, err = v.EntriesOfKind(id, r.Kind, after, hearAtOnce); err != nil {
			return err
		}
		began := time.Now()
		more = len(heard) == hearAtOnce
		for i, e := range heard {
			if i > 0 && time.Since(began) > turnTime {
				heard, more = heard[:i], true
				break
			}
			facts, err := r.React(v, id, e)
			if err != nil {
				return fmt.Errorf("react to event %d: %w", e.Number, err)
			}
			if decides[e.Number], err = d.groupsOf(v, facts); err != nil {
				return fmt.Errorf("react to event %d: %w", e.Number, err)
			}
		}
		return nil
	})
	if err != nil || len(heard) == 0 {
		return false, err
	}
	for i, e := range heard {
		groups := decides[e.Number]
		if len(groups) == 0 && i < len(heard)-1 {
			continue // the cursor moves over it with the next
		}
		if len(groups) == 0 {
			groups = []string{""}
		}
		ctx, end := d.reactSpan(ctx, r, id, e.Number, len(decides[e.Number]) > 0)
		for n, group := range groups {
			if err := d.answerTo(ctx, r, id, e, group, n, len(groups)); err != nil {
				end()
				return false, err
			}
		}
		end()
	}
	return more, nil
}

// groupsOf are the sharing groups that facts are recorded for, each once, in the order of their first facts.
func (d *Desk) groupsOf(v ledger.View, facts []proto.Message) (groups []string, err error) {
	for _, fact := range facts {
		group, chosen := chosenGroup(d.Agency, fact)
		if !chosen {
			if group, err = v.SharingGroup(plain(fact).ProtoReflect().Descriptor().FullName(), "", d.Agency); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// answerTo puts one event before the reaction, as a command of its own for what it decides for a group; the cursor moves with
// the last of several.
func (d *Desk) answerTo(ctx context.Context, r Reaction, id journal.ID, e journal.Entry, group string, n, of int) error {
	key := keyOf(r, id) + fmt.Sprintf("%020d", e.Number)
	if o := e.Event.Origin; o != nil { // the same event, wherever it is heard first
		key = "reaction/" + r.Name + "/" + o.Journal + "/" + fmt.Sprintf("%020d", o.Number)
	}
	if n > 0 {
		key += "/" + group
	}
	digest := sha256.Sum256([]byte(key))
	c := &command{
		particulars: &eventv1.Particulars{
			IdempotencyKey: key, OccurredAt: timestamppb.New(d.Now()), Officer: &eventv1.Officer{Role: "reaction"}, Correlation: e.Event.Correlation,
		},
		digest: digest[:],
		decide: func(v ledger.View) ([]proto.Message, error) {
			facts, err := r.React(v, id, e)
			if err != nil || of == 1 {
				return facts, err
			}
			return d.only(v, facts, group)
		},
		ctx: ctx, done: make(chan outcome, 1),
	}
	if n == of-1 {
		c.before = func(tx *ledger.Tx) error {
			return tx.PutLocal(cursorKey(r, id), binary.BigEndian.AppendUint64(nil, e.Number))
		}
	}
	if _, err := d.submit(c); err != nil {
		return fmt.Errorf("react to event %d: %w", e.Number, err)
	}
	return nil
}

// only are the facts that are recorded for a group.
func (d *Desk) only(v ledger.View, facts []proto.Message, group string) (list []proto.Message, err error) {
	for _, fact := range facts {
		is, err := d.groupsOf(v, []proto.Message{fact})
		if err != nil {
			return nil, err
		}
		if is[0] == group {
			list = append(list, fact)
		}
	}
	return list, nil
}

// cursor is the number of the last event that the reaction has heard. In a ledger that was built anew it is that of
// the last one that it answered with a record: what came after is heard again, and recognised by its key.
func (d *Desk) cursor(v ledger.View, r Reaction, id journal.ID) (uint64, error) {
	if kept := v.Local(cursorKey(r, id)); len(kept) == 8 {
		return binary.BigEndian.Uint64(kept), nil
	}
	return answered(v, keyOf(r, id))
}

// answered is the number of the last event of a journal that a reaction answered with a record, by keyOf both.
func answered(v ledger.View, prefix string) (number uint64, err error) {
	last, err := v.LastCommand(prefix)
	if err != nil || last == "" {
		return 0, err
	}
	if _, err := fmt.Sscanf(last[len(prefix):], "%d", &number); err != nil {
		return 0, fmt.Errorf("read the key %q of a reaction: %w", last, err)
	}
	return number, nil
}

func keyOf(r Reaction, id journal.ID) string { return "reaction/" + r.Name + "/" + id.String() + "/" }

func cursorKey(r Reaction, id journal.ID) string { return cursors + keyOf(r, id) }

// cursors is what the names begin with that cursors are kept under in a ledger.
const cursors = "cursor/"

// CarryCursors has the reactions on a ledger that was built anew go on where they were on the old one. A cursor that cannot be
// right, because it lies before what the reaction answered or after the journal's end, stays behind and is worked out anew.
func CarryCursors(from ledger.View, to *ledger.Tx) error {
	for key, value := range from.Locals(cursors) {
		prefix := strings.TrimPrefix(key, cursors)
		parts := strings.Split(strings.TrimSuffix(prefix, "/"), "/")
		if len(value) != 8 || len(parts) < 2 {
			continue
		}
		id, err := journal.ParseID(parts[len(parts)-2] + "/" + parts[len(parts)-1])
		if err != nil {
			continue
		}
		position, err := to.Position(id)
		if err != nil {
			return err
		}
		last, err := answered(to.View, prefix)
		if err != nil {
			return err
		}
		if heard := binary.BigEndian.Uint64(value); heard < last || heard > position.GetEvents() {
			continue
		}
		if err := to.PutLocal(key, value); err != nil {
			return err
		}
	}
	return nil
}
