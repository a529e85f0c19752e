package licence_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	applicationID = "licensing/A-2026-000001"
	licenceID     = "licensing/L-2026-000001"
	denialID      = "licensing/N-2026-000001"

	othersApplicationID = "licensing-b/A-2026-000001"
	othersLicenceID     = "licensing-b/L-2026-000001"
)

var (
	now         = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(now)}
	registered  = &directoryv1.AgencyRegistered{Agency: "licensing", Title: "Licensing Office", State: "XA"}
	submitted   = &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: deal()}
	granted     = &licensingv1.LicenceGranted{LicenceId: licenceID, ApplicationId: applicationID, Deal: deal(), ValidFrom: timestamppb.New(now)}
	denied      = &licensingv1.LicenceDenied{DenialId: denialID, ApplicationId: applicationID, Deal: deal(), Criteria: []string{"7"}, Reason: "risk of diversion"}
	suspended   = &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "forged end-user certificate"}
	revoked     = &licensingv1.LicenceRevoked{LicenceId: licenceID, Reason: "licence obtained by false statement"}
	withdrawn   = &licensingv1.EntryWithdrawn{Id: licenceID, Source: "xa-register", Edition: "2026-04-01"}
	// What another agency decides on.
	othersApplication = ledgertest.By("licensing-b", &licensingv1.ApplicationSubmitted{ApplicationId: othersApplicationID, Deal: deal()})
	othersLicence     = ledgertest.By("licensing-b", &licensingv1.LicenceGranted{LicenceId: othersLicenceID, Deal: deal(), ValidFrom: timestamppb.New(now)})
)

// deal is an export of 100 pieces to XB, worth 5,000.00.
func deal() *licensingv1.Deal {
	return &licensingv1.Deal{
		Kind:        transferv1.Kind_KIND_EXPORT,
		Parties:     parties(),
		Destination: &licensingv1.Place{Country: "XB"},
		Lines:       []*transferv1.Line{line(1, 100_000, 5_000_00)},
		EndUse:      "border guard",
	}
}

func parties() []*transferv1.Party {
	return []*transferv1.Party{
		{Role: transferv1.Role_ROLE_EXPORTER, Name: "Maker of XA", Country: "XA"},
		{Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB", Country: "XB"},
	}
}

// line is of pieces, in thousandths, and worth a value in cents.
func line(number uint32, thousandths, minor int64) *transferv1.Line {
	return &transferv1.Line{
		Number: number, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS,
		Quantity: &transferv1.Quantity{Thousandths: thousandths, Unit: "H87"},
		Value:    &transferv1.Money{Minor: minor, Currency: "EUR"},
	}
}

// with returns a copy of a message, changed.
func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

func given(t *testing.T, facts ...proto.Message) ledger.View {
	t.Helper()
	return ledgertest.GivenAs(t, "licensing", facts...)
}

// expect compares what a rule decided with what it should have: facts, nothing, or a refusal of a kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}
