package screening_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/screening"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func TestParty(t *testing.T) {
	const name, spelled = "Zarkovia Defence Trading", "Zarkowia Defense Trading"
	guard := endUser(name, "lei:1")
	entry := listed(entryID, "XB", []string{"lei:1"}, "Somebody Else Entirely", name)
	tests := []struct {
		name  string
		given []proto.Message
		party *transferv1.Party
		want  string // each hit as "id score country", with what else is to be seen
	}{
		{"nothing on record", nil, guard, ""},
		{"entry, by an alias", facts(entry), endUser(name), "licensing/un-XAi.001 1000 same"},
		{"entry, spelled otherwise", facts(entry), endUser(spelled), "licensing/un-XAi.001 9xx same"},
		{"entry, words in another order", facts(entry), endUser("Trading Zarkovia Defence"), "licensing/un-XAi.001 1000 same"},
		{"entry, common identifier, another name", facts(entry), endUser("Blue Harbour Foods", "lei:1"), "licensing/un-XAi.001 1000 same lei:1"},
		{"entry, other identifier of the scheme", facts(entry), endUser(name, "lei:2"), "licensing/un-XAi.001 900 same"},
		{"entry, spelled otherwise and other identifier", facts(entry), endUser(spelled, "lei:2"), "licensing/un-XAi.001 8xx same"},
		{"entry, spelled quite otherwise and other identifier", facts(entry), endUser("Zarkovia Defences", "lei:2"), ""},
		{"entry, other passport", facts(listed(entryID, "XB", []string{"passport:1"}, name)), endUser(name, "passport:2"), "licensing/un-XAi.001 1000 same"},
		{"entry, another country", facts(listed(entryID, "XC", nil, name)), endUser(name), "licensing/un-XAi.001 980 other"},
		{"entry, no country", facts(listed(entryID, "", nil, name)), endUser(name), "licensing/un-XAi.001 1000 unknown"},
		{"entry that its list has no more", facts(entry, &screeningv1.ListEntryRemoved{EntryId: entryID}), guard, ""},
		{"entry that is on its list again", facts(entry, &screeningv1.ListEntryRemoved{EntryId: entryID}, entry), guard, "licensing/un-XAi.001 1000 same lei:1"},
		{"denial of its end user", facts(denied(denialID, guard)), endUser(name), "licensing/N-1 1000 same"},
		{"denial of another agency", facts(ledgertest.By("licensing-b", denied("licensing-b/N-1", guard))), endUser(name), "licensing-b/N-1 1000 same"},
		{"denial, by identifier", facts(denied(denialID, guard)), endUser("Blue Harbour Foods", "lei:1"), "licensing/N-1 1000 same lei:1"},
		{"denial of who applied", facts(denied(denialID, party(transferv1.Role_ROLE_EXPORTER, name, "XA"))), endUser(name), ""},
		{"denial that was revoked", facts(denied(denialID, guard), &licensingv1.DenialRevoked{DenialId: denialID}), guard, ""},
		{"denial that its register has no more", facts(denied(denialID, guard), &licensingv1.EntryWithdrawn{Id: denialID}), guard, ""},
		{"notice", facts(notified(guard)), endUser(name), "licensing/M-1 1000 same"},
		{"notice that was revoked", facts(notified(guard), &licensingv1.DenialRevoked{DenialId: noticeID}), guard, ""},
		{"alert", facts(raised(party(transferv1.Role_ROLE_BROKER, name, ""))), endUser(name), "enforcement/D-1 1000 unknown"},
		{"alert about nobody known", facts(raised(endUser("unknown"))), endUser("Unknown"), ""},
		{"alert about somebody known by identifier", facts(raised(endUser("unknown", "lei:1"))), guard, "enforcement/D-1 1000 same lei:1"},
		{"alert that was confirmed", facts(raised(guard), &enforcementv1.AlertConfirmed{AlertId: alertID}), endUser(name), "enforcement/D-1 1000 same"},
		{"alert that was refuted", facts(raised(guard), &enforcementv1.AlertRefuted{AlertId: alertID}), guard, ""},
		{"alert that was closed", facts(raised(guard), &enforcementv1.AlertConfirmed{AlertId: alertID}, &enforcementv1.AlertClosed{AlertId: alertID}), guard, ""},
		{"two parties of one alert", facts(raised(endUser(spelled), party(transferv1.Role_ROLE_BROKER, name, "XB"))), endUser(name), "enforcement/D-1 1000 same"},
		{"the best first, then by id", facts(raised(guard), listed(entryID, "XC", nil, name), denied(denialID, guard)), endUser(name),
			"enforcement/D-1 1000 same\nlicensing/N-1 1000 same\nlicensing/un-XAi.001 980 other"},
		{"somebody else", facts(entry, denied(denialID, guard)), endUser("Northern Lakes Fisheries"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			hits, err := screening.Party(ledgertest.Given(t, tt.given...), tt.party, float64(screening.ReviewLine)/1000)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for i, h := range hits {
				if h.Number != uint32(i+1) || h.Role != tt.party.Role || len(h.Digest) == 0 {
					t.Errorf("hit %d is %v", i+1, h)
				}
				lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %d %s %s", h.Id, h.Score, h.Country, strings.Join(h.Identifiers, " "))))
			}
			if got := strings.Join(lines, "\n"); got != tt.want && !like(got, tt.want) {
				t.Errorf("hits:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// like reports whether two texts are the same but for digits that are left open as x.
func like(got, want string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (want[i] != 'x' || got[i] < '0' || got[i] > '9') {
			return false
		}
	}
	return true
}

// The explanation shows each word beside the one it was compared with, and what lowered the score.
func TestPartyExplains(t *testing.T) {
	entry := listed(entryID, "XC", []string{"lei:1"}, "Zarkovia Defence")
	hits, err := screening.Party(ledgertest.Given(t, facts(entry)...), endUser("Zarkowia Defence", "lei:2"), 0.5)
	if err != nil || len(hits) != 1 {
		t.Fatalf("%v, %v", hits, err)
	}
	var how []string
	for _, p := range hits[0].Pairs {
		how = append(how, p.Word+"|"+p.Listed+"|"+p.How)
	}
	want := "zarkowia|zarkovia|spelling defence|defence|exact lei:2|lei:1|other identifier: 100 less XB|XC|other country: up to 20 less"
	if got := strings.Join(how, " "); hits[0].Name != "Zarkovia Defence" || !sameWords(got, want) {
		t.Errorf("%s: %s", hits[0].Name, got)
	}
}

func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// A country alone takes nothing below the review line.
func TestCountryNeverDrops(t *testing.T) {
	for _, name := range []string{"Zarkovia Defence Trading", "Zarkowia Defense Trading", "Zarkovya Defance Trading", "Sarkovia Defence", "Zarkovia Trading"} {
		score := func(country string) uint32 {
			hits, err := screening.Party(ledgertest.Given(t, facts(listed(entryID, country, nil, "Zarkovia Defence Trading"))...), endUser(name), 0)
			if err != nil || len(hits) != 1 {
				t.Fatalf("%s: %v, %v", name, hits, err)
			}
			return hits[0].Score
		}
		same, other := score("XB"), score("XC")
		if other > same || same-other > 20 || same >= screening.ReviewLine && other < screening.ReviewLine {
			t.Errorf("%s: %d in the same country, %d in another", name, same, other)
		}
	}
}
