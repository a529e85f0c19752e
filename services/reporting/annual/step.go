package annual

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
)

// stepDue is the last second of the day of a step of the procedure; nil where it has none.
func stepDue(view ledger.View, spec report.Spec, step string) (*timestamppb.Timestamp, error) {
	due, err := duedates.DueOf(view, spec.Form.Name, spec.Year, step)
	if due.IsZero() || err != nil {
		return nil, err
	}
	return timestamppb.New(due), nil
}
