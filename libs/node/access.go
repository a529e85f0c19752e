package node

import (
	"context"
	"slices"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/rpc"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Accessed puts on record that the caller of ctx reads what e says. of are the ids of what is read, each beginning with the agency that
// owns it: rows, events, journals; empty ones name nothing. What cannot be put on record must not be answered.
func (n *Node) Accessed(ctx context.Context, e *queryv1.Access, of ...string) error {
	if n.api.accesses == nil { // its API is not open: nobody reads
		return nil
	}
	for _, id := range of {
		if owner := ledger.AgencyOf(id); owner != "" && !slices.Contains(e.Owners, owner) {
			e.Owners = append(e.Owners, owner)
		}
	}
	slices.Sort(e.Owners)
	if caller := rpc.Caller(ctx); caller != nil {
		e.User, e.Officer = caller.User, rpc.Officer(ctx)
	}
	return n.api.accesses.Add(e)
}
