package delivery

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	// takenWithin is how long after it was taken a check is planned for; an officer plans another where that is wrong.
	takenWithin = 14 * 24 * time.Hour
	// onSite is the undertaking by which an end user lets goods be looked at where they are.
	onSite = "U6"
	// followUp is the basis where no paper has that undertaking: measures by who detected a diversion.
	followUp = "ATT Article 11(4)"
)

// PlanTaken plans the check that an offer of an alert was taken for, with who has the goods by the licence; nothing where this
// agency planned one for the licence and the alert already, or one of these is not on record here.
func PlanTaken(view ledger.View, offer *ledgerv1.ConsequenceOffer, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	o := offer.GetOffered()
	l, err := view.Licence(o.GetSubject())
	if err != nil {
		return nil, fmt.Errorf("read licence %s: %w", o.GetSubject(), err)
	}
	alert, err := view.Alert(o.GetAlertId())
	if err != nil {
		return nil, fmt.Errorf("read alert %s: %w", o.GetAlertId(), err)
	}
	checks, err := view.PostDeliveryChecksWith("licence", o.GetSubject())
	if err != nil {
		return nil, fmt.Errorf("read checks of licence %s: %w", o.GetSubject(), err)
	}
	planned := slices.ContainsFunc(checks, func(c *ledgerv1.PostDeliveryCheck) bool {
		return view.Owns(c.GetId()) && c.GetPlanned().GetAlertId() == o.GetAlertId()
	})
	if l == nil || alert == nil || planned {
		return nil, nil
	}
	cmd := &customsv1.PlanCheckRequest{
		Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(at)}, LicenceId: l.GetId(), AlertId: o.GetAlertId(),
		LegalBasis: onSite, PlannedFor: timestamppb.New(at.Add(takenWithin)), Site: "with the end user",
	}
	if country := l.GetDeal().GetDestination().GetCountry(); country != "" {
		cmd.Site += " in " + country
	}
	if allowed(l, onSite) != nil {
		cmd.LegalBasis = followUp
	}
	facts, err := Plan(view, cmd)
	if err != nil {
		return nil, err
	}
	return caused(facts, cause), nil
}

// AnswerPlanned answers this agency's open offers of a check that it planned without them; by is who planned it.
func AnswerPlanned(view ledger.View, by string, planned *customsv1.PostDeliveryCheckPlanned, cause *eventv1.Cause) ([]proto.Message, error) {
	if planned.GetAlertId() == "" || by != view.Agency() {
		return nil, nil
	}
	of := func(o *enforcementv1.ConsequenceOffered) bool {
		return o.GetConsequence() == enforcementv1.Consequence_CONSEQUENCE_POST_DELIVERY_CHECK && o.GetSubject() == planned.GetLicenceId()
	}
	return incident.Answer(view, planned.GetAlertId(), of, true, planned.GetCheckId()+" was planned", cause)
}
