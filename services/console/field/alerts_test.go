package field

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(noon.Add(d)) }

// What waits for the agency comes first, what is due first before the rest, and grave alerts before others.
func TestAlertsInTheirOrder(t *testing.T) {
	raise := func(id string, p enforcementv1.Priority, by *timestamppb.Timestamp, to ...string) *ledgerv1.Alert {
		return &ledgerv1.Alert{Id: id, RaisedAt: at(-time.Hour), Raised: &enforcementv1.DiversionAlertRaised{Priority: p, AcknowledgeBy: by, Addressees: to}}
	}
	open := []*ledgerv1.Alert{
		raise("e/1", enforcementv1.Priority_PRIORITY_ROUTINE, nil, "customs"),
		raise("e/2", enforcementv1.Priority_PRIORITY_URGENT, at(time.Hour), "customs", "licensing"),
		raise("e/3", enforcementv1.Priority_PRIORITY_IMMEDIATE, at(-time.Minute), "customs"),
		raise("e/4", enforcementv1.Priority_PRIORITY_IMMEDIATE, at(time.Minute), "customs"),
		raise("e/5", enforcementv1.Priority_PRIORITY_URGENT, nil, "licensing"),
		raise("e/6", enforcementv1.Priority_PRIORITY_URGENT, nil, "customs"),
	}
	given := []*ledgerv1.Acknowledgement{{AlertId: "e/4", Agency: "customs"}, {AlertId: "e/2", Agency: "licensing"}}
	mine, others := sorted(open, given, "customs", noon)
	var got []string
	for _, w := range append(mine, others...) {
		got = append(got, fmt.Sprint(w.Id, w.Silent, w.Answered, w.Clock.Tone()))
	}
	want := []string{"e/3[customs] []bad", "e/2[customs] [licensing]plain", "e/6[customs] []plain", "e/1[customs] []plain", "e/4[] [customs]plain", "e/5[licensing] []plain"}
	if !slices.Equal(got, want) || len(mine) != 4 {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTraceSteps(t *testing.T) {
	opened := func(change func(*ledgerv1.Trace)) *ledgerv1.Trace {
		row := &ledgerv1.Trace{At: at(0), Opened: &enforcementv1.TraceOpened{AcknowledgeBy: at(7 * day), AnswerBy: at(30 * day), FinalBy: at(90 * day)}}
		change(row)
		return row
	}
	for _, tt := range []struct {
		name   string
		change func(*ledgerv1.Trace)
		want   string
		due    time.Duration
	}{
		{"nobody was asked", func(*ledgerv1.Trace) {}, "answer", 30 * day},
		{"received", func(r *ledgerv1.Trace) { r.Opened.Received = true }, "acknowledge", 7 * day},
		{"sent", func(r *ledgerv1.Trace) { r.Sent = []*enforcementv1.TraceSent{{}} }, "acknowledge", 7 * day},
		{"acknowledged", func(r *ledgerv1.Trace) {
			r.Opened.Received, r.Acknowledged = true, []*enforcementv1.TraceAcknowledged{{}}
		}, "answer", 30 * day},
		{"delayed", func(r *ledgerv1.Trace) { r.Delayed = &enforcementv1.TraceDelayed{Until: at(40 * day)} }, "answer", 40 * day},
		{"delayed to before", func(r *ledgerv1.Trace) { r.Delayed = &enforcementv1.TraceDelayed{Until: at(20 * day)} }, "answer", 30 * day},
		{"answered in part", func(r *ledgerv1.Trace) { r.Answers = []*enforcementv1.TraceAnswered{{}} }, "final", 90 * day},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next, c := nextStep(opened(tt.change), noon)
			if next != tt.want || !c.Due.AsTime().Equal(noon.Add(tt.due)) {
				t.Errorf("%s by %v", next, c.Due.AsTime())
			}
		})
	}
}

const day = 24 * time.Hour

