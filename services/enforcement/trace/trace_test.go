package trace_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
)

const id, ownID, othersID = "enforcement/T-2026-000001", "enforcement/T-2026-000002", "enforcement-b/T-2026-000001"

func on(day int) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, day-1))
}

var (
	particulars = &eventv1.Particulars{OccurredAt: on(10)}
	mark        = &transferv1.Mark{Maker: "Tarnholm Arsenal", Country: "XA", Model: "M12", Serial: "KA-12340"}
	// received was opened on the first of March, as XB asked.
	received = &enforcementv1.TraceOpened{
		TraceId: id, Received: true, Marks: []*transferv1.Mark{mark}, Item: "rifle", Ground: "illicit_where_found", Circumstances: "in a lorry", RecoveredAt: on(1),
		Place: "XBCAP", Country: "XB", Requester: "Police of XB", Purpose: "criminal proceedings", AcknowledgeBy: on(8), AnswerBy: on(31), FinalBy: on(91),
	}
	own = with(received, func(o *enforcementv1.TraceOpened) { o.TraceId, o.Received, o.Requester = ownID, false, "enforcement" })
	// others is one that another agency opened.
	others  = ledgertest.By("enforcement-b", with(received, func(o *enforcementv1.TraceOpened) { o.TraceId = othersID }))
	sent    = &enforcementv1.TraceSent{TraceId: ownID, To: "Police of XC", At: on(10)}
	sentToo = &enforcementv1.TraceSent{TraceId: ownID, To: "Police of XD", At: on(10)}
)

func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

// expect compares what a rule decided, all beside the trace, with what it should have.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	var facts []proto.Message
	for _, f := range got {
		if d, ok := f.(ledger.Dated); ok {
			if f = d.Message; d.Group != "all" {
				t.Errorf("%v is recorded for %q", f, d.Group)
			}
		}
		facts = append(facts, f)
	}
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, facts, protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestOpen(t *testing.T) {
	good := &enforcementv1.OpenTraceRequest{
		Particulars: &eventv1.Particulars{OccurredAt: on(1)}, Received: true, Marks: received.Marks, Item: received.Item, Ground: received.Ground, Circumstances: received.Circumstances,
		RecoveredAt: on(1), Place: received.Place, Country: "XB", Requester: received.Requester, Purpose: received.Purpose,
	}
	type command = enforcementv1.OpenTraceRequest
	urgent := with(received, func(o *enforcementv1.TraceOpened) { o.Urgent, o.AcknowledgeBy, o.AnswerBy = true, on(2), on(2) })
	quick := with(received, func(o *enforcementv1.TraceOpened) { o.AcknowledgeBy = on(3) })
	mine := with(received, func(o *enforcementv1.TraceOpened) { o.Received, o.Requester = false, "enforcement" })
	for name, tt := range map[string]struct {
		change func(*command)
		clock  trace.Clock
		want   proto.Message
		err    error
	}{
		"received":              {func(*command) {}, trace.Clock{}, received, nil},
		"urgent":                {func(c *command) { c.Urgent = true }, trace.Clock{}, urgent, nil},
		"by another clock":      {func(*command) {}, trace.Clock{Acknowledge: 48 * time.Hour}, quick, nil},
		"own":                   {func(c *command) { c.Received, c.Requester = false, "" }, trace.Clock{}, mine, nil},
		"own, and says so":      {func(c *command) { c.Received, c.Requester = false, "enforcement" }, trace.Clock{}, mine, nil},
		"own, asked by another": {func(c *command) { c.Received = false }, trace.Clock{}, nil, fault.Invalid},
		"received of nobody":    {func(c *command) { c.Requester = "" }, trace.Clock{}, nil, fault.Invalid},
		"no marks":              {func(c *command) { c.Marks = nil }, trace.Clock{}, nil, fault.Invalid},
		"no serial":             {func(c *command) { c.Marks = []*transferv1.Mark{{Maker: "Tarnholm Arsenal"}} }, trace.Clock{}, nil, fault.Invalid},
		"serial in part":        {func(c *command) { c.Marks = []*transferv1.Mark{{Serial: "KA-1?340"}} }, trace.Clock{}, nil, fault.Invalid},
		"found tomorrow":        {func(c *command) { c.RecoveredAt = on(2) }, trace.Clock{}, nil, fault.Invalid},
		"an alert of nobody":    {func(c *command) { c.AlertId = "enforcement/D-1" }, trace.Clock{}, nil, fault.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := trace.Open(ledgertest.GivenAs(t, "enforcement"), with(good, tt.change), tt.clock)
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, tt.err)
		})
	}
}

