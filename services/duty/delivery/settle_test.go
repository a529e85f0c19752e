package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

func verified(p *customsv1.Proof) *customsv1.DeliveryVerified {
	return &customsv1.DeliveryVerified{DeliveryId: deliveryID, Proof: p}
}

func disputed(reason string, p *customsv1.Proof) *customsv1.DeliveryDisputed {
	return &customsv1.DeliveryDisputed{DeliveryId: deliveryID, Reason: reason, Proof: p}
}

func proving(change func(*customsv1.Proof)) *customsv1.Proof { return with(proof, change) }

var (
	short = proving(func(p *customsv1.Proof) {
		p.Received = []*customsv1.DeliveredItem{received(1, pieces(1)), powder}
	})
	isShort = disputed("DX18: line 1 is short: 1 H87 received of 2 H87", short)
)

// A proof verifies a delivery only when it bears out all that was expected; what it does not is said.
func TestProofs(t *testing.T) {
	items := func(list ...*customsv1.DeliveredItem) *customsv1.Proof {
		return proving(func(p *customsv1.Proof) { p.Received = list })
	}
	serials := func(list ...string) *customsv1.Proof { return items(received(1, pieces(2), list...), powder) }
	demanding := with(asked, func(r *customsv1.DeliveryVerificationRequested) { r.ImportDeclaration = true })
	many := received(1, pieces(2), "B-1", "B-2", "B-3", "B-4", "B-5", "B-6", "B-7")
	tests := []struct {
		name  string
		asked *customsv1.DeliveryVerificationRequested
		proof *customsv1.Proof
		want  string // reasons of a dispute; empty: verified
	}{
		{"as expected", asked, proof, ""},
		{"without serials, certificate and recipient", asked, proving(func(p *customsv1.Proof) {
			p.Certificate, p.Recipient, p.Received = "", "", []*customsv1.DeliveredItem{received(1, pieces(2)), powder}
		}), ""},
		{"in parts", asked, items(received(1, pieces(1), "a-1 "), powder, received(1, pieces(1), "A-2")), ""},
		{"to the end user", asked, proving(func(p *customsv1.Proof) { p.Recipient = "XB Border Guard" }), ""},
		{"on the day of the exit", asked, proving(func(p *customsv1.Proof) { p.ArrivedAt = timestamppb.New(exit.Truncate(24 * time.Hour)) }), ""},
		{"with the import declaration demanded", demanding, proving(func(p *customsv1.Proof) { p.ImportDeclaration = "26XB1" }), ""},
		{"short", asked, short, isShort.Reason},
		{"over", asked, items(received(1, pieces(3)), powder), "DX18: line 1 is over: 3 H87 received of 2 H87"},
		{"a line is missing", asked, items(rifles), "DX18: line 2 is short: 0 KGM received of 10 KGM"},
		{"another unit", asked, items(rifles, received(2, pieces(10))), "DX18: line 2 is short: 0 KGM received of 10 KGM; DX18: 10 H87 of line 2 were received, which were not expected"},
		{"another line", asked, items(rifles, powder, received(3, pieces(1))), "DX18: 1 H87 of line 3 were received, which were not expected"},
		{"a serial is another", asked, serials("A-1", "A-3"), "DX18: line 1 has serials that were not declared: A-3; DX18: line 1 lacks serials that were declared: A-2"},
		{"many are", asked, items(many, powder), "DX18: line 1 has serials that were not declared: B-1, B-2, B-3, B-4, B-5 and 2 more; DX18: line 1 lacks serials that were declared: A-1, A-2"},
		{"another certificate", asked, proving(func(p *customsv1.Proof) { p.Certificate = "EUC-8" }), "it is for end-user certificate EUC-8 and the licence rests on EUC-7"},
		{"another recipient", asked, proving(func(p *customsv1.Proof) { p.Recipient = "Meridian Logistics" }), `"Meridian Logistics" took the goods over and is neither end user nor consignee of licence ` + licenceID},
		{"the exporter", asked, proving(func(p *customsv1.Proof) { p.Recipient = "Northgate Arms XA" }), `"Northgate Arms XA" took the goods over and is neither end user nor consignee of licence ` + licenceID},
		{"no import declaration", demanding, proof, "it names no import declaration"},
		{"before the exit", asked, proving(func(p *customsv1.Proof) { p.ArrivedAt = timestamppb.New(exit.AddDate(0, 0, -1)) }), "it has the goods arrive on 2026-03-09, before they left on 2026-03-10"},
		{"short and of another certificate", asked, with(short, func(p *customsv1.Proof) { p.Certificate = "EUC-8" }), isShort.Reason + "; it is for end-user certificate EUC-8 and the licence rests on EUC-7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := given(t, "licensing", append(on(), ofLicensing(tt.asked)...))
			got, err := delivery.Verify(view, &customsv1.VerifyDeliveryRequest{Particulars: by, DeliveryId: deliveryID, Proof: tt.proof})
			want := proto.Message(verified(tt.proof))
			if tt.want != "" {
				want = disputed(tt.want, tt.proof)
			}
			expect(t, got, err, []proto.Message{want}, nil)
			if why, err := delivery.DisputeIn(view, deliveryID, got); why != tt.want || err != nil {
				t.Errorf("it is disputed because %q, %v", why, err)
			}
			if group := got[0].(ledger.Dated).Group; group != "partners" {
				t.Errorf("recorded for %q, and the delivery is of partners", group)
			}
		})
	}
}

