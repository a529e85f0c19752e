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

// A request from the public is a duty of the agency that it was made to, until it is answered.
func TestDutiesOnRequests(t *testing.T) {
	opened := func(id string) proto.Message {
		return ledgertest.At(ledgertest.Start, &reportingv1.PublicRequestOpened{RequestId: id, From: "press", Text: "how many?", Due: at(9)})
	}
	view := ledgertest.GivenAs(t, "reporting", opened("reporting/PR-1"), opened("reporting/PR-2"), ledgertest.By("reporting-b", opened("reporting-b/PR-1")),
		&reportingv1.PublicRequestAnswered{RequestId: "reporting/PR-1", Text: "two"})
	got, err := handover.Duties(view, ledgertest.Start)
	want := []*directoryv1.Duty{{Subject: "reporting/PR-2", What: "answer-request", Since: at(0), Due: at(9)}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}
