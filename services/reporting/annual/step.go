package annual

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/report"
)

// stepDue is the last second of the day of a step of the procedure; nil where it has none.
func stepDue(spec report.Spec, step string) (*timestamppb.Timestamp, error) {
	for _, s := range spec.Terms.GetSteps() {
		if s.GetStep() != step {
			continue
		}
		inForce, _ := time.Parse(time.DateOnly, spec.Procedure.GetInForce()) // zero without one
		day, err := report.StepDate(s.GetDay(), spec.Year, inForce)
		if err != nil {
			return nil, fmt.Errorf("find the day of step %s of %s: %w", step, spec.Form.Name, err)
		}
		return timestamppb.New(day.AddDate(0, 0, 1).Add(-time.Second)), nil
	}
	return nil, nil
}