// Of a line whose serials were declared and that left in part, nobody knows which are missing.
func TestSerialsOfAPart(t *testing.T) {
	part := with(asked, func(r *customsv1.DeliveryVerificationRequested) {
		r.Expected = []*customsv1.DeliveredItem{received(1, pieces(1), "A-1", "A-2"), powder}
	})
	p := proving(func(p *customsv1.Proof) {
		p.Received = []*customsv1.DeliveredItem{received(1, pieces(1), "A-2"), powder}
	})
	got, err := delivery.Verify(given(t, "licensing", append(on(), ofLicensing(part)...)), &customsv1.VerifyDeliveryRequest{Particulars: by, DeliveryId: deliveryID, Proof: p})
	expect(t, got, err, []proto.Message{verified(p)}, nil)
}

func TestVerify(t *testing.T) {
	const otherID = "licensing/DV-2026-000002"
	other := with(asked, func(r *customsv1.DeliveryVerificationRequested) {
		r.DeliveryId, r.DeclarationIds = otherID, []string{secondID}
	})
	reused := "certificate DVC-1 is the proof of delivery " + otherID + " already; one certificate proves one delivery"
	usedBy := func(fact proto.Message) []proto.Message { return ofLicensing(asked, other, fact) }
	tests := []struct {
		name    string
		given   []proto.Message
		proof   *customsv1.Proof
		want    proto.Message
		wantErr error
	}{
		{"asked", ofLicensing(asked), proof, verified(proof), nil},
		{"overdue", ofLicensing(asked, &customsv1.DeliveryOverdue{DeliveryId: deliveryID}), proof, verified(proof), nil},
		{"verified by it", ofLicensing(asked, verified(proof)), proof, nil, nil},
		{"verified by another", ofLicensing(asked, verified(proof)), short, nil, fault.Conflict},
		{"disputed for it", ofLicensing(asked, isShort), short, nil, nil},
		{"disputed for another, and right", ofLicensing(asked, isShort), proof, verified(proof), nil},
		{"disputed by hand for it", ofLicensing(asked, disputed("forged", nil)), proof, verified(proof), nil},
		{"the proof of another delivery", usedBy(&customsv1.DeliveryVerified{DeliveryId: otherID, Proof: proof}), proof, disputed(reused, nil), nil},
		{"the disputed proof of another", usedBy(&customsv1.DeliveryDisputed{DeliveryId: otherID, Proof: short}), proof, disputed(reused, nil), nil},
		{"the proof of another, again", append(usedBy(&customsv1.DeliveryVerified{DeliveryId: otherID, Proof: proof}), ofLicensing(disputed(reused, nil))...), proof, nil, nil},
		{"the same number of another issuer", usedBy(&customsv1.DeliveryVerified{DeliveryId: otherID, Proof: proof}), proving(func(p *customsv1.Proof) { p.Issuer = "Ministry of Defence of XC" }),
			verified(proving(func(p *customsv1.Proof) { p.Issuer = "Ministry of Defence of XC" })), nil},
		{"unknown", nil, proof, nil, fault.NotFound},
		{"of another agency", []proto.Message{with(asked, func(r *customsv1.DeliveryVerificationRequested) { r.DeliveryId = "customs/DV-2026-000001" })}, proof, nil, fault.NotAllowed},
		{"no number", ofLicensing(asked), proving(func(p *customsv1.Proof) { p.Number = "" }), nil, fault.Invalid},
		{"nothing received", ofLicensing(asked), proving(func(p *customsv1.Proof) { p.Received = nil }), nil, fault.Invalid},
		{"no date", ofLicensing(asked), proving(func(p *customsv1.Proof) { p.ArrivedAt = nil }), nil, fault.Invalid},
		{"no place", ofLicensing(asked), proving(func(p *customsv1.Proof) { p.Place = "" }), nil, fault.Invalid},
		{"tomorrow", ofLicensing(asked), proving(func(p *customsv1.Proof) { p.ArrivedAt = timestamppb.New(now.AddDate(0, 0, 1)) }), nil, fault.Invalid},
		{"of no line", ofLicensing(asked), proving(func(p *customsv1.Proof) { p.Received = []*customsv1.DeliveredItem{received(0, pieces(2))} }), nil, fault.Invalid},
		{"below 0", ofLicensing(asked), proving(func(p *customsv1.Proof) { p.Received = []*customsv1.DeliveredItem{received(1, pieces(-2))} }), nil, fault.Invalid},
		{"of no unit", ofLicensing(asked), proving(func(p *customsv1.Proof) { p.Received = []*customsv1.DeliveredItem{received(1, &transferv1.Quantity{})} }), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id := deliveryID
			if tt.wantErr == fault.NotAllowed {
				id = "customs/DV-2026-000001"
			}
			got, err := delivery.Verify(given(t, "licensing", append(on(), tt.given...)), &customsv1.VerifyDeliveryRequest{Particulars: by, DeliveryId: id, Proof: tt.proof})
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, tt.wantErr)
		})
	}
}

