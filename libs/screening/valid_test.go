package screening_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var un = screening.Required{Source: "un", MaxAgeDays: 14}

func TestScreenCoversEveryParty(t *testing.T) {
	d := deal(party(transferv1.Role_ROLE_EXPORTER, "Maker of XA", "XA"), endUser("Zarkovia Defence"), party(transferv1.Role_ROLE_CARRIER, "Zarkovia Defence", "XC"))
	given := facts(listed(entryID, "XB", nil, "Zarkovia Defence"), closed("2026-03-01"), notified(endUser("Harbour Police of XB")), raised(endUser("Unknown")))
	_, s := screened(t, given, d, un)
	c := s.Certificate
	if c.Matcher != screening.Version || c.ReviewLine != 860 || c.Denials != 1 || c.Alerts != 1 || len(c.Parties) != 3 ||
		c.Result != screeningv1.Result_RESULT_OPEN || !c.PerformedAt.AsTime().Equal(now) {
		t.Errorf("the certificate is %v", c)
	}
	if len(c.Lists) != 1 || c.Lists[0].Source != "un" || c.Lists[0].Edition != "2026-03-01" || c.Lists[0].Entries != 1 || c.Lists[0].RecordedAt == nil {
		t.Errorf("it names the lists %v", c.Lists)
	}
	if h := s.Hits; len(h) != 2 || h[0].Party != 2 || h[0].Number != 1 || h[1].Party != 3 || h[1].Number != 2 || h[1].Country != "other" {
		t.Errorf("the hits are %v", h)
	}
	fact, err := screening.Screen(ledgertest.Given(t, given...), applicationID, d, nil, now, "licensing/S-1")
	if err != nil {
		t.Fatal(err)
	}
	knowledge := fact.(*screeningv1.ScreeningPerformed).Knowledge
	if len(knowledge.Journals) != 2 || knowledge.Journals[1].Journal != "licensing/all" || knowledge.Journals[1].Events != 3 {
		t.Errorf("it knew %v", knowledge)
	}
}

func TestScreenIsNotPerformed(t *testing.T) {
	tests := []struct {
		name   string
		given  []proto.Message
		party  *transferv1.Party
		lists  []screening.Required
		reason string
	}{
		{"no edition", nil, endUser("Harbour Police"), []screening.Required{un}, "list un is required and no edition of it is on record"},
		{"entries without an edition", facts(listed(entryID, "XB", nil, "Zarkovia Defence")), endUser("Harbour Police"), []screening.Required{un}, "no edition"},
		{"another list", facts(closed("2026-03-01")), endUser("Harbour Police"), []screening.Required{{Source: "csl"}}, "list csl is required"},
		{"too old", facts(closed("2026-02-23")), endUser("Harbour Police"), []screening.Required{un}, "list un is of 2026-02-23 and may be 14 days old at most"},
		{"an edition of no day", facts(closed("spring")), endUser("Harbour Police"), []screening.Required{un}, "cannot be told"},
		{"a party without a name", facts(closed("2026-03-01")), endUser("-- ..."), nil, "party 1 (end user) has no name that can be compared"},
		{"an unknown party", facts(closed("2026-03-01")), endUser("Unknown"), nil, "party 1 (end user) has no name that can be compared"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view, s := screened(t, tt.given, deal(tt.party), tt.lists...)
			if n := s.NotPerformed; n == nil || !strings.Contains(n.Reason, tt.reason) || s.Certificate.Result != screeningv1.Result_RESULT_NOT_PERFORMED {
				t.Errorf("it is %v, want it not performed: %s", s, tt.reason)
			}
			if reasons := screening.Valid(view, s, deal(tt.party), tt.lists, now); len(reasons) == 0 {
				t.Error("it can be rested on")
			}
		})
	}
	last := deal(endUser("Harbour Police"))
	if _, s := screened(t, facts(closed("2026-02-24")), last, un); s.NotPerformed != nil {
		t.Errorf("on the last day of 14 it is %v", s.NotPerformed)
	}
}

