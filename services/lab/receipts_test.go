package lab_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/node"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// often is how often nodes give receipts in these tests.
const often = 50 * time.Millisecond

func requested() proto.Message {
	return &reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-1", Year: 2025, Form: "att-annual-exports"}
}

// untilReceipts asks a node for receipts, again whenever its ledger changed, until the answer is as wanted.
func untilReceipts(t *testing.T, n *node.Node, id string, wanted func(*queryv1.ReceiptsResponse) bool) *queryv1.ReceiptsResponse {
	t.Helper()
	query := queryv1connect.NewQueryServiceClient(client(n, tokenOf(t, n)))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		changed := n.Ledger.Changed()
		res, err := query.Receipts(ctx, &queryv1.ReceiptsRequest{Id: id})
		if err != nil && connect.CodeOf(err) != connect.CodeNotFound { // it may not have arrived
			t.Fatal(err)
		}
		if err == nil && wanted(res) {
			return res
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("receipts of %s at %s came to %v", id, n.Agency, res)
		}
	}
}

// held says of each agency how it holds the only event of an answer.
func held(res *queryv1.ReceiptsResponse) map[string]*queryv1.HolderReceipt {
	byAgency := map[string]*queryv1.HolderReceipt{}
	for _, h := range res.Events[0].Holders {
		byAgency[h.Agency] = h
	}
	return byAgency
}

func states(res *queryv1.ReceiptsResponse) string {
	var all []string
	for _, h := range res.Events[0].Holders { // by name
		all = append(all, h.Agency+" "+strings.ToLower(strings.TrimPrefix(h.State.String(), "HOLDER_STATE_")))
	}
	return strings.Join(all, ", ")
}

// Customs records while reporting is cut off. Receipts say who has it, who was not entitled and by which rule, and that
// reporting is behind since it was written; and that reporting has it once it is back.
func TestReceiptsSayWhoHasIt(t *testing.T) {
	t.Parallel()
	cut := &line{conns: map[net.Conn]bool{}}
	l := start(t, lab.Folder(t.TempDir()), lab.Options{ReceiptEvery: often, Dial: func(agency string) func(string, string) (net.Conn, error) {
		if agency == "reporting" {
			return cut.dial
		}
		return nil
	}})
	customs, reporting := l.Agencies["customs"].Node, l.Agencies["reporting"].Node
	record(t, customs, accepted(1))
	everywhere := "authority withheld, enforcement arrived, licensing arrived, observer withheld, reporting arrived"
	untilReceipts(t, customs, "customs/D-1", func(res *queryv1.ReceiptsResponse) bool { return states(res) == everywhere })

	cut.set(true)
	record(t, customs, accepted(2))
	res := untilReceipts(t, customs, "customs/D-2", func(res *queryv1.ReceiptsResponse) bool { return res.Arrived == 2 })
	if got := states(res); got != strings.Replace(everywhere, "reporting arrived", "reporting behind", 1) {
		t.Errorf("while reporting is cut off: %s", got)
	}
	if res.Withheld != 2 || res.Behind != 1 || res.Failed != 0 {
		t.Errorf("%d withheld, %d behind, %d failed; want 2, 1, 0", res.Withheld, res.Behind, res.Failed)
	}
	holders, event := held(res), res.Events[0]
	if h := holders["reporting"]; h.Block != 1 || h.SaidAt == nil || !h.BehindSince.AsTime().Equal(event.WrittenAt.AsTime()) {
		t.Errorf("reporting: %v; want it at block 1, behind since %v", h, event.WrittenAt.AsTime())
	}
	if h := holders["observer"]; h.Reason != "it is not a member of group border" || h.SaidAt != nil {
		t.Errorf("observer: %v; want the rule by which it is withheld, and no receipt", h)
	}
	if h := holders["licensing"]; h.Block != 2 || h.SaidAt == nil {
		t.Errorf("licensing: %v; want its receipt for block 2", h)
	}

	record(t, reporting, requested()) // what is cut off goes on, and gives its receipts when it is back
	cut.set(false)
	untilReceipts(t, customs, "customs/D-2", func(res *queryv1.ReceiptsResponse) bool { return states(res) == everywhere })
	elsewhere := l.Agencies["enforcement"].Node // it has the same receipts, and its own
	untilReceipts(t, elsewhere, "customs/border", func(res *queryv1.ReceiptsResponse) bool { return states(res) == everywhere })
}

// When all is said, nobody says anything more: receipts are no reason for receipts.
func TestReceiptsComeToAnEnd(t *testing.T) {
	t.Parallel()
	l := start(t, lab.Folder(t.TempDir()), lab.Options{ReceiptEvery: 5 * time.Millisecond})
	customs := l.Agencies["customs"].Node
	record(t, customs, accepted(1))
	untilReceipts(t, customs, "customs/D-1", func(res *queryv1.ReceiptsResponse) bool { return res.Arrived == 3 })
	untilReceipts(t, customs, "authority/directory", func(res *queryv1.ReceiptsResponse) bool { return res.Behind == 0 })
	record(t, l.Agencies["reporting"].Node, requested())
	untilReceipts(t, customs, "reporting/all", func(res *queryv1.ReceiptsResponse) bool { return res.Arrived == 4 })
	said := eventsOf(t, customs, "reporting/directory")
	record(t, customs, accepted(2))
	untilReceipts(t, customs, "customs/D-2", func(res *queryv1.ReceiptsResponse) bool { return res.Arrived == 3 })
	if now := eventsOf(t, customs, "reporting/directory"); now != said+1 {
		t.Errorf("reporting said %d things about one block of customs", now-said)
	}
}
