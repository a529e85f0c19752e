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
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/licensing/grounds"
)

const (
	application = "licensing/A-1"
	licence     = "licensing/L-1"
	alert       = "enforcement/D-1"
	entry       = "licensing/E-1"
	denial      = "licensing/N-3"
)

// known is a case on which others said something: what its decisions cite, and what they do not.
func known() []proto.Message {
	hit := func(n uint32, id string) *screeningv1.Hit { return &screeningv1.Hit{Number: n, Id: id} }
	by := ledgertest.By
	return []proto.Message{
		&licensingv1.ApplicationSubmitted{ApplicationId: application, Deal: &licensingv1.Deal{}},
		&licensingv1.ConsultationOpened{ConsultationId: "licensing/C-1", ApplicationId: application},
		by("customs", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-1"}),
		by("customs", &licensingv1.ConditionAsked{ConditionId: "customs/K-1", ApplicationId: application}),
		by("customs", &licensingv1.ConditionChanged{ConditionId: "customs/K-1", Text: "by sea only", Reason: "asked"}),
		by("foreign", &licensingv1.ConditionAsked{ConditionId: "foreign/K-1", ApplicationId: application}),
		by("foreign", &licensingv1.ConditionDropped{ConditionId: "foreign/K-1", Reason: "assured"}),
		&licensingv1.DocumentVerified{ApplicationId: application, Number: "K-9", Genuine: true},
		by("licensing-b", &licensingv1.LicenceDenied{DenialId: "licensing-b/N-1"}),
		by("licensing-b", &licensingv1.LicenceDenied{DenialId: "licensing-b/N-2"}),
		&licensingv1.UndercutFound{UndercutId: "licensing/U-1", ApplicationId: application, DenialId: "licensing-b/N-1", Agency: "licensing-b"},
		&licensingv1.UndercutJudged{UndercutId: "licensing/U-1", Identical: true},
		by("licensing-b", &licensingv1.UndercutReplied{UndercutId: "licensing/U-1"}),
		&licensingv1.UndercutFound{UndercutId: "licensing/U-2", ApplicationId: application, DenialId: "licensing-b/N-2", Agency: "licensing-b"},
		by("licensing", &screeningv1.ListEntryAdded{EntryId: entry}),
		&enforcementv1.DiversionAlertRaised{AlertId: alert},
		&enforcementv1.AlertConfirmed{AlertId: alert},
		&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-2"},
		by("licensing", &screeningv1.ScreeningPerformed{ScreeningId: "licensing/S-1", Subject: application, Certificate: &screeningv1.Certificate{}, Hits: []*screeningv1.Hit{hit(1, entry), hit(2, "enforcement/D-2")}}),
		by("licensing", &screeningv1.HitJudged{ScreeningId: "licensing/S-1", Hit: 1, Judgement: screeningv1.Judgement_JUDGEMENT_ANOTHER}),
		&licensingv1.LicenceGranted{LicenceId: licence, ApplicationId: application},
		by("licensing", &screeningv1.ScreeningPerformed{ScreeningId: "licensing/S-2", Subject: licence, Certificate: &screeningv1.Certificate{}, Hits: []*screeningv1.Hit{hit(1, "enforcement/D-2")}}),
		by("licensing", &screeningv1.HitJudged{ScreeningId: "licensing/S-2", Hit: 1, Judgement: screeningv1.Judgement_JUDGEMENT_ANOTHER}),
		&licensingv1.ReassessmentOpened{ReassessmentId: "licensing/R-1", LicenceId: licence, AlertId: alert},
		by("customs", &enforcementv1.SightingAdded{SightingId: "customs/SI-1", Records: []string{licence}}),
		by("customs", &enforcementv1.SightingAdded{SightingId: "customs/SI-2", Records: []string{"licensing/L-2"}}),
		by("licensing", &licensingv1.LicenceDenied{DenialId: denial}),
		&licensingv1.AppealLodged{AppealId: "licensing/X-1", DecisionId: denial},
		&licensingv1.AppealDecided{AppealId: "licensing/X-1"},
		&licensingv1.AppealLodged{AppealId: "licensing/X-2", DecisionId: licence},
		by("customs", &enforcementv1.CorrectionProposed{CorrectionId: "customs/CR-1", RecordId: denial, Owner: "licensing"}),
		by("customs", &enforcementv1.CorrectionProposed{CorrectionId: "customs/CR-2", RecordId: licence, Owner: "licensing"}),
		by("customs", &enforcementv1.SightingAdded{SightingId: "customs/SI-3", Records: []string{denial}}),
	}
}

// told says of grounds whose events they are and of which kind, in order.
func told(g grounds.Grounds) (all []string) {
	for _, e := range g {
		agency, _, _ := strings.Cut(e.GetJournal(), "/")
		all = append(all, agency+" "+e.GetKind()[strings.LastIndexByte(e.GetKind(), '.')+1:])
	}
	slices.Sort(all)
	return all
}

func TestGrounds(t *testing.T) {
	view := ledgertest.Given(t, known()...)
	row, err := view.Licence(licence)
	if err != nil {
		t.Fatal(err)
	}
	reassessed := []string{"customs SightingAdded", "enforcement AlertConfirmed", "enforcement DiversionAlertRaised"}
	for name, tt := range map[string]struct {
		of   func() (grounds.Grounds, error)
		want []string
	}{
		"application": {func() (grounds.Grounds, error) { return ofApplication(view) }, []string{
			"customs ConditionAsked", "customs ConditionChanged", "customs OpinionGiven", "licensing DocumentVerified", "licensing ListEntryAdded",
			"licensing-b LicenceDenied", "licensing-b UndercutReplied",
		}},
		"licence under reassessment":      {func() (grounds.Grounds, error) { return grounds.OfLicence(view, licence) }, reassessed},
		"licence that nobody asked about": {func() (grounds.Grounds, error) { return grounds.OfLicence(view, "licensing/L-2") }, nil},
		"denial": {func() (grounds.Grounds, error) { return grounds.OfDenial(view, denial) }, []string{
			"customs CorrectionProposed", "customs SightingAdded", "licensing AppealDecided",
		}},
		"denial of which nothing came": {func() (grounds.Grounds, error) { return grounds.OfDenial(view, "licensing-b/N-1") }, nil},
		"amendment":                    {func() (grounds.Grounds, error) { return grounds.OfAmendment(view, row, false, false) }, reassessed},
		"amendment of parties": {func() (grounds.Grounds, error) { return grounds.OfAmendment(view, row, true, false) },
			append(slices.Clone(reassessed), "enforcement DiversionAlertRaised")},
		"amendment of conditions": {func() (grounds.Grounds, error) { return grounds.OfAmendment(view, row, false, true) },
			append([]string{"customs ConditionAsked", "customs ConditionChanged"}, reassessed...)},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := tt.of()
			slices.Sort(tt.want)
			if got := told(g); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func ofApplication(view ledger.View) (grounds.Grounds, error) {
	a, err := view.Application(application)
	if err != nil {
		return nil, err
	}
	opinions, err := view.OpinionsWith("consultation", "licensing/C-1")
	if err != nil {
		return nil, err
	}
	return grounds.OfApplication(view, a, opinions)
}

// A fact keeps what it said of itself when it cites, cites a bounded number, and is left alone when there is nothing to cite.
func TestCited(t *testing.T) {
	fact := &licensingv1.LicenceSuspended{LicenceId: licence}
	if got := (grounds.Grounds)(nil).Cited(fact); got != proto.Message(fact) {
		t.Errorf("without grounds it became %v", got)
	}
	facts := known()
	for n := range 2 * citations.Most {
		facts = append(facts, ledgertest.By("customs", &enforcementv1.SightingAdded{SightingId: fmt.Sprintf("customs/SI-%d", 10+n), Records: []string{licence}}))
	}
	g, err := grounds.OfLicence(ledgertest.Given(t, facts...), licence)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := g.Cited(ledger.Beside(&ledgerv1.Licence{Journal: "licensing/border"}, fact)).(ledger.Dated)
	if !ok || got.Group != "border" || got.Message != proto.Message(fact) || len(got.Causes) != citations.Most {
		t.Errorf("it became %v with %d causes in group %q", got.Message, len(got.Causes), got.Group)
	}
	if n := slices.IndexFunc(got.Causes, func(c *eventv1.Cause) bool { return c.GetJournal() == "enforcement/all" }); n < 0 {
		t.Error("the alert was crowded out by sightings")
	}
}
