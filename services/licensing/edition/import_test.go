package edition_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/edition"
)

// register is a ledger that editions are imported into.
type register struct {
	t    testing.TB
	l    *ledger.Ledger
	w    *ledgertest.Writer
	part int // additions, changes and withdrawals in one request
}

func newRegister(t testing.TB, l *ledger.Ledger, part int) *register {
	return &register{t: t, l: l, w: ledgertest.NewWriter(), part: part}
}

// execute decides on the ledger and folds the facts as one command.
func (r *register) execute(decide func(ledger.View) ([]proto.Message, error)) (facts int) {
	r.t.Helper()
	tx, err := r.l.Begin()
	if err != nil {
		r.t.Fatal(err)
	}
	defer tx.Rollback()
	all, err := decide(tx.View)
	if err != nil {
		r.t.Fatal(err)
	}
	var id journal.ID
	var events []*eventv1.Event
	for _, fact := range all {
		var e *eventv1.Event
		id, e = r.w.Event(fact)
		events = append(events, e)
	}
	if len(events) > 0 {
		b := r.w.Block(id, events...)
		if err := tx.Apply(b.ID, b.Entries...); err != nil {
			r.t.Fatal(err)
		}
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		r.t.Fatal(err)
	}
	return len(all)
}

func (r *register) contents() (entries []*licensingv1.EntryOnRecord) {
	r.t.Helper()
	for more, after := true, ""; more; after = entries[len(entries)-1].Id {
		err := r.l.View(func(view ledger.View) error {
			res, err := edition.Contents(view, &licensingv1.EditionContentsRequest{Source: source, After: after})
			entries, more = append(entries, res.GetEntries()...), res.GetMore()
			return err
		})
		if err != nil {
			r.t.Fatal(err)
		}
		if len(entries) == 0 {
			return nil
		}
	}
	return entries
}

// read imports an edition: it compares, records part by part, and closes. It stops before part number stop, when that
// is not negative, as after a crash.
func (r *register) read(date string, entries []*licensingv1.Entry, stop int) (published.Changes, int) {
	r.t.Helper()
	changes := published.Compare(r.contents(), entries)
	facts := 0
	for n, req := range r.requests(date, changes) {
		if n == stop {
			return changes, facts
		}
		facts += r.execute(func(view ledger.View) ([]proto.Message, error) { return edition.Record(view, req) })
		if again := r.execute(func(view ledger.View) ([]proto.Message, error) { return edition.Record(view, req) }); again > 0 {
			r.t.Errorf("part %d of %s sent again recorded %d facts", n, date, again)
		}
	}
	digest := published.EditionDigest(entries)
	facts += r.execute(func(view ledger.View) ([]proto.Message, error) {
		return edition.Close(view, &licensingv1.CloseEditionRequest{Particulars: particulars(), Source: source, Edition: date, Digest: digest})
	})
	return changes, facts
}

func (r *register) requests(date string, c published.Changes) (all []*licensingv1.RecordEditionRequest) {
	request := func() *licensingv1.RecordEditionRequest {
		req := &licensingv1.RecordEditionRequest{Particulars: particulars(), Source: source, Edition: date}
		all = append(all, req)
		return req
	}
	for part := range slices.Chunk(c.Added, r.part) {
		request().Added = part
	}
	for part := range slices.Chunk(c.Changed, r.part) {
		request().Changed = part
	}
	for part := range slices.Chunk(c.Withdrawn, r.part) {
		request().Withdrawn = part
	}
	return all
}

// digests are what an edition and a ledger have in common.
func digests[E interface{ GetDigest() []byte }](entries []E) [][]byte {
	all := make([][]byte, len(entries))
	for i, e := range entries {
		all[i] = e.GetDigest()
	}
	slices.SortFunc(all, bytes.Compare)
	return all
}

