package duty_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/screening"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
)

const screeningID, findingID, subjectID = "customs/S-2026-000001", "customs/F-2026-000001", "customs/A-1"

var (
	guard   = &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: "Zarkovia Defence", Country: "XB"}
	officer = &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start), Officer: &eventv1.Officer{Role: "officer", Person: "p-1"}}
)

func hit() *screeningv1.Hit {
	return &screeningv1.Hit{Number: 1, Party: 1, Against: screeningv1.Against_AGAINST_LIST, Id: "licensing/un-1", Score: 930, Name: "Zarkovia Defense"}
}

// performed is a screening with one hit.
func performed(id string) proto.Message {
	return ledgertest.By("customs", &screeningv1.ScreeningPerformed{
		ScreeningId: id, Subject: subjectID, Certificate: &screeningv1.Certificate{Result: screeningv1.Result_RESULT_OPEN}, Hits: []*screeningv1.Hit{hit()},
	})
}

func TestJudgeHit(t *testing.T) {
	const same, another = screeningv1.Judgement_JUDGEMENT_SAME, screeningv1.Judgement_JUDGEMENT_ANOTHER
	judged := &screeningv1.HitJudged{ScreeningId: screeningID, Hit: 1, Judgement: another, Reason: "born in another year"}
	confirmed := &screeningv1.HitJudged{ScreeningId: screeningID, Hit: 1, Judgement: same, Reason: "registry", Evidence: []string{"xb-reg:77"}}
	command := func(change ...func(*screeningv1.JudgeHitRequest)) *screeningv1.JudgeHitRequest {
		cmd := &screeningv1.JudgeHitRequest{Particulars: officer, ScreeningId: screeningID, Hit: 1, Judgement: another, Reason: judged.Reason}
		for _, c := range change {
			c(cmd)
		}
		return cmd
	}
	with := func(evidence ...string) func(*screeningv1.JudgeHitRequest) {
		return func(cmd *screeningv1.JudgeHitRequest) {
			cmd.Judgement, cmd.Reason, cmd.Evidence = same, confirmed.Reason, evidence
		}
	}
	first := []proto.Message{performed(screeningID)}
	notPerformed := ledgertest.By("customs", &screeningv1.ScreeningNotPerformed{ScreeningId: screeningID, Subject: subjectID, Reason: "no list"})
	found := ledgertest.By("customs", &screeningv1.PartyFound{FindingId: findingID, Subject: "customs/D-1", State: "in transit", Hit: hit()})
	ofFinding := func(cmd *screeningv1.JudgeHitRequest) { cmd.ScreeningId = findingID }
	tests := []struct {
		name    string
		given   []proto.Message
		command *screeningv1.JudgeHitRequest
		want    []proto.Message
		wantErr error
	}{
		{"another", first, command(), []proto.Message{judged}, nil},
		{"another, again", append(first, ledgertest.By("customs", judged)), command(), nil, nil},
		{"the same", first, command(with("xb-reg:77")), []proto.Message{confirmed}, nil},
		{"another after all", append(first, ledgertest.By("customs", confirmed)), command(), []proto.Message{judged}, nil},
		{"a name alone", first, command(with()), nil, fault.Invalid},
		{"a name as evidence", first, command(with("ZARKOVIA DEFENSE", "--")), nil, fault.Invalid},
		{"no judgement", first, command(func(cmd *screeningv1.JudgeHitRequest) { cmd.Judgement = 0 }), nil, fault.Invalid},
		{"no reason", first, command(func(cmd *screeningv1.JudgeHitRequest) { cmd.Reason = "" }), nil, fault.Invalid},
		{"nobody", first, command(func(cmd *screeningv1.JudgeHitRequest) { cmd.Particulars = nil }), nil, fault.NotAllowed},
		{"the node itself", first, command(func(cmd *screeningv1.JudgeHitRequest) {
			cmd.Particulars = &eventv1.Particulars{Officer: &eventv1.Officer{Role: "reaction"}}
		}), nil, fault.NotAllowed},
		{"no such hit", first, command(func(cmd *screeningv1.JudgeHitRequest) { cmd.Hit = 2 }), nil, fault.NotFound},
		{"no such screening", nil, command(), nil, fault.NotFound},
		{"another agency's", nil, command(func(cmd *screeningv1.JudgeHitRequest) { cmd.ScreeningId = "licensing/S-1" }), nil, fault.NotAllowed},
		{"not performed", []proto.Message{notPerformed}, command(), nil, fault.Precondition},
		{"screened again since", append(first, performed("customs/S-2026-000002")), command(), nil, fault.Precondition},
		{"finding", []proto.Message{found}, command(ofFinding), []proto.Message{&screeningv1.HitJudged{ScreeningId: findingID, Hit: 1, Judgement: another, Reason: judged.Reason}}, nil},
		{"second hit of a finding", []proto.Message{found}, command(ofFinding, func(cmd *screeningv1.JudgeHitRequest) { cmd.Hit = 2 }), nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.JudgeHit(ledgertest.GivenAs(t, "customs", tt.given...), tt.command)
			for i, f := range got {
				beside, ok := f.(ledger.Dated)
				if !ok || beside.Group != "all" {
					t.Fatalf("%v does not stand beside its row", f)
				}
				got[i] = beside.Message
			}
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestScreenName(t *testing.T) {
	view := ledgertest.GivenAs(t, "customs",
		&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1", Parties: []*transferv1.Party{guard}},
		ledgertest.By("licensing", &screeningv1.ListEditionRecorded{ListId: "licensing/list-un", Source: "un", Edition: "2026-01-01"}))
	for _, tt := range []struct {
		name   string
		downTo uint32
		hits   int
	}{
		{"Zarkovia Defence", 0, 1}, {"Zarkovia Defence", 1000, 1}, {"Zarkovia Shipyard", 0, 0}, {"Zarkovia Shipyard", 300, 1},
	} {
		res, err := duty.ScreenName(view, &screeningv1.ScreenNameRequest{Party: &transferv1.Party{Name: tt.name}, DownTo: tt.downTo})
		if err != nil || len(res.Hits) != tt.hits || res.Matcher != screening.Version || res.ReviewLine != 860 || len(res.Lists) != 1 {
			t.Errorf("%s down to %d: %v, %v", tt.name, tt.downTo, res, err)
		}
	}
}

func TestScreen(t *testing.T) {
	subject := func(_ ledger.View, id string, _ time.Time) (*licensingv1.Deal, []screening.Required, error) {
		if id != subjectID {
			return nil, nil, fault.Errorf(fault.NotFound, "%s is not on record", id)
		}
		return &licensingv1.Deal{Parties: []*transferv1.Party{guard}}, nil, nil
	}
	facts, err := duty.Screen(ledgertest.GivenAs(t, "customs"), subject, ledgertest.Start, subjectID)
	if err != nil || len(facts) != 1 || facts[0].(*screeningv1.ScreeningPerformed).ScreeningId != screeningID {
		t.Fatalf("%v, %v", facts, err)
	}
	first := ledgertest.By("customs", facts[0])
	alert := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1", Parties: []*transferv1.Party{guard}}
	elsewhere := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-2", Parties: []*transferv1.Party{{Name: "Harbour Police of Quell"}}}
	for name, tt := range map[string]struct {
		given []proto.Message
		want  int
	}{
		"again":                      {[]proto.Message{first}, 0},
		"again, an alert near":       {[]proto.Message{first, alert}, 1},
		"again, an alert elsewhere":  {[]proto.Message{first, elsewhere}, 0},
		"again, a list was recorded": {[]proto.Message{first, ledgertest.By("licensing", &screeningv1.ListEditionRecorded{ListId: "licensing/list-un", Source: "un", Edition: "2026-01-01"})}, 1},
	} {
		facts, err := duty.Screen(ledgertest.GivenAs(t, "customs", tt.given...), subject, ledgertest.Start, subjectID)
		if err != nil || len(facts) != tt.want {
			t.Errorf("%s: %v, %v", name, facts, err)
		}
	}
	_, err = duty.Screen(ledgertest.GivenAs(t, "customs"), subject, ledgertest.Start, "customs/A-2")
	expect(t, nil, err, nil, fault.NotFound)
}

// Each kind of news is run against what is watched, found once, and says what it rests on.
func TestScreenAgain(t *testing.T) {
	watching := func(_ ledger.View, value string, _ time.Time) ([]screening.Watched, error) {
		if value != "name:zarkovia defence" {
			return nil, nil
		}
		return []screening.Watched{{ID: "customs/D-1", State: screening.InTransit, Parties: []*transferv1.Party{{Name: "Maker of XA"}, guard}}}, nil
	}
	deal := &licensingv1.Deal{Parties: []*transferv1.Party{guard}}
	entry := &screeningv1.ListEntry{Names: []*screeningv1.ListName{{Text: "Zarkovia Defense"}}, Digest: []byte("1")}
	news := map[string]struct {
		earlier, last proto.Message
		id            string
	}{
		"ListEntryAdded":       {nil, ledgertest.By("licensing", &screeningv1.ListEntryAdded{EntryId: "licensing/un-1", Entry: entry}), "licensing/un-1"},
		"ListEntryAmended":     {ledgertest.By("licensing", &screeningv1.ListEntryAdded{EntryId: "licensing/un-1"}), ledgertest.By("licensing", &screeningv1.ListEntryAmended{EntryId: "licensing/un-1", Entry: entry}), "licensing/un-1"},
		"LicenceDenied":        {nil, &licensingv1.LicenceDenied{DenialId: "licensing/N-1", Deal: deal}, "licensing/N-1"},
		"DenialAmended":        {&licensingv1.LicenceDenied{DenialId: "licensing/N-1"}, &licensingv1.DenialAmended{DenialId: "licensing/N-1", Deal: deal}, "licensing/N-1"},
		"DenialNotified":       {nil, &licensingv1.DenialNotified{NoticeId: "licensing/M-1", Deal: deal}, "licensing/M-1"},
		"DenialNoticeAmended":  {&licensingv1.DenialNotified{NoticeId: "licensing/M-1"}, &licensingv1.DenialNoticeAmended{NoticeId: "licensing/M-1", Notice: &licensingv1.DenialNotified{NoticeId: "licensing/M-1", Deal: deal}}, "licensing/M-1"},
		"DiversionAlertRaised": {nil, &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1", Parties: []*transferv1.Party{guard}}, "enforcement/D-1"},
	}
	reactions := duty.ScreenAgain(watching)
	if len(reactions) != len(news) {
		t.Errorf("%d reactions, %d kinds of news", len(reactions), len(news))
	}
	for _, r := range reactions {
		n, known := news[string(r.Kind.Name())]
		if !known {
			t.Errorf("nothing is tried with %s", r.Kind)
			continue
		}
		// The name of what is watched is on record, as that of a declaration is.
		given := []proto.Message{&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-9", Parties: []*transferv1.Party{guard}}}
		if n.earlier != nil {
			given = append(given, n.earlier)
		}
		given = append(given, n.last)
		w := ledgertest.NewWriter()
		blocks := w.Blocks(given...)
		last := blocks[len(blocks)-1]
		facts, err := r.React(ledgertest.GivenAs(t, "customs", given...), last.ID, last.Entries[0])
		if err != nil || len(facts) != 1 {
			t.Errorf("%s: %v, %v", r.Name, facts, err)
			continue
		}
		f := facts[0].(ledger.Dated)
		found := f.Message.(*screeningv1.PartyFound)
		if found.FindingId != findingID || found.Subject != "customs/D-1" || found.State != screening.InTransit || found.Hit.Id != n.id || found.Hit.Party != 2 ||
			len(f.Causes) != 1 || f.Causes[0].Journal != last.ID.String() || f.Causes[0].Number != last.Entries[0].Number {
			t.Errorf("%s: %v because of %v", r.Name, found, f.Causes)
		}
		again, err := r.React(ledgertest.GivenAs(t, "customs", append(given, ledgertest.By("customs", found))...), last.ID, last.Entries[0])
		if err != nil || len(again) != 0 {
			t.Errorf("%s again: %v, %v", r.Name, again, err)
		}
		if _, err := r.React(ledgertest.GivenAs(t, "customs"), last.ID, journal.Entry{Event: &eventv1.Event{}}); err == nil {
			t.Errorf("%s takes an event without a fact", r.Name)
		}
	}
}

func TestAnyJudgement(t *testing.T) {
	anycommand.Check(t, "customs", []proto.Message{performed(screeningID)}, []string{screeningID, findingID, "Zarkovia Defense", "officer", ""}, map[string]anycommand.Rule{
		"judge": anycommand.Of(duty.JudgeHit, &screeningv1.JudgeHitRequest{
			Particulars: officer, ScreeningId: screeningID, Hit: 1, Judgement: screeningv1.Judgement_JUDGEMENT_SAME, Reason: "registry", Evidence: []string{"xb-reg:77"},
		}),
	})
}
