package lab_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/report"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// ofReports takes the place of the example's procedure in the story: what moved counts, customs contributes, customs and licensing approve.
const ofReports = `
procedure: XA-reports
version: 2
state: XA
valid_from: 2020-01-01
in_force: 2015-02-01
authority: Ministry of Foreign Affairs of XA
reports:
  - report: att-annual
    owner: reporting
    contributors: [customs]
    approvers: [customs, licensing]
    tables:
      - {table: exports, basis: actual, means: physical transfer across the border}
      - {table: imports, basis: actual}
    steps:
      - {step: approve, day: 04-30}
      - {step: submit, day: 05-last, legal: true, source: ATT Article 13(3)}
`

const (
	firstReport, revisedReport = "reporting/att-annual-2025.1", "reporting/att-annual-2025.2"
	rifleLicence               = "licensing/L-2025-000001"
)

var reportingAll = journal.ID{Agency: "reporting", Group: "all"}

// year2025 is a report's year in which a lab has recorded what is reported on.
type year2025 struct {
	*testing.T
	folder lab.Folder
	lab    *lab.Lab
	stop   func()
	now    *clock
	// What customs was asked in.
	request string
}

func (s *year2025) node(agency string) *node.Node { return s.lab.Agencies[agency].Node }

func (s *year2025) at(agency string) *connect.Client {
	return as(s.node(agency), tokenOf(s.T, s.node(agency)), "officer", "first")
}

func (s *year2025) reports() reportingv1connect.ReportServiceClient {
	return reportingv1connect.NewReportServiceClient(s.at("reporting"))
}

func (s *year2025) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *year2025) refused(err error, why string) {
	s.Helper()
	if err == nil || !strings.Contains(err.Error(), why) {
		s.Errorf("refused with %v; want %q", err, why)
	}
}

// reads waits until an agency has read another's journal up to an event.
func (s *year2025) reads(agency, of, group string, event uint64) {
	s.Helper()
	wait(s.T, s.node(agency), journal.ID{Agency: of, Group: group}, event)
}

// exit has goods leave under the licence on a day of 2025, and the reporting agency hear of it.
func (s *year2025) exit(declaration string, month time.Month, items int64) {
	s.Helper()
	at := time.Date(2025, month, 10, 9, 0, 0, 0, time.UTC)
	id := "customs/" + declaration
	receipt := record(s.T, s.node("customs"), &customsv1.DeclarationAccepted{
		DeclarationId: id, Number: declaration, Kind: transferv1.Kind_KIND_EXPORT, LicenceId: rifleLicence, Destination: "XB", AcceptedAt: timestamppb.New(at),
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: pieces(items)}},
	}, &customsv1.ExitConfirmed{DeclarationId: id, At: timestamppb.New(at)},
		&customsv1.LicenceQuantityCommitted{DeclarationId: id, Item: 1, LicenceId: rifleLicence, LicenceLine: 1, Quantity: pieces(items)})
	s.reads("reporting", "customs", "border", receipt.FirstEvent+2)
}

// granted has licensing grant the licence in 2025.
func (s *year2025) granted() {
	s.Helper()
	receipt := record(s.T, s.node("licensing"), ledger.Dated{
		OccurredAt: time.Date(2025, 1, 20, 9, 0, 0, 0, time.UTC),
		Message: &licensingv1.LicenceGranted{LicenceId: rifleLicence, Deal: &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Parties: []*transferv1.Party{consignee},
			Lines: []*transferv1.Line{{
				Number: 1, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Row: "VIII small arms 4", Quantity: pieces(200),
			}},
		}},
	})
	s.reads("reporting", "licensing", "all", receipt.FirstEvent)
}

// asked has customs asked for its return.
func (s *year2025) asked() {
	s.Helper()
	asked, err := reportingv1connect.NewReportingServiceClient(s.at("reporting")).RequestReturn(s.Context(), &reportingv1.RequestReturnRequest{
		Year: 2025, Form: report.Annual, Due: timestamppb.New(s.now.Now().AddDate(0, 1, 0)),
	})
	s.must(err)
	s.request = asked.GetRequestId()
	s.reads("customs", "reporting", "all", asked.GetReceipt().GetFirstEvent())
}

// returned has customs submit its return as it is prepared, with nothing for the tables for which it has nothing.
func (s *year2025) returned() {
	s.Helper()
	api := reportingv1connect.NewReturnServiceClient(s.at("customs"))
	prepared, err := api.PrepareReturn(s.Context(), &reportingv1.PrepareReturnRequest{RequestId: s.request})
	s.must(err)
	res, err := api.SubmitReturn(s.Context(), &reportingv1.SubmitReturnRequest{RequestId: s.request, Figures: prepared.GetFigures(), NilTables: prepared.GetWithout()})
	s.must(err)
	s.reads("reporting", "customs", "all", res.GetReceipt().GetFirstEvent())
}