// states are what a trace can have come to, received and own.
var states = map[string][]proto.Message{
	"received": {received}, "received, acknowledged": {received, acknowledged(id, "enforcement")}, "received, more asked": {received, asked(id, "enforcement")},
	"received, delayed": {received, delayed(id, "enforcement")}, "received, answered in part": {received, answered(id, "enforcement", false)},
	"received, answered": {received, answered(id, "enforcement", true)}, "received, refused": {received, refused(id, "enforcement")}, "received, withdrawn": {received, withdrawn(id)},
	"own": {own}, "own, sent": {own, sent}, "own, acknowledged": {own, sent, acknowledged(ownID, "Police of XC")}, "own, more asked": {own, sent, asked(ownID, "Police of XC")},
	"own, delayed": {own, sent, delayed(ownID, "Police of XC")}, "own, answered in part": {own, sent, answered(ownID, "Police of XC", false)},
	"own, answered": {own, sent, answered(ownID, "Police of XC", true)}, "own, refused": {own, sent, refused(ownID, "Police of XC")}, "own, withdrawn": {own, sent, withdrawn(ownID)},
	"own, sent to two": {own, sent, sentToo}, "of another agency": {others}, "none": nil,
}

func acknowledged(id, by string) *enforcementv1.TraceAcknowledged {
	return &enforcementv1.TraceAcknowledged{TraceId: id, By: by, At: on(10)}
}

func asked(id, by string) *enforcementv1.TraceInformationRequested {
	return &enforcementv1.TraceInformationRequested{TraceId: id, By: by, Text: "photographs"}
}

func delayed(id, by string) *enforcementv1.TraceDelayed {
	return &enforcementv1.TraceDelayed{TraceId: id, By: by, Reason: "ongoing_investigation", Text: "after the trial", Until: on(60)}
}

func answered(id, by string, final bool) *enforcementv1.TraceAnswered {
	return &enforcementv1.TraceAnswered{TraceId: id, Final: final, By: by, End: "not_found"}
}

func refused(id, by string) *enforcementv1.TraceRefused {
	return &enforcementv1.TraceRefused{TraceId: id, By: by, Reason: "national_security", Text: "not told"}
}

func withdrawn(id string) *enforcementv1.TraceWithdrawn {
	return &enforcementv1.TraceWithdrawn{TraceId: id, Reason: "solved"}
}

// moves are the commands, as given to a trace by who was asked; what they decide is the fact of the same name.
var moves = []struct {
	name   string
	decide func(view ledger.View, id, by string) ([]proto.Message, error)
	fact   func(id, by string) proto.Message
}{
	{"send", func(v ledger.View, id, _ string) ([]proto.Message, error) {
		return trace.Send(v, &enforcementv1.SendTraceRequest{Particulars: particulars, TraceId: id, To: "Police of XC"})
	}, func(string, string) proto.Message { return sent }},
	{"acknowledge", func(v ledger.View, id, by string) ([]proto.Message, error) {
		return trace.Acknowledge(v, &enforcementv1.AcknowledgeTraceRequest{Particulars: particulars, TraceId: id, By: by})
	}, func(id, by string) proto.Message { return acknowledged(id, by) }},
	{"ask for more", func(v ledger.View, id, by string) ([]proto.Message, error) {
		return trace.RequestInformation(v, &enforcementv1.RequestTraceInformationRequest{Particulars: particulars, TraceId: id, By: by, Text: "photographs"})
	}, func(id, by string) proto.Message { return asked(id, by) }},
	{"delay", func(v ledger.View, id, by string) ([]proto.Message, error) {
		return trace.Delay(v, &enforcementv1.DelayTraceRequest{Particulars: particulars, TraceId: id, By: by, Reason: "ongoing_investigation", Text: "after the trial", Until: on(60)})
	}, func(id, by string) proto.Message { return delayed(id, by) }},
	{"answer in part", func(v ledger.View, id, by string) ([]proto.Message, error) {
		return trace.Answer(v, &enforcementv1.AnswerTraceRequest{Particulars: particulars, TraceId: id, By: by, End: "not_found"})
	}, func(id, by string) proto.Message { return answered(id, by, false) }},
	{"answer", func(v ledger.View, id, by string) ([]proto.Message, error) {
		return trace.Answer(v, &enforcementv1.AnswerTraceRequest{Particulars: particulars, TraceId: id, By: by, End: "not_found", Final: true})
	}, func(id, by string) proto.Message { return answered(id, by, true) }},
	{"refuse", func(v ledger.View, id, by string) ([]proto.Message, error) {
		return trace.Refuse(v, &enforcementv1.RefuseTraceRequest{Particulars: particulars, TraceId: id, By: by, Reason: "national_security", Text: "not told"})
	}, func(id, by string) proto.Message { return refused(id, by) }},
	{"withdraw", func(v ledger.View, id, _ string) ([]proto.Message, error) {
		return trace.Withdraw(v, &enforcementv1.WithdrawTraceRequest{Particulars: particulars, TraceId: id, Reason: "solved"})
	}, func(id, _ string) proto.Message { return withdrawn(id) }},
}

