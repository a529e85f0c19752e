package custody_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// What a licence rests on is genuine, and its own, unless the records say otherwise: before the transfer (D1) nobody but the exporter
// had the item.
func TestCertificates(t *testing.T) {
	deal := func(number, issuer string) *licensingv1.Deal {
		return &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Parties: parties(exporter, guard), Destination: &licensingv1.Place{Country: "XB"},
			Documents: []*licensingv1.Document{{Kind: "end_user_certificate", Number: number, Issuer: issuer}},
		}
	}
	granted := func(id, application string, month int, d *licensingv1.Deal) proto.Message {
		return ledgertest.At(on(1).AsTime().AddDate(0, month-1, 0), &licensingv1.LicenceGranted{LicenceId: id, ApplicationId: application, Deal: d, ValidUntil: on(12)})
	}
	own := deal("EUC 7", "Ministry of XB")
	applied := &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1", Deal: own}
	verified := func(genuine bool) proto.Message {
		return &licensingv1.DocumentVerified{ApplicationId: "licensing/A-1", Number: "EUC 7", Kind: "end_user_certificate", Method: "embassy", Genuine: genuine}
	}
	raised := func(stage enforcementv1.Stage, about ...*transferv1.Serials) proto.Message {
		return &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1", Stage: stage, LicenceIds: []string{"licensing/L-1"}, Indicators: []string{"RF14"}, Serials: about, Summary: "a front company"}
	}
	confirmed := &enforcementv1.AlertConfirmed{AlertId: "enforcement/D-1", Evidence: "registers"}
	first := func(d *licensingv1.Deal) history { return history{granted("licensing/L-0", "", 1, d)} }
	const d1 = enforcementv1.Stage_STAGE_D1_BEFORE_TRANSFER
	tests := []struct {
		name          string
		before, after history
		indicator     string
	}{
		{"nothing is said of it", nil, nil, ""},
		{"genuine", history{applied}, history{verified(true)}, ""},
		{"not genuine", history{applied}, history{verified(false)}, "RF15"},
		{"not genuine, and genuine by a later look", history{applied}, history{verified(false), verified(true)}, ""},
		{"used before", first(own), nil, "RF17"},
		{"another issuer's number", first(deal("EUC 7", "Ministry of XC")), nil, ""},
		{"another number", first(deal("EUC 8", "Ministry of XB")), nil, ""},
		{"used before, of a licence that was revoked", first(own).and(&licensingv1.LicenceRevoked{LicenceId: "licensing/L-0", Reason: "issued anew"}), nil, ""},
		{"an alert that was confirmed", nil, history{raised(d1), confirmed}, "RF14"},
		{"an alert that is open", nil, history{raised(d1)}, ""},
		{"an alert on this item", nil, history{raised(d1, listing(rifle)...), confirmed}, "RF14"},
		{"an alert on others", nil, history{raised(d1, listing(reading("KA-12341"))...), confirmed}, ""},
		{"an alert of a later stage", nil, history{raised(d3), confirmed}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			given := tt.before.and(granted("licensing/L-1", "licensing/A-1", 2, own)).and(came[1:]...).and(tt.after...)
			chains, err := custody.Of(ledgertest.GivenAs(t, "enforcement", given...), rifle)
			if err != nil || len(chains) != 1 {
				t.Fatalf("Of: %v, %v", chains, err)
			}
			holder, stage := guard, enforcementv1.Stage(0)
			if tt.indicator != "" {
				holder, stage = exporter, d1
			}
			c := chains[0]
			if c.GetOpen().GetIndicator() != tt.indicator || c.GetLastLawful().GetParty().GetName() != holder || c.Stage != stage || c.CannotBeTold {
				t.Errorf("%v; want %s, %q", c, tt.indicator, holder)
			}
		})
	}
}

// Parts of one shipment share their certificate.
func TestPartsShareACertificate(t *testing.T) {
	part := &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Parties: parties(exporter, guard), ShipmentId: "S-1", Documents: []*licensingv1.Document{{Kind: "end_user_certificate", Number: "EUC 7"}}}
	given := history{
		ledgertest.At(on(1).AsTime(), &licensingv1.LicenceGranted{LicenceId: "licensing/L-0", Deal: part}),
		ledgertest.At(on(2).AsTime(), &licensingv1.LicenceGranted{LicenceId: "licensing/L-1", Deal: part}),
	}.and(came[1:]...)
	chains, err := custody.Of(ledgertest.GivenAs(t, "enforcement", given...), rifle)
	if err != nil || len(chains) != 1 || chains[0].GetLastLawful().GetParty().GetName() != guard || chains[0].Stage != 0 {
		t.Errorf("Of: %v, %v", chains, err)
	}
}
