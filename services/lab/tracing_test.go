package lab_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
	"github.com/counterfoil/counterfoil/services/lab"
)

// traced is the item of the story.
var traced = &transferv1.Mark{Maker: "Tarnholm Arsenal", Country: "XA", Model: "M12", Calibre: "7.62x39", Serial: "KA-12340"}

// withPoliceOf adds the police of XB to the agencies of XA: it reads and writes of traces, and nothing else.
func withPoliceOf(plan *lab.Plan) *lab.Plan {
	const police = "xb-police"
	plan.Agencies = append(plan.Agencies, lab.Agency{Name: police, Title: "Police of XB", Service: "enforcement", State: "XB", Listen: "127.0.0.1:0"})
	for i, g := range plan.Groups {
		if g.Group == "directory" {
			plan.Groups[i].Members = append(g.Members, police)
		}
	}
	plan.Groups = append(plan.Groups, lab.Group{Group: "tracing", Purpose: "traces", LegalBasis: "International Tracing Instrument", Members: []string{police, "enforcement", "customs", "licensing"}})
	plan.Rules = append([]lab.Rule{{Agency: police, Group: "tracing"}, {Agency: "customs", Kind: "counterfoil.enforcement.v1.TraceReplied", Group: "tracing"}}, plan.Rules...)
	return plan
}

// delivered has 40 rifles leave XA for the border guard of XB, who says that they came.
func delivered(t *testing.T, l *lab.Lab) {
	t.Helper()
	parties := []*transferv1.Party{
		{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporters of XA"}, {Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Importers of XB"}, {Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB"},
	}
	at := func(month time.Month) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2025, month, 1, 0, 0, 0, 0, time.UTC))
	}
	mark := &transferv1.Mark{Maker: traced.Maker, Country: traced.Country, Model: traced.Model, Calibre: traced.Calibre}
	serials := []*transferv1.Serials{{Mark: mark, Serials: []string{"KA-12339", traced.Serial, "KA-12341"}}}
	record(t, l.Agencies["licensing"].Node, &licensingv1.LicenceGranted{LicenceId: "licensing/L-1", Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Parties: parties, Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
	}})
	customs := l.Agencies["customs"].Node
	record(t, customs, &customsv1.DeclarationAccepted{
		DeclarationId: "customs/E-1", Kind: transferv1.Kind_KIND_EXPORT, LicenceId: "licensing/L-1", Parties: parties, Destination: "XB", AcceptedAt: at(2),
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Serials: serials}},
	}, &customsv1.GoodsReleased{DeclarationId: "customs/E-1", At: at(2)}, &customsv1.ExitConfirmed{DeclarationId: "customs/E-1", At: at(3)})
	record(t, customs, &customsv1.DeliveryVerificationRequested{DeliveryId: "customs/V-1", LicenceId: "licensing/L-1", DeclarationIds: []string{"customs/E-1"}, From: at(3), Due: at(6)},
		&customsv1.DeliveryVerified{DeliveryId: "customs/V-1", Proof: &customsv1.Proof{ArrivedAt: at(4), Place: "XBCAP", Recipient: "Border Guard of XB", Received: []*customsv1.DeliveredItem{{LicenceLine: 1, Serials: serials}}}})
}

