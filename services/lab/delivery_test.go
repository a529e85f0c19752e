package lab_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// voyage is goods that go from XA to XB.
type voyage struct {
	*testing.T
	lab     *lab.Lab
	folder  lab.Folder
	now     *clock
	licence string
}

// embark starts both States on a Tuesday, and a licence of XA for 200 rifles to XB whose holder has to prove arrival within 60
// days.
func embark(t *testing.T) *voyage {
	plan, err := lab.ReadPlan(filepath.Join("testdata", "delivery.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := &voyage{T: t, folder: lab.Folder(t.TempDir()), now: &clock{now: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)}, licence: "licensing/L-2026-000001"}
	s.lab = startPlan(t, s.folder, plan, lab.Options{Now: s.now.Now})
	guard := &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB", Country: "XB"}
	receipt := record(t, s.node("licensing"), &licensingv1.LicenceGranted{LicenceId: s.licence, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Parties: []*transferv1.Party{consignee, guard},
		Lines:     []*transferv1.Line{{Number: 1, Rating: "ML1.a", Quantity: pieces(200)}},
		Documents: []*licensingv1.Document{{Kind: "end_user_certificate", Number: "EUC-7", Undertakings: []string{"U5", "U6"}}},
	}}, &licensingv1.ObligationSet{
		ObligationId: "licensing/O-2026-000001", Subject: s.licence, Kind: "delivery_verification", Owner: "holder", Days: 60, After: "exit", Text: "proof of arrival",
	})
	wait(t, s.node("customs"), journal.ID{Agency: "licensing", Group: "xa"}, receipt.FirstEvent+1)
	return s
}

func (s *voyage) node(agency string) *node.Node { return s.lab.Agencies[agency].Node }

func (s *voyage) deliveries(agency string) customsv1connect.DeliveryServiceClient {
	return customsv1connect.NewDeliveryServiceClient(caller(s.T, s.folder, agency, "officer"))
}

// leaves has rifles leave XA, and returns the delivery that licensing asks about by itself, once customs of XB reads of it.
func (s *voyage) leaves(number string, n int64) (declaration, delivery string) {
	s.Helper()
	api := customsv1connect.NewCustomsServiceClient(caller(s.T, s.folder, "customs", "officer"))
	accepted, err := api.AcceptDeclaration(s.Context(), &customsv1.AcceptDeclarationRequest{
		Number: number, Kind: transferv1.Kind_KIND_EXPORT, Office: "XA000101", LicenceId: s.licence, Destination: "XB", Parties: []*transferv1.Party{consignee},
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930190", Quantity: pieces(n)}},
	})
	if err != nil {
		s.Fatal(err)
	}
	if _, err := api.ConfirmExit(s.Context(), &customsv1.ConfirmExitRequest{DeclarationId: accepted.DeclarationId}); err != nil {
		s.Fatal(err)
	}
	comesTo(s.T, s.node("b-customs"), "it is asked about "+number, func(v ledger.View) bool {
		rows, err := v.DeliveriesWith("declaration", accepted.DeclarationId)
		if err == nil && len(rows) == 1 {
			delivery = rows[0].Id
		}
		return delivery != ""
	})
	return accepted.DeclarationId, delivery
}

// comes waits until a delivery is a certain way at an agency.
func (s *voyage) comes(agency, id, what string, holds func(*ledgerv1.Delivery) bool) (is *ledgerv1.Delivery) {
	s.Helper()
	comesTo(s.T, s.node(agency), what, func(v ledger.View) bool {
		d, err := v.Delivery(id)
		is = d
		return err == nil && d != nil && holds(d)
	})
	return is
}

// owes looks among what an agency has to do.
func (s *voyage) owes(agency, what, subject string) *directoryv1.Duty {
	s.Helper()
	res, err := statements(s.T, s.folder, agency).Duties(s.Context(), &directoryv1.DutiesRequest{})
	if err != nil {
		s.Fatal(err)
	}
	i := slices.IndexFunc(res.Duties, func(d *directoryv1.Duty) bool { return d.Subject == subject && d.What == what })
	if i < 0 {
		return nil
	}
	return res.Duties[i]
}

// until sets the clock and has licensing look what is due.
func (s *voyage) until(t time.Time) {
	s.Helper()
	s.now.move(t.Sub(s.now.Now()))
	record(s.T, s.node("licensing"), &licensingv1.Heartbeat{})
}

// received is what customs of XB confirms.
func (s *voyage) received(number string, n int64) *customsv1.Proof {
	return &customsv1.Proof{
		Number: number, Certificate: "EUC-7", Received: []*customsv1.DeliveredItem{{LicenceLine: 1, Quantity: pieces(n)}}, ArrivedAt: timestamppb.New(s.now.Now()),
		Place: "XBHAR", ImportDeclaration: "26XB0001", Issuer: "Customs of XB", Recipient: "Harbour Trading XB",
	}
}

// Of 100 rifles that leave XA customs of XB confirms 98: the delivery is disputed at XA, its customs notes DX18 on the declaration,
// and a second confirmation, of all of them, settles it.
func TestADeliveryIsShortAndThenRight(t *testing.T) {
	t.Parallel()
	s := embark(t)
	declaration, id := s.leaves("26XA0001", 100)
	asked := s.comes("licensing", id, "customs of XB is asked", func(*ledgerv1.Delivery) bool { return true }).Requested
	if asked.Of != "b-customs" || asked.Certificate != "EUC-7" || !asked.Due.AsTime().Equal(asked.From.AsTime().AddDate(0, 0, 60)) || len(asked.Expected) != 1 || !proto.Equal(asked.Expected[0].Quantity, pieces(100)) {
		t.Errorf("asked is %v", asked)
	}
	for _, agency := range []string{"licensing", "b-customs"} {
		if d := s.owes(agency, "verify", id); !d.GetDue().AsTime().Equal(asked.Due.AsTime()) || d.Indicator != "" {
			t.Errorf("%s owes %v", agency, d)
		}
	}
	s.now.move(20 * 24 * time.Hour)
	confirm := func(p *customsv1.Proof) (*customsv1.ConfirmDeliveryResponse, error) {
		return s.deliveries("b-customs").ConfirmDelivery(t.Context(), &customsv1.ConfirmDeliveryRequest{DeliveryId: id, Proof: p})
	}
	res, err := confirm(s.received("DVC-1", 98))
	if err != nil || res.Receipt.Journal != "b-customs/deliveries" {
		t.Fatalf("ConfirmDelivery: %v, %v", res, err)
	}
	const short = "DX18: line 1 is short: 98 H87 received of 100 H87"
	for _, agency := range []string{"licensing", "b-customs"} {
		s.comes(agency, id, "it is disputed", func(d *ledgerv1.Delivery) bool {
			return d.Status == ledgerv1.DeliveryStatus_DELIVERY_STATUS_DISPUTED && d.Dispute == short
		})
	}
	comesTo(t, s.node("licensing"), "DX18 is noted on the declaration", func(v ledger.View) bool {
		rows, err := v.DiscrepanciesWith("declaration", declaration)
		return err == nil && len(rows) == 1 && rows[0].Raised.Code == "DX18" && strings.Contains(rows[0].Raised.Text, "98 H87")
	})
	if _, err := s.deliveries("b-licensing").ConfirmDelivery(t.Context(), &customsv1.ConfirmDeliveryRequest{DeliveryId: id, Proof: s.received("DVC-9", 100)}); connect.CodeOf(err) != connect.CodePermissionDenied {
		t.Errorf("who is not asked confirms: %v", err)
	}
	if _, err := confirm(s.received("DVC-2", 100)); err != nil {
		t.Fatal(err)
	}
	d := s.comes("licensing", id, "it is verified", func(d *ledgerv1.Delivery) bool { return d.Status == ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED })
	s.comes("b-customs", id, "it is verified", func(d *ledgerv1.Delivery) bool { return d.Status == ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED })
	s.causes(d)
	for _, agency := range []string{"licensing", "b-customs"} {
		if owed := s.owes(agency, "verify", id); owed != nil {
			t.Errorf("%s owes %v", agency, owed)
		}
	}
	if met := s.obligation(); met != nil {
		t.Errorf("more may leave, and the obligation is met: %v", met)
	}
	_, second := s.leaves("26XA0002", 100)
	if _, err := s.deliveries("b-customs").ConfirmDelivery(t.Context(), &customsv1.ConfirmDeliveryRequest{DeliveryId: second, Proof: s.received("DVC-2", 100)}); err != nil {
		t.Fatal(err)
	}
	s.comes("licensing", second, "a certificate that was used is disputed", func(d *ledgerv1.Delivery) bool {
		return strings.Contains(d.Dispute, "DVC-2 is the proof of delivery "+id)
	})
	if _, err := s.deliveries("b-customs").ConfirmDelivery(t.Context(), &customsv1.ConfirmDeliveryRequest{DeliveryId: second, Proof: s.received("DVC-3", 100)}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, s.node("licensing"), "nothing more can leave and all is proven", func(v ledger.View) bool {
		o, err := v.Obligation("licensing/O-2026-000001")
		return err == nil && o.GetMet().GetHow() == "verified: "+id+", "+second
	})
}

func (s *voyage) obligation() (met *licensingv1.ObligationMet) {
	s.Helper()
	err := s.node("licensing").Ledger.View(func(v ledger.View) error {
		o, err := v.Obligation("licensing/O-2026-000001")
		met = o.GetMet()
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return met
}

// causes checks that what was decided on a delivery names what it came of.
func (s *voyage) causes(d *ledgerv1.Delivery) {
	s.Helper()
	err := s.node("licensing").Ledger.View(func(v ledger.View) error {
		events, err := v.EventsOf(d)
		var of []string
		for _, e := range events {
			if len(e.Causes) == 1 {
				of = append(of, e.Causes[0].Journal)
			}
		}
		if want := []string{"customs/xa", "b-customs/deliveries", "b-customs/deliveries"}; !slices.Equal(of, want) {
			s.Errorf("%s comes of %v, want %v", d.Id, of, want)
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
}

// Nobody answers about a delivery: licensing is reminded at 50 and at 90 percent of the time, then it is overdue, which is RF26.
// A check that is refused access has the licence looked at again (RF19).
func TestADeliveryIsOverdue(t *testing.T) {
	t.Parallel()
	s := embark(t)
	declaration, id := s.leaves("26XA0001", 100)
	from := s.comes("licensing", id, "it is asked about", func(*ledgerv1.Delivery) bool { return true }).Requested.From.AsTime()
	s.until(from.AddDate(0, 0, 30))
	s.comes("licensing", id, "half of the time is over", func(d *ledgerv1.Delivery) bool { return slices.Equal(d.Reminded, []uint32{50}) && d.OverdueAt == nil })
	s.until(from.AddDate(0, 0, 54))
	s.comes("licensing", id, "most of it is", func(d *ledgerv1.Delivery) bool {
		return slices.Equal(d.Reminded, []uint32{50, 90}) && d.OverdueAt == nil
	})
	s.until(from.AddDate(0, 0, 60).Add(time.Second))
	s.comes("b-customs", id, "it is overdue", func(d *ledgerv1.Delivery) bool { return d.Status == ledgerv1.DeliveryStatus_DELIVERY_STATUS_OVERDUE })
	for _, agency := range []string{"licensing", "b-customs"} {
		if d := s.owes(agency, "verify", id); d.GetIndicator() != "RF26" {
			t.Errorf("%s owes %v; want RF26", agency, d)
		}
	}
	comesTo(t, s.node("customs"), "DX18 is noted on the declaration", func(v ledger.View) bool {
		rows, err := v.DiscrepanciesWith("declaration", declaration)
		return err == nil && len(rows) == 1 && rows[0].Raised.Code == "DX18"
	})
	planned, err := s.deliveries("licensing").PlanCheck(t.Context(), &customsv1.PlanCheckRequest{
		DeliveryId: id, LegalBasis: "U6", PlannedFor: timestamppb.New(s.now.Now().AddDate(0, 0, 7)), Site: "depot of the border guard",
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := s.owes("licensing", "check", planned.CheckId); d == nil {
		t.Error("licensing owes no check")
	}
	if _, err := s.deliveries("licensing").ObstructCheck(t.Context(), &customsv1.ObstructCheckRequest{
		CheckId: planned.CheckId, Outcome: customsv1.CheckOutcome_CHECK_OUTCOME_ACCESS_REFUSED, Reason: "the gate stayed shut",
	}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, s.node("licensing"), "the licence is looked at again", func(v ledger.View) bool {
		rows, err := v.ReassessmentsWith("licence", s.licence)
		return err == nil && len(rows) == 1 && rows[0].CauseId == planned.CheckId && strings.Contains(rows[0].Reason, "RF19")
	})
}
