package matching_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
)

const licenceID = "licensing/L-2026-000001"

var (
	now       = ledgertest.Start.Add(30 * time.Minute)
	directory = ledgertest.Registered("licensing", "customs", "customs-b")
	exporter  = &transferv1.Party{Role: transferv1.Role_ROLE_EXPORTER, Name: "Northgate Arms", Country: "XA", Identifiers: []string{"lei:999900ATTDEMOENTIT12"}}
	consignee = &transferv1.Party{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour Trading", Country: "XB"}
	endUser   = &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB", Country: "XB"}
	// licence is for 100 rifles of Northgate, worth 50.00 each, and 50 kg of cartridges.
	licence = &licensingv1.LicenceGranted{
		LicenceId: licenceID,
		Deal: &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Parties: []*transferv1.Party{exporter, consignee, endUser},
			Lines: []*transferv1.Line{
				{Number: 1, Rating: "ML1.a", HsCode: "930190", Description: "assault rifles", Model: "NG-5", Quantity: pieces(100), Value: euros(5_000),
					Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS},
				{Number: 2, Rating: "ML3", HsCode: "93063010", Description: "rifle cartridges", Quantity: &transferv1.Quantity{Thousandths: 50_000, Unit: "KGM"}},
			},
		},
		ValidFrom: timestamppb.New(now.AddDate(0, -1, 0)), ValidUntil: timestamppb.New(now.AddDate(0, 1, 0)),
	}
	// declared is 10 of the rifles.
	declared = &customsv1.DeclarationAccepted{
		DeclarationId: "customs/26XA0001", Number: "26XA0001", Kind: transferv1.Kind_KIND_EXPORT, Office: "XA000101", LicenceReference: licenceID, Destination: "XB",
		Parties: []*transferv1.Party{exporter, consignee},
		Items:   []*customsv1.Item{{Number: 1, Rating: "ML1.a.2", HsCode: "93019000", Description: "rifles, automatic", Model: "NG-5", Quantity: pieces(10), Value: euros(500)}},
	}
)

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}
func euros(n int64) *transferv1.Money { return &transferv1.Money{Minor: n * 100, Currency: "EUR"} }

// with returns a copy of a message, changed.
func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

// as is the declaration, changed.
func as(change func(*customsv1.DeclarationAccepted)) *customsv1.DeclarationAccepted {
	return with(declared, change)
}

// item is the declaration with its item changed.
func item(change func(*customsv1.Item)) *customsv1.DeclarationAccepted {
	return as(func(d *customsv1.DeclarationAccepted) { change(d.Items[0]) })
}

// consigned is the declaration with a consignment.
func consigned(c *customsv1.Consignment) *customsv1.DeclarationAccepted {
	return as(func(d *customsv1.DeclarationAccepted) { d.Consignment = c })
}

// granted is the licence, changed.
func granted(change func(*licensingv1.LicenceGranted)) *licensingv1.LicenceGranted {
	return with(licence, change)
}

// match compares a declaration on customs' ledger, where facts are on record beside the directory.
func match(t *testing.T, d *customsv1.DeclarationAccepted, facts ...proto.Message) *matching.Result {
	t.Helper()
	view := ledgertest.GivenAs(t, "customs", append(append([]proto.Message{}, directory...), facts...)...)
	found, err := matching.Match(view, d, now)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
