package customs

import (
	"context"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// Balance says what a licence still allows.
func (s *Service) Balance(_ context.Context, req *customsv1.BalanceRequest) (res *customsv1.BalanceResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = writeoff.Balance(view, req.GetLicenceId())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("balance of licence %s: %w", req.GetLicenceId(), err)
	}
	return res, nil
}
