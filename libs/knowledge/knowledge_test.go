package knowledge_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const licence, other = "licensing/L-1", "licensing/L-2"

func alert(n int, licence string) *enforcementv1.DiversionAlertRaised {
	return &enforcementv1.DiversionAlertRaised{AlertId: fmt.Sprintf("enforcement/D-%d", n), LicenceIds: []string{licence}}
}

func sighting(n int, record string) proto.Message {
	return ledgertest.By("customs", &enforcementv1.SightingAdded{SightingId: fmt.Sprintf("customs/SI-%d", n), Records: []string{record}})
}

func deal(names ...string) *licensingv1.Deal {
	d := &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT}
	for _, name := range names {
		d.Parties = append(d.Parties, &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: name})
	}
	return d
}

// suspended is a licence that was suspended at hour 10 for an alert, and what was said before and after.
func suspended(t testing.TB) *world {
	w := newWorld(t)
	for _, s := range []said{
		{written: 1, name: "application", fact: &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1", Deal: deal("Border Guard")}},
		{written: 2, name: "granted", fact: &licensingv1.LicenceGranted{LicenceId: licence, ApplicationId: "licensing/A-1", Deal: deal("Border Guard")}},
		{written: 2, name: "another granted", fact: &licensingv1.LicenceGranted{LicenceId: other}},
		{written: 3, received: 4, name: "cited", fact: alert(1, licence)},
		{written: 4, received: 5, name: "of another licence", fact: alert(2, other)},
		{written: 5, received: 8, name: "corroborated", fact: &enforcementv1.AlertCorroborated{AlertId: "enforcement/D-1"}},
		{written: 6, received: 10, name: "in the same moment", fact: alert(3, licence)},
		{written: 7, received: 12, name: "two hours late", fact: alert(4, licence)},
		{written: 6, received: 7, name: "seen", fact: sighting(1, licence)},
		{written: 10, received: 13, name: "seen then", fact: sighting(2, licence)},
		{written: 10, name: "decision", cites: []string{"cited"}, fact: &licensingv1.LicenceSuspended{LicenceId: licence, Reason: "an alert"}},
		{occurred: 9, written: 11, received: 13, name: "stated later", fact: sighting(3, licence)},
		{written: 11, received: 13, name: "happened later", fact: sighting(4, licence)},
		{occurred: 3, written: 12, name: "came of it", cites: []string{"decision"}, fact: &licensingv1.ReassessmentOpened{ReassessmentId: "licensing/R-1", LicenceId: licence}},
	} {
		w.tell(s)
	}
	return w
}

func TestReview(t *testing.T) {
	w := suspended(t)
	view := w.view("licensing")
	res := review(t, view, licence)
	want := `used ["application" "cited" "granted"], unused ["corroborated" "in the same moment" "seen"], not arrived ["seen then" "stated later" "two hours late"]`
	if got := w.lists(res); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, k := range res.NotArrived {
		wantLater := w.name(k) == "stated later"
		if k.StatedLater != wantLater || k.SharedLater || k.NotShared {
			t.Errorf("%s: %v", w.name(k), k)
		}
		if w.name(k) == "two hours late" && (k.CameAfterSeconds != 2*3600 || k.RecordId != "enforcement/D-4" || k.Words != "diversion alert raised: enforcement/D-4" || k.Why[0] != "alert that names licensing/L-1") {
			t.Errorf("two hours late: %v", k)
		}
	}
	for _, sentence := range []string{
		"licence suspended: licensing/L-1: event 4 of licensing/all, recorded by licensing and written at 2026-01-15 22:00:00 UTC.",
		"It states no positions; what had been received is told by when it arrived.",
		"licensing knew of 6 facts that concern the case and cites 1; 2 are of the record that was decided on.",
		"2 existed and had not arrived, the first came 2 h later; 1 had happened and was stated only afterwards.",
		"3 had arrived and are not cited, the last less than 1 s before; not cited is not the same as ignored: the records cannot say what a person read.",
	} {
		if !strings.Contains(res.Summary, sentence) {
			t.Errorf("the summary does not say: %s", sentence)
		}
	}
	if len(res.Findings) > 0 || len(res.LeftOut) > 0 {
		t.Errorf("findings %v, left out %v", res.Findings, res.LeftOut)
	}
	t.Log(res.Summary)
	for _, j := range res.Journals {
		t.Log(j)
	}
}
