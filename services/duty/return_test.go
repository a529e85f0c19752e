package duty_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

const returnID = "reporting/Q-2026-000001"

var annual = &reportingv1.AgencyReturnRequested{RequestId: returnID, Year: 2025, Form: "att-annual", Agencies: []string{"licensing"}}

// exported is an export licence of 2025 for battle tanks.
func exported(id, to string, tanks, cents int64) proto.Message {
	return ledgertest.At(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC), &licensingv1.LicenceGranted{LicenceId: "licensing/" + id, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: to},
		Lines: []*transferv1.Line{{
			Number: 1, Rating: "ML6", Category: transferv1.Category_CATEGORY_I_BATTLE_TANKS, Row: "I",
			Quantity: &transferv1.Quantity{Thousandths: tanks * 1000, Unit: "H87"}, Value: &transferv1.Money{Minor: cents, Currency: "EUR"},
		}},
	}})
}

// tanks is the figure of what exported makes, stated and prefilled.
func tanks(to string, pieces, cents, hadPieces, hadCents int64, reason string) *reportingv1.Figure {
	f := &reportingv1.Figure{
		Table: "exports", Row: "I", Basis: "authorized", Destination: to, Quantity: &transferv1.Quantity{Thousandths: pieces * 1000, Unit: "H87"},
		Value: cents, Currency: "EUR", Reason: reason,
	}
	if hadPieces > 0 {
		f.Prefilled = &reportingv1.Amounts{
			Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: hadPieces * 1000}}, Values: []*reportingv1.CurrencySum{{Currency: "EUR", Minor: hadCents}},
		}
	}
	return f
}

func changed(f *reportingv1.Figure, change func(*reportingv1.Figure)) *reportingv1.Figure {
	change(f)
	return f
}

