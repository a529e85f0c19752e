package request_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/reporting/request"
)

func TestAnyCommand(t *testing.T) {
	given := []proto.Message{&directoryv1.AgencyRegistered{Agency: "licensing"}, &directoryv1.AgencyRegistered{Agency: "customs"}, procedure}
	anycommand.Check(t, "reporting", given, []string{"licensing", "customs", "att-annual-exports", "att-annual", "national"}, map[string]anycommand.Rule{
		"request": anycommand.Of(request.Return, &reportingv1.RequestReturnRequest{
			Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}, Year: 2025, Form: "att-annual-exports",
			Agencies: []string{"licensing", "customs"}, Due: timestamppb.New(ledgertest.Start.AddDate(0, 2, 0)),
		}),
		"request by procedure": anycommand.Of(request.Return, &reportingv1.RequestReturnRequest{
			Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}, Year: 2025, Form: "att-annual",
		}),
	})
}
