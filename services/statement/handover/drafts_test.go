package handover_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/statement/handover"
)

// A draft that goes round is a duty of whoever was asked, until that agency answers, the report is frozen, or a later draft asks others.
func TestDutiesOnDrafts(t *testing.T) {
	const id = "reporting/att-annual-2026.1"
	office := func(fact proto.Message) proto.Message { return ledgertest.By("reporting", fact) }
	round := func(draft uint32, agencies ...string) []proto.Message {
		return []proto.Message{office(&reportingv1.ReportDrafted{ReportId: id, Draft: draft}), office(&reportingv1.DraftCirculated{ReportId: id, Draft: draft, Agencies: agencies, Due: at(90)})}
	}
	says := func(agency string, draft uint32) proto.Message {
		return ledgertest.By(agency, &reportingv1.DraftAnswered{ReportId: id, Draft: draft, Text: "no"})
	}
	opened := office(&reportingv1.ReportOpened{ReportId: id, Report: "att-annual", Year: 2026})
	first, second := round(1, "licensing", "customs"), round(2, "customs", "licensing")
	given := func(parts ...[]proto.Message) (all []proto.Message) {
		all = []proto.Message{opened}
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	one := func(facts ...proto.Message) []proto.Message { return facts }
	due := func(n int) []*directoryv1.Duty {
		return []*directoryv1.Duty{{Subject: id, What: "approve-draft", Since: at(n), Due: at(90)}}
	}
	for name, tt := range map[string]struct {
		agency string
		given  []proto.Message
		want   []*directoryv1.Duty
	}{
		"asked":                      {"customs", given(first), due(2)},
		"not asked":                  {"enforcement", given(first), nil},
		"the office itself":          {"reporting", given(first), nil},
		"answered":                   {"customs", given(first, one(says("customs", 1))), nil},
		"another answered":           {"customs", given(first, one(says("licensing", 1))), due(2)},
		"answered, then drawn anew":  {"customs", given(first, one(says("customs", 1)), second), due(5)},
		"asked of an earlier only":   {"licensing", given(first, round(2, "customs")), nil},
		"frozen without its answer":  {"customs", given(first, one(office(&reportingv1.ReportFrozen{ReportId: id, Draft: 1}))), nil},
		"a later draft went nowhere": {"customs", given(first, one(office(&reportingv1.ReportDrafted{ReportId: id, Draft: 2}))), due(2)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := handover.Duties(ledgertest.GivenAs(t, tt.agency, tt.given...), ledgertest.Start)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}