// The police of XB recovers a rifle at home and asks XA. Customs of XA is told that it cleared it and replies with the chain;
// licensing is told that it licensed it. The police of XA gets the same request on paper, sees who had it lawfully last, is offered
// an alert, and answers from the records.
func TestARifleIsTracedFromAbroad(t *testing.T) {
	t.Parallel()
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	folder := lab.Folder(t.TempDir())
	l := startPlan(t, folder, withPoliceOf(plan), lab.Options{})
	delivered(t, l)
	customs, licensing, enforcement, police := l.Agencies["customs"].Node, l.Agencies["licensing"].Node, l.Agencies["enforcement"].Node, l.Agencies["xb-police"].Node
	abroad := enforcementv1connect.NewTracingServiceClient(caller(t, folder, "xb-police", "officer"))
	found := &enforcementv1.OpenTraceRequest{
		Marks: []*transferv1.Mark{traced}, Item: "rifle", Ground: "illicit_where_found", RecoveredAt: timestamppb.New(time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC)),
		Place: "XBHAR", Country: "XB", Purpose: "criminal proceedings",
	}
	opened, err := abroad.OpenTrace(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := abroad.SendTrace(t.Context(), &enforcementv1.SendTraceRequest{TraceId: opened.TraceId, To: "customs"}); err != nil {
		t.Fatal(err)
	}

	hits := func(trace string) func(ledger.View) []string {
		return func(v ledger.View) (records []string) {
			rows, err := v.TraceHitsWith("trace", trace)
			if err != nil {
				t.Error(err)
			}
			for _, h := range rows {
				if h.Agency == v.Agency() {
					records = append(records, h.Hit.RecordId+" "+h.Hit.Match)
				}
			}
			return records
		}
	}
	comesTo(t, customs, "customs is told of its declaration and its delivery", func(v ledger.View) bool {
		return slices.Equal(hits(opened.TraceId)(v), []string{"customs/E-1 same", "customs/V-1 same"})
	})
	comesTo(t, licensing, "licensing is told of its licence", func(v ledger.View) bool {
		return slices.Equal(hits(opened.TraceId)(v), []string{"licensing/L-1 same"})
	})
	duties(t, folder, "customs", "answer-trace "+opened.TraceId)

	reply := enforcementv1connect.NewTraceReplyServiceClient(caller(t, folder, "customs", "officer"))
	if _, err := reply.ReplyToTrace(t.Context(), &enforcementv1.ReplyToTraceRequest{TraceId: opened.TraceId, FromRecords: true}); err != nil {
		t.Fatal(err)
	}
	var chain []*enforcementv1.Holder
	comesTo(t, police, "the police of XB has the chain", func(v ledger.View) bool {
		r, err := v.TraceReply("customs/" + opened.TraceId)
		chain = r.GetReplied().GetChain()
		return err == nil && len(chain) > 0
	})
	if last := chain[len(chain)-1]; last.To != "Border Guard of XB" || last.RecordId != "customs/V-1" {
		t.Errorf("the chain ends with %v", last)
	}
	if _, err := abroad.AnswerTrace(t.Context(), &enforcementv1.AnswerTraceRequest{TraceId: opened.TraceId, By: "customs", Chain: chain, LastLawfulHolder: "Border Guard of XB", Final: true}); err != nil {
		t.Fatal(err)
	}

	home := enforcementv1connect.NewTracingServiceClient(caller(t, folder, "enforcement", "officer"))
	found.Received, found.Requester = true, "Police of XB"
	received, err := home.OpenTrace(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	comesTo(t, enforcement, "the police of XA hears of the hits", func(v ledger.View) bool {
		rows, err := v.TraceHitsWith("trace", received.TraceId)
		return err == nil && len(rows) == 3
	})
	duties(t, folder, "enforcement", "raise-alert customs/H-")
	query := queryv1connect.NewQueryServiceClient(caller(t, folder, "enforcement", "officer"))
	custody, err := query.Custody(t.Context(), &queryv1.CustodyRequest{Mark: &transferv1.Mark{Serial: "ka 12340"}})
	if err != nil || len(custody.Items) != 1 || custody.Items[0].LastLawful.GetParty().GetName() != "Border Guard of XB" || custody.Items[0].Stage != enforcementv1.Stage_STAGE_D4_STOCKPILE_OR_USE {
		t.Errorf("custody: %v, %v", custody, err)
	}
	verified, err := query.Explain(t.Context(), &queryv1.ExplainRequest{Id: "customs/V-1"})
	if err != nil {
		t.Fatal(err)
	}
	before := &queryv1.Horizon{AsOf: timestamppb.New(verified.Events[0].RecordedAt.AsTime().Add(-time.Nanosecond))}
	custody, err = query.Custody(t.Context(), &queryv1.CustodyRequest{Mark: &transferv1.Mark{Serial: "ka 12340"}, Horizon: before})
	if err != nil || len(custody.Items) != 1 || custody.Items[0].LastLawful.GetRecordId() == "customs/V-1" || custody.Items[0].Open.GetStep() == "" {
		t.Errorf("custody before it was known to have arrived: %v, %v", custody, err)
	}
	if _, err := home.AnswerTrace(t.Context(), &enforcementv1.AnswerTraceRequest{TraceId: received.TraceId, FromRecords: true, Final: true}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, enforcement, "it is answered with who had it", func(v ledger.View) bool {
		row, err := v.Trace(received.TraceId)
		return err == nil && row.Status == ledgerv1.TraceStatus_TRACE_STATUS_ANSWERED && row.Answers[0].LastLawfulHolder == "Border Guard of XB"
	})
}

// A declaration that comes later, with a serial of an open trace, is a hit too. The trace is due by the clock that the agency has set.
func TestWhatIsDeclaredLaterIsMatchedWithTraces(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{TraceClock: trace.Clock{Answer: 240 * time.Hour}})
	opened, err := enforcementv1connect.NewTracingServiceClient(caller(t, folder, "enforcement", "officer")).OpenTrace(t.Context(), &enforcementv1.OpenTraceRequest{
		Marks: []*transferv1.Mark{traced, {Maker: "Another Maker", Country: "XA", Model: "M12", Serial: "KA-12341"}}, Item: "rifles", Ground: "illicit_where_found",
		RecoveredAt: timestamppb.New(time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC)), Country: "XB", Purpose: "criminal proceedings",
	})
	if err != nil {
		t.Fatal(err)
	}
	comesTo(t, l.Agencies["enforcement"].Node, "it is to be answered in 10 days, and acknowledged in 7", func(v ledger.View) bool {
		row, err := v.Trace(opened.TraceId)
		since := func(by *timestamppb.Timestamp) time.Duration { return by.AsTime().Sub(row.At.AsTime()) }
		return err == nil && row != nil && since(row.Opened.AnswerBy) == 240*time.Hour && since(row.Opened.AcknowledgeBy) == 168*time.Hour
	})
	delivered(t, l)
	comesTo(t, l.Agencies["customs"].Node, "customs is told of both records, for the one rifle", func(v ledger.View) bool {
		rows, err := v.TraceHitsWith("trace", opened.TraceId)
		rows = slices.DeleteFunc(rows, func(h *ledgerv1.TraceHit) bool { return h.Agency != "customs" })
		return err == nil && len(rows) == 2
	})
}

// duties looks whether something is open at an agency, by what it begins with.
func duties(t *testing.T, folder lab.Folder, agency, wanted string) {
	t.Helper()
	res, err := directoryv1connect.NewDirectoryServiceClient(caller(t, folder, agency, "officer")).Duties(t.Context(), &directoryv1.DutiesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(res.Duties, func(d *directoryv1.Duty) bool {
		said := d.What + " " + d.Subject
		return len(said) >= len(wanted) && said[:len(wanted)] == wanted
	}) {
		t.Errorf("%s is open at %s; want %q among it", res.Duties, agency, wanted)
	}
}
