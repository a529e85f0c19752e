package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const recordedID = "reporting/att-annual-2025.1"

// recorded are the facts that put a draft on record.
func recorded(t interface{ Fatal(...any) }, c *reportingv1.Content) []proto.Message {
	digest, err := report.Digest(c)
	if err != nil {
		t.Fatal(err)
	}
	facts := []proto.Message{&reportingv1.ReportOpened{ReportId: recordedID, Report: report.Annual, Year: 2025, Revision: 1}}
	parts := report.Parts(c.GetRows())
	for i, rows := range parts {
		facts = append(facts, &reportingv1.ReportPartKept{ReportId: recordedID, Draft: 1, Part: uint32(i + 1), Rows: rows})
	}
	return append(facts, &reportingv1.ReportDrafted{ReportId: recordedID, Draft: 1, Title: c.GetTitle(), Tables: c.GetTables(), Parts: uint32(len(parts)), Digest: digest})
}

// Whatever rows a report has, and however much they are made of, every part fits a block, and what is read of them is the report.
func TestParts(t *testing.T) {
	l := ledgertest.Open(t, "reporting")
	rapid.Check(t, func(t *rapid.T) {
		c := &reportingv1.Content{Title: &reportingv1.Title{Report: report.Annual, Year: 2025}}
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			key := rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "key")
			r := &reportingv1.Row{Id: report.RowID("exports", []string{key}), Table: "exports", Keys: []string{key}, Comment: strings.Repeat("x", rapid.SampledFrom([]int{0, 2000}).Draw(t, "comment"))}
			if len(c.Rows) > 0 && c.Rows[len(c.Rows)-1].Id == r.Id {
				continue
			}
			for range rapid.SampledFrom([]int{0, 1, 3, 400, 5000}).Draw(t, "contributions") {
				r.Contributions = append(r.Contributions, &reportingv1.Contribution{
					Subject: strings.Repeat("s", rapid.SampledFrom([]int{30, 100}).Draw(t, "subject")), Journal: "licensing/all", Events: []uint64{1, 2, 3},
				})
			}
			c.Rows = append(c.Rows, r)
		}
		for i, rows := range report.Parts(c.Rows) {
			if size := proto.Size(&reportingv1.ReportPartKept{ReportId: recordedID, Draft: 1, Part: uint32(i + 1), Rows: rows}); size > 310<<10 || len(rows) == 0 {
				t.Fatalf("part %d has %d rows and %d bytes", i+1, len(rows), size)
			}
		}
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, b := range ledgertest.NewWriter().Blocks(recorded(t, c)...) {
			if err := errors.Join(tx.Apply(b.ID, b.Entries...), tx.Fold(b, ledgertest.Position(b))); err != nil {
				t.Fatal(err)
			}
		}
		if kept, err := report.Read(tx.View, recordedID, 0); err != nil || !proto.Equal(kept.Content, c) {
			t.Fatalf("read is another report: %v", err)
		}
	})
}

func TestRead(t *testing.T) {
	_, c := built(t, report.Annual, 2025, nil, in(2025, granted("1", export, "XB", goods("ML1.a", small, "VIII small arms 4", 100, 5_000_00))),
		in(2025, granted("2", export, "XC", goods("ML6", tanks, "I", 2, 9_000_000_00))))
	for range 4000 { // more than goes into one part
		c.Rows[0].Contributions = append(c.Rows[0].Contributions, &reportingv1.Contribution{Subject: strings.Repeat("s", 100)})
	}
	facts := recorded(t, c)
	if len(facts) < 4 {
		t.Fatalf("the draft has only %d facts", len(facts))
	}
	kept, err := report.Read(ledgertest.GivenAs(t, "reporting", facts...), recordedID, 0)
	if err != nil || !proto.Equal(kept.Content, c) || kept.Draft != 1 || kept.Frozen() {
		t.Fatalf("read %v of draft %d: %v", proto.Equal(kept.Content, c), kept.Draft, err)
	}
	refused := map[string]struct {
		given []proto.Message
		draft uint32
		kind  error
	}{
		"no report":          {nil, 0, fault.NotFound},
		"no draft":           {facts[:1], 0, fault.Precondition},
		"not closed":         {facts[:len(facts)-1], 0, fault.Precondition},
		"another draft":      {facts, 2, fault.NotFound},
		"a part is not here": {append([]proto.Message{facts[0]}, facts[2:]...), 0, fault.Precondition},
	}
	for name, tt := range refused {
		if _, err := report.Read(ledgertest.GivenAs(t, "reporting", tt.given...), recordedID, tt.draft); !errors.Is(err, tt.kind) {
			t.Errorf("%s: %v, want %v", name, err, tt.kind)
		}
	}
	other := proto.CloneOf(facts[1].(*reportingv1.ReportPartKept))
	other.Rows[0].Amounts.Values[0].Minor++
	changed := append([]proto.Message{}, facts...)
	changed[1] = other
	if got, err := report.Read(ledgertest.GivenAs(t, "reporting", changed...), recordedID, 0); err == nil || fault.As(err) != nil || got.Content != nil || !bytes.Contains([]byte(err.Error()), []byte("digest")) {
		t.Errorf("a draft whose digest is another was given out: %v", err)
	}
}
