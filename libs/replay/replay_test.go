package replay_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/replay"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// now is later than everything that is drawn.
var now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// drawn is a history whose events were stated, came true, were written and arrived at any times.
func drawn(t *rapid.T) ledgertest.Journals {
	day := func(what string) time.Time {
		return time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, what))
	}
	return ledgertest.Signed(ledgertest.RoughHistory(t), func(_ journal.ID, e *eventv1.Event) {
		e.RecordedAt, e.OccurredAt = timestamppb.New(day("recorded")), timestamppb.New(day("occurred"))
	}, func(b *journal.Block) { b.ReceivedAt = day("received") })
}

// drawnHorizon is any horizon on a history.
func drawnHorizon(t *rapid.T, h ledgertest.Journals) *queryv1.Horizon {
	day := func(what string) *timestamppb.Timestamp {
		if rapid.Bool().Draw(t, "any "+what) {
			return nil
		}
		return timestamppb.New(time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, what)))
	}
	asked := &queryv1.Horizon{AsOf: day("as of"), TrueAt: day("true at")}
	if rapid.IntRange(0, 2).Draw(t, "known") == 0 {
		asked.KnownTo, asked.At = "licensing", day("at")
	}
	if rapid.IntRange(0, 3).Draw(t, "from") == 0 {
		asked.From = day("from")
	}
	if rapid.IntRange(0, 3).Draw(t, "agencies") == 0 {
		asked.Agencies = []string{"licensing"}
	}
	if rapid.IntRange(0, 3).Draw(t, "bounds") == 0 {
		for _, id := range inOrder(h) {
			if rapid.Bool().Draw(t, "bound") {
				asked.UpTo = append(asked.UpTo, &queryv1.JournalBound{Journal: id.String(), Block: uint64(rapid.IntRange(0, len(h[id])).Draw(t, "block"))})
			}
		}
	}
	return asked
}

func inOrder(h ledgertest.Journals) []journal.ID {
	return slices.SortedFunc(maps.Keys(h), func(x, y journal.ID) int { return strings.Compare(x.String(), y.String()) })
}

// naive says by obvious code whether an event is within a horizon.
func naive(h *queryv1.Horizon, b *journal.Block, e *journal.Entry) bool {
	for _, bound := range h.UpTo {
		if bound.Journal == b.ID.String() && b.Header.Number > bound.Block {
			return false
		}
	}
	if h.AsOf != nil && e.Event.RecordedAt.AsTime().After(h.AsOf.AsTime()) {
		return false
	}
	if h.TrueAt != nil && e.Event.OccurredAt.AsTime().After(h.TrueAt.AsTime()) {
		return false
	}
	if h.KnownTo == "licensing" && h.At != nil {
		arrived := b.ReceivedAt
		if b.ID.Agency == "licensing" {
			arrived = b.Header.RecordedAt.AsTime()
		}
		if arrived.After(h.At.AsTime()) {
			return false
		}
	}
	if b.ID.Group == "directory" {
		return true
	}
	if h.From != nil && e.Event.RecordedAt.AsTime().Before(h.From.AsTime()) {
		return false
	}
	return len(h.Agencies) == 0 || slices.Contains(h.Agencies, b.ID.Agency)
}

