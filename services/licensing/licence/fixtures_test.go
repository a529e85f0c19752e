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
	"github.com/counterfoil/counterfoil/libs/screening"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
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
	// A State where licensing decides alone, with one signature.
	alone     = adopted("alone", "signatures: 1")
	submitted = &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: deal()}
	granted   = &licensingv1.LicenceGranted{LicenceId: licenceID, ApplicationId: applicationID, Deal: deal(), ValidFrom: timestamppb.New(now)}
	denied    = &licensingv1.LicenceDenied{DenialId: denialID, ApplicationId: applicationID, Deal: deal(), Criteria: []string{"7"}, Reason: "risk of diversion"}
	suspended = &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "forged end-user certificate"}
	revoked   = &licensingv1.LicenceRevoked{LicenceId: licenceID, Reason: "licence obtained by false statement"}
	withdrawn = &licensingv1.EntryWithdrawn{Id: licenceID, Source: "xa-register", Edition: "2026-04-01"}
	// What another agency decides on.
	othersApplication = ledgertest.By("licensing-b", &licensingv1.ApplicationSubmitted{ApplicationId: othersApplicationID, Deal: deal()})
	othersLicence     = ledgertest.By("licensing-b", &licensingv1.LicenceGranted{LicenceId: othersLicenceID, Deal: deal(), ValidFrom: timestamppb.New(now)})
)

// adopted is a policy by which licensing decides on everything, with further terms.
func adopted(name, terms string) *directoryv1.PolicyAdopted {
	content := "name: " + name + "\nversion: 1\ntitle: Policy of XA\nlegal_basis: fictional\nvalid_from: 2025-01-01\ndecider: licensing\n" + terms + "\n"
	return &directoryv1.PolicyAdopted{PolicyId: name + "/1", Content: []byte(content)}
}

// ready is everything that a grant of the application needs, but for a policy.
func ready() []proto.Message { return readyFor(submitted) }

func readyFor(a *licensingv1.ApplicationSubmitted) []proto.Message {
	return []proto.Message{registered, a, checked(a, licensingv1.GateResult_GATE_RESULT_CLEAR), assessed(a), screened(a, screeningv1.Result_RESULT_CLEAR)}
}

func checked(a *licensingv1.ApplicationSubmitted, result licensingv1.GateResult) *licensingv1.ProhibitionChecked {
	return &licensingv1.ProhibitionChecked{CheckId: "licensing/G-2026-000001", ApplicationId: a.ApplicationId, Result: result, Deal: digest(a.Deal)}
}

// assessed has a low level on every criterion, but for some that are changed.
func assessed(a *licensingv1.ApplicationSubmitted, changes ...*licensingv1.RiskFinding) *licensingv1.RiskAssessed {
	row := &licensingv1.RiskAssessed{AssessmentId: "licensing/V-2026-000001", ApplicationId: a.ApplicationId, Deal: digest(a.Deal)}
	for _, c := range []string{"7(1)(a)", "7(1)(b)(i)", "7(1)(b)(ii)", "7(1)(b)(iii)", "7(1)(b)(iv)", "7(4)", "11"} {
		f := &licensingv1.RiskFinding{Criterion: c, Level: licensingv1.Level_LEVEL_LOW, Reason: "nothing known"}
		for _, change := range changes {
			if change.Criterion == c {
				f = change
			}
		}
		row.Findings = append(row.Findings, f)
	}
	return row
}

func screened(a *licensingv1.ApplicationSubmitted, result screeningv1.Result) proto.Message {
	c := certificate(a.Deal, result)
	return ledgertest.By("licensing", &screeningv1.ScreeningPerformed{ScreeningId: c.ScreeningId, Subject: a.ApplicationId, Certificate: c})
}

func certificate(d *licensingv1.Deal, result screeningv1.Result) *screeningv1.Certificate {
	c := &screeningv1.Certificate{ScreeningId: "licensing/S-2026-000001", PerformedAt: timestamppb.New(now), Matcher: screening.Version, ReviewLine: screening.ReviewLine, Result: result}
	for _, p := range d.Parties {
		c.Parties = append(c.Parties, &screeningv1.CoveredParty{Role: p.Role, Digest: ledger.PartyDigest(p)})
	}
	return c
}

func digest(d *licensingv1.Deal) []byte {
	sum, err := dossier.DealDigest(d)
	if err != nil {
		panic(err)
	}
	return sum
}

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

// plain takes a fact out of what dates it.
func plain(fact proto.Message) proto.Message {
	if d, ok := fact.(ledger.Dated); ok {
		return d.Message
	}
	return fact
}

// expect compares what a rule decided with what it should have: facts, nothing, or a refusal of a kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(&licensingv1.Basis{}, "knowledge")); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}
