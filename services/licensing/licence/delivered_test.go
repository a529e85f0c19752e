package licence_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

// Obligations to prove arrival are met when all that may leave has left and is proven.
func TestMeetDelivered(t *testing.T) {
	const first, second = "licensing/DV-1", "licensing/DV-2"
	set := func(id, kind string) *licensingv1.ObligationSet {
		return &licensingv1.ObligationSet{ObligationId: "licensing/O-" + id, Subject: licenceID, Kind: kind, Owner: "holder", After: "exit", Days: 60}
	}
	met := func(id, how string) *licensingv1.ObligationMet {
		return &licensingv1.ObligationMet{ObligationId: "licensing/O-" + id, How: how}
	}
	left := func(declaration string, n int64) []proto.Message {
		return []proto.Message{
			&customsv1.DeclarationAccepted{DeclarationId: declaration, LicenceId: licenceID},
			&customsv1.LicenceQuantityCommitted{DeclarationId: declaration, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}},
			&customsv1.ExitConfirmed{DeclarationId: declaration},
		}
	}
	asked := func(id, declaration string) proto.Message {
		return ledgertest.By("licensing", &customsv1.DeliveryVerificationRequested{DeliveryId: id, LicenceId: licenceID, DeclarationIds: []string{declaration}})
	}
	verified := func(id string) proto.Message {
		return ledgertest.By("licensing", &customsv1.DeliveryVerified{DeliveryId: id})
	}
	kind, undertaken := set("1", "delivery_verification"), set("2", "U5")
	until := with(granted, func(g *licensingv1.LicenceGranted) { g.ValidUntil = timestamppb.New(now) })
	all := slices.Concat([]proto.Message{granted, kind}, left("customs/1", 60), left("customs/2", 40), []proto.Message{asked(first, "customs/1"), asked(second, "customs/2")})
	part := slices.Concat([]proto.Message{granted, kind}, left("customs/1", 60), []proto.Message{asked(first, "customs/1"), verified(first)})
	both := []proto.Message{met("1", "verified: licensing/DV-1, licensing/DV-2")}
	tests := []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"all of two", append(slices.Clone(all), verified(first), verified(second)), both},
		{"one of two", append(slices.Clone(all), verified(first)), nil},
		{"with an undertaking, and something else", append(slices.Clone(all), undertaken, set("3", "U6"), verified(first), verified(second)), append(slices.Clone(both), met("2", "verified: licensing/DV-1, licensing/DV-2"))},
		{"more may leave", part, nil},
		{"more could, and the licence is revoked", append(slices.Clone(part), revoked), []proto.Message{met("1", "verified: licensing/DV-1")}},
		{"more could, and the licence has expired", append([]proto.Message{until}, part[1:]...), []proto.Message{met("1", "verified: licensing/DV-1")}},
		{"more is on its way", append(slices.Clone(part), revoked, &customsv1.DeclarationAccepted{DeclarationId: "customs/3", LicenceId: licenceID}), nil},
		{"more was cancelled", append(slices.Clone(part), revoked, &customsv1.DeclarationAccepted{DeclarationId: "customs/3", LicenceId: licenceID}, &customsv1.DeclarationCancelled{DeclarationId: "customs/3"}),
			[]proto.Message{met("1", "verified: licensing/DV-1")}},
		{"met before", append(slices.Clone(all), met("1", "seen"), verified(first), verified(second)), nil},
		{"nothing obliges", append(slices.Concat(all[:1], all[2:]), verified(first), verified(second)), nil},
		{"a licence without limits", append([]proto.Message{with(granted, func(g *licensingv1.LicenceGranted) { g.Deal.Lines[0].Quantity = nil })}, append(slices.Clone(all[1:]), verified(first), verified(second))...), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cause := &eventv1.Cause{Journal: "licensing/all", Number: 7}
			got, err := licence.MeetDelivered(given(t, tt.given...), first, now.Add(time.Hour), cause)
			for i, f := range got {
				dated := f.(ledger.Dated)
				if len(dated.Causes) != 1 || dated.Causes[0] != cause || dated.Group != "all" {
					t.Errorf("recorded as %v", dated)
				}
				got[i] = dated.Message
			}
			expect(t, got, err, tt.want, nil)
		})
	}
	view := ledgertest.GivenAs(t, "licensing-b", append(slices.Clone(all), verified(first), verified(second))...)
	if got, err := licence.MeetDelivered(view, first, now, nil); len(got) > 0 || err != nil {
		t.Errorf("another agency says that it is met: %v, %v", got, err)
	}
}