// A return to a report of the program speaks of every table and row, from what is on record, and says why it states something else.
func TestSubmitWholeReturn(t *testing.T) {
	noImports := []string{"imports"}
	given := []proto.Message{annual, exported("L-1", "XB", 10, 500_00), exported("L-2", "XC", 3, 90_00)}
	asIs := []*reportingv1.Figure{tanks("XB", 10, 500_00, 10, 500_00, ""), tanks("XC", 3, 90_00, 3, 90_00, "")}
	figures := func(f ...*reportingv1.Figure) *reportingv1.SubmitReturnRequest {
		return &reportingv1.SubmitReturnRequest{RequestId: returnID, Figures: f, NilTables: noImports}
	}
	none := &reportingv1.SubmitReturnRequest{RequestId: returnID, Nil: true}
	frozen := []proto.Message{
		&reportingv1.ReportOpened{ReportId: "reporting/att-annual-2025.1", Report: "att-annual", Year: 2025, Revision: 1},
		&reportingv1.ReportDrafted{ReportId: "reporting/att-annual-2025.1", Draft: 1}, &reportingv1.ReportFrozen{ReportId: "reporting/att-annual-2025.1", Draft: 1},
	}
	revised := &reportingv1.ReportOpened{ReportId: "reporting/att-annual-2025.2", Report: "att-annual", Year: 2025, Revision: 2, Revises: "reporting/att-annual-2025.1"}
	with := func(more ...proto.Message) []proto.Message { return append(given[:3:3], more...) }
	before := &reportingv1.AgencyReturnSubmitted{RequestId: returnID, Figures: asIs, NilTables: noImports}
	for _, tt := range []struct {
		name    string
		given   []proto.Message
		command *reportingv1.SubmitReturnRequest
		wantErr error
		says    string
		beside  string
	}{
		{"as prepared", given, figures(asIs...), nil, "", ""},
		{"corrected", given, figures(tanks("XB", 9, 450_00, 10, 500_00, "one was not built"), asIs[1]), nil, "", ""},
		{"a row more", given, figures(append(asIs[:2:2], tanks("XA", 1, 1_00, 0, 0, "sold from stocks"))...), nil, "", ""},
		{"nothing on record", given[:1], none, nil, "", ""},
		{"every row is nothing", given, &reportingv1.SubmitReturnRequest{
			RequestId: returnID, NilTables: []string{"exports", "imports"},
			Figures: []*reportingv1.Figure{tanks("XB", 0, 0, 10, 500_00, "returned"), tanks("XC", 0, 0, 3, 90_00, "returned")},
		}, nil, "", ""},
		{"in another unit", given, figures(asIs[0],
			changed(tanks("XC", 0, 0, 3, 90_00, "weighed"), func(f *reportingv1.Figure) { f.Value = 90_00 }),
			changed(tanks("XC", 150, 0, 0, 0, "weighed"), func(f *reportingv1.Figure) { f.Quantity.Unit, f.Currency = "KGM", "" })), nil, "", ""},
		{"without the basis", given, figures(changed(tanks("XB", 10, 500_00, 10, 500_00, ""), func(f *reportingv1.Figure) { f.Basis = "" }), asIs[1]), nil, "", ""},
		{"again", with(ledgertest.In("border", ledgertest.By("licensing", before))), figures(tanks("XB", 9, 450_00, 10, 500_00, "one was not built"), asIs[1]), nil, "", "border"},
		{"report revised", with(append(frozen, revised)...), figures(asIs...), nil, "", ""},

		{"report frozen", with(frozen...), figures(asIs...), fault.Precondition, "report reporting/att-annual-2025.1 was frozen on 2026-01-15; have reporting revise it, then submit: counterfoil report revise reporting/att-annual-2025.1", ""},
		{"asked once more", with(&reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-2026-000002", Year: 2025, Form: "att-annual", Agencies: []string{"customs", "licensing"}}),
			figures(asIs...), fault.Precondition, "was taken over by reporting/Q-2026-000002", ""},
		{"the ledger moved on", with(exported("L-3", "XB", 1, 1_00)), figures(asIs...), fault.Precondition,
			"in exports: I, authorized, XB; prepare it anew: counterfoil return prepare reporting/Q-2026-000001 --out FILE.csv", ""},
		{"prefilled with nothing", given, figures(tanks("XB", 10, 500_00, 0, 0, "all"), asIs[1]), fault.Precondition, "in exports: I, authorized, XB", ""},
		{"prefilled with what is not there", given, figures(append(asIs[:2:2], tanks("XA", 1, 1_00, 1, 1_00, ""))...), fault.Precondition, "in exports: I, authorized, XA", ""},
		{"prefilled with licences", given, figures(asIs[0], changed(tanks("XC", 3, 90_00, 3, 90_00, ""), func(f *reportingv1.Figure) { f.Prefilled.Licences = 1 })), fault.Precondition, "XC", ""},
		{"lines that are not there", given, figures(asIs[0], changed(tanks("XC", 3, 90_00, 3, 90_00, "more"), func(f *reportingv1.Figure) { f.Lines = 7 })), fault.Precondition, "XC", ""},
		{"no reason", given, figures(tanks("XB", 9, 450_00, 10, 500_00, ""), asIs[1]), fault.Invalid, "figure 1 states exports: I, authorized, XB otherwise", ""},
		{"a row more without a reason", given, figures(append(asIs[:2:2], tanks("XA", 1, 1_00, 0, 0, ""))...), fault.Invalid, "give the reason", ""},
		{"a row is left out", given, figures(asIs[0]), fault.Invalid, "leaves out, exports: I, authorized, XC", ""},
		{"twice", given, figures(asIs[0], asIs[1], changed(tanks("XC", 1, 0, 0, 0, "one more"), func(f *reportingv1.Figure) { f.Currency = "" })), fault.Invalid, "figure 3 states exports: I, authorized, XC a second time in H87", ""},
		{"nil with rows", given, none, fault.Invalid, "exports is not nil: there is exports: I, authorized, XB; exports: I, authorized, XC", ""},
		{"nil with a row that is something", given, &reportingv1.SubmitReturnRequest{
			RequestId: returnID, NilTables: []string{"exports", "imports"}, Figures: []*reportingv1.Figure{tanks("XB", 0, 0, 10, 500_00, "returned"), asIs[1]},
		}, fault.Invalid, "exports is not nil: there is exports: I, authorized, XC;", ""},
		{"nil with a row more", given[:1], &reportingv1.SubmitReturnRequest{RequestId: returnID, NilTables: []string{"exports", "imports"}, Figures: []*reportingv1.Figure{tanks("XB", 1, 0, 0, 0, "sold")}},
			fault.Invalid, "exports is not nil", ""},
		{"silence of a table", given, &reportingv1.SubmitReturnRequest{RequestId: returnID, Figures: asIs}, fault.Invalid,
			"says nothing of imports; where there is nothing to report, say so: counterfoil return submit reporting/Q-2026-000001 --from FILE.csv --nil --table imports", ""},
		{"nil of no table", given[:1], &reportingv1.SubmitReturnRequest{RequestId: returnID, NilTables: []string{"exports", "imports", "stocks"}}, fault.Invalid, `no table "stocks"`, ""},
		{"figure of no table", given, figures(append(asIs[:2:2], &reportingv1.Figure{Row: "I", Destination: "XB", Lines: 1})...), fault.Invalid, "figure 3 is of table \"\"", ""},
		{"no category", given, figures(append(asIs[:2:2], changed(tanks("XA", 1, 0, 0, 0, "sold"), func(f *reportingv1.Figure) { f.Row = "IX" }))...), fault.Invalid, "there is no category IX", ""},
		{"the other basis", given, figures(append(asIs[:2:2], changed(tanks("XA", 1, 0, 0, 0, "sold"), func(f *reportingv1.Figure) { f.Basis = "actual" }))...), fault.Invalid, "reported as authorized", ""},
		{"no State", given, figures(append(asIs[:2:2], tanks("Atlantis", 1, 0, 0, 0, "sold"))...), fault.Invalid, "two letters", ""},
		{"nothing of nothing", given, figures(append(asIs[:2:2], tanks("XA", 0, 0, 0, 0, "none"))...), fault.Invalid, "leave it out", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.SubmitReturn(ledgertest.GivenAs(t, "licensing", tt.given...), tt.command)
			var want []proto.Message
			if tt.wantErr == nil {
				want = []proto.Message{&reportingv1.AgencyReturnSubmitted{RequestId: returnID, Nil: tt.command.Nil, Figures: tt.command.Figures, NilTables: tt.command.NilTables}}
			}
			if tt.beside != "" {
				want = []proto.Message{ledger.Dated{Message: want[0], Group: tt.beside}}
			}
			expect(t, got, err, want, tt.wantErr)
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("it says %q, and not %q", err, tt.says)
			}
		})
	}
	view := ledgertest.GivenAs(t, "licensing", append(with(ledgertest.By("licensing", before)), frozen...)...)
	got, err := duty.SubmitReturn(view, figures(asIs...))
	expect(t, got, err, nil, nil)
}

