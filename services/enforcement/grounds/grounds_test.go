package grounds_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/grounds"
)

const (
	alert       = "enforcement/AL-1"
	trace       = "enforcement/T-1"
	licence     = "licensing/L-1"
	declaration = "customs/26XA1"
)

// known is an alert and a trace on which others said something: what decisions on them cite, and what they do not.
func known() []proto.Message {
	by := ledgertest.By
	return []proto.Message{
		&licensingv1.LicenceGranted{LicenceId: licence}, &licensingv1.LicenceSuspended{LicenceId: licence}, &licensingv1.LicenceGranted{LicenceId: "licensing/L-2"},
		&customsv1.DeclarationAccepted{DeclarationId: declaration, LicenceId: licence}, &customsv1.ExitConfirmed{DeclarationId: declaration},
		&customsv1.DeclarationAccepted{DeclarationId: "customs/26XA2", LicenceId: licence},
		&enforcementv1.TraceOpened{TraceId: trace}, &enforcementv1.TraceOpened{TraceId: "enforcement/T-2"},
		by("customs", &enforcementv1.TraceHit{HitId: "customs/TH-1", TraceId: trace, RecordId: declaration}),
		by("customs", &enforcementv1.TraceReplied{TraceId: trace}), by("licensing", &enforcementv1.TraceReplied{TraceId: "enforcement/T-2"}),
		&enforcementv1.DiversionAlertRaised{AlertId: alert, LicenceIds: []string{licence}, Links: &enforcementv1.Links{TraceIds: []string{trace}}},
		&enforcementv1.AlertCorroborated{AlertId: alert}, &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-2"},
		by("customs", &enforcementv1.AlertAcknowledged{AlertId: alert}), by("customs", &enforcementv1.AlertClassified{AlertId: alert}),
		by("customs", &enforcementv1.AlertActed{ActionId: "customs/AC-1", AlertId: alert}),
		by("customs", &enforcementv1.AlertActed{ActionId: "customs/AC-2", AlertId: "enforcement/AL-2"}),
		by("licensing", &enforcementv1.SightingAdded{SightingId: "licensing/SI-1", Records: []string{alert}}),
		by("customs", &enforcementv1.SightingAdded{SightingId: "customs/SI-1", Records: []string{licence}}),
		by("customs", &enforcementv1.SightingAdded{SightingId: "customs/SI-2", Records: []string{"licensing/L-2"}}),
	}
}

// told says of grounds whose events they are and of which kind, in order.
func told(g citations.Grounds) (all []string) {
	for _, e := range g {
		agency, _, _ := strings.Cut(e.GetJournal(), "/")
		all = append(all, agency+" "+e.GetKind()[strings.LastIndexByte(e.GetKind(), '.')+1:])
	}
	slices.Sort(all)
	return all
}

func TestGrounds(t *testing.T) {
	view := ledgertest.GivenAs(t, "enforcement", known()...)
	finding := func(id string) func() (citations.Grounds, error) {
		return func() (citations.Grounds, error) {
			a, err := view.Alert(id)
			if err != nil {
				return nil, err
			}
			return grounds.OfFinding(view, a)
		}
	}
	for name, tt := range map[string]struct {
		of   func() (citations.Grounds, error)
		want []string
	}{
		"finding": {finding(alert), []string{
			"customs AlertActed", "customs AlertClassified", "customs SightingAdded", "enforcement AlertCorroborated",
			"enforcement DiversionAlertRaised", "enforcement TraceOpened", "licensing LicenceSuspended", "licensing SightingAdded",
		}},
		"finding on what others did about it alone": {finding("enforcement/AL-2"), []string{"customs AlertActed", "enforcement DiversionAlertRaised"}},
		"answer": {func() (citations.Grounds, error) { return grounds.OfAnswer(view, trace, nil) }, []string{"customs TraceHit", "customs TraceReplied"}},
		"answer by a record": {func() (citations.Grounds, error) {
			return grounds.OfAnswer(view, trace, shownBy(declaration, "", "customs/26XA9"))
		}, []string{"customs DeclarationAccepted", "customs ExitConfirmed", "customs TraceHit", "customs TraceReplied"}},
		"of nothing": {func() (citations.Grounds, error) { return grounds.OfAnswer(view, "enforcement/T-9", nil) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := tt.of()
			if got := told(g); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func shownBy(records ...string) (chain []*enforcementv1.Holder) {
	for _, id := range records {
		chain = append(chain, &enforcementv1.Holder{RecordId: id})
	}
	return chain
}

// However much is on record of an alert, a bounded number is cited, and nothing of a kind crowds the others out.
func TestCitedIsBounded(t *testing.T) {
	facts := known()
	for n := range 2 * citations.Most {
		facts = append(facts, ledgertest.By("customs", &enforcementv1.SightingAdded{SightingId: fmt.Sprintf("customs/SI-%d", 10+n), Records: []string{alert}}))
	}
	view := ledgertest.GivenAs(t, "enforcement", facts...)
	a, err := view.Alert(alert)
	if err != nil {
		t.Fatal(err)
	}
	g, err := grounds.OfFinding(view, a)
	if err != nil {
		t.Fatal(err)
	}
	got := g.Cited(&enforcementv1.AlertConfirmed{AlertId: alert}).(ledger.Dated)
	licences := 0
	for _, c := range got.Causes {
		if strings.HasPrefix(c.GetJournal(), "licensing/") {
			licences++
		}
	}
	if len(got.Causes) != citations.Most || licences == 0 {
		t.Errorf("it cites %d events, %d of licensing", len(got.Causes), licences)
	}
}