// live folds a history.
func live(t *rapid.T, dir, name string, h ledgertest.Journals, keep func(*journal.Block, *journal.Entry) bool) *ledger.Ledger {
	l, err := ledger.Open(filepath.Join(dir, name+fmt.Sprint(time.Now().UnixNano())), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, id := range inOrder(h) {
		last := 0
		for i, b := range h[id] {
			if slices.ContainsFunc(b.Entries, func(e journal.Entry) bool { return keep(b, &e) }) {
				last = i + 1
			}
		}
		for _, b := range h[id][:last] {
			var out []uint64
			for _, e := range b.Entries {
				if !keep(b, &e) {
					out = append(out, e.Number)
				}
			}
			if len(out) > 0 {
				b = ledgertest.Redacted(b, out...)
			}
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return l
}

func everything(*journal.Block, *journal.Entry) bool { return true }

func trust(l *ledger.Ledger) (*replay.Trust, error) {
	trust := &replay.Trust{Keys: map[string][]ed25519.PublicKey{}}
	err := l.View(func(v ledger.View) error {
		positions, err := v.Positions()
		for _, p := range positions {
			agency := ledger.AgencyOf(p.Journal)
			trust.Keys[agency] = []ed25519.PublicKey{ledgertest.KeyOf(agency).Public().(ed25519.PublicKey)}
		}
		return err
	})
	return trust, err
}

// contents is everything that a ledger shows: rows and events, table by table.
func contents(t *rapid.T, l *ledger.Ledger) map[queryv1.Table][]proto.Message {
	all := map[queryv1.Table][]proto.Message{}
	err := l.View(func(v ledger.View) error {
		for table := range queryv1.Table_name {
			of := queryv1.Table(table)
			if of == queryv1.Table_TABLE_UNSPECIFIED {
				continue
			}
			rows, _, err := v.List(of, &queryv1.Filter{Withdrawn: true}, "", 10_000)
			if err != nil {
				return err
			}
			for _, r := range rows {
				all[of] = append(all[of], r)
			}
			slices.SortFunc(all[of], func(a, b proto.Message) int { return strings.Compare(idOf(a), idOf(b)) })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func idOf(m proto.Message) string {
	row := m.(*queryv1.Row)
	if e := row.GetEvent(); e != nil {
		return fmt.Sprintf("%s/%09d", e.Journal, e.Number)
	}
	_, made := ledger.Unwrap(row)
	return made.(ledger.Made).GetId()
}

// Whatever the history and the horizon: what a replay makes is what a plain fold of the events within makes, and every single row
// of it is what the row's own events make.
func TestReplayIsAFoldOfWhatIsWithin(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t)
		asked := drawnHorizon(t, h)
		all := live(t, dir, "live", h, everything)
		wanted := live(t, dir, "wanted", h, func(b *journal.Block, e *journal.Entry) bool { return naive(asked, b, e) })
		got := replayed(t, dir, all, asked)
		want := contents(t, wanted)
		if diff := cmp.Diff(want, contents(t, got), protocmp.Transform()); diff != "" {
			t.Fatalf("horizon %v (-fold +replay):\n%s", asked, diff)
		}
		findings(t, got)
		rowsOneByOne(t, all, asked, want, contents(t, all))
	})
}

func findings(t *rapid.T, l *ledger.Ledger) {
	err := l.View(func(v ledger.View) error {
		found, err := v.Check(t.Context())
		if len(found) > 0 {
			t.Fatalf("Check: %v", found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func replayed(t *rapid.T, dir string, from *ledger.Ledger, asked *queryv1.Horizon) *ledger.Ledger {
	into, err := ledger.Open(filepath.Join(dir, "into"+fmt.Sprint(time.Now().UnixNano())), ledger.Options{Agency: from.Agency()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { into.Close() })
	h := resolved(t, from, asked)
	plan, err := h.Plan(t.Context(), from, nil)
	if err != nil {
		t.Fatal(err)
	}
	known, err := trust(from)
	if err != nil {
		t.Fatal(err)
	}
	fold := &replay.Into{Ledger: into, Trust: known}
	if err := fold.Fold(t.Context(), h.Source(from, nil, plan)); err != nil {
		t.Fatal(err)
	}
	return into
}

func resolved(t *rapid.T, l *ledger.Ledger, asked *queryv1.Horizon) (h *replay.Horizon) {
	err := l.View(func(v ledger.View) (err error) {
		h, err = replay.Resolve(v, asked, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// rowsOneByOne holds every row of the past, and rows that were not there then, against what Past says of them.
func rowsOneByOne(t *rapid.T, l *ledger.Ledger, asked *queryv1.Horizon, want, today map[queryv1.Table][]proto.Message) {
	past, err := ledger.OpenPast(l)
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close()
	h := resolved(t, l, asked)
	for of := range queryv1.Table_name {
		table := queryv1.Table(of)
		if table == queryv1.Table_TABLE_EVENTS {
			continue
		}
		then := map[string]*queryv1.Row{}
		for _, r := range want[table] {
			then[idOf(r)] = r.(*queryv1.Row)
		}
		for _, r := range slices.Concat(today[table], want[table]) {
			id := idOf(r)
			err := l.View(func(v ledger.View) error {
				_, got, events, err := past.Row(v, table, id, h.Within)
				if errors.Is(err, ledger.ErrReplay) {
					return nil
				}
				if diff := cmp.Diff(then[id], got, protocmp.Transform()); diff != "" {
					t.Fatalf("%s at %v (-replay +alone):\n%s", id, asked, diff)
				}
				_, m := ledger.Unwrap(got)
				if made, ok := m.(ledger.Made); ok && len(events) != len(made.GetEvents()) {
					t.Fatalf("%s has %d events, %d are shown", id, len(made.GetEvents()), len(events))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