// verdict is what a move comes to: does it, nothing, or a refusal.
const (
	does    = "does"
	nothing = "nothing"
)

var refusals = map[string]error{"precondition": fault.Precondition, "invalid": fault.Invalid, "not allowed": fault.NotAllowed, "not found": fault.NotFound, "conflict": fault.Conflict}

// transitions say what each move, in the order of moves, comes to in each state.
var transitions = map[string][]string{
	//                            send            acknowledge     ask             delay           in part         answer          refuse          withdraw
	"received":                   {"precondition", does, does, does, does, does, does, does},
	"received, acknowledged":     {"precondition", nothing, does, does, does, does, does, does},
	"received, more asked":       {"precondition", does, nothing, does, does, does, does, does},
	"received, delayed":          {"precondition", does, does, nothing, does, does, does, does},
	"received, answered in part": {"precondition", "precondition", does, does, nothing, does, does, does},
	"received, answered":         {"precondition", "precondition", "precondition", "precondition", "precondition", nothing, "precondition", "precondition"},
	"received, refused":          {"precondition", "precondition", "precondition", "precondition", "precondition", "precondition", nothing, "precondition"},
	"received, withdrawn":        {"precondition", "precondition", "precondition", "precondition", "precondition", "precondition", "precondition", nothing},
	"own":                        {does, "precondition", "precondition", "precondition", "precondition", "precondition", "precondition", does},
	"own, sent":                  {nothing, does, does, does, does, does, does, does},
	"own, acknowledged":          {nothing, nothing, does, does, does, does, does, does},
	"own, more asked":            {nothing, does, nothing, does, does, does, does, does},
	"own, delayed":               {nothing, does, does, nothing, does, does, does, does},
	"own, answered in part":      {nothing, "precondition", does, does, nothing, does, does, does},
	"own, answered":              {"precondition", "precondition", "precondition", "precondition", "precondition", nothing, "precondition", "precondition"},
	"own, refused":               {"precondition", "precondition", "precondition", "precondition", "precondition", "precondition", nothing, "precondition"},
	"own, withdrawn":             {"precondition", "precondition", "precondition", "precondition", "precondition", "precondition", "precondition", nothing},
	"own, sent to two":           {nothing, does, does, does, does, does, "precondition", does},
	"of another agency":          {"not allowed", "not allowed", "not allowed", "not allowed", "not allowed", "not allowed", "not allowed", "not allowed"},
	"none":                       {"not found", "not found", "not found", "not found", "not found", "not found", "not found", "not found"},
}

func TestTransitions(t *testing.T) {
	for state, given := range states {
		of, by := id, "enforcement"
		switch {
		case state == "of another agency":
			of = othersID
		case state[:3] == "own":
			of, by = ownID, "Police of XC"
		}
		for i, m := range moves {
			t.Run(state+"/"+m.name, func(t *testing.T) {
				got, err := m.decide(ledgertest.GivenAs(t, "enforcement", given...), of, by)
				var want []proto.Message
				verdict := transitions[state][i]
				if verdict == does {
					want = []proto.Message{m.fact(of, by)}
				}
				expect(t, got, err, want, refusals[verdict])
			})
		}
	}
}

