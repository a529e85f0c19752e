package main

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// adviseBasis says beside a table what the answer rests on; the other formats carry it in the data.
func (env *Env) adviseBasis(basis *queryv1.Basis) {
	if env.Format != output.Table || len(basis.GetPositions()) == 0 {
		return
	}
	parts := make([]string, len(basis.Positions))
	for i, p := range basis.Positions {
		parts[i] = fmt.Sprintf("%s to block %d", p.Journal, p.Block)
		if p.RecordedAt != nil {
			parts[i] += fmt.Sprintf(" (%s old)", age(env.Now().Sub(p.RecordedAt.AsTime()).Seconds()))
		}
	}
	env.Advise("rests on %s", strings.Join(parts, ", "))
}

// instant returns a time for JSON, nil when there is none.
func instant(at *timestamppb.Timestamp) *time.Time {
	if at == nil {
		return nil
	}
	t := at.AsTime()
	return &t
}
