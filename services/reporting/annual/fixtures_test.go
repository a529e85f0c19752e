package annual_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

const (
	reportID   = "reporting/att-annual-2025.1"
	revisionID = "reporting/att-annual-2025.2"
	requestID  = "reporting/Q-2026-000001"

	commercial = reportingv1.HiddenReason_HIDDEN_REASON_COMMERCIAL
)

// asked is a procedure with two approvers and one contributor.
const asked = `
procedure: XA-reports
version: 1
state: XA
valid_from: 2020-01-01
in_force: 2015-02-01
authority: Ministry of XA
reports:
  - report: att-annual
    owner: reporting
    contributors: [customs]
    approvers: [licensing, customs]
    steps:
      - {step: circulate, day: 04-15}
      - {step: approve, day: 04-30}
      - {step: freeze, day: 05-15}
      - {step: submit, day: 05-last, legal: true}
`

var (
	occurred      = &eventv1.Particulars{OccurredAt: timestamppb.New(time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC))}
	occurredLater = timestamppb.New(time.Date(2026, 4, 20, 9, 0, 0, 0, time.UTC))
	due           = timestamppb.New(time.Date(2026, 4, 30, 23, 59, 59, 0, time.UTC))
	requested     = &reportingv1.AgencyReturnRequested{RequestId: requestID, Year: 2025, Form: report.Annual, Agencies: []string{"customs"}}
	submitted     = ledgertest.By("customs", &reportingv1.AgencyReturnSubmitted{RequestId: requestID, Nil: true})
	circulate     = &reportingv1.CirculateReportRequest{Particulars: occurred, Report: report.Annual, Year: 2025}
	freeze        = &reportingv1.FreezeReportRequest{Particulars: occurred, Report: report.Annual, Year: 2025}
)

// world is the reporting agency's ledger, and what is recorded in it one after the other.
type world struct {
	testing.TB
	tx *ledger.Tx
	w  *ledgertest.Writer
}

// begin is a world in which agencies and who reads what are known, and what is given.
func begin(t testing.TB, given ...proto.Message) *world {
	t.Helper()
	tx, err := ledgertest.Open(t, "reporting").Begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	w := &world{t, tx, ledgertest.NewWriter()}
	for _, name := range []string{"licensing", "customs", "reporting", "foreign"} {
		w.on(&directoryv1.AgencyRegistered{Agency: name})
	}
	w.on(&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs", "reporting"}},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}})
	w.on(given...)
	return w
}

// on records facts, each in a block of its own.
func (w *world) on(facts ...proto.Message) {
	w.Helper()
	for _, b := range w.w.Blocks(facts...) {
		w.fold(b)
	}
}

func (w *world) fold(b *journal.Block) {
	w.Helper()
	if err := errors.Join(w.tx.Apply(b.ID, b.Entries...), w.tx.Fold(b, ledgertest.Position(b))); err != nil {
		w.Fatal(err)
	}
}

// do records what a rule of the agency decided, in one block.
func (w *world) do(facts []proto.Message, err error) []proto.Message {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	if len(facts) > 0 {
		w.fold(w.w.Together(journal.ID{Agency: "reporting", Group: "all"}, facts...))
	}
	return facts
}

func (w *world) view() ledger.View { return w.tx.View }

// draft is a report as its facts stand.
func (w *world) draft(name string, year int) *annual.Draft {
	w.Helper()
	return draftOf(w, w.view(), name, year)
}

// draftOf is a report as the facts of a view stand.
func draftOf(t interface {
	Helper()
	Fatal(...any)
}, view ledger.View, name string, year int) *annual.Draft {
	t.Helper()
	spec, err := report.Of(view, name, year)
	if err != nil {
		t.Fatal(err)
	}
	live, err := report.Build(view, spec)
	if err != nil {
		t.Fatal(err)
	}
	content, err := live.Content(view, true)
	if err != nil {
		t.Fatal(err)
	}
	returns, err := live.ReturnProblems(view)
	if err != nil {
		t.Fatal(err)
	}
	d, err := annual.NewDraft(view, spec, content, append(live.Problems(), returns...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// annualDraft is the annual report of 2025 as its facts stand.
func (w *world) annualDraft() *annual.Draft { w.Helper(); return w.draft(report.Annual, 2025) }

func (w *world) circulate() []proto.Message {
	w.Helper()
	return w.do(annual.Circulate(w.view(), w.annualDraft(), circulate))
}

func (w *world) freeze(reason string) []proto.Message {
	w.Helper()
	return w.do(annual.Freeze(w.view(), w.annualDraft(), with(freeze, func(c *reportingv1.FreezeReportRequest) { c.Reason = reason })))
}

func (w *world) read(id string, draft uint32) *reportingv1.Content {
	w.Helper()
	kept, err := report.Read(w.view(), id, draft)
	if err != nil {
		w.Fatal(err)
	}
	return kept.Content
}

// with returns a copy of a message, changed.
func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

func adopted(version string, content string) proto.Message {
	return &reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@" + version, Content: []byte(content)}
}

// in2025 is a fact that was true, and recorded, in the year that is reported on.
func in2025(fact proto.Message) proto.Message {
	return ledgertest.At(time.Date(2025, 6, 15, 12, 0, 0, 0, time.UTC), fact)
}

// rifles are a licence of 2025 for assault rifles.
func rifles(id, to string, pieces int64) proto.Message {
	return in2025(&licensingv1.LicenceGranted{LicenceId: "licensing/" + id, Deal: deal(to, pieces)})
}

func deal(to string, pieces int64) *licensingv1.Deal {
	return &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: to}, Lines: []*transferv1.Line{{
		Number: 1, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Row: "VIII small arms 4",
		Quantity: &transferv1.Quantity{Thousandths: pieces * 1000, Unit: "H87"}, Value: &transferv1.Money{Minor: pieces * 100, Currency: "EUR"},
	}}}
}

func answers(agency string, draft uint32, objection string) proto.Message {
	return ledgertest.By(agency, &reportingv1.DraftAnswered{ReportId: reportID, Draft: draft, Approved: objection == "", Text: objection})
}

// plain are the facts that a rule decided, without the journal that they go to.
func plain(facts []proto.Message) (list []proto.Message) {
	for _, f := range facts {
		if dated, ok := f.(ledger.Dated); ok {
			f = dated.Message
		}
		list = append(list, f)
	}
	return list
}