func TestRefusals(t *testing.T) {
	type view = ledger.View
	for name, tt := range map[string]struct {
		given  []proto.Message
		decide func(view) ([]proto.Message, error)
		err    error
	}{
		"own, acknowledged by itself": {[]proto.Message{own, sent}, func(v view) ([]proto.Message, error) {
			return trace.Acknowledge(v, &enforcementv1.AcknowledgeTraceRequest{Particulars: particulars, TraceId: ownID})
		}, fault.Invalid},
		"received, acknowledged by another": {[]proto.Message{received}, func(v view) ([]proto.Message, error) {
			return trace.Acknowledge(v, &enforcementv1.AcknowledgeTraceRequest{Particulars: particulars, TraceId: id, By: "Police of XC"})
		}, fault.Invalid},
		"sent to itself": {[]proto.Message{own}, func(v view) ([]proto.Message, error) {
			return trace.Send(v, &enforcementv1.SendTraceRequest{Particulars: particulars, TraceId: ownID, To: "enforcement"})
		}, fault.Invalid},
		"asked for nothing": {[]proto.Message{received}, func(v view) ([]proto.Message, error) {
			return trace.RequestInformation(v, &enforcementv1.RequestTraceInformationRequest{Particulars: particulars, TraceId: id})
		}, fault.Invalid},
		"delayed until yesterday": {[]proto.Message{received}, func(v view) ([]proto.Message, error) {
			return trace.Delay(v, &enforcementv1.DelayTraceRequest{Particulars: particulars, TraceId: id, Reason: "national_security", Text: "later", Until: on(9)})
		}, fault.Invalid},
		"delayed to before the promised date": {[]proto.Message{received, delayed(id, "enforcement")}, func(v view) ([]proto.Message, error) {
			return trace.Delay(v, &enforcementv1.DelayTraceRequest{Particulars: particulars, TraceId: id, Reason: "national_security", Text: "later", Until: on(59)})
		}, fault.Conflict},
		"refused without telling why": {[]proto.Message{received}, func(v view) ([]proto.Message, error) {
			return trace.Refuse(v, &enforcementv1.RefuseTraceRequest{Particulars: particulars, TraceId: id, Reason: "national_security"})
		}, fault.Invalid},
		"an answer that says nothing": {[]proto.Message{received}, func(v view) ([]proto.Message, error) {
			return trace.Answer(v, &enforcementv1.AnswerTraceRequest{Particulars: particulars, TraceId: id, Text: "sorry"})
		}, fault.Invalid},
		"from records that there are not": {[]proto.Message{received}, func(v view) ([]proto.Message, error) {
			return trace.Answer(v, &enforcementv1.AnswerTraceRequest{Particulars: particulars, TraceId: id, FromRecords: true})
		}, fault.NotFound},
		"from records and given": {[]proto.Message{received}, func(v view) ([]proto.Message, error) {
			return trace.Answer(v, &enforcementv1.AnswerTraceRequest{Particulars: particulars, TraceId: id, FromRecords: true, LastLawfulHolder: "Navy"})
		}, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.decide(ledgertest.GivenAs(t, "enforcement", tt.given...))
			expect(t, got, err, nil, tt.err)
		})
	}
}

// An answer and a refusal cite what others replied.
func TestEndsCite(t *testing.T) {
	replied := ledgertest.By("customs", &enforcementv1.TraceReplied{TraceId: id, Text: "sold in 2019"})
	for name, decide := range map[string]func(ledger.View) ([]proto.Message, error){
		"answered": func(view ledger.View) ([]proto.Message, error) {
			return trace.Answer(view, &enforcementv1.AnswerTraceRequest{Particulars: particulars, TraceId: id, End: "not_found", Final: true})
		},
		"refused": func(view ledger.View) ([]proto.Message, error) {
			return trace.Refuse(view, &enforcementv1.RefuseTraceRequest{Particulars: particulars, TraceId: id, Reason: "investigation", Text: "it is before a court"})
		},
	} {
		got, err := decide(ledgertest.GivenAs(t, "enforcement", received, replied))
		if err != nil || len(got) != 1 {
			t.Fatal(name, got, err)
		}
		if causes := got[0].(ledger.Dated).Causes; len(causes) != 1 || causes[0].GetJournal() != "customs/all" {
			t.Errorf("%s: it cites %v; want the reply", name, causes)
		}
	}
}
