package dossier

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Governing are the policies that an application to this agency runs under at a moment, decided or not. It refuses where
// none is in force for its lines, or another agency decides them.
func Governing(view ledger.View, a *ledgerv1.Application, at time.Time) ([]*policy.Policy, error) {
	state, err := Home(view)
	if err != nil {
		return nil, err
	}
	return governing(view, a, state, at, false)
}
