package duty

import (
	"context"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Calendar lists the steps of the State's reports, with their dates and where they stand.
func (s *answers) Calendar(_ context.Context, req *reportingv1.CalendarRequest) (res *reportingv1.CalendarResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = duedates.Calendar(view, req, s.node.Desk.Now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the calendar of reports: %w", err)
	}
	return res, nil
}
