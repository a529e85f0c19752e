package denial_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

// partners puts a fact in the group that the consultation is in.
func partners(fact proto.Message) proto.Message { return ledgertest.In("partners", fact) }

func TestJudge(t *testing.T) {
	yes := &licensingv1.JudgeUndercutRequest{Particulars: particulars, UndercutId: undercutID, Identical: true, Reason: isIdentical.Reason}
	no := &licensingv1.JudgeUndercutRequest{Particulars: particulars, UndercutId: undercutID, Reason: isAnother.Reason}
	base := []proto.Message{submitted, toldByThem, partners(found)}
	granted := &licensingv1.LicenceGranted{LicenceId: "licensing/L-2026-000001", ApplicationId: applicationID, Deal: deal()}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.JudgeUndercutRequest
		want    []proto.Message
		wantErr error
	}{
		{"identical", base, yes, []proto.Message{isIdentical}, nil},
		{"another", base, no, []proto.Message{isAnother}, nil},
		{"again", plus(base, partners(isIdentical)), yes, nil, nil},
		{"otherwise", plus(base, partners(isIdentical)), no, []proto.Message{isAnother}, nil},
		{"again after the application was amended", plus(base, partners(isAnother), &licensingv1.ApplicationAmended{ApplicationId: applicationID, Deal: deal()}), no, []proto.Message{isAnother}, nil},
		{"asked about meanwhile", plus(base, partners(isIdentical), partners(opened)), no, nil, fault.Precondition},
		{"decided meanwhile", plus(base, granted), yes, nil, fault.Conflict},
		{"no reason", base, with(yes, func(c *licensingv1.JudgeUndercutRequest) { c.Reason = "" }), nil, fault.Invalid},
		{"never found", nil, yes, nil, fault.NotFound},
		{"found by another", []proto.Message{ledgertest.By("defence", with(found, func(f *licensingv1.UndercutFound) { f.UndercutId = "defence/U-2026-000001" }))},
			with(yes, func(c *licensingv1.JudgeUndercutRequest) { c.UndercutId = "defence/U-2026-000001" }), nil, fault.NotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.Judge(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
			if len(got) == 1 && groups(got)[0] != "partners" {
				t.Errorf("recorded for %q", groups(got))
			}
		})
	}
}

