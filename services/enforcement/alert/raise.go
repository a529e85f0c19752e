package alert

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// Raise records a suspicion of diversion under a new id, "D-" and the year it arose in. The addressees are other
// agencies that the directory knows, since each of them must acknowledge. Licences and declarations may be named that
// are not on record here: what enforcement is told of a transfer is less than what it may have found.
func Raise(view ledger.View, cmd *enforcementv1.RaiseAlertRequest) ([]proto.Message, error) {
	switch {
	case len(cmd.GetAddressees()) == 0:
		return nil, fault.Errorf(fault.Invalid, "name the agencies that must acknowledge the alert")
	case len(cmd.GetParties()) == 0:
		return nil, fault.Errorf(fault.Invalid, `name a party of the alert, or one named "unknown"`)
	case len(cmd.GetIndicators()) == 0:
		return nil, fault.Errorf(fault.Invalid, "give the red flags that the alert rests on")
	}
	if err := checkIndicators(cmd.GetIndicators()); err != nil {
		return nil, err
	}
	for _, name := range cmd.GetAddressees() {
		agency, err := view.AgencyRow(name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read agency %s: %w", name, err)
		case name == view.Agency():
			return nil, fault.Errorf(fault.Invalid, "%s raises the alert itself and cannot be an addressee of it", name)
		case agency == nil:
			return nil, fault.Errorf(fault.Invalid, "agency %s is not in the directory and cannot be addressed", name)
		}
	}
	id, err := view.NextID("D-" + cmd.GetParticulars().GetOccurredAt().AsTime().Format("2006"))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&enforcementv1.DiversionAlertRaised{
		AlertId:           id,
		Stage:             cmd.GetStage(),
		Priority:          cmd.GetPriority(),
		Item:              cmd.GetItem(),
		Parties:           cmd.GetParties(),
		LicenceIds:        cmd.GetLicenceIds(),
		DeclarationIds:    cmd.GetDeclarationIds(),
		Indicators:        cmd.GetIndicators(),
		LastKnownLocation: cmd.GetLastKnownLocation(),
		Addressees:        cmd.GetAddressees(),
		Summary:           cmd.GetSummary(),
		AcknowledgeBy:     acknowledgeBy(cmd),
	}}, nil
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

// checkIndicators refuses what is no red-flag code.
func checkIndicators(codes []string) error {
	for _, code := range codes {
		if _, known := refdata.RedFlag(code); !known {
			flags := refdata.Codes(refdata.Indicators).Codes
			return fault.Errorf(fault.Invalid, "%q is not a red-flag code; they are %s to %s", code, flags[0].Code, flags[len(flags)-1].Code)
		}
	}
	return nil
}
