package customs

import (
	"fmt"
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Reactions are the events, and the times that come, that make this agency record something: movements that were not confirmed in
// time, licences that were suspended or revoked, and alerts, which stop goods that have not moved, allowances that lie idle and are
// given back, what is newly held against somebody, which is run against goods on their way and past deliveries, goods that did not
// arrive, and what every agency reacts to.
func (s *Service) Reactions() []desk.Reaction {
	return slices.Concat(s.declarationReactions(), licenceReactions(), alertReactions(), duty.ScreenAgain(declared), s.allowanceReactions(), deliveryReactions(),
		duty.Reactions())
}

// declared are this agency's declarations that have a party under a value and were not cancelled.
func declared(view ledger.View, value string, _ time.Time) ([]screening.Watched, error) {
	declarations, err := view.DeclarationsWith("party", value)
	if err != nil {
		return nil, fmt.Errorf("read declarations by party: %w", err)
	}
	var all []screening.Watched
	for _, d := range declarations {
		w := screening.Watched{ID: d.GetId(), Parties: d.GetAccepted().GetParties()}
		switch d.GetStatus() {
		case ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED, ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED,
			ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD, ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED,
			ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED:
			w.State = screening.InTransit
		case ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED:
			w.State = screening.Delivered
		}
		if w.State != "" && view.Owns(d.GetId()) {
			all = append(all, w)
		}
	}
	return all, nil
}
