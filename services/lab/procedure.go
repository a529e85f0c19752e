package lab

import (
	"context"
	"fmt"
	"io/fs"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/procedure"
)

func (p *Plan) readProcedure(dir fs.FS) (err error) {
	if p.Procedure == "" {
		return nil
	}
	if p.procedure, err = fs.ReadFile(dir, p.Procedure); err != nil {
		return fmt.Errorf("read the procedure: %w", err)
	}
	_, err = report.LoadProcedure(p.Procedure, p.procedure)
	return err
}

// adoptProcedure puts the plan's procedure on record at the reporting agency, once: a version that is there stays as it is. It returns
// nil when ctx ends.
func (l *Lab) adoptProcedure(ctx context.Context) error {
	defer close(l.adopted)
	s := l.reporting()
	if s == nil || l.plan.procedure == nil {
		return nil
	}
	if err := s.WaitReady(ctx); err != nil {
		return nil // ctx ended
	}
	p, err := report.LoadProcedure(l.plan.Procedure, l.plan.procedure)
	if err != nil {
		return err
	}
	operator := &eventv1.Particulars{Officer: &eventv1.Officer{Role: "operator"}}
	_, err = s.Node.Desk.Record(ctx, operator, func(view ledger.View) ([]proto.Message, error) {
		if there, err := view.Procedure(report.ProcedureID(view.Agency(), p)); there != nil || err != nil {
			return nil, err
		}
		return procedure.Adopt(view, &reportingv1.AdoptProcedureRequest{Particulars: operator, Content: l.plan.procedure})
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("adopt %s at %s: %w", l.plan.Procedure, s.Node.Agency, err)
	}
	return nil
}

// reporting is the first agency of the plan whose service is reporting; nil when there is none.
func (l *Lab) reporting() *Serving {
	for _, a := range l.plan.Agencies {
		if a.Service == "reporting" {
			return l.Agencies[a.Name]
		}
	}
	return nil
}
