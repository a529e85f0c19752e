package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var (
	narrow = journal.ID{Agency: "licensing", Group: "border"}
	wide   = journal.ID{Agency: "licensing", Group: "all"}
)

// again is the event as it is repeated.
func again(e *eventv1.Event, in journal.ID, number uint64) *eventv1.Event {
	r := proto.CloneOf(e)
	r.Origin, r.Command = &eventv1.Cause{Journal: in.String(), Number: number, Id: e.Id}, nil
	return r
}

// sharing is a history in which some rows of a narrow group are shared with a wide one as they grow.
type sharing struct {
	blocks ledgertest.Journals
	// shared are the rows whose whole history stands in the wide group's journal too, at its end.
	shared []string
	// numbers is how many events, and blocks, the narrow journal has.
	numbers uint64
}

func drawSharing(t *rapid.T) sharing {
	w := ledgertest.NewWriter()
	events := map[string][]*eventv1.Event{} // by licence
	numbers := map[*eventv1.Event]uint64{}
	repeated := map[string]int{} // how many of them stand in the wide journal
	status := map[string]string{}
	s := sharing{blocks: ledgertest.Journals{}}
	put := func(id journal.ID, list ...*eventv1.Event) {
		s.blocks[id] = append(s.blocks[id], w.Block(id, list...))
	}
	for step := range rapid.IntRange(1, 40).Draw(t, "steps") {
		id := fmt.Sprintf("licensing/L-%d", rapid.IntRange(1, 3).Draw(t, "licence"))
		if rapid.IntRange(0, 2).Draw(t, "share") == 0 {
			var more []*eventv1.Event
			for _, e := range events[id][repeated[id]:] {
				more = append(more, again(e, narrow, numbers[e]))
			}
			if repeated[id] = len(events[id]); len(more) > 0 {
				put(wide, more...)
			}
			continue
		}
		var fact proto.Message = &licensingv1.LicenceAmended{LicenceId: id, Deal: deal(step)}
		switch {
		case status[id] == "":
			fact, status[id] = &licensingv1.LicenceGranted{LicenceId: id, Deal: deal(step)}, "granted"
		case status[id] == "granted" && rapid.Bool().Draw(t, "suspended"):
			fact, status[id] = &licensingv1.LicenceSuspended{LicenceId: id, Reason: fmt.Sprint(step)}, "suspended"
		case status[id] == "suspended" && rapid.Bool().Draw(t, "reinstated"):
			fact, status[id] = &licensingv1.LicenceReinstated{LicenceId: id}, "granted"
		}
		_, e := w.Event(ledgertest.In(narrow.Group, fact))
		e.Command = &eventv1.Command{Key: fmt.Sprint("key ", step), Digest: []byte{byte(step)}, Events: 1}
		s.numbers++
		numbers[e] = s.numbers
		events[id] = append(events[id], e)
		put(narrow, e)
		if rapid.IntRange(0, 3).Draw(t, "elsewhere") == 0 {
			_, own := w.Event(&licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/W-%d", step), Deal: deal(step)})
			put(wide, own)
		}
	}
	for id, list := range events {
		if repeated[id] == len(list) {
			s.shared = append(s.shared, id)
		}
	}
	return s
}

func deal(n int) *licensingv1.Deal {
	return &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Lines: []*transferv1.Line{{Number: 1, Rating: fmt.Sprint("ML", n%5+1)}, {Number: uint32(n) + 2, Rating: "PL"}}}
}

// rowsOf are the licence and its lines.
func rowsOf(t *rapid.T, l *ledger.Ledger, id string) (rows []proto.Message) {
	err := l.View(func(v ledger.View) error {
		r, err := v.Licence(id)
		if err != nil || r == nil {
			return err
		}
		rows = append(rows, r)
		events, err := v.EventsOf(r)
		if len(events) != len(r.Events) {
			t.Fatalf("EventsOf %s: %d events, the row rests on %v", id, len(events), r.Events)
		}
		if err != nil {
			return err
		}
		lines, err := v.LinesWith("decision", id)
		for _, line := range lines {
			rows = append(rows, line)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// sharedAlike folds a history into ledgers that hold the narrow journal only, the wide one only, and both in any order, and
// says what is not alike.
func sharedAlike(t *rapid.T, folder string, s sharing) error {
	original, repeat, either, other := open(t, folder), open(t, folder), open(t, folder), open(t, folder)
	fold(t, original, s.blocks[narrow], never)
	fold(t, repeat, s.blocks[wide], never)
	fold(t, either, shuffled(t, s.blocks), func() bool { return rapid.Bool().Draw(t, "commit") })
	fold(t, other, shuffled(t, s.blocks), never)
	for _, id := range s.shared {
		want := rowsOf(t, original, id)
		for name, l := range map[string]*ledger.Ledger{"repetition": repeat, "both": either, "both again": other} {
			if diff := cmp.Diff(want, rowsOf(t, l, id), protocmp.Transform()); diff != "" {
				return fmt.Errorf("%s in the ledger with the %s differs from the original's:\n%s", id, name, diff)
			}
		}
	}
	if diff := cmp.Diff(stateOf(t, either), stateOf(t, other), protocmp.Transform()); diff != "" {
		return fmt.Errorf("two orders make two ledgers:\n%s", diff)
	}
	for _, l := range []*ledger.Ledger{original, repeat, either, other} {
		if state := stateOf(t, l); len(state.Findings)+len(state.Parked) > 0 {
			return fmt.Errorf("findings %v, parked %v", state.Findings, state.Parked)
		}
	}
	return nil
}

func TestARepeatedEventIsTheSameEventWhicheverComesFirst(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		if err := sharedAlike(t, folder, drawSharing(t)); err != nil {
			t.Fatal(err)
		}
	})
}

// Folded as events of the journal that they arrive in, repeated events would make other rows; the property notices.
func TestFoldingByArrivalIsNoticed(t *testing.T) {
	folder := t.TempDir()
	noticed := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawSharing(t)
		for _, b := range s.blocks[wide] {
			for i := range b.Entries {
				b.Entries[i].Event.Origin = nil
			}
		}
		err := sharedAlike(t, folder, s)
		if err == nil && len(s.shared) > 0 {
			t.Fatal("nothing was noticed")
		}
		if err != nil {
			noticed++
		}
	})
	if noticed == 0 {
		t.Error("no history shared anything")
	}
}

