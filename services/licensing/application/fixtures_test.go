package application_test

import (
	"crypto/sha256"
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
	applicationID       = "licensing/A-2026-000001"
	othersApplicationID = "small-arms/A-2026-000001"

	small = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS
	tanks = transferv1.Category_CATEGORY_I_BATTLE_TANKS
)

var (
	now         = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(now)}
	registered  = &directoryv1.AgencyRegistered{Agency: "licensing", Title: "Licensing Office", State: "XA"}
	group       = &directoryv1.GroupDefined{Group: "cases", Members: []string{"licensing", "small-arms", "imports"}}
	denied      = &licensingv1.LicenceDenied{DenialId: "licensing/N-1", ApplicationId: applicationID, Deal: deal()}
)

// deal is an export to XB of ten tanks and a hundred assault rifles, which are not classified.
func deal() *licensingv1.Deal {
	return &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT,
		Parties: []*transferv1.Party{
			{Role: transferv1.Role_ROLE_EXPORTER, Name: "Maker of XA", Country: "XA"},
			{Role: transferv1.Role_ROLE_END_USER, Name: "Army of XB", Country: "XB"},
		},
		Destination: &licensingv1.Place{Country: "XB"},
		Lines:       []*transferv1.Line{line(1, "ML6.a", 10), line(2, "ML1.a", 100)},
		EndUse:      "defence",
		Documents:   []*licensingv1.Document{document("1")},
	}
}

func line(number uint32, rating string, pieces int64) *transferv1.Line {
	return &transferv1.Line{Number: number, Rating: rating, Quantity: &transferv1.Quantity{Thousandths: pieces * 1000, Unit: "H87"}}
}

func document(number string) *licensingv1.Document {
	sum := sha256.Sum256([]byte(number))
	return &licensingv1.Document{Kind: "end_user_certificate", Number: number, Issuer: "Ministry of XB", IssuedOn: "2026-01-05", ExpiresOn: "2027-01-05", Sha256: sum[:]}
}

func authorization(reference string) *licensingv1.ExternalAuthorization {
	return &licensingv1.ExternalAuthorization{Kind: "import_authorization", Reference: reference, Issuer: "XB", ValidUntil: "2027-01-05"}
}

// submitted is the application, in the journal of a group that all deciders read.
func submitted(change ...func(*licensingv1.Deal)) proto.Message {
	return ledgertest.In("cases", &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: with(deal(), change...)})
}

// beside is a fact in the application's journal.
func beside(fact proto.Message) proto.Message { return ledgertest.In("cases", fact) }

// classified makes the deal's lines tanks and small arms.
func classified(d *licensingv1.Deal) { d.Lines[0].Category, d.Lines[1].Category = tanks, small }

func assigned(number uint32, rating string, category transferv1.Category, row string, change ...func(*licensingv1.ClassificationAssigned)) *licensingv1.ClassificationAssigned {
	return with(&licensingv1.ClassificationAssigned{
		ApplicationId: applicationID, Line: number, Rating: rating, Rules: "att-2014-12-24.1", Category: category, Row: row,
	}, change...)
}

func policy(id, content string) *directoryv1.PolicyAdopted {
	return &directoryv1.PolicyAdopted{PolicyId: id, Content: []byte(content), ValidFrom: timestamppb.New(now.AddDate(0, -1, 0))}
}

// heavy and light are the two policies of a State in which one body decides on the arms of categories I to VII and another on
// the rest (cooperation model M4).
var (
	heavy = policy("heavy/1", `{name: heavy, version: 1, title: Heavy arms, legal_basis: fictional, valid_from: 2026-01-01, decider: licensing, precedence: 1,
scope: 'categories.exists(c, c in ["i", "ii", "iii", "iv", "v", "vi", "vii"])'}`)
	light = policy("light/1", `{name: light, version: 1, title: Small arms, legal_basis: fictional, valid_from: 2026-01-01, decider: small-arms}`)
	// single decides on everything.
	single = policy("single/1", `{name: single, version: 1, title: All arms, legal_basis: fictional, valid_from: 2026-01-01, decider: licensing}`)
)

// with returns a copy of a message, changed.
func with[M proto.Message](m M, changes ...func(M)) M {
	m = proto.CloneOf(m)
	for _, change := range changes {
		change(m)
	}
	return m
}

func given(t *testing.T, facts ...proto.Message) ledger.View {
	t.Helper()
	return ledgertest.GivenAs(t, "licensing", append([]proto.Message{registered, group}, facts...)...)
}

// expect compares what a rule decided with what it should have, in the application's journal: facts, nothing, or a refusal of a
// kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	var plain []proto.Message
	for _, f := range got {
		if d, ok := f.(ledger.Dated); ok && d.Group == "cases" {
			f = d.Message
		} else if ok {
			t.Errorf("%v is recorded for %q", f, d.Group)
		}
		plain = append(plain, f)
	}
	if diff := cmp.Diff(want, plain, protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}