func TestConsult(t *testing.T) {
	ask := &licensingv1.ConsultDenialRequest{Particulars: particulars, UndercutId: undercutID, Question: "why?"}
	base := []proto.Message{submitted, toldByThem, partners(found)}
	sure := plus(base, partners(isIdentical))
	policy := func(content string) proto.Message {
		return &directoryv1.PolicyAdopted{PolicyId: "export/1", ValidFrom: timestamppb.New(now.AddDate(-1, 0, 0)), Content: []byte(content)}
	}
	const fiveDays = "name: export\nversion: 1\ntitle: P\nlegal_basis: L\nvalid_from: \"2025-01-01\"\ndecider: licensing\ndeadline: {working_days: 5, calendar: XA}\nundercut: {working_days: 5}\n"
	calendar := &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}, Holidays: []string{"2026-03-13"}, TimeZone: "UTC"}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.ConsultDenialRequest
		want    []proto.Message
		wantErr error
	}{
		{"confirmed", sure, ask, []proto.Message{opened}, nil},
		{"by the policy and its calendar", plus(sure, policy(fiveDays), calendar), ask,
			[]proto.Message{with(opened, func(o *licensingv1.UndercutConsultationOpened) {
				o.Due = timestamppb.New(time.Date(2026, 3, 18, 23, 59, 59, 0, time.UTC))
			})}, nil},
		{"by a calendar that is none", plus(sure, policy(fiveDays)), ask, nil, fault.Precondition},
		{"not judged", base, ask, nil, fault.Precondition},
		{"judged to be another deal", plus(base, partners(isAnother)), ask, nil, fault.Precondition},
		{"again", plus(sure, partners(opened)), ask, nil, nil},
		{"again with another question", plus(sure, partners(opened)), with(ask, func(c *licensingv1.ConsultDenialRequest) { c.Question = "when?" }), nil, fault.Conflict},
		{"application withdrawn", plus(sure, &licensingv1.ApplicationWithdrawn{ApplicationId: applicationID}), ask, nil, fault.Precondition},
		{"never found", nil, ask, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.Consult(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestRecordReply(t *testing.T) {
	command := &licensingv1.RecordReplyRequest{Particulars: particulars, UndercutId: undercutID, Identical: true, Text: "it is", Paper: "note verbale 4"}
	received := &licensingv1.UndercutReplyReceived{UndercutId: undercutID, Identical: true, Text: "it is", Paper: "note verbale 4"}
	asked := []proto.Message{submitted, toldByThem, partners(found), partners(isIdentical), partners(opened)}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.RecordReplyRequest
		want    []proto.Message
		wantErr error
	}{
		{"asked", asked, command, []proto.Message{received, closed}, nil},
		{"again", plus(asked, partners(received), partners(closed)), command, nil, nil},
		{"after the end", plus(asked, partners(with(closed, func(c *licensingv1.UndercutClosed) { c.Lapsed = true }))), command, nil, fault.Precondition},
		{"not asked", asked[:4], command, nil, fault.Precondition},
		{"no text", asked, with(command, func(c *licensingv1.RecordReplyRequest) { c.Text = "" }), nil, fault.Invalid},
		{"no paper", asked, with(command, func(c *licensingv1.RecordReplyRequest) { c.Paper = "" }), nil, fault.Invalid},
		{"never found", nil, command, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.RecordReply(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestReply(t *testing.T) {
	command := &licensingv1.ReplyToConsultationRequest{Particulars: particulars, UndercutId: undercutID, Text: "another deal"}
	reply := &licensingv1.UndercutReplied{UndercutId: undercutID, Text: "another deal"}
	asked := []proto.Message{registered, theirs, toldByThem, partners(found), partners(isIdentical), partners(opened)}
	byThem := ledgertest.By(theirAgency, partners(reply))
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		command *licensingv1.ReplyToConsultationRequest
		want    []proto.Message
		wantErr error
	}{
		{"who denied", theirAgency, asked, command, []proto.Message{reply}, nil},
		{"again", theirAgency, plus(asked, byThem), command, nil, nil},
		{"again with another content", theirAgency, plus(asked, byThem), with(command, func(c *licensingv1.ReplyToConsultationRequest) { c.Identical = true }), nil, fault.Conflict},
		{"not asked", theirAgency, asked[:5], command, nil, fault.Precondition},
		{"too late", theirAgency, plus(asked, partners(with(closed, func(c *licensingv1.UndercutClosed) { c.Lapsed = true }))), command, nil, fault.Precondition},
		{"somebody else", "defence", asked, command, nil, fault.NotAllowed},
		{"who asks", "licensing", asked, command, nil, fault.NotAllowed},
		{"no text", theirAgency, asked, with(command, func(c *licensingv1.ReplyToConsultationRequest) { c.Text = "" }), nil, fault.Invalid},
		{"never heard of", theirAgency, nil, command, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.Reply(ledgertest.GivenAs(t, tt.agency, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
			if len(got) == 1 && groups(got)[0] != "partners" {
				t.Errorf("recorded for %q, and not for those who read the question", groups(got))
			}
		})
	}
}

func TestCloseReplied(t *testing.T) {
	asked := []proto.Message{submitted, toldByThem, partners(found), partners(isIdentical), partners(opened)}
	reply := &licensingv1.UndercutReplied{UndercutId: undercutID, Identical: true}
	got, err := denial.CloseReplied(given(t, asked...), theirAgency, reply, cause)
	expect(t, got, err, []proto.Message{closed}, nil)
	got, err = denial.CloseReplied(given(t, asked...), "defence", reply, cause)
	expect(t, got, err, nil, nil)
	got, err = denial.CloseReplied(given(t, plus(asked, partners(closed))...), theirAgency, reply, cause)
	expect(t, got, err, nil, nil)
	got, err = denial.CloseReplied(given(t), theirAgency, reply, cause)
	expect(t, got, err, nil, nil)
}

func TestCloseLapsed(t *testing.T) {
	asked := []proto.Message{submitted, toldByThem, partners(found), partners(isIdentical), partners(opened)}
	policy := func(silence string) proto.Message {
		return &directoryv1.PolicyAdopted{PolicyId: "export/1", ValidFrom: timestamppb.New(now.AddDate(-1, 0, 0)), Content: []byte(
			"name: export\nversion: 1\ntitle: P\nlegal_basis: L\nvalid_from: \"2025-01-01\"\ndecider: licensing\nundercut: {silence: " + silence + "}\n")}
	}
	lapsed := &licensingv1.UndercutClosed{UndercutId: undercutID, Lapsed: true}
	for _, tt := range []struct {
		name    string
		silence string
		at      time.Time
		want    []proto.Message
		next    time.Time
	}{
		{"in its last second", "not_identical", due, nil, due.Add(time.Second)},
		{"over: not identical", "not_identical", due.Add(time.Second), []proto.Message{lapsed}, time.Time{}},
		{"over: no objection", "no_objection", due.Add(time.Second), []proto.Message{with(lapsed, func(c *licensingv1.UndercutClosed) { c.Identical = true })}, time.Time{}},
		{"silence means nothing", "none", due.AddDate(1, 0, 0), nil, time.Time{}},
	} {
		got, next, err := denial.CloseLapsed(given(t, plus(asked, policy(tt.silence))...), tt.at)
		expect(t, got, err, tt.want, nil)
		if !next.Equal(tt.next) {
			t.Errorf("%s: next at %s, want %s", tt.name, next, tt.next)
		}
	}
	got, _, err := denial.CloseLapsed(given(t, asked...), due.AddDate(1, 0, 0))
	expect(t, got, err, nil, nil) // no policy
}

// covering is a screening that found nothing against a deal's parties.
func covering(d *licensingv1.Deal) *screeningv1.Certificate {
	c := &screeningv1.Certificate{Result: screeningv1.Result_RESULT_CLEAR}
	for _, p := range d.Parties {
		c.Parties = append(c.Parties, &screeningv1.CoveredParty{Digest: ledger.PartyDigest(p)})
	}
	return c
}

func TestTell(t *testing.T) {
	replied := []proto.Message{submitted, toldByThem, partners(found), partners(isIdentical), partners(opened), partners(closed)}
	granted := &licensingv1.LicenceGranted{LicenceId: "licensing/L-2026-000001", ApplicationId: applicationID, Deal: deal(), Conditions: []string{"proof of arrival"},
		Basis: &licensingv1.Basis{Reason: "needed at the border", AgainstAdvice: "XB was heard", Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR, Screening: covering(deal())}}
	denied := with(ownDenied, func(d *licensingv1.LicenceDenied) { d.ApplicationId = applicationID })
	told := &licensingv1.UndercutDecided{UndercutId: undercutID, DecisionId: granted.LicenceId, Granted: true, Reasons: "needed at the border; XB was heard; proof of arrival"}
	for _, tt := range []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"not decided", replied, nil},
		{"granted", plus(replied, granted), []proto.Message{told}},
		{"told", plus(replied, granted, partners(told)), nil},
		{"denied", plus(replied, denied), []proto.Message{&licensingv1.UndercutDecided{UndercutId: undercutID, DecisionId: ownDenialID}}},
		{"denied while it was asked about", plus(replied[:5], denied), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := denial.Tell(given(t, tt.given...), now)
			expect(t, got, err, tt.want, nil)
		})
	}
}

func TestOpen(t *testing.T) {
	base := []proto.Message{submitted, toldByThem}
	amended := &licensingv1.ApplicationAmended{ApplicationId: applicationID, Deal: with(deal(), func(d *licensingv1.Deal) {
		d.Parties[1].Name, d.Parties[1].Identifiers = "Somebody Else", nil
	})}
	for _, tt := range []struct {
		name  string
		given []proto.Message
		at    time.Time
		says  string // empty: nothing holds it up
	}{
		{"nothing like it", base[:1], now, ""},
		{"found only now", base, now, "nobody has judged that yet; it is put on record"},
		{"found", plus(base, partners(found)), now, "denial judge " + undercutID},
		{"another deal", plus(base, partners(found), partners(isAnother)), now, ""},
		{"another deal, and amended since", plus(base, partners(found), partners(isAnother), &licensingv1.ApplicationAmended{ApplicationId: applicationID, Deal: deal()}), now, "judge it anew"},
		{"another deal, and the denial told anew", plus(base, partners(found), partners(isAnother),
			ledgertest.By(theirAgency, &licensingv1.DenialNoticeAmended{NoticeId: theirNoticeID, Notice: told})), now, "judge it anew"},
		{"identical", plus(base, partners(found), partners(isIdentical)), now, "denial consult " + undercutID},
		{"amended so that it is found no more", plus(base, partners(found), partners(isIdentical), amended), now, "denial consult " + undercutID},
		{"asked", plus(base, partners(found), partners(isIdentical), partners(opened)), now, "until 2026-03-24"},
		{"answered", plus(base, partners(found), partners(isIdentical), partners(opened), partners(closed)), now, ""},
		{"revoked", plus(base, partners(found), ledgertest.By(theirAgency, &licensingv1.DenialRevoked{DenialId: theirNoticeID})), now, ""},
		{"too old by now", plus(base, partners(found)), now.AddDate(3, 0, 0), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.Open(given(t, tt.given...), applicationID, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(got, "\n")
			if tt.says == "" && len(got) > 0 || tt.says != "" && (len(got) != 1 || !strings.Contains(all, tt.says)) {
				t.Errorf("held up by %q, want %q", all, tt.says)
			}
		})
	}
	if _, err := denial.Open(given(t), applicationID, now); fault.As(err) == nil {
		t.Errorf("no application: %v", err)
	}
}
