package request

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Return asks agencies of the directory for their contribution to a form of a year, under a new id, "Q-" and the year
// of asking. The reporting agency may be among them. The due date lies after the asking.
func Return(view ledger.View, cmd *reportingv1.RequestReturnRequest) ([]proto.Message, error) {
	asked := cmd.GetParticulars().GetOccurredAt().AsTime()
	switch {
	case len(cmd.GetAgencies()) == 0:
		return nil, fault.Errorf(fault.Invalid, "name the agencies that are asked")
	case cmd.GetDue() == nil:
		return nil, fault.Errorf(fault.Invalid, "say by when the returns are due")
	case !cmd.GetDue().AsTime().After(asked):
		return nil, fault.Errorf(fault.Invalid, "a return that is asked for on %s cannot be due on %s", asked.Format(time.DateOnly), cmd.GetDue().AsTime().Format(time.DateOnly))
	}
	for _, name := range cmd.GetAgencies() {
		agency, err := view.AgencyRow(name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read agency %s: %w", name, err)
		case agency == nil:
			return nil, fault.Errorf(fault.Invalid, "agency %s is not in the directory and cannot be asked", name)
		}
	}
	id, err := view.NextID("Q-" + asked.Format("2006"))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&reportingv1.AgencyReturnRequested{
		RequestId: id,
		Year:      cmd.GetYear(),
		Form:      cmd.GetForm(),
		Agencies:  cmd.GetAgencies(),
		Due:       cmd.GetDue(),
	}}, nil
}
