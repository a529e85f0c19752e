// Package gate TEMP
package gate

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func Prohibited(view ledger.View, deal *licensingv1.Deal, check *ledgerv1.ProhibitionCheck, at time.Time) ([]string, error) {
	return nil, nil
}

func Overriding(row *ledgerv1.Assessment, threshold string) []string { return nil }