// A trace waits for the agency that opened it, and for those whose records have the item until they reply.
func TestTracesInTheirOrder(t *testing.T) {
	open := []*ledgerv1.Trace{{Id: "enforcement/1"}, {Id: "enforcement/2"}, {Id: "enforcement/3"}, {Id: "customs/4"}}
	hit := func(trace string) *ledgerv1.TraceHit {
		return &ledgerv1.TraceHit{Hit: &enforcementv1.TraceHit{TraceId: trace}}
	}
	hits := []*ledgerv1.TraceHit{hit("enforcement/2"), hit("enforcement/3"), hit("enforcement/3")}
	replies := []*ledgerv1.TraceReply{{Replied: &enforcementv1.TraceReplied{TraceId: "enforcement/2"}}}
	mine, others := sortedTraces(open, hits, replies, "customs", noon)
	var got []string
	for _, w := range append(mine, others...) {
		got = append(got, fmt.Sprint(w.Id, " ", w.Hits, w.ToReply))
	}
	if want := []string{"customs/4 0 false", "enforcement/3 2 true", "enforcement/1 0 false", "enforcement/2 1 false"}; !slices.Equal(got, want) || len(mine) != 2 {
		t.Errorf("%q, want %q", got, want)
	}
}

// Where customs' rules are not, a licence that is not in force stops goods, and nothing lets them go.
func TestJudge(t *testing.T) {
	granted, suspended := ledgerv1.Status_STATUS_GRANTED, ledgerv1.Status_STATUS_SUSPENDED
	for _, tt := range []struct {
		name    string
		licence *ledgerv1.Licence
		want    string
	}{
		{"no licence", nil, "ask"},
		{"granted", &ledgerv1.Licence{Status: granted}, "ask"},
		{"in force", &ledgerv1.Licence{Status: granted, ValidFrom: at(-day), ValidUntil: at(day)}, "ask"},
		{"suspended", &ledgerv1.Licence{Status: suspended}, "stop"},
		{"expired this moment", &ledgerv1.Licence{Status: granted, ValidUntil: at(0)}, "stop"},
		{"not valid yet", &ledgerv1.Licence{Status: granted, ValidFrom: at(time.Second)}, "stop"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &borderPage{Licence: tt.licence}
			if b.judge(noon); b.Advice != tt.want || (len(b.Reasons) > 0) != (tt.want == "stop") {
				t.Errorf("%s %v", b.Advice, b.Reasons)
			}
		})
	}
}

func TestReasonOf(t *testing.T) {
	for sentence, want := range map[string]reason{
		"DX02: licence x is suspended": {"DX02", "licence x is suspended"},
		"DX09 is open: goes elsewhere": {"DX09", "DX09 is open: goes elsewhere"},
		"the goods have moved":         {"", "the goods have moved"},
		"an officer wrote of DX99":     {"", "an officer wrote of DX99"},
		"see 26XADX0212":               {"", "see 26XADX0212"},
	} {
		if got := reasonOf(sentence); got != want {
			t.Errorf("%q: %v", sentence, got)
		}
	}
}

// The lines of a licence say what they are of, and how much of them is taken, never more than all.
func TestDescribe(t *testing.T) {
	of := func(n int64) *transferv1.Quantity { return &transferv1.Quantity{Thousandths: n, Unit: "H87"} }
	b := &borderPage{
		Licence: &ledgerv1.Licence{Conditions: []string{"by sea"}, Deal: &licensingv1.Deal{Lines: []*transferv1.Line{{Number: 1, Rating: "ML1"}, {Number: 2, Rating: "ML3"}}}},
		Lines: []lineLeft{
			{LineBalance: &customsv1.LineBalance{LicenceLine: 1, Authorized: of(200), Used: of(50), Reserved: of(20), Lent: of(30)}},
			{LineBalance: &customsv1.LineBalance{LicenceLine: 2, Authorized: of(100), Used: of(90), Reserved: of(90)}},
			{LineBalance: &customsv1.LineBalance{LicenceLine: 3, Used: of(5)}},
		},
		Alerts: []*ledgerv1.Alert{{Id: "1"}, {Id: "2", Status: ledgerv1.AlertStatus_ALERT_STATUS_CLOSED}, {Id: "3", Finding: ledgerv1.AlertStatus_ALERT_STATUS_REFUTED}},
	}
	b.describe()
	got := fmt.Sprint(len(b.Alerts), b.Conditions)
	for _, l := range b.Lines {
		got += fmt.Sprint(" ", l.Line.GetRating(), " ", l.Used, "+", l.Reserved)
	}
	if want := "1 [by sea] ML1 25+25 ML3 90+10  0+0"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