func (s *year2025) circulate() uint32 {
	s.Helper()
	res, err := s.reports().CirculateReport(s.Context(), &reportingv1.CirculateReportRequest{Report: report.Annual, Year: 2025})
	s.must(err)
	for _, agency := range []string{"customs", "licensing"} {
		s.reads(agency, "reporting", "all", max(1, res.GetReceipt().GetFirstEvent()+uint64(res.GetReceipt().GetEvents()))-1)
	}
	return res.GetDraft()
}

// answer has an agency answer the last draft of a report, and the reporting agency hear of it.
func (s *year2025) answer(agency, id, objection string) {
	s.Helper()
	res, err := reportingv1connect.NewDraftServiceClient(s.at(agency)).AnswerDraft(s.Context(), &reportingv1.AnswerDraftRequest{ReportId: id, Approved: objection == "", Text: objection})
	s.must(err)
	_, group, _ := strings.Cut(res.GetReceipt().GetJournal(), "/")
	s.reads("reporting", agency, group, res.GetReceipt().GetFirstEvent())
}

func (s *year2025) approved(id string) {
	s.Helper()
	s.answer("customs", id, "")
	s.answer("licensing", id, "")
}

func (s *year2025) freeze(reason string) (*reportingv1.FreezeReportResponse, error) {
	return s.reports().FreezeReport(s.Context(), &reportingv1.FreezeReportRequest{Report: report.Annual, Year: 2025, Reason: reason})
}

// built is a report on record as the API gives it, as bytes.
func (s *year2025) built(id string) []byte {
	s.Helper()
	res, err := s.reports().BuildReport(s.Context(), &reportingv1.BuildReportRequest{Which: &reportingv1.Which{ReportId: id}, Contributions: true})
	s.must(err)
	return s.bytes(res.GetContent())
}

func (s *year2025) bytes(c *reportingv1.Content) []byte {
	s.Helper()
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(c)
	s.must(err)
	return data
}

// codes are the problems of a report, and whether one blocks.
func (s *year2025) codes(which *reportingv1.Which) (codes []string, blocked bool) {
	s.Helper()
	res, err := s.reports().CheckReport(s.Context(), &reportingv1.CheckReportRequest{Which: which})
	s.must(err)
	for _, p := range res.GetProblems() {
		codes, blocked = append(codes, p.GetCode()), blocked || p.GetBlocks()
	}
	return codes, blocked
}

func (s *year2025) start() {
	s.Helper()
	plan, err := lab.ReadPlan("")
	s.must(err)
	s.lab, s.stop = startAndStop(s.T, s.folder, plan, lab.Options{Now: s.now.Now})
}

