package lab_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// threeContribute is a procedure by which three agencies owe a return by the end of February.
const threeContribute = `
procedure: XA-reports
version: 2
state: XA
valid_from: 2020-01-01
authority: Treaty reporting office of XA
reports:
  - report: att-annual
    owner: reporting
    contributors: [licensing, customs, enforcement]
    steps:
      - {step: return, day: 02-last}
`

// contributing is a lab whose agencies are asked for their part of the annual report of 2025.
type contributing struct {
	*testing.T
	lab     *lab.Lab
	folder  lab.Folder
	now     *clock
	request string
}

func (s *contributing) node(agency string) *node.Node { return s.lab.Agencies[agency].Node }

func (s *contributing) returns(agency string) reportingv1connect.ReturnServiceClient {
	return reportingv1connect.NewReturnServiceClient(caller(s.T, s.folder, agency, "officer"))
}

func (s *contributing) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// grants has licensing grant an export of so many battle tanks.
func (s *contributing) grants(id, to string, tanks int64) {
	s.Helper()
	record(s.T, s.node("licensing"), &licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: to},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML6", Category: transferv1.Category_CATEGORY_I_BATTLE_TANKS, Row: "I", Quantity: pieces(tanks)}},
	}})
}

// submits has an agency submit a return, and waits until reporting has it. It returns the number of the return's event.
func (s *contributing) submits(agency string, req *reportingv1.SubmitReturnRequest) uint64 {
	s.Helper()
	req.RequestId = s.request
	res, err := s.returns(agency).SubmitReturn(s.Context(), req)
	s.must(err)
	comesTo(s.T, s.node("reporting"), "it has the return of "+agency, func(v ledger.View) bool {
		r, err := v.ReturnSubmission(agency + "/" + s.request)
		return err == nil && r != nil && r.Events[len(r.Events)-1] == res.Receipt.FirstEvent
	})
	return res.Receipt.FirstEvent
}

// report is the annual report of 2025 as reporting has it now.
func (s *contributing) report() *reportingv1.Content {
	s.Helper()
	res, err := reportingv1connect.NewReportServiceClient(caller(s.T, s.folder, "reporting", "analyst")).BuildReport(s.Context(),
		&reportingv1.BuildReportRequest{Which: &reportingv1.Which{Report: "att-annual", Year: 2025}, Contributions: true})
	s.must(err)
	return res.Content
}

// heads checks what the tables of exports and imports say of returns.
func (s *contributing) heads(exports, imports string) {
	s.Helper()
	for i, want := range []string{exports, imports} {
		h := s.report().Tables[i]
		got := "awaited " + strings.Join(h.Awaited, " ")
		if len(h.Awaited) == 0 {
			got = "nil confirmed by " + strings.Join(h.NilConfirmedBy, " ")
		}
		if h.Nil {
			got = "nil"
		}
		if got != want {
			s.Errorf("%s: %s, and not %s", h.Table, got, want)
		}
	}
}