// A return that whoever asks would not hear of is no answer.
func TestReturnIsHeard(t *testing.T) {
	rules := []proto.Message{annual, &directoryv1.GroupDefined{Group: "internal", Members: []string{"licensing"}}, &directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "internal"}}}}
	got, err := duty.SubmitReturn(ledgertest.GivenAs(t, "licensing", rules...), &reportingv1.SubmitReturnRequest{RequestId: returnID, Nil: true})
	expect(t, got, err, nil, fault.Precondition)
}

// A correction of a movement to nothing leaves nothing to be stated, and nil is not refused for it.
func TestNilOverRowsOfNothing(t *testing.T) {
	got, err := duty.SubmitReturn(ledgertest.GivenAs(t, "licensing", annual, exported("L-1", "XB", 0, 0)), &reportingv1.SubmitReturnRequest{RequestId: returnID, Nil: true})
	expect(t, got, err, []proto.Message{&reportingv1.AgencyReturnSubmitted{RequestId: returnID, Nil: true}}, nil)
}

// Where nothing can be drawn it is said how figures are submitted all the same.
func TestPrepareReturnToAFormOfOthers(t *testing.T) {
	view := ledgertest.GivenAs(t, "licensing", &reportingv1.AgencyReturnRequested{RequestId: returnID, Year: 2025, Form: "att-annual-exports", Agencies: []string{"licensing"}})
	_, err := duty.PrepareReturn(view, &reportingv1.PrepareReturnRequest{RequestId: returnID})
	if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "counterfoil report submit-return -f FILE") {
		t.Errorf("prepared: %v", err)
	}
}