// A year's report from licences and declarations to what is handed over: customs contributes, objects to a draft that lacks a
// declaration, and approves the next; what comes after it was frozen goes into a revision, and the first report stays, byte for byte,
// in every ledger and after each is built anew.
func TestTheLifeOfAReport(t *testing.T) {
	t.Parallel()
	s := &year2025{T: t, folder: lab.Folder(t.TempDir()), now: &clock{now: time.Date(2026, 4, 7, 9, 0, 0, 0, time.UTC)}}
	s.start()
	s.granted()
	s.exit("25XA0001", time.March, 60)
	live := &reportingv1.Which{Report: report.Annual, Year: 2025}
	adopted, err := reportingv1connect.NewProcedureServiceClient(s.at("reporting")).AdoptProcedure(t.Context(), &reportingv1.AdoptProcedureRequest{Content: []byte(ofReports)})
	s.must(err)
	s.reads("customs", "reporting", "all", adopted.GetReceipt().GetFirstEvent())
	_, err = s.freeze("in haste")
	s.refused(err, "counterfoil report circulate att-annual/2025")
	if codes, blocked := s.codes(live); !blocked || strings.Join(codes, " ") != "awaited-return" {
		t.Errorf("before the return, problems are %v, blocking %v", codes, blocked)
	}
	s.asked()
	s.returned()

	if draft := s.circulate(); draft != 1 {
		t.Errorf("the first draft is %d", draft)
	}
	if draft := s.circulate(); draft != 1 {
		t.Errorf("circulated again as it was, the draft is %d", draft)
	}
	s.answer("customs", firstReport, "declaration 25XA0002 is missing")
	s.answer("licensing", firstReport, "")
	_, err = s.freeze("")
	s.refused(err, "customs objects (declaration 25XA0002 is missing)")
	s.exit("25XA0002", time.May, 40)
	s.returned() // it is whole again
	if draft := s.circulate(); draft != 2 {
		t.Errorf("after the correction the draft is %d", draft)
	}
	_, err = s.freeze("")
	s.refused(err, "customs has not answered; licensing has not answered")
	s.approved(firstReport)
	frozen, err := s.freeze("")
	s.must(err)
	if frozen.GetReportId() != firstReport || frozen.GetDraft() != 2 || len(frozen.GetProblems()) > 0 {
		t.Errorf("frozen is %v", frozen)
	}
	s.reads("customs", "reporting", "all", frozen.GetReceipt().GetFirstEvent())
	_, err = reportingv1connect.NewDraftServiceClient(s.at("customs")).AnswerDraft(t.Context(), &reportingv1.AnswerDraftRequest{ReportId: firstReport, Text: "late"})
	s.refused(err, "takes no answer any more")
	submitted, err := s.reports().SubmitReport(t.Context(), &reportingv1.SubmitReportRequest{ReportId: firstReport, To: "ATT Secretariat", Audience: reportingv1.Audience_AUDIENCE_PUBLIC})
	s.must(err)
	first := s.built(firstReport)

	s.exit("25XA0003", time.December, 5)
	if codes, blocked := s.codes(&reportingv1.Which{ReportId: firstReport}); blocked || strings.Join(codes, " ") != "late-data" {
		t.Errorf("after a late declaration, problems are %v, blocking %v", codes, blocked)
	}
	s.late(live)
	revised, err := s.reports().ReviseReport(t.Context(), &reportingv1.ReviseReportRequest{ReportId: firstReport, Reason: "a late declaration"})
	s.must(err)
	if revised.GetReportId() != revisedReport {
		t.Errorf("the revision is %s", revised.GetReportId())
	}
	s.reads("customs", "reporting", "all", revised.GetReceipt().GetFirstEvent())
	s.returned()
	s.circulate()
	s.approved(revisedReport)
	again, err := s.freeze("")
	s.must(err)
	if title := s.content(s.node("reporting"), revisedReport).GetTitle(); title.GetRevises() != firstReport || title.GetRevisionReason() != "a late declaration" {
		t.Errorf("the revision's title page is %v", title)
	}
	if !bytes.Equal(first, s.built(firstReport)) {
		t.Error("the first report is another after it was revised")
	}

	s.reads("observer", "reporting", "all", max(submitted.GetReceipt().GetFirstEvent(), again.GetReceipt().GetFirstEvent()))
	second, root := s.built(revisedReport), rows(t, s.node("reporting"), reportingAll)
	s.same(first, second)
	s.stop()
	for _, agency := range []string{"reporting", "observer"} {
		s.must(os.Remove(filepath.Join(string(s.folder), agency, "ledger.db")))
	}
	s.start()
	for _, agency := range []string{"reporting", "observer"} {
		s.reads(agency, "reporting", "all", again.GetReceipt().GetFirstEvent())
		if rows(t, s.node(agency), reportingAll) != root {
			t.Errorf("the ledger of %s that was built anew has other rows", agency)
		}
	}
	s.same(first, second)
}

// late looks whether the declaration that came late, and nothing else, leads from the frozen report to the facts as they stand.
func (s *year2025) late(live *reportingv1.Which) {
	s.Helper()
	res, err := s.reports().CompareReports(s.Context(), &reportingv1.CompareReportsRequest{A: &reportingv1.Which{ReportId: firstReport}, B: live})
	s.must(err)
	if len(res.GetRows()) != 1 || len(res.GetRows()[0].GetChanges()) != 1 {
		s.Fatalf("what differs is %v", res.GetRows())
	}
	c := res.GetRows()[0].GetChanges()[0]
	if items, _ := report.Items(c.GetB().GetAmounts()); c.GetCause() != reportingv1.ChangeCause_CHANGE_CAUSE_LATE_DATA || items != 5000 || !strings.HasPrefix(c.GetText(), "LicenceQuantityCommitted, customs/border event ") {
		s.Errorf("it differs because of %v", c)
	}
}

func (s *year2025) content(n *node.Node, id string) *reportingv1.Content {
	s.Helper()
	var kept report.Recorded
	s.must(n.Ledger.View(func(v ledger.View) (err error) {
		kept, err = report.Read(v, id, 0)
		return err
	}))
	return kept.Content
}

// same looks whether both reports are what they were, in the ledgers of their agency, of one that approved them and of one that only reads.
func (s *year2025) same(first, second []byte) {
	s.Helper()
	for _, agency := range []string{"reporting", "customs", "observer"} {
		for id, want := range map[string][]byte{firstReport: first, revisedReport: second} {
			if !bytes.Equal(s.bytes(s.content(s.node(agency), id)), want) {
				s.Errorf("%s has another %s", agency, id)
			}
		}
	}
}