func TestDispute(t *testing.T) {
	tests := []struct {
		name, id, reason string
		given            []proto.Message
		want             []proto.Message
		wantErr          error
	}{
		{"asked", deliveryID, "forged", ofLicensing(asked), []proto.Message{disputed("forged", nil)}, nil},
		{"disputed for something else", deliveryID, "forged", ofLicensing(asked, isShort), []proto.Message{disputed("forged", nil)}, nil},
		{"the same again", deliveryID, "forged", ofLicensing(asked, disputed("forged", nil)), nil, nil},
		{"verified", deliveryID, "forged", ofLicensing(asked, verified(proof)), nil, fault.Precondition},
		{"no reason", deliveryID, "", ofLicensing(asked), nil, fault.Invalid},
		{"unknown", deliveryID, "forged", nil, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := delivery.Dispute(given(t, "licensing", append(on(), tt.given...)), &customsv1.DisputeDeliveryRequest{Particulars: by, DeliveryId: tt.id, Reason: tt.reason})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

const confirmationID = "customs-b/" + deliveryID

func confirmed(p *customsv1.Proof) *customsv1.DeliveryConfirmed {
	return &customsv1.DeliveryConfirmed{ConfirmationId: confirmationID, DeliveryId: deliveryID, Proof: p}
}

func TestConfirm(t *testing.T) {
	before := func(p *customsv1.Proof) proto.Message {
		return ledgertest.By("customs-b", ledgertest.In("partners", confirmed(p)))
	}
	known := func(facts ...proto.Message) []proto.Message { return slices.Concat(directory, facts) }
	tests := []struct {
		name, agency string
		given        []proto.Message
		proof        *customsv1.Proof
		want         *customsv1.DeliveryConfirmed
		wantErr      error
	}{
		{"who is asked", "customs-b", known(ofLicensing(asked)...), proof, confirmed(proof), nil},
		{"again", "customs-b", known(append(ofLicensing(asked), before(proof))...), proof, nil, nil},
		{"again, after it was verified", "customs-b", known(append(ofLicensing(asked, verified(proof)), before(proof))...), proof, nil, nil},
		{"otherwise", "customs-b", known(append(ofLicensing(asked, isShort), before(short))...), proof, confirmed(proof), nil},
		{"after it was verified", "customs-b", known(append(ofLicensing(asked, verified(proof)), before(proof))...), short, nil, fault.Precondition},
		{"who is not asked", "licensing-b", known(ofLicensing(asked)...), proof, nil, fault.NotAllowed},
		{"who asks", "licensing", known(ofLicensing(asked)...), proof, nil, fault.Precondition},
		{"unknown", "customs-b", known(), proof, nil, fault.NotFound},
		{"incomplete", "customs-b", known(ofLicensing(asked)...), proving(func(p *customsv1.Proof) { p.Number = "" }), nil, fault.Invalid},
		{"where who asks does not read it", "customs-b", known(ofLicensing(asked)...), proof, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := proto.CloneOf(by)
			if strings.HasPrefix(tt.name, "where") {
				p.Marking = "internal"
			}
			got, err := delivery.Confirm(given(t, tt.agency, tt.given), &customsv1.ConfirmDeliveryRequest{Particulars: p, DeliveryId: deliveryID, Proof: tt.proof})
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, tt.wantErr)
			if len(got) == 1 && got[0].(ledger.Dated).Group != "partners" {
				t.Errorf("recorded as %v", got)
			}
		})
	}
}

// What is confirmed is taken over by who asked, from who was asked, and names the confirmation as its cause.
func TestTakeOver(t *testing.T) {
	cause := &eventv1.Cause{Journal: "customs-b/partners", Number: 3}

	tests := []struct {
		name, agency, from string
		given              []proto.Message
		proof              *customsv1.Proof
		want               []proto.Message
	}{
		{"right", "licensing", "customs-b", ofLicensing(asked), proof, []proto.Message{verified(proof)}},
		{"short", "licensing", "customs-b", ofLicensing(asked), short, []proto.Message{isShort}},
		{"then right", "licensing", "customs-b", ofLicensing(asked, isShort), proof, []proto.Message{verified(proof)}},
		{"of who was not asked", "licensing", "licensing-b", ofLicensing(asked), proof, nil},
		{"after it was verified", "licensing", "customs-b", ofLicensing(asked, verified(proof)), short, nil},
		{"what others asked", "customs", "customs-b", ofLicensing(asked), proof, nil},
		{"unknown", "licensing", "customs-b", nil, proof, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := delivery.TakeOver(given(t, tt.agency, append(on(), tt.given...)), tt.from, confirmed(tt.proof), cause)
			expect(t, got, err, tt.want, nil)
			for _, f := range got {
				if d := f.(ledger.Dated); len(d.Causes) != 1 || d.Causes[0] != cause || d.Group != "partners" {
					t.Errorf("recorded as %v", d)
				}
			}
		})
	}
}

// A licence without end user and consignee says nothing of who takes the goods over, and one without certificates nothing of
// certificates.
func TestNothingToCompareWith(t *testing.T) {
	bare := with(licence, func(l *licensingv1.LicenceGranted) { l.Deal.Parties, l.Deal.Documents = l.Deal.Parties[:1], nil })
	facts := slices.Concat(directory, []proto.Message{bare}, shipped, ofLicensing(with(asked, func(r *customsv1.DeliveryVerificationRequested) { r.Certificate = "" })))
	p := proving(func(p *customsv1.Proof) { p.Certificate, p.Recipient = "EUC-8", "Meridian Logistics" })
	got, err := delivery.Verify(given(t, "licensing", facts), &customsv1.VerifyDeliveryRequest{Particulars: by, DeliveryId: deliveryID, Proof: p})
	expect(t, got, err, []proto.Message{verified(p)}, nil)
}
