package reassessment

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/adopted"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Suspend stops the use of every licence in force that an alert touches and whose policy says so: by an immediate alert as
// soon as it is raised, or by any that is confirmed. An officer reinstates it. A policy that says nothing suspends nothing: that
// is then for an officer too.
func Suspend(view ledger.View, alert *ledgerv1.Alert, on string, cause *eventv1.Cause) ([]proto.Message, error) {
	touched, err := licencesTouched(view, alert)
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, t := range touched {
		if t.licence.GetStatus() != ledgerv1.Status_STATUS_GRANTED {
			continue
		}
		suspends, err := suspendsOn(view, t.licence, on)
		if err != nil {
			return nil, err
		}
		if suspends {
			fact := ledger.Beside(t.licence, &licensingv1.LicenceSuspended{
				LicenceId: t.licence.GetId(), Reason: fmt.Sprintf("alert %s; ask the licensing authority", alert.GetId()),
			})
			fact.Causes = []*eventv1.Cause{cause}
			facts = append(facts, fact)
		}
	}
	return facts, nil
}

// suspendsOn reports whether a policy under which a licence was granted has it suspended by an alert that is as bad as on.
func suspendsOn(view ledger.View, l *ledgerv1.Licence, on string) (bool, error) {
	if l.GetBasis().GetPolicyId() == "" {
		return false, nil
	}
	policies, err := adopted.ByID(view, strings.Split(l.GetBasis().GetPolicyId(), " "))
	return slices.ContainsFunc(policies, func(p *policy.Policy) bool {
		says := p.Terms.GetAlerts().GetSuspendOn()
		return says == on || says == "immediate" && on == "confirmed"
	}), err
}
