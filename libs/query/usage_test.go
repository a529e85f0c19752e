package query

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

func TestUsage(t *testing.T) {
	end := func(m time.Month) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC))
	}
	use := func(publisher, kind, decision string, count uint32) *reportingv1.FactUse {
		return &reportingv1.FactUse{Publisher: publisher, Kind: kind, Decision: decision, Count: count}
	}
	l := ledgertest.Open(t, "customs")
	tx := ledgertest.Begin(t, l,
		ledgertest.By("licensing", &reportingv1.FactsUsed{ReportId: "licensing/use-2026-02-28", Until: end(3), Uses: []*reportingv1.FactUse{
			use("customs", "opinion", "grant", 4), use("customs", "opinion", "denial", 3), use("enforcement", "alert", "denial", 9),
		}}),
		ledgertest.By("licensing", &reportingv1.FactsUsed{ReportId: "licensing/use-2026-03-31", Until: end(4), Uses: []*reportingv1.FactUse{use("customs", "opinion", "grant", 5)}}),
		ledgertest.By("enforcement", &reportingv1.FactsUsed{ReportId: "enforcement/use-2026-03-31", Until: end(4), Uses: []*reportingv1.FactUse{use("customs", "hold", "confirmation", 3)}}),
		ledgertest.By("enforcement", &reportingv1.FactsUsed{ReportId: "enforcement/use-2026-04-30", Until: end(5), Uses: []*reportingv1.FactUse{use("licensing", "grant", "confirmation", 7)}}),
	)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	s := &service{Config: Config{Agency: "customs", Ledger: l}}
	for name, tt := range map[string]struct {
		req  *queryv1.UsageRequest
		want []string
	}{
		"each class":   {&queryv1.UsageRequest{}, []string{"enforcement hold confirmation 3 4", "licensing opinion denial 3 3", "licensing opinion grant 9 4"}},
		"by kind":      {&queryv1.UsageRequest{By: queryv1.UsageBy_USAGE_BY_KIND}, []string{" hold  3 4", " opinion  12 4"}},
		"by decision":  {&queryv1.UsageRequest{By: queryv1.UsageBy_USAGE_BY_DECISION}, []string{"  confirmation 3 4", "  denial 3 3", "  grant 9 4"}},
		"by agency":    {&queryv1.UsageRequest{By: queryv1.UsageBy_USAGE_BY_AGENCY}, []string{"enforcement   3 4", "licensing   12 4"}},
		"of an agency": {&queryv1.UsageRequest{Agency: "enforcement"}, []string{"enforcement hold confirmation 3 4"}},
		"since":        {&queryv1.UsageRequest{Since: end(3)}, []string{"enforcement hold confirmation 3 4", "licensing opinion grant 5 4"}},
		"since after":  {&queryv1.UsageRequest{Since: end(4)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := s.Usage(context.Background(), tt.req)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range res.Uses {
				got = append(got, fmt.Sprintf("%s %s %s %d %d", u.Agency, u.Kind, u.Decision, u.Count, u.Until.AsTime().Month()))
			}
			if !slices.Equal(got, tt.want) || res.Least != 3 || len(res.Basis.GetPositions()) == 0 {
				t.Errorf("%q, at least %d; want %q and what that rests on", got, res.Least, tt.want)
			}
		})
	}
}