// A reader whose copy of the narrow journal begins in its midst is alike too, in any order.
func TestRepeatsReachBehindTheStartOfACopy(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSharing(t)
		if s.numbers < 2 {
			return
		}
		start := rapid.IntRange(1, int(s.numbers)-1).Draw(t, "start")
		rest := ledgertest.Journals{narrow: s.blocks[narrow][start:], wide: s.blocks[wide]}
		if len(rest[wide]) == 0 {
			delete(rest, wide)
		}
		late := func() *ledger.Ledger {
			l := open(t, folder)
			tx, err := l.Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			if err := tx.BeginAt(narrow, ledgertest.Position(s.blocks[narrow][start-1])); err != nil {
				t.Fatal(err)
			}
			for _, b := range shuffled(t, rest) {
				if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
					t.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			return l
		}
		one, other := late(), late()
		for _, l := range []string{"licensing/L-1", "licensing/L-2", "licensing/L-3"} {
			if diff := cmp.Diff(rowsOf(t, one, l), rowsOf(t, other, l), protocmp.Transform()); diff != "" {
				t.Fatalf("%s:\n%s", l, diff)
			}
		}
	})
}

func TestWhatCannotBeARepetitionIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(e *eventv1.Event) journal.ID
		reason string
	}{
		{"of another agency", func(e *eventv1.Event) journal.ID {
			e.Origin.Journal = "customs/border"
			return wide
		}, "it repeats an event of customs"},
		{"of its own journal", func(e *eventv1.Event) journal.ID {
			e.Origin.Journal = wide.String()
			return wide
		}, "no place that it could repeat"},
		{"of nowhere", func(e *eventv1.Event) journal.ID {
			e.Origin.Number = 0
			return wide
		}, "no place that it could repeat"},
		{"of the directory", func(e *eventv1.Event) journal.ID {
			e.Origin.Journal = "licensing/directory"
			return wide
		}, "the directory is not repeated"},
		{"under another id", func(e *eventv1.Event) journal.ID {
			e.Origin.Id = make([]byte, 16)
			return wide
		}, "its id is not that of the event"},
		{"from another place", func(e *eventv1.Event) journal.ID {
			e.Origin.Number = 7
			return wide
		}, "its id is that of event 1 of licensing/border"},
		{"with another content", func(e *eventv1.Event) journal.ID {
			e.Purpose = "another"
			return wide
		}, "it is not what is on record as event 1 of licensing/border"},
		{"without saying so", func(e *eventv1.Event) journal.ID {
			e.Origin = nil
			return wide
		}, "its id is that of event 1 of licensing/border"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, w := ledgertest.Open(t, "customs"), ledgertest.NewWriter()
			_, e := w.Event(ledgertest.In("border", grantedL))
			first := w.Block(narrow, e)
			repeat := again(e, narrow, 1)
			second := w.Block(tt.change(repeat), repeat)
			fold(t, l, []*journal.Block{first, second}, func() bool { return true })
			err := l.View(func(v ledger.View) error {
				parked, err := v.ParkedEvents()
				if len(parked) != 1 || !strings.Contains(parked[0].Reason, tt.reason) {
					t.Errorf("parked: %v", parked)
				}
				if err != nil {
					return err
				}
				findings, err := v.Check(t.Context())
				if len(findings) > 0 {
					t.Errorf("Check: %v", findings)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestWatchSendsWhatIsSharedOnce: also where the ledger is built anew in an order in which the event comes first in another
// journal than the one that it was sent from.
func TestWatchSendsWhatIsSharedOnce(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := drawSharing(t).blocks
		blocks, l := shuffled(t, h), open(t, folder)
		token, next := "", 0
		sent := map[string]bool{}
		watch := func(limit int) (more bool) {
			err := l.View(func(v ledger.View) (err error) {
				more, err = v.EachAfter(token, limit, func(e *queryv1.RecordedEvent, after string) error {
					if sent[e.Id] {
						t.Fatalf("event %d of %s, %s, was sent before", e.Number, e.Journal, e.Id)
					}
					sent[e.Id], token = true, after
					return nil
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return more
		}
		for next < len(blocks) {
			switch rapid.IntRange(0, 4).Draw(t, "then") {
			case 0:
				l = open(t, folder)
				fold(t, l, shuffled(t, ledgertest.Journals(first(blocks[:next]))), never)
			case 1, 2:
				n := rapid.IntRange(next+1, len(blocks)).Draw(t, "fold to")
				fold(t, l, blocks[next:n], never)
				next = n
			default:
				watch(rapid.IntRange(1, 5).Draw(t, "limit"))
			}
		}
		for watch(1000) {
		}
		for _, b := range blocks {
			for _, e := range b.Entries {
				if id := uuid.UUID(e.Event.Id).String(); !sent[id] {
					t.Fatalf("event %d of %s, %s, was not sent", e.Number, b.ID, id)
				}
			}
		}
	})
}
