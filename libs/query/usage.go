package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Usage adds up what agencies told of how they used the facts that this one shared.
func (s *service) Usage(_ context.Context, req *queryv1.UsageRequest) (res *queryv1.UsageResponse, err error) {
	res = &queryv1.UsageResponse{Least: citations.Least}
	err = s.Ledger.View(func(v ledger.View) error {
		told, err := v.AllFactsUsedWith("owner", s.Agency)
		if err != nil {
			return fmt.Errorf("read how facts of %s were used: %w", s.Agency, err)
		}
		res.Uses = usages(told, s.Agency, req)
		res.Basis, err = basis(v)
		return err
	})
	return res, err
}

// usedBy is what uses are added up under; what they are added up over is empty.
type usedBy struct{ agency, kind, decision string }

// usages adds up what reports say of the facts of a publisher, by agency, kind and decision.
func usages(told []*ledgerv1.FactsUsed, publisher string, req *queryv1.UsageRequest) []*queryv1.Usage {
	sums := map[usedBy]*queryv1.Usage{}
	for _, r := range told {
		until := r.GetUsed().GetUntil()
		if req.Agency != "" && req.Agency != r.GetAgency() || req.Since != nil && !until.AsTime().After(req.Since.AsTime()) {
			continue
		}
		for _, u := range r.GetUsed().GetUses() {
			if u.GetPublisher() != publisher {
				continue
			}
			under := usedBy{r.GetAgency(), u.GetKind(), u.GetDecision()}
			switch req.By {
			case queryv1.UsageBy_USAGE_BY_KIND:
				under = usedBy{kind: u.GetKind()}
			case queryv1.UsageBy_USAGE_BY_DECISION:
				under = usedBy{decision: u.GetDecision()}
			case queryv1.UsageBy_USAGE_BY_AGENCY:
				under = usedBy{agency: r.GetAgency()}
			}
			sum := sums[under]
			if sum == nil {
				sum = &queryv1.Usage{Agency: under.agency, Kind: under.kind, Decision: under.decision}
				sums[under] = sum
			}
			sum.Count += uint64(u.GetCount())
			if sum.Until == nil || until.AsTime().After(sum.Until.AsTime()) {
				sum.Until = until
			}
		}
	}
	return slices.SortedFunc(maps.Values(sums), func(a, b *queryv1.Usage) int {
		return cmp.Or(cmp.Compare(a.Agency, b.Agency), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Decision, b.Decision))
	})
}
