package licensing

import (
	"context"
	"errors"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/licensing/simulation"
)

// SimulatePolicy decides past cases anew under a policy. It reads page by page, so that the ledger is never held for long, and
// ends with ctx.
func (s *Service) SimulatePolicy(ctx context.Context, req *licensingv1.SimulatePolicyRequest) (*licensingv1.SimulatePolicyResponse, error) {
	var sim *simulation.Simulation
	err := s.node.Ledger.View(func(view ledger.View) (err error) {
		sim, err = simulation.New(view, req)
		return err
	})
	for more := true; more && err == nil; {
		err = s.node.Ledger.View(func(view ledger.View) (err error) {
			more, err = sim.Next(view)
			return errors.Join(err, ctx.Err())
		})
	}
	if err != nil {
		return nil, fmt.Errorf("simulate policy %s: %w", req.GetPolicy().GetName(), err)
	}
	res := sim.Result()
	var of []string
	for _, c := range res.GetChanged() {
		of = append(of, c.GetApplicationId(), c.GetDecisionId())
	}
	read := &queryv1.Access{Call: "SimulatePolicy", Table: queryv1.Table_TABLE_APPLICATIONS, Rows: uint64(len(res.GetChanged()))}
	return res, s.node.Accessed(ctx, read, of...)
}
