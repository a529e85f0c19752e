package hold_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/hold"
)

// What was released and has not left is held where it was declared, when its licence cannot be used any more.
func TestUnlicensed(t *testing.T) {
	licence := &licensingv1.LicenceGranted{LicenceId: licenceID}
	suspended := &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "forged"}
	released := at("border", &customsv1.GoodsReleased{DeclarationId: d1})
	held := func(why string) []proto.Message {
		return []proto.Message{&customsv1.GoodsHeld{DeclarationId: d1, Reason: customsv1.HoldReason_HOLD_REASON_LICENCE, Text: why, At: timestamppb.New(now)}}
	}
	forged := held("licence licensing/L-1 is suspended: forged")
	for _, tt := range []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"suspended", []proto.Message{licence, declared(d1), released, suspended}, forged},
		{"revoked", []proto.Message{licence, declared(d1), released, &licensingv1.LicenceRevoked{LicenceId: licenceID, Reason: "diverted"}}, held("licence licensing/L-1 is revoked: diverted")},
		{"reinstated meanwhile", []proto.Message{licence, declared(d1), released, suspended, &licensingv1.LicenceReinstated{LicenceId: licenceID}}, nil},
		{"not released", []proto.Message{licence, declared(d1), suspended}, nil},
		{"held otherwise", []proto.Message{licence, declared(d1), released, at("border", &customsv1.GoodsHeld{DeclarationId: d1}), suspended}, nil},
		{"left", []proto.Message{licence, declared(d1), released, at("border", &customsv1.ExitConfirmed{DeclarationId: d1}), suspended}, nil},
		{"under another licence", []proto.Message{licence, declared(d1, func(d *customsv1.DeclarationAccepted) { d.LicenceId = "licensing/L-2" }), released, suspended}, nil},
		{"another agency's", []proto.Message{licence, ledgertest.By("customs-b", &customsv1.DeclarationAccepted{DeclarationId: "customs-b/D-1", LicenceId: licenceID}),
			ledgertest.By("customs-b", &customsv1.GoodsReleased{DeclarationId: "customs-b/D-1"}), suspended}, nil},
		{"licence not on record", []proto.Message{declared(d1), released}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			facts, err := hold.Unlicensed(ledgertest.GivenAs(t, "customs", tt.given...), licenceID, now, cause)
			if err != nil {
				t.Fatal(err)
			}
			var got []proto.Message
			for _, f := range facts {
				dated := f.(ledger.Dated)
				if dated.Group != "border" || len(dated.Causes) != 1 {
					t.Errorf("recorded in %s, by %v", dated.Group, dated.Causes)
				}
				got = append(got, dated.Message)
			}
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}
