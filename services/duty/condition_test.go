package duty_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

func TestAddCondition(t *testing.T) {
	asked := func(agency string) []proto.Message {
		return []proto.Message{with(noReExport, func(c *licensingv1.ConditionAsked) { c.ConditionId = agency + "/K-2026-000001" })}
	}
	instead := ledgertest.By("interior", &licensingv1.OpinionGiven{ConsultationId: consultationID, View: concur, InPlaceOf: "defence"})
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		text    string
		want    []proto.Message
		wantErr error
	}{
		{"asked", "foreign", known(asks), noReExport.Text, asked("foreign"), nil},
		{"asked instead of who was silent", "cabinet", known(asks, escalated), noReExport.Text, asked("cabinet"), nil},
		{"answered as the alternate", "interior", known(asks, instead), noReExport.Text, asked("interior"), nil},
		{"after the consultation", "foreign", known(asks, closedThen), noReExport.Text, asked("foreign"), nil},
		{"after the licence", "foreign", known(asks, grantedOn), noReExport.Text, asked("foreign"), nil},
		{"that another asked for", "defence", known(asks, ofForeign), noReExport.Text, asked("defence"), nil},
		{"again", "foreign", known(asks, ofForeign), noReExport.Text, nil, nil},
		{"no text", "foreign", known(asks), "", nil, fault.Invalid},
		{"not asked", "customs", known(asks), noReExport.Text, nil, fault.NotAllowed},
		{"nobody was asked", "foreign", known(), noReExport.Text, nil, fault.NotAllowed},
		{"denied", "foreign", known(asks, deniedOn), noReExport.Text, nil, fault.Precondition},
		{"revoked", "foreign", known(asks, grantedOn, &licensingv1.LicenceRevoked{LicenceId: grantedOn.LicenceId}), noReExport.Text, nil, fault.Precondition},
		{"sent back", "foreign", known(asks, &licensingv1.ApplicationSubmitted{ApplicationId: applicationID}, &licensingv1.ApplicationReturned{ApplicationId: applicationID}),
			noReExport.Text, nil, fault.Precondition},
		{"routed on", "foreign", known(asks, &licensingv1.ApplicationSubmitted{ApplicationId: applicationID}, &licensingv1.ApplicationRouted{ApplicationId: applicationID}),
			noReExport.Text, nil, fault.Precondition},
		{"where no rule says who hears", "foreign", []proto.Message{asks}, noReExport.Text, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.AddCondition(ledgertest.GivenAs(t, tt.agency, tt.given...), &licensingv1.AddConditionRequest{Particulars: answered, ApplicationId: applicationID, Text: tt.text})
			together(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestChangeCondition(t *testing.T) {
	changed := &licensingv1.ConditionChanged{ConditionId: conditionID, Text: "no re-export without consent", Reason: "agreed with the holder"}
	tests := []struct {
		name         string
		agency       string
		given        []proto.Message
		text, reason string
		want         []proto.Message
		wantErr      error
	}{
		{"by who asked for it", "foreign", known(asks, ofForeign), changed.Text, changed.Reason, []proto.Message{changed}, nil},
		{"after the licence", "foreign", known(asks, ofForeign, grantedOn), changed.Text, changed.Reason, []proto.Message{changed}, nil},
		{"to what it says", "foreign", known(asks, ofForeign), noReExport.Text, changed.Reason, nil, nil},
		{"to nothing", "foreign", known(asks, ofForeign), "", changed.Reason, nil, fault.Invalid},
		{"without a reason", "foreign", known(asks, ofForeign), changed.Text, "", nil, fault.Invalid},
		{"by another", "defence", known(asks, ofForeign), changed.Text, changed.Reason, nil, fault.NotAllowed},
		{"by who decides", "licensing", known(asks, ofForeign), changed.Text, changed.Reason, nil, fault.NotAllowed},
		{"let go", "foreign", known(asks, ofForeign, letGo), changed.Text, changed.Reason, nil, fault.Precondition},
		{"never heard of", "foreign", known(asks), changed.Text, changed.Reason, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.ChangeCondition(ledgertest.GivenAs(t, tt.agency, tt.given...), &licensingv1.ChangeConditionRequest{
				Particulars: answered, ConditionId: conditionID, Text: tt.text, Reason: tt.reason,
			})
			together(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestDropCondition(t *testing.T) {
	dropped := &licensingv1.ConditionDropped{ConditionId: conditionID, Reason: "assured otherwise"}
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		reason  string
		want    []proto.Message
		wantErr error
	}{
		{"by who asked for it", "foreign", known(asks, ofForeign), dropped.Reason, []proto.Message{dropped}, nil},
		{"again", "foreign", known(asks, ofForeign, letGo), dropped.Reason, nil, nil},
		{"without a reason", "foreign", known(asks, ofForeign), "", nil, fault.Invalid},
		{"by another", "defence", known(asks, ofForeign), dropped.Reason, nil, fault.NotAllowed},
		{"by who decides", "licensing", known(asks, ofForeign), dropped.Reason, nil, fault.NotAllowed},
		{"never heard of", "foreign", known(asks), dropped.Reason, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.DropCondition(ledgertest.GivenAs(t, tt.agency, tt.given...), &licensingv1.DropConditionRequest{
				Particulars: answered, ConditionId: conditionID, Reason: tt.reason,
			})
			together(t, got, err, tt.want, tt.wantErr)
		})
	}
}