func anEntry(t *rapid.T) *licensingv1.Entry {
	e := &licensingv1.Entry{
		Date:        rapid.SampledFrom([]string{"2008-01", "2008-02"}).Draw(t, "date"),
		Refused:     rapid.Bool().Draw(t, "refused"),
		Destination: &licensingv1.Place{Name: rapid.SampledFrom([]string{"Xebia", "Xanadu"}).Draw(t, "country")},
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "lines") {
		e.Lines = append(e.Lines, &transferv1.Line{Number: uint32(i + 1), Licences: 1, Rating: rapid.SampledFrom([]string{"ML1", "ML2", "ML3"}).Draw(t, "rating")})
	}
	if rapid.Bool().Draw(t, "onward") {
		e.Onward = []*licensingv1.Place{{Name: "Xochi"}}
	}
	if e.Refused && rapid.Bool().Draw(t, "criteria") {
		e.Criteria = []string{"7"}
	}
	e.Digest = published.Digest(e)
	return e
}

// Importing any editions one after another leaves on record what the last one says, also when an import was broken off
// and begun anew, and reading an edition twice records nothing.
func TestImportEditions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRegister(t, ledgertest.Open(t, "licensing"), rapid.IntRange(1, 5).Draw(rt, "part"))
		for n := range rapid.IntRange(1, 4).Draw(rt, "editions") {
			date := fmt.Sprintf("2012-%02d-01", n+1)
			entries := rapid.SliceOfN(rapid.Custom(anEntry), 1, 12).Draw(rt, date)
			if stop := rapid.IntRange(-1, 6).Draw(rt, "stop"); stop >= 0 {
				r.read(date, entries, stop)
			}
			r.read(date, entries, -1)
			if diff := cmp.Diff(digests(entries), digests(r.contents())); diff != "" {
				rt.Fatalf("on record after %s (-edition +ledger):\n%s", date, diff)
			}
			if changes, facts := r.read(date, entries, -1); !changes.Empty() || facts > 0 {
				rt.Fatalf("reading %s again: %d facts, %+v", date, facts, changes)
			}
		}
	})
}

// Two real editions, one after the other. Of each it takes the destinations that the second one changed something of,
// and one more; the whole editions are compared in libs/published/uklicences.
func TestImportPublishedEditions(t *testing.T) {
	r := newRegister(t, ledgertest.Open(t, "licensing"), 1000)
	for _, tt := range []struct {
		date                      string
		added, changed, withdrawn int
	}{
		{"2012-07-12", 1820, 0, 0},
		{"2012-10-11", 140, 12, 9},
	} {
		ed, err := uklicences.Read(context.Background(), publishedtest.Data(t, "caat-uk-licences-editions-2012", tt.date), nil)
		if err != nil {
			t.Fatal(err)
		}
		ed.Entries = slices.DeleteFunc(ed.Entries, func(e *licensingv1.Entry) bool {
			return !slices.Contains([]string{"Brazil", "Burkina", "Burkina Faso", "United Arab Emirates", "Channel Islands"}, e.Destination.Name)
		})
		changes, facts := r.read(tt.date, ed.Entries, -1)
		got := []int{len(changes.Added), len(changes.Changed), len(changes.Withdrawn), facts}
		if diff := cmp.Diff([]int{tt.added, tt.changed, tt.withdrawn, tt.added + tt.changed + tt.withdrawn + 1}, got); diff != "" {
			t.Errorf("%s: added, changed, withdrawn, facts (-want +got):\n%s", tt.date, diff)
		}
		onRecord := r.contents()
		if !slices.EqualFunc(digests(ed.Entries), digests(onRecord), bytes.Equal) {
			t.Errorf("what is on record is not the edition of %s", tt.date)
		}
		if !published.Compare(onRecord, ed.Entries).Empty() {
			t.Errorf("the edition of %s differs from what is on record", tt.date)
		}
		r.countLines(ed.Entries)
	}
}

// countLines compares the ledger's rows of lines with an edition's.
func (r *register) countLines(entries []*licensingv1.Entry) {
	r.t.Helper()
	want := map[string]int{}
	for _, e := range entries {
		if e.Refused {
			want["refused"] += len(e.Lines)
		} else {
			want["granted"] += len(e.Lines)
		}
	}
	err := r.l.View(func(view ledger.View) error {
		for status, n := range want {
			lines, err := view.LinesWith("status", status)
			if len(lines) != n {
				r.t.Errorf("%d lines are %s; want %d", len(lines), status, n)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}