// Every way in which a screening comes to be one that nothing rests on.
func TestValid(t *testing.T) {
	d := deal(party(transferv1.Role_ROLE_EXPORTER, "Maker of XA", "XA"), endUser("Zarkovia Defence"))
	entry, edition := listed(entryID, "XB", nil, "Zarkovia Defence"), closed("2026-03-01")
	judged := func(j screeningv1.Judgement) proto.Message {
		return &screeningv1.HitJudged{ScreeningId: "licensing/S-1", Hit: 1, Judgement: j, Reason: "another house number"}
	}
	another := judged(screeningv1.Judgement_JUDGEMENT_ANOTHER)
	amended := &screeningv1.ListEntryAmended{EntryId: entryID, Edition: "2026-03-01", Entry: listed(entryID, "XB", nil, "Zarkovia Defence", "ZD").Entry}
	amended.Entry.Digest = []byte("other")
	tests := []struct {
		name   string
		given  []proto.Message
		since  []proto.Message
		deal   *licensingv1.Deal
		lists  []screening.Required
		after  time.Duration
		reason string
	}{
		{"clear", facts(edition), nil, d, []screening.Required{un}, 0, ""},
		{"nothing required, nothing on record", nil, nil, d, nil, 0, ""},
		{"reviewed", facts(edition, entry), facts(another), d, []screening.Required{un}, 0, ""},
		{"open", facts(edition, entry), nil, d, nil, 0, "hit 1 of screening licensing/S-1, against entry of a watch list licensing/un-XAi.001, waits for an officer"},
		{"confirmed", facts(edition, entry), facts(judged(screeningv1.Judgement_JUDGEMENT_SAME)), d, nil, 0, "was judged to be the party"},
		{"a party was renamed", facts(edition), nil, deal(d.Parties[0], endUser("Zarkovia Defence Ltd")), nil, 0, "does not cover party 2 (end user) as it is stated now"},
		{"a party has an address now", facts(edition), nil, deal(d.Parties[0], &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: "Zarkovia Defence", Country: "XB", Address: "1 Quay"}), nil, 0, "does not cover party 2"},
		{"a party does something else", facts(edition), nil, deal(d.Parties[0], party(transferv1.Role_ROLE_BROKER, "Zarkovia Defence", "XB")), nil, 0, "does not cover party 2 (broker)"},
		{"a party more", facts(edition), nil, deal(d.Parties[0], d.Parties[1], endUser("Harbour Police")), nil, 0, "does not cover party 3"},
		{"a party less", facts(edition), nil, deal(d.Parties[0]), nil, 0, ""},
		{"a newer edition", facts(edition), facts(closed("2026-03-09")), d, nil, 0, "the edition of 2026-03-09 of list un was recorded after screening licensing/S-1"},
		{"the first edition of a list", nil, facts(edition), d, nil, 0, "was recorded after"},
		{"a list too old by now", facts(edition), nil, d, []screening.Required{un}, 10 * 24 * time.Hour, "may be 14 days old at most"},
		{"a list required by now", nil, nil, d, []screening.Required{un}, 0, "no edition of it is on record"},
		{"required, and on record since", nil, facts(edition), d, []screening.Required{un}, 0, "did not compare with list un, which is required"},
		{"an entry since, its edition not closed", facts(edition), facts(entry), d, nil, 0, "party 2 (end user) comes near entry of a watch list licensing/un-XAi.001, which screening licensing/S-1 did not have"},
		{"an entry restated since", facts(edition, entry), facts(another, amended), d, nil, 0, "says something else of whom it is about since"},
		{"a denial since", nil, facts(denied(denialID, endUser("Zarkovia Defense"))), d, nil, 0, "comes near denial licensing/N-1"},
		{"a notice since", nil, facts(notified(endUser("Zarkovia Defence"))), d, nil, 0, "comes near notice of a denial licensing/M-1"},
		{"an alert since", nil, facts(raised(endUser("Zarkovia Defence"))), d, nil, 0, "comes near alert enforcement/D-1"},
		{"an alert refuted since", facts(raised(endUser("Zarkovia Defence"))), facts(another, ledgertest.By("enforcement", refuted())), d, nil, 0, ""},
		{"its own denial", nil, facts(ownDenial(d)), d, nil, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fact, err := screening.Screen(ledgertest.Given(t, tt.given...), applicationID, d, nil, now, "licensing/S-1")
			if err != nil {
				t.Fatal(err)
			}
			view := ledgertest.Given(t, append(append(tt.given, facts(fact)...), tt.since...)...)
			s, err := screening.Latest(view, applicationID)
			if err != nil {
				t.Fatal(err)
			}
			reasons := screening.Valid(view, s, tt.deal, tt.lists, now.Add(tt.after))
			if got := strings.Join(reasons, "\n"); (got == "") != (tt.reason == "") || !strings.Contains(got, tt.reason) {
				t.Errorf("it is not valid because:\n%s\nwant: %q", got, tt.reason)
			}
		})
	}
}

