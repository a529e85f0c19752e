package licence_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

var reinstated = &licensingv1.LicenceReinstated{LicenceId: licenceID, Reason: "certificate verified"}

// statusTest is a case of a command that changes nothing but a licence's status.
type statusTest struct {
	name       string
	given      []proto.Message
	id, reason string
	want       []proto.Message
	wantErr    error
}

func runStatusTests(t *testing.T, tests []statusTest, decide func(*testing.T, statusTest) ([]proto.Message, error)) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decide(t, tt)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestSuspend(t *testing.T) {
	runStatusTests(t, []statusTest{
		{"in force", []proto.Message{granted}, licenceID, suspended.Reason, []proto.Message{suspended}, nil},
		{"suspended already", []proto.Message{granted, suspended}, licenceID, "again", nil, nil},
		{"reinstated before", []proto.Message{granted, suspended, reinstated}, licenceID, suspended.Reason, []proto.Message{suspended}, nil},
		{"revoked", []proto.Message{granted, revoked}, licenceID, "too late", nil, fault.Precondition},
		{"withdrawn", []proto.Message{granted, withdrawn}, licenceID, "too late", nil, fault.Precondition},
		{"never granted", nil, licenceID, "forged", nil, fault.NotFound},
		{"of another agency", []proto.Message{othersLicence}, othersLicenceID, "forged", nil, fault.NotAllowed},
		{"no reason", []proto.Message{granted}, licenceID, "", nil, fault.Invalid},
	}, func(t *testing.T, tt statusTest) ([]proto.Message, error) {
		return licence.Suspend(given(t, tt.given...), &licensingv1.SuspendLicenceRequest{Particulars: particulars, LicenceId: tt.id, Reason: tt.reason})
	})
}

func TestReinstate(t *testing.T) {
	runStatusTests(t, []statusTest{
		{"suspended", []proto.Message{granted, suspended}, licenceID, reinstated.Reason, []proto.Message{reinstated}, nil},
		{"in force already", []proto.Message{granted}, licenceID, "again", nil, nil},
		{"revoked", []proto.Message{granted, suspended, revoked}, licenceID, "too late", nil, fault.Precondition},
		{"withdrawn", []proto.Message{granted, suspended, withdrawn}, licenceID, "too late", nil, fault.Precondition},
		{"never granted", nil, licenceID, "verified", nil, fault.NotFound},
		{"of another agency", []proto.Message{othersLicence}, othersLicenceID, "verified", nil, fault.NotAllowed},
		{"no reason", []proto.Message{granted, suspended}, licenceID, "", nil, fault.Invalid},
	}, func(t *testing.T, tt statusTest) ([]proto.Message, error) {
		return licence.Reinstate(given(t, tt.given...), &licensingv1.ReinstateLicenceRequest{Particulars: particulars, LicenceId: tt.id, Reason: tt.reason})
	})
}

func TestRevoke(t *testing.T) {
	runStatusTests(t, []statusTest{
		{"in force", []proto.Message{granted}, licenceID, revoked.Reason, []proto.Message{revoked}, nil},
		{"suspended", []proto.Message{granted, suspended}, licenceID, revoked.Reason, []proto.Message{revoked}, nil},
		{"revoked already", []proto.Message{granted, revoked}, licenceID, "again", nil, nil},
		{"withdrawn", []proto.Message{granted, withdrawn}, licenceID, "too late", nil, fault.Precondition},
		{"never granted", nil, licenceID, "false statement", nil, fault.NotFound},
		{"of another agency", []proto.Message{othersLicence}, othersLicenceID, "false statement", nil, fault.NotAllowed},
		{"no reason", []proto.Message{granted}, licenceID, "", nil, fault.Invalid},
	}, func(t *testing.T, tt statusTest) ([]proto.Message, error) {
		return licence.Revoke(given(t, tt.given...), &licensingv1.RevokeLicenceRequest{Particulars: particulars, LicenceId: tt.id, Reason: tt.reason})
	})
}
