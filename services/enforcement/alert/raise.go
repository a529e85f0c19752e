package alert

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// Raise records a suspicion of diversion under a new id, "D-" and the year it arose in, with what an alert has to say
// (docs/alerts.md). The addressees are other agencies that the directory knows, since each of them must acknowledge.
// Licences and other records may be named that are not on record here: what enforcement is told of a transfer is less than what
// it may have found. When it was detected is when the alert arose, unless it says otherwise.
func Raise(view ledger.View, cmd *enforcementv1.RaiseAlertRequest) ([]proto.Message, error) {
	if err := checkAlert(cmd); err != nil {
		return nil, err
	}
	if err := checkAddressees(view, cmd.GetAddressees()); err != nil {
		return nil, err
	}
	detected, err := occurred(cmd)
	if err != nil {
		return nil, err
	}
	id, err := view.NextID("D-" + cmd.GetParticulars().GetOccurredAt().AsTime().Format("2006"))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&enforcementv1.DiversionAlertRaised{
		AlertId: id, Stage: cmd.GetStage(), DetectedStage: cmd.GetDetectedStage(), Type: cmd.GetType(),
		Priority: cmd.GetPriority(), Confidence: cmd.GetConfidence(),
		OccurredFrom: cmd.GetOccurredFrom(), OccurredUntil: cmd.GetOccurredUntil(), DetectedAt: detected,
		Item: cmd.GetItem(), Category: cmd.GetCategory(), Quantity: cmd.GetQuantity(), Serials: cmd.GetSerials(),
		Parties: cmd.GetParties(), LastKnownLocation: cmd.GetLastKnownLocation(), Places: cmd.GetPlaces(),
		LicenceIds: cmd.GetLicenceIds(), DeclarationIds: cmd.GetDeclarationIds(), Links: cmd.GetLinks(),
		Indicators: cmd.GetIndicators(), Patterns: cmd.GetPatterns(), Evidence: cmd.GetEvidence(), Handling: cmd.GetHandling(),
		Addressees: cmd.GetAddressees(), Summary: cmd.GetSummary(), AcknowledgeBy: acknowledgeBy(cmd),
	}}, nil
}

// checkAlert refuses an alert that lacks what it has to say, or uses codes that are none.
func checkAlert(cmd *enforcementv1.RaiseAlertRequest) error {
	switch {
	case len(cmd.GetParties()) == 0:
		return fault.Errorf(fault.Invalid, `name a party of the alert, or one named "unknown"`)
	case len(cmd.GetIndicators()) == 0 && len(cmd.GetEvidence()) == 0:
		return fault.Errorf(fault.Invalid, "give the red flags or the evidence that the alert rests on")
	case cmd.GetSummary() == "" && !linked(cmd):
		return fault.Errorf(fault.Invalid, "name a record or a paper that the alert is about, or say in its summary what it is about")
	case cmd.GetLastKnownLocation() == "":
		return fault.Errorf(fault.Invalid, `say where the goods were last known to be; "unknown" where nobody knows`)
	case cmd.GetHandling() == nil:
		return fault.Errorf(fault.Invalid, `say how others may use the alert (handling: caveats, originator_control, personal_data); an empty "handling: {}" says that there is nothing to heed`)
	}
	if err := incident.CheckIndicators(cmd.GetIndicators()); err != nil {
		return err
	}
	if err := incident.CheckType(cmd.GetStage(), cmd.GetType()); err != nil {
		return err
	}
	if err := incident.CheckPatterns(cmd.GetPatterns()); err != nil {
		return err
	}
	if err := incident.CheckEvidence(cmd.GetEvidence()...); err != nil {
		return err
	}
	p := cmd.GetPlaces()
	return incident.CheckCountries(append([]string{p.GetOrigin(), p.GetIntended(), p.GetActual()}, p.GetTransit()...)...)
}

// linked reports whether an alert names anything that it has to do with.
func linked(cmd *enforcementv1.RaiseAlertRequest) bool {
	return len(cmd.GetLicenceIds())+len(cmd.GetDeclarationIds()) > 0 || proto.Size(cmd.GetLinks()) > 0
}

func checkAddressees(view ledger.View, addressees []string) error {
	if len(addressees) == 0 {
		return fault.Errorf(fault.Invalid, "name the agencies that must acknowledge the alert")
	}
	for _, name := range addressees {
		agency, err := view.AgencyRow(name)
		switch {
		case err != nil:
			return fmt.Errorf("read agency %s: %w", name, err)
		case name == view.Agency():
			return fault.Errorf(fault.Invalid, "%s raises the alert itself and cannot be an addressee of it", name)
		case agency == nil:
			return fault.Errorf(fault.Invalid, "agency %s is not in the directory and cannot be addressed", name)
		}
	}
	return nil
}

// occurred is when the incident was detected. What is detected has begun, and nothing ends before it begins.
func occurred(cmd *enforcementv1.RaiseAlertRequest) (detected *timestamppb.Timestamp, err error) {
	at := cmd.GetParticulars().GetOccurredAt()
	if detected, err = incident.At(cmd.GetDetectedAt(), at, "it was detected"); err != nil {
		return nil, err
	}
	from, until := cmd.GetOccurredFrom(), cmd.GetOccurredUntil()
	if _, err := incident.At(from, at, "it occurred"); err != nil {
		return nil, err
	}
	switch {
	case until != nil && until.CheckValid() != nil:
		return nil, fault.Errorf(fault.Invalid, "the time until which it occurred is not a time")
	case from != nil && until != nil && until.AsTime().Before(from.AsTime()):
		return nil, fault.Errorf(fault.Invalid, "it ended before it began; give occurred_from and occurred_until in their order")
	case from != nil && detected.AsTime().Before(from.AsTime()):
		return nil, fault.Errorf(fault.Invalid, "it was detected before it began; correct detected_at or occurred_from")
	}
	return detected, nil
}

// acknowledgeBy is when addressees that are silent are escalated. How long they have is a default that the caller may set
// otherwise: an hour for an immediate alert, a day for an urgent one; a routine alert is not escalated.
func acknowledgeBy(cmd *enforcementv1.RaiseAlertRequest) *timestamppb.Timestamp {
	within := time.Duration(cmd.GetAcknowledgeWithin()) * time.Minute
	if within == 0 {
		within = map[enforcementv1.Priority]time.Duration{
			enforcementv1.Priority_PRIORITY_IMMEDIATE: time.Hour, enforcementv1.Priority_PRIORITY_URGENT: 24 * time.Hour,
		}[cmd.GetPriority()]
	}
	if within == 0 {
		return nil
	}
	return timestamppb.New(cmd.GetParticulars().GetOccurredAt().AsTime().Add(within))
}