func TestPrepareReturn(t *testing.T) {
	secret := ledgertest.In("internal", exported("L-9", "XC", 1, 1_00))
	groups := []proto.Message{
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "reporting"}}, &directoryv1.GroupDefined{Group: "internal", Members: []string{"licensing"}},
	}
	prepare := func(facts ...proto.Message) *reportingv1.PrepareReturnResponse {
		t.Helper()
		res, err := duty.PrepareReturn(ledgertest.GivenAs(t, "licensing", append([]proto.Message{annual}, facts...)...), &reportingv1.PrepareReturnRequest{RequestId: returnID})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	withLines := func(f *reportingv1.Figure) *reportingv1.Figure {
		f.Lines, f.Prefilled.Lines = 1, 1
		return f
	}
	submitted := func(f ...*reportingv1.Figure) *reportingv1.AgencyReturnSubmitted {
		return &reportingv1.AgencyReturnSubmitted{RequestId: returnID, NilTables: []string{"imports"}, Figures: f}
	}
	corrected, sold := withLines(tanks("XB", 9, 450_00, 10, 500_00, "one was not built")), tanks("XA", 1, 1_00, 0, 0, "sold from stocks")
	second := withLines(tanks("XC", 3, 90_00, 3, 90_00, ""))
	other := ledgertest.By("customs", &licensingv1.LicenceGranted{LicenceId: "customs/L-1", Deal: &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}}})
	for _, tt := range []struct {
		name     string
		given    []proto.Message
		want     []*reportingv1.Figure
		without  string
		problems string
	}{
		{"nothing", []proto.Message{other}, nil, "exports imports", ""},
		{"own facts, in the report's order", []proto.Message{exported("L-1", "XC", 3, 90_00), exported("L-2", "XB", 10, 500_00)},
			[]*reportingv1.Figure{withLines(tanks("XB", 10, 500_00, 10, 500_00, "")), second}, "imports", ""},
		{"without a State", []proto.Message{exported("L-1", "", 3, 90_00)}, []*reportingv1.Figure{withLines(tanks("", 3, 90_00, 3, 90_00, ""))}, "imports", "no-counterpart"},
		{"what the other does not read", append(groups, exported("L-1", "XC", 3, 90_00), secret), []*reportingv1.Figure{second}, "imports", "unshared"},
		{"corrected before", []proto.Message{exported("L-1", "XC", 3, 90_00), exported("L-2", "XB", 10, 500_00), ledgertest.By("licensing", submitted(corrected, second, sold))},
			[]*reportingv1.Figure{corrected, second, sold}, "imports", ""},
		{"the row moved on since", []proto.Message{exported("L-1", "XB", 10, 500_00), ledgertest.By("licensing", submitted(corrected)), exported("L-2", "XB", 1, 1_00)},
			[]*reportingv1.Figure{changed(tanks("XB", 11, 501_00, 11, 501_00, ""), func(f *reportingv1.Figure) { f.Lines, f.Prefilled.Lines = 2, 2 })}, "imports", ""},
		{"corrected to an earlier request", []proto.Message{
			&reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-2025-000009", Year: 2025, Form: "att-annual", Agencies: []string{"licensing"}}, exported("L-2", "XB", 10, 500_00),
			ledgertest.By("licensing", changedReturn(submitted(corrected), "reporting/Q-2025-000009")),
		}, []*reportingv1.Figure{corrected}, "imports", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := prepare(tt.given...)
			if diff := cmp.Diff(tt.want, res.Figures, protocmp.Transform()); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
			var codes []string
			for _, p := range res.Problems {
				codes = append(codes, p.Code)
			}
			if got := strings.Join(codes, " "); got != tt.problems || strings.Join(res.Without, " ") != tt.without {
				t.Errorf("problems %q, nothing of %v", got, res.Without)
			}
			again := prepare(tt.given...)
			if !proto.Equal(res, again) {
				t.Errorf("prepared twice it is %v and %v", res, again)
			}
			view := ledgertest.GivenAs(t, "licensing", append([]proto.Message{annual}, tt.given...)...)
			none := len(res.Figures) == 0
			command := &reportingv1.SubmitReturnRequest{RequestId: returnID, Nil: none, Figures: res.Figures}
			if !none {
				command.NilTables = res.Without
			}
			if _, err := duty.SubmitReturn(view, command); err != nil {
				t.Errorf("what was prepared cannot be submitted: %v", err)
			}
		})
	}
	for name, tt := range map[string]struct {
		agency, request string
		want            error
	}{
		"not asked": {"customs", returnID, fault.NotAllowed}, "unknown": {"licensing", "reporting/Q-2026-000077", fault.NotFound},
	} {
		_, err := duty.PrepareReturn(ledgertest.GivenAs(t, tt.agency, annual), &reportingv1.PrepareReturnRequest{RequestId: tt.request})
		if expect(t, nil, err, nil, tt.want); err == nil {
			t.Errorf("%s is prepared", name)
		}
	}
}

func changedReturn(r *reportingv1.AgencyReturnSubmitted, request string) *reportingv1.AgencyReturnSubmitted {
	r.RequestId = request
	return r
}
