package reassessment_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

func TestConclude(t *testing.T) {
	const licenceID, id = "licensing/L-1", "licensing/R-2026-000001"
	const maintained, amended, suspended, revoked = licensingv1.Outcome_OUTCOME_MAINTAINED, licensingv1.Outcome_OUTCOME_AMENDED,
		licensingv1.Outcome_OUTCOME_SUSPENDED, licensingv1.Outcome_OUTCOME_REVOKED
	opened := []proto.Message{
		licence(licenceID, endUser("Border Guard of XB")),
		&licensingv1.ReassessmentOpened{ReassessmentId: id, LicenceId: licenceID, AlertId: alertID},
	}
	after := func(facts ...proto.Message) []proto.Message { return append(opened[:2:2], facts...) }
	isSuspended, isRevoked := &licensingv1.LicenceSuspended{LicenceId: licenceID}, &licensingv1.LicenceRevoked{LicenceId: licenceID}
	concluded := func(o licensingv1.Outcome) *licensingv1.ReassessmentConcluded {
		return &licensingv1.ReassessmentConcluded{ReassessmentId: id, Outcome: o, Reason: "end use verified on site"}
	}
	tests := []struct {
		name    string
		given   []proto.Message
		id      string
		outcome licensingv1.Outcome
		want    []proto.Message
		wantErr error
	}{
		{"maintained", opened, id, maintained, []proto.Message{concluded(maintained)}, nil},
		{"maintained, yet suspended", after(isSuspended), id, maintained, nil, fault.Precondition},
		{"amended", opened, id, amended, []proto.Message{concluded(amended)}, nil},
		{"amended while suspended", after(isSuspended), id, amended, []proto.Message{concluded(amended)}, nil},
		{"amended, yet revoked", after(isRevoked), id, amended, nil, fault.Precondition},
		{"suspended", after(isSuspended), id, suspended, []proto.Message{concluded(suspended)}, nil},
		{"suspended, yet in force", opened, id, suspended, nil, fault.Precondition},
		{"revoked", after(isRevoked), id, revoked, []proto.Message{concluded(revoked)}, nil},
		{"revoked, yet in force", opened, id, revoked, nil, fault.Precondition},
		{"again the same", after(concluded(maintained)), id, maintained, nil, nil},
		{"again with another outcome", after(concluded(maintained), isRevoked), id, revoked, nil, fault.Conflict},
		{"no outcome", opened, id, licensingv1.Outcome_OUTCOME_UNSPECIFIED, nil, fault.Invalid},
		{"an outcome that there is not", opened, id, 9, nil, fault.Invalid},
		{"never opened", nil, id, maintained, nil, fault.NotFound},
		{"of another agency",
			[]proto.Message{ledgertest.By("licensing-b", &licensingv1.ReassessmentOpened{ReassessmentId: "licensing-b/R-1", LicenceId: "licensing-b/L-1"})},
			"licensing-b/R-1", maintained, nil, fault.NotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := reassessment.Conclude(ledgertest.Given(t, tt.given...), &licensingv1.ConcludeReassessmentRequest{
				ReassessmentId: tt.id, Outcome: tt.outcome, Reason: "end use verified on site",
			})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
	t.Run("no reason", func(t *testing.T) {
		got, err := reassessment.Conclude(ledgertest.Given(t, opened...), &licensingv1.ConcludeReassessmentRequest{ReassessmentId: id, Outcome: maintained})
		expect(t, got, err, nil, fault.Invalid)
	})
}