// The three that the procedure names are asked. Licensing corrects one figure, customs has nothing, and enforcement is silent for long:
// until it has spoken nothing is nil. What licensing corrected is a contribution of its own, that names the return's event.
func TestReturnsOfThreeAgencies(t *testing.T) {
	t.Parallel()
	s := &contributing{T: t, folder: lab.Folder(t.TempDir()), now: &clock{now: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC)}}
	s.lab = start(t, s.folder, lab.Options{Now: s.now.Now})
	s.grants("licensing/L-1", "XB", 10)
	s.grants("licensing/L-2", "XC", 3)

	s.now.move(240 * 24 * time.Hour) // end of January
	reporting := caller(t, s.folder, "reporting", "officer")
	_, err := reportingv1connect.NewProcedureServiceClient(reporting).AdoptProcedure(t.Context(), &reportingv1.AdoptProcedureRequest{Content: []byte(threeContribute)})
	s.must(err)
	asked, err := reportingv1connect.NewReportingServiceClient(reporting).RequestReturn(t.Context(), &reportingv1.RequestReturnRequest{Form: "att-annual", Year: 2025})
	s.must(err)
	s.request = asked.RequestId
	for _, agency := range []string{"licensing", "customs", "enforcement"} {
		comesTo(t, s.node(agency), "it is asked", func(v ledger.View) bool {
			r, err := v.ReturnRequest(s.request)
			return err == nil && r != nil && r.GetRequested().GetDue().AsTime().Equal(time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC))
		})
	}
	s.heads("awaited customs enforcement licensing", "awaited customs enforcement licensing")

	prepared, err := s.returns("licensing").PrepareReturn(t.Context(), &reportingv1.PrepareReturnRequest{RequestId: s.request})
	s.must(err)
	if len(prepared.Figures) != 2 || !slices.Equal(prepared.Without, []string{"imports"}) {
		t.Fatalf("prepared is %v", prepared)
	}
	prepared.Figures[0].Quantity.Thousandths, prepared.Figures[0].Reason = 8000, "two were not built"
	corrected := s.submits("licensing", &reportingv1.SubmitReturnRequest{Figures: prepared.Figures, NilTables: prepared.Without})
	s.submits("customs", &reportingv1.SubmitReturnRequest{Nil: true})
	s.heads("awaited enforcement", "awaited enforcement")
	s.submits("enforcement", &reportingv1.SubmitReturnRequest{Nil: true})
	s.heads("nil confirmed by customs enforcement", "nil")

	row := s.report().Rows[0]
	if row.Keys[2] != "XB" || row.Amounts.Quantities[0].Thousandths != 8000 || len(row.Contributions) != 2 {
		t.Fatalf("the corrected row is %v", row)
	}
	if own, by := row.Contributions[0], row.Contributions[1]; own.Subject != "licensing/L-1#1" || own.Amounts.Quantities[0].Thousandths != 10_000 ||
		by.Subject != "licensing/"+s.request || by.Journal != "licensing/all" || !slices.Equal(by.Events, []uint64{corrected}) || by.Amounts.Quantities[0].Thousandths != -2000 {
		t.Errorf("it is made of %v", row.Contributions)
	}

	// A licence of that year is put on record late: the return as it was prepared does not hold any more.
	record(t, s.node("licensing"), ledger.Dated{OccurredAt: time.Date(2025, 12, 30, 9, 0, 0, 0, time.UTC), Message: &licensingv1.LicenceGranted{LicenceId: "licensing/L-3", Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XC"},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML6", Category: transferv1.Category_CATEGORY_I_BATTLE_TANKS, Row: "I", Quantity: pieces(1)}},
	}}})
	_, err = s.returns("licensing").SubmitReturn(t.Context(), &reportingv1.SubmitReturnRequest{RequestId: s.request, Figures: prepared.Figures, NilTables: prepared.Without, Comment: "once more"})
	if connect.CodeOf(err) != connect.CodeFailedPrecondition || !strings.Contains(err.Error(), "in exports: I, authorized, XC; prepare it anew: counterfoil return prepare "+s.request) {
		t.Errorf("an outdated return is answered with %v", err)
	}
	prepared, err = s.returns("licensing").PrepareReturn(t.Context(), &reportingv1.PrepareReturnRequest{RequestId: s.request})
	s.must(err)
	if f := prepared.Figures; len(f) != 2 || f[0].Quantity.Thousandths != 8000 || f[1].Quantity.Thousandths != 4000 {
		t.Errorf("prepared anew it is %v", f)
	}
	again := s.submits("licensing", &reportingv1.SubmitReturnRequest{Figures: prepared.Figures, NilTables: prepared.Without})
	rows := s.report().Rows
	if len(rows) != 2 || rows[0].Amounts.Quantities[0].Thousandths != 8000 || rows[1].Amounts.Quantities[0].Thousandths != 4000 ||
		!slices.Equal(rows[0].Contributions[1].Events, []uint64{corrected, again}) {
		t.Errorf("the report is %v", rows)
	}
}
