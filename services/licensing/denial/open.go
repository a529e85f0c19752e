// Package denial TEMP
package denial

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
)

func Open(view ledger.View, application string, at time.Time) ([]string, error) { return nil, nil }
