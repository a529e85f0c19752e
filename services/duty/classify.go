package duty

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Classify records how this agency sees an incident, beside what others say of it, also once the alert is closed. A later view
// replaces the earlier one; the same again decides nothing.
func Classify(view ledger.View, cmd *enforcementv1.ClassifyAlertRequest) ([]proto.Message, error) {
	alert, err := alertHere(view, cmd.GetAlertId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetVerdict() == enforcementv1.Verdict_VERDICT_UNSPECIFIED:
		return nil, fault.Errorf(fault.Invalid, "say whether %s suspects the diversion of alert %s, confirms it, or sees none", view.Agency(), alert.GetId())
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "say why alert %s is seen so", alert.GetId())
	}
	if err := incident.CheckType(cmd.GetStage(), cmd.GetType()); err != nil {
		return nil, err
	}
	if err := incident.CheckIndicators(cmd.GetIndicators()); err != nil {
		return nil, err
	}
	fact := &enforcementv1.AlertClassified{
		AlertId: alert.GetId(), Verdict: cmd.GetVerdict(), Stage: cmd.GetStage(), DetectedStage: cmd.GetDetectedStage(), Type: cmd.GetType(),
		Confidence: cmd.GetConfidence(), Indicators: cmd.GetIndicators(), Reason: cmd.GetReason(),
	}
	earlier, err := view.AlertView(view.Agency() + "/" + alert.GetId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the view of alert %s: %w", alert.GetId(), err)
	case earlier == nil:
		return []proto.Message{fact}, nil
	case proto.Equal(earlier.GetClassified(), fact):
		return nil, nil
	}
	return []proto.Message{ledger.Beside(earlier, fact)}, nil
}

// actions are what may be done about an alert (Article 11(4)).
var actions = []string{"licence_suspended", "licence_revoked", "goods_held", "goods_examined", "goods_seized", "states_alerted", "investigation",
	"prosecution", "check_planned", "mitigation", "other"}

// ActOn records what this agency did about an alert that concerns it: that it raised or is addressed by, or that touches one of its
// records. The records that it shows in have to be on record here. The same action with the same records and cases decides
// nothing.
func ActOn(view ledger.View, cmd *enforcementv1.ActOnAlertRequest) ([]proto.Message, error) {
	alert, err := alertHere(view, cmd.GetAlertId())
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(actions, cmd.GetAction()):
		return nil, fault.Errorf(fault.Invalid, "%q is no action on an alert; they are %s", cmd.GetAction(), strings.Join(actions, ", "))
	case cmd.GetText() == "" && len(cmd.GetRecords())+len(cmd.GetCases()) == 0:
		return nil, fault.Errorf(fault.Invalid, "say what was done about alert %s: in words, by the records that it shows in, or by a case elsewhere", alert.GetId())
	case !concerns(view, alert, cmd.GetRecords()):
		return nil, fault.Errorf(fault.NotAllowed, "alert %s is neither addressed to %s nor touches a record of it; name a record of its own that was acted on", alert.GetId(), view.Agency())
	}
	for _, id := range cmd.GetRecords() {
		_, row, err := view.Find(id)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read record %s: %w", id, err)
		case row == nil:
			return nil, fault.Errorf(fault.NotFound, "record %s is not on record here; correct it, or give what is known elsewhere only as a case", id)
		}
	}
	at, err := incident.At(cmd.GetAt(), cmd.GetParticulars().GetOccurredAt(), "it was done")
	if err != nil {
		return nil, err
	}
	fact := &enforcementv1.AlertActed{
		AlertId: alert.GetId(), Action: cmd.GetAction(), Text: cmd.GetText(), References: slices.Concat(cmd.GetRecords(), cmd.GetCases()), At: at,
	}
	done, err := view.AlertActionsWith("alert", alert.GetId())
	if err != nil {
		return nil, fmt.Errorf("read what was done about alert %s: %w", alert.GetId(), err)
	}
	if slices.ContainsFunc(done, func(r *ledgerv1.AlertAction) bool {
		return r.GetAgency() == view.Agency() && sameAction(r.GetActed(), fact)
	}) {
		return nil, nil
	}
	if fact.ActionId, err = view.NextID("AC-" + yearOf(cmd.GetParticulars())); err != nil {
		return nil, err
	}
	var g citations.Grounds
	if err := g.Record(view, alert.GetId()); err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(fact)}, nil
}

// concerns reports whether an alert is this agency's business.
func concerns(view ledger.View, alert *ledgerv1.Alert, records []string) bool {
	raised := alert.GetRaised()
	touched := slices.Concat([]string{alert.GetId()}, raised.GetLicenceIds(), raised.GetDeclarationIds(), raised.GetLinks().GetDenialIds(), raised.GetLinks().GetTraceIds(), records)
	own := func(id string) bool { return view.Owns(id) }
	return slices.Contains(raised.GetAddressees(), view.Agency()) || slices.ContainsFunc(touched, own)
}

func sameAction(a, b *enforcementv1.AlertActed) bool {
	return a.GetAction() == b.GetAction() && a.GetText() == b.GetText() && slices.Equal(a.GetReferences(), b.GetReferences())
}

// alertHere returns an alert that this agency has.
func alertHere(view ledger.View, id string) (*ledgerv1.Alert, error) {
	alert, err := view.Alert(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read alert %s: %w", id, err)
	case alert == nil:
		return nil, fault.Errorf(fault.NotFound, "alert %s is not on record here", id)
	}
	return alert, nil
}