// What a screening itself says of how it was made.
func TestValidLooksAtTheCertificate(t *testing.T) {
	d := deal(endUser("Harbour Police"))
	view, s := screened(t, nil, d)
	for name, spoil := range map[string]func(*ledgerv1.Screening){
		"another matcher":     func(s *ledgerv1.Screening) { s.Certificate.Matcher = "names/0 screening/1" },
		"another review line": func(s *ledgerv1.Screening) { s.Certificate.ReviewLine = 990 },
		"says nothing":        func(s *ledgerv1.Screening) { s.Certificate.Result = 0 },
		"says that it is reviewed and has no hits": func(s *ledgerv1.Screening) {
			s.Certificate.Result = screeningv1.Result_RESULT_REVIEWED
		},
		"no certificate": func(s *ledgerv1.Screening) { s.Certificate = nil },
	} {
		other := proto.CloneOf(s)
		spoil(other)
		if reasons := screening.Valid(view, other, d, nil, now); len(reasons) == 0 {
			t.Errorf("%s: it can be rested on", name)
		}
	}
	if reasons := screening.Valid(view, s, d, nil, now); len(reasons) > 0 {
		t.Errorf("it cannot be rested on: %v", reasons)
	}
	if reasons := screening.Valid(view, nil, d, nil, now); len(reasons) != 1 {
		t.Errorf("without a screening: %v", reasons)
	}
}

func TestJudgementsCarryOver(t *testing.T) {
	d := deal(endUser("Zarkovia Defence"))
	entry := listed(entryID, "XB", nil, "Zarkovia Defence")
	restated := listed(entryID, "XB", nil, "Zarkovia Defence", "ZD").Entry
	restated.Digest = []byte("other")
	judge := func(j screeningv1.Judgement) proto.Message {
		return &screeningv1.HitJudged{ScreeningId: "licensing/S-1", Hit: 1, Judgement: j, Reason: "born in another year"}
	}
	another := judge(screeningv1.Judgement_JUDGEMENT_ANOTHER)
	tests := []struct {
		name    string
		since   []proto.Message
		deal    *licensingv1.Deal
		subject string
		want    screeningv1.Result
	}{
		{"judged another", facts(another), d, applicationID, screeningv1.Result_RESULT_REVIEWED},
		{"not judged", nil, d, applicationID, screeningv1.Result_RESULT_OPEN},
		{"judged the same", facts(judge(screeningv1.Judgement_JUDGEMENT_SAME)), d, applicationID, screeningv1.Result_RESULT_OPEN},
		{"the entry was restated", facts(another, &screeningv1.ListEntryAmended{EntryId: entryID, Entry: restated}), d, applicationID, screeningv1.Result_RESULT_OPEN},
		{"the party was restated", facts(another), deal(endUser("Zarkovia Defence", "lei:1")), applicationID, screeningv1.Result_RESULT_OPEN},
		{"in another place of the deal", facts(another), deal(endUser("Harbour Police"), d.Parties[0]), applicationID, screeningv1.Result_RESULT_REVIEWED},
		{"of another application", facts(another), d, "licensing/A-2", screeningv1.Result_RESULT_OPEN},
		{"another hit is new", facts(another, raised(endUser("Zarkovia Defence"))), d, applicationID, screeningv1.Result_RESULT_OPEN},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			given := facts(entry)
			first, err := screening.Screen(ledgertest.Given(t, given...), applicationID, d, nil, now, "licensing/S-1")
			if err != nil {
				t.Fatal(err)
			}
			fact, err := screening.Screen(ledgertest.Given(t, append(append(given, facts(first)...), tt.since...)...), tt.subject, tt.deal, nil, now, "licensing/S-2")
			if err != nil {
				t.Fatal(err)
			}
			performed := fact.(*screeningv1.ScreeningPerformed)
			if performed.Certificate.Result != tt.want {
				t.Errorf("it came to %v: %v", performed.Certificate.Result, performed.Hits)
			}
			for _, h := range performed.Hits {
				if h.Judgement == screeningv1.Judgement_JUDGEMENT_ANOTHER && h.Reason != "born in another year" {
					t.Errorf("a judgement came without its reason: %v", h)
				}
			}
		})
	}
}
