package lab_test

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// reconciled leaves a partner's figure that differs from own ones, and what reporting itself, whose task that is, found.
func (r rehearsed) reconciled() {
	licences := uint64(7)
	edition := &reportingv1.RecordPartnerFiguresRequest{Source: "de-ruex", Edition: "2014-12-29", Figures: []*reportingv1.PartnerFigure{
		{Line: 2, Year: 2013, Exporter: "XA", Importer: "XB", Category: "ML1", Licences: &licences},
	}}
	r.do("reporting", edition)
	r.do("reporting", &reportingv1.ClosePartnerEditionRequest{Source: edition.Source, Edition: edition.Edition, Digest: make([]byte, 32), Figures: 1})
	task := r.do("reporting", &reportingv1.OpenDifferencesRequest{Comparison: reportingv1.Comparison_COMPARISON_PARTNER, Year: 2013, Due: timestamppb.New(inTwoYears)})
	r.do("reporting", &reportingv1.AnswerDifferenceRequest{DifferenceId: task, Finding: reportingv1.Finding_FINDING_BOTH_RIGHT, Text: "counted otherwise"})
	r.do("reporting", &reportingv1.CloseDifferenceRequest{DifferenceId: task, Finding: reportingv1.Finding_FINDING_BOTH_RIGHT, Reason: "as reporting found"})
}
