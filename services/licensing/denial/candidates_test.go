package denial_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

func notice(change func(*licensingv1.DenialNotified)) proto.Message {
	return ledgertest.By(theirAgency, with(told, change))
}

func TestCandidates(t *testing.T) {
	party := func(n *licensingv1.DenialNotified) *transferv1.Party { return n.Deal.Parties[0] }
	line := func(n *licensingv1.DenialNotified) *transferv1.Line { return n.Deal.Lines[0] }
	deniedAt := func(at time.Time) proto.Message {
		return notice(func(n *licensingv1.DenialNotified) { n.DeniedAt = timestamppb.New(at) })
	}
	noID := func(n *licensingv1.DenialNotified) { party(n).Identifiers = nil }
	tests := []struct {
		name  string
		given []proto.Message
		score uint32 // 0: none
		says  string
	}{
		{"told by another State's authority", []proto.Message{toldByThem}, 1000, "reg:XC-77"},
		{"nothing on record", nil, 0, ""},
		{"by name", []proto.Message{notice(noID)}, 1000, "is named like"},
		{"by a name that is near", []proto.Message{notice(func(n *licensingv1.DenialNotified) { noID(n); party(n).Name = "Frontier Gaurd Directorate" })}, 900, "is named like"},
		{"by a name that is not", []proto.Message{notice(func(n *licensingv1.DenialNotified) { noID(n); party(n).Name = "Fishery Directorate" })}, 0, ""},
		{"as consignee", []proto.Message{notice(func(n *licensingv1.DenialNotified) { party(n).Role = transferv1.Role_ROLE_CONSIGNEE })}, 1000, "the consignee"},
		{"as broker", []proto.Message{notice(func(n *licensingv1.DenialNotified) { party(n).Role = transferv1.Role_ROLE_BROKER })}, 0, ""},
		{"another letter", []proto.Message{notice(func(n *licensingv1.DenialNotified) { line(n).Rating = "ML1.b" })}, 0, ""},
		{"another entry", []proto.Message{notice(func(n *licensingv1.DenialNotified) { line(n).Rating = "ML10.a" })}, 0, ""},
		{"elsewhere", []proto.Message{notice(func(n *licensingv1.DenialNotified) { n.Deal.Destination.Country = "XD" })}, 800, "diversion"},
		{"destination not said", []proto.Message{notice(func(n *licensingv1.DenialNotified) { n.Deal.Destination = nil })}, 800, "does not say its destination"},
		{"without a date", []proto.Message{notice(func(n *licensingv1.DenialNotified) { n.DeniedAt = nil })}, 1000, "does not say when"},
		{"three years to the day", []proto.Message{deniedAt(time.Date(2023, 3, 10, 0, 0, 0, 0, time.UTC))}, 1000, ""},
		{"a second more", []proto.Message{deniedAt(time.Date(2023, 3, 9, 23, 59, 59, 0, time.UTC))}, 0, ""},
		{"revoked", []proto.Message{toldByThem, ledgertest.By(theirAgency, &licensingv1.DenialRevoked{DenialId: theirNoticeID})}, 0, ""},
		{"own", []proto.Message{ownDenied}, 0, ""},
		{"another agency's of the own State", []proto.Message{ledgertest.By("defence", with(ownDenied, func(d *licensingv1.LicenceDenied) { d.DenialId = "defence/N-2026-000001" }))}, 1000, ""},
		{"received, of another State", []proto.Message{with(told, func(n *licensingv1.DenialNotified) { n.NoticeId, n.DenialId = receivedID, "" })}, 1000, ""},
		{"received, of nobody in particular", []proto.Message{with(told, func(n *licensingv1.DenialNotified) { n.NoticeId, n.DenialId, n.State = receivedID, "", "" })}, 1000, ""},
		{"own, coming back", []proto.Message{with(told, func(n *licensingv1.DenialNotified) { n.NoticeId, n.DenialId, n.State = receivedID, "", "XA" })}, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := given(t, append([]proto.Message{submitted}, tt.given...)...)
			a, err := view.Application(applicationID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := denial.Candidates(view, a, &policyv1.Undercut{LookBackYears: 3}, now)
			if err != nil {
				t.Fatal(err)
			}
			if tt.score == 0 {
				if len(got) != 0 {
					t.Errorf("found %v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Score < tt.score || got[0].Score > tt.score+99 || !strings.Contains(strings.Join(got[0].Reasons, "; "), tt.says) {
				t.Errorf("found %+v; want one of %d that says %q", got, tt.score, tt.says)
			}
			if strings.Contains(strings.Join(got[0].Reasons, "; "), "Maker of XA") {
				t.Errorf("%v tells who applied", got[0].Reasons)
			}
		})
	}
}

// The item is the same by model or by calibre too.
func TestCandidatesByItem(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ours     *transferv1.Line
		theirs   *transferv1.Line
		likeness bool
	}{
		{"HS and model", &transferv1.Line{Rating: "PL1", HsCode: "93019000", Model: "K-2"}, &transferv1.Line{Rating: "ML1", HsCode: "930190", Model: "k-2 "}, true},
		{"HS and no model", &transferv1.Line{Rating: "PL1", HsCode: "93019000"}, &transferv1.Line{Rating: "ML1", HsCode: "930190"}, false},
		{"calibre and type", &transferv1.Line{Rating: "PL1", Parameters: map[string]string{"gun_calibre_mm": "7.62", "type": "rifle"}},
			&transferv1.Line{Rating: "ML1", Parameters: map[string]string{"calibre_mm": "7.62", "type": "Rifle"}}, true},
		{"calibre and another type", &transferv1.Line{Rating: "PL1", Parameters: map[string]string{"gun_calibre_mm": "7.62", "type": "rifle"}},
			&transferv1.Line{Rating: "ML1", Parameters: map[string]string{"calibre_mm": "7.62", "type": "machine gun"}}, false},
		{"code of another list", &transferv1.Line{Rating: "0A00100"}, &transferv1.Line{Rating: "0a00100"}, true},
		{"no rating", &transferv1.Line{}, &transferv1.Line{}, false},
	} {
		ours := with(submitted, func(a *licensingv1.ApplicationSubmitted) { a.Deal.Lines = []*transferv1.Line{tt.ours} })
		view := given(t, ours, notice(func(n *licensingv1.DenialNotified) { n.Deal.Lines = []*transferv1.Line{tt.theirs} }))
		a, err := view.Application(applicationID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := denial.Candidates(view, a, &policyv1.Undercut{LookBackYears: 3}, now)
		if err != nil || (len(got) == 1) != tt.likeness {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
}

// A denial that was told of, is on record itself, and came in a file too is one.
func TestADenialIsFoundOnce(t *testing.T) {
	view := given(t, submitted,
		ledgertest.By(theirAgency, with(ownDenied, func(d *licensingv1.LicenceDenied) { d.DenialId = theirDenialID })), toldByThem,
		with(told, func(n *licensingv1.DenialNotified) { n.NoticeId, n.DenialId, n.Reference = receivedID, "", "XB-5" }),
		ledgertest.By("defence", with(told, func(n *licensingv1.DenialNotified) {
			n.NoticeId, n.DenialId, n.Reference = "defence/M-2026-000001", "", "XB-5"
		})))
	facts, err := denial.FindFor(view, applicationID, now, cause)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range plain(facts) {
		ids = append(ids, f.(*licensingv1.UndercutFound).DenialId)
	}
	if !slices.Equal(ids, []string{"defence/M-2026-000001", theirDenialID}) {
		t.Errorf("found %v", ids)
	}
}

func TestFind(t *testing.T) {
	view := given(t, submitted, toldByThem)
	got, err := denial.FindFor(view, applicationID, now, cause)
	expect(t, got, err, []proto.Message{found}, nil)
	got, err = denial.FindAgainst(view, theirNoticeID, now, cause)
	expect(t, got, err, []proto.Message{found}, nil)
	for name, given := range map[string][]proto.Message{
		"found already": {submitted, toldByThem, found},
		"decided":       {submitted, toldByThem, &licensingv1.LicenceGranted{LicenceId: "licensing/L-2026-000001", ApplicationId: applicationID, Deal: deal()}},
		"withdrawn":     {submitted, toldByThem, &licensingv1.ApplicationWithdrawn{ApplicationId: applicationID}},
		"to another":    {ledgertest.By("defence", with(submitted, func(a *licensingv1.ApplicationSubmitted) { a.ApplicationId = "defence/A-2026-000001" })), toldByThem},
	} {
		view := ledgertest.Given(t, append([]proto.Message{registered, theirs}, given...)...)
		for _, find := range []func() ([]proto.Message, error){
			func() ([]proto.Message, error) { return denial.FindFor(view, applicationID, now, cause) },
			func() ([]proto.Message, error) { return denial.FindAgainst(view, theirNoticeID, now, cause) },
		} {
			if got, err := find(); len(got) > 0 || err != nil {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	}
}

// A denial counts from its day on until the same day so many years later, whatever the hour, and never once it is older.
func TestLookBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(rt, "at"), 0).UTC()
		years := rapid.IntRange(1, 5).Draw(rt, "years")
		days := rapid.IntRange(-40, 40).Draw(rt, "days")
		earliest := time.Date(at.Year()-years, at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
		if earliest.Day() != at.Day() { // 29 February
			earliest = earliest.AddDate(0, 0, -1)
		}
		denied := earliest.AddDate(0, 0, days)
		view := given(t, submitted, notice(func(n *licensingv1.DenialNotified) { n.DeniedAt = timestamppb.New(denied) }))
		a, err := view.Application(applicationID)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := denial.Candidates(view, a, &policyv1.Undercut{LookBackYears: uint32(years)}, at)
		if err != nil || (len(got) == 1) != (days >= 0) {
			rt.Errorf("denied %s, granted %s, %d years: %v, %v", denied, at, years, got, err)
		}
	})
}
