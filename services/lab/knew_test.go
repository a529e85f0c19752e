package lab_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/node"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// knew asks a node what was known when a decision was taken, each event by its record.
func knew(t *testing.T, n *node.Node, id string) (res *queryv1.KnewResponse, unused, notArrived []string) {
	t.Helper()
	res, err := queryv1connect.NewKnowledgeServiceClient(client(n, tokenOf(t, n))).Knew(t.Context(), &queryv1.KnewRequest{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range res.Received {
		if k.Use == queryv1.KnownUse_KNOWN_USE_NONE {
			unused = append(unused, k.RecordId)
		}
	}
	for _, k := range res.NotArrived {
		notArrived = append(notArrived, k.RecordId)
	}
	return res, unused, notArrived
}

// Licensing suspends a licence while it is cut off, and a second alert about it waits at the hub. Afterwards both agencies say the
// same: the first had arrived and was not cited, the second existed and had not arrived.
func TestAnAlertWaitsWhileALicenceIsDecided(t *testing.T) {
	t.Parallel()
	cut := &line{conns: map[net.Conn]bool{}}
	l := start(t, lab.Folder(t.TempDir()), lab.Options{ReceiptEvery: often, Dial: func(agency string) func(string, string) (net.Conn, error) {
		if agency == "licensing" {
			return cut.dial
		}
		return nil
	}})
	licensing, enforcement := l.Agencies["licensing"].Node, l.Agencies["enforcement"].Node
	naming := func(n int) proto.Message {
		return &enforcementv1.DiversionAlertRaised{AlertId: fmt.Sprintf("enforcement/AL-%d", n), LicenceIds: []string{"licensing/L-1"}}
	}
	has := func(alert string) {
		untilReceipts(t, enforcement, alert, func(res *queryv1.ReceiptsResponse) bool { return strings.Contains(states(res), "licensing arrived") })
	}
	record(t, licensing, granted(1))
	record(t, enforcement, naming(1))
	has("enforcement/AL-1")

	cut.set(true)
	record(t, enforcement, naming(2))
	record(t, licensing, &licensingv1.LicenceSuspended{LicenceId: "licensing/L-1", Reason: "the first report"})
	cut.set(false)
	has("enforcement/AL-2")
	wait(t, enforcement, journal.ID{Agency: "licensing", Group: "all"}, 2)
	for n, by := range map[*node.Node]queryv1.KnowledgeSource{
		licensing: queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_ARRIVAL, enforcement: queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_RECEIPTS,
	} {
		res, unused, notArrived := knew(t, n, "licensing/L-1")
		if fmt.Sprint(unused, notArrived) != "[enforcement/AL-1] [enforcement/AL-2]" || res.Source != by || res.Agency != "licensing" || len(res.Findings) > 0 {
			t.Errorf("at %s, not used %q, not arrived %q, findings %v: %s", n.Agency, unused, notArrived, res.Findings, res.Summary)
			continue
		}
		if k := res.NotArrived[0]; k.StatedLater || !k.ReceivedAt.AsTime().After(res.Decision.WrittenAt.AsTime()) || k.WrittenAt.AsTime().After(res.Decision.WrittenAt.AsTime()) {
			t.Errorf("at %s: %v", n.Agency, k)
		}
	}
}
