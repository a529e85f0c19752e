package annual_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

// large is a world whose annual report goes into several parts: one row of many contributions, and others.
func large(t testing.TB) *world {
	w := begin(t, adopted("1", asked))
	var lines []*transferv1.Line
	for n := range 700 {
		l := deal("XB", 10).Lines[0]
		l.Number, l.Model = uint32(n+1), fmt.Sprintf("model %d", n%2)
		lines = append(lines, l)
	}
	for n := range 20 {
		d := deal("XB", 10)
		d.Lines = lines
		w.on(in2025(&licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%06d", n), Deal: d}))
	}
	return w
}

// record puts the parts that go ahead on record, up to some of them, and then, if that is all, closes the draft.
func (w *world) record(d *annual.Draft, stop int) {
	w.Helper()
	facts, err := annual.Circulate(w.view(), d, circulate)
	if err != nil {
		w.Fatal(err)
	}
	for i, part := range append(annual.Ahead(facts), 0) {
		switch {
		case i == stop:
			return
		case part == 0:
			w.do(annual.Circulate(w.view(), d, circulate))
		default:
			w.do(d.Keep(w.view(), part))
		}
	}
}

// Recording that ends between any two parts of a draft is made good by asking again, whether or not facts moved on since: what goes on
// record is the draft as it was worked out last, whole.
func TestRecordingGoesOnAfterACrash(t *testing.T) {
	ahead := 3
	for stop := range ahead + 1 {
		for _, moved := range []bool{false, true} {
			t.Run(fmt.Sprintf("after part %d, moved on: %v", stop, moved), func(t *testing.T) {
				w := large(t)
				first := w.annualDraft()
				if facts, _ := annual.Circulate(w.view(), first, circulate); len(annual.Ahead(facts)) < ahead {
					t.Fatalf("the draft has only %d parts that go ahead", len(annual.Ahead(facts)))
				}
				w.record(first, stop)
				if moved {
					w.on(rifles("0", "XA", 1), ledgertest.At(ledgertest.Start, &licensingv1.LicenceAmended{LicenceId: "licensing/L-000003", Deal: deal("XB", 7)}))
				}
				again := w.annualDraft()
				w.record(again, -1)
				kept := w.read(reportID, 1)
				if again.Content.Title, kept.Title = nil, nil; !proto.Equal(again.Content, kept) {
					t.Error("the draft on record is not the one that was worked out last")
				}
				if parts, err := w.view().DraftRows(reportID, 1, 1); err != nil || len(parts) == 0 {
					t.Errorf("part 1 has %v, %v", parts, err)
				}
			})
		}
	}
}

// Parts that are on record and say the same are not recorded again.
func TestKeepIsDoneOnce(t *testing.T) {
	w := large(t)
	d := w.annualDraft()
	w.record(d, 2)
	for part := 1; part <= 2; part++ {
		if facts, err := d.Keep(w.view(), part); len(facts) > 0 || err != nil {
			t.Errorf("part %d again: %v, %v", part, kinds(facts), err)
		}
	}
	if facts, err := d.Keep(w.view(), 3); len(facts) != 1 || err != nil {
		t.Errorf("part 3: %v, %v", kinds(facts), err)
	}
	for _, rows := range report.Parts(d.Content.Rows) {
		if len(rows) == 0 {
			t.Error("a part without rows")
		}
	}
}
