package field

import (
	"testing"

	"google.golang.org/protobuf/proto"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// A duty whose record has no page of its own leads from the record to where it is done, as long as it waits and only at the agency that it
// waits for.
func TestRecordsLeadToWhereTheyAreWorkedOn(t *testing.T) {
	offered := &enforcementv1.ConsequenceOffered{AlertId: "enforcement/D-1"}
	raised := &customsv1.DiscrepancyRaised{DeclarationId: "customs/26XA 1"}
	for name, tt := range map[string]struct {
		row  proto.Message
		want string
	}{
		"what an alert asks for":               {&ledgerv1.ConsequenceOffer{Id: "customs/CO-1", Offered: offered}, "/alerts/enforcement/D-1"},
		"what an alert asks for, answered":     {&ledgerv1.ConsequenceOffer{Id: "customs/CO-1", Offered: offered, Answered: &enforcementv1.ConsequenceAnswered{}}, ""},
		"what an alert asks for, of others":    {&ledgerv1.ConsequenceOffer{Id: "licensing/CO-1", Offered: offered}, ""},
		"a discrepancy":                        {&ledgerv1.Discrepancy{Id: "customs/DX-1", Raised: raised}, "/border?q=customs%2F26XA+1"},
		"a discrepancy that was settled":       {&ledgerv1.Discrepancy{Id: "customs/DX-1", Raised: raised, Settled: &customsv1.DiscrepancySettled{}}, ""},
		"what was found for a trace":           {&ledgerv1.TraceHit{Id: "licensing/H-1", Hit: &enforcementv1.TraceHit{TraceId: "customs/T-1"}}, "/alerts/raise?trace=customs%2FT-1"},
		"what was found for a trace of others": {&ledgerv1.TraceHit{Id: "customs/H-1", Hit: &enforcementv1.TraceHit{TraceId: "licensing/T-1"}}, ""},
		"a record that waits for nobody":       {&ledgerv1.Line{}, ""},
	} {
		got := ""
		for _, d := range leads("customs", tt.row) {
			got += d.Path
		}
		if got != tt.want {
			t.Errorf("%s leads to %q, want %q", name, got, tt.want)
		}
	}
}
