package field

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/console/consoletest"
)

// released is a declaration of customs whose goods may go.
func released(id string) []proto.Message {
	at := timestamppb.New(ledgertest.Start)
	return []proto.Message{
		ledgertest.By("customs", &customsv1.DeclarationAccepted{DeclarationId: id, AcceptedAt: at}), ledgertest.By("customs", &customsv1.GoodsReleased{DeclarationId: id, At: at}),
	}
}

func sent(id string) []proto.Message {
	return append(released(id), ledgertest.By("customs", &customsv1.TransitOpened{DeclarationId: id, OfficeOfDestination: "XA000102"}))
}

// However much was released before, what is in transit is shown; of more than a page shows the newest are, and where all are.
func TestMovementsShowWhatIsInTransit(t *testing.T) {
	s := consoletest.Serve(t, Register)
	var before, after []proto.Message
	for n := range 2 * listed {
		before = append(before, released(fmt.Sprintf("customs/R%04d", n))...)
	}
	s.Record(append(before, sent("customs/T0000")...)...)
	const all = `href="/console/list/declarations?f.transit=open"`
	if page := s.Read("/console/movements"); !strings.Contains(page, "customs/T0000") || strings.Contains(page, "customs/R") || strings.Contains(page, all) {
		t.Errorf("one is in transit:\n%s", page)
	}
	for n := range listed {
		after = append(after, sent(fmt.Sprintf("customs/T%04d", n+1))...)
	}
	s.Record(after...)
	page := s.Read("/console/movements")
	if last := fmt.Sprintf("customs/T%04d", listed); !strings.Contains(page, last) || strings.Contains(page, "customs/T0000") || !strings.Contains(page, all) {
		t.Errorf("more are in transit than are shown:\n%s", page)
	}
	s.Record(ledgertest.By("customs", &customsv1.TransitDischarged{DeclarationId: fmt.Sprintf("customs/T%04d", listed), Office: "XA000102"}))
	if page := s.Read("/console/movements"); !strings.Contains(page, "customs/T0000") || strings.Contains(page, all) {
		t.Errorf("one came:\n%s", page)
	}
}

// A delivery that this agency confirmed does not wait for it, however many confirmations there are beside its own.
func TestConfirmedDeliveriesDoNotWait(t *testing.T) {
	s := consoletest.Serve(t, Register)
	confirmed := func(agency, delivery string, n int) proto.Message {
		return ledgertest.By(agency, &customsv1.DeliveryConfirmed{ConfirmationId: fmt.Sprintf("%s/DC-%04d", agency, n), DeliveryId: delivery, Proof: &customsv1.Proof{}})
	}
	for n := range 50 {
		id := fmt.Sprintf("customs/DV-%04d", n)
		s.Record(ledgertest.By("customs", &customsv1.DeliveryVerificationRequested{DeliveryId: id, Of: "licensing"}),
			confirmed("customs-b", id, n), confirmed("enforcement", id, n), confirmed("licensing", id, n))
	}
	if page := s.Read("/console/movements"); strings.Contains(page, `id="mine"`) || strings.Count(page, `href="/console/deliveries/customs/`) != 50 {
		t.Errorf("confirmed deliveries wait for licensing:\n%s", page)
	}
}
