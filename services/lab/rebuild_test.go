package lab_test

import (
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// Every ledger is built anew while the agencies work: after a withdrawal, and where a copy begins later. None differs, and work goes on.
func TestEveryLedgerIsBuiltAnewAtWork(t *testing.T) {
	t.Parallel()
	l := start(t, lab.Folder(t.TempDir()), lab.Options{})
	licensing := l.Agencies["licensing"].Node
	grants(t, licensing, 1, 6)
	withdraw(t, licensing, "licensing/all/2")
	comesTo(t, licensing, "all receipts", func(v ledger.View) bool { return len(status(t, v, time.Now()).Done) == len(nodes) })
	c := invite(t, l, "later", &directoryv1.Membership{Group: "all", History: directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING})
	c.join(t)
	later, _ := c.serve(t)
	level(t, later)
	grants(t, licensing, 7, 10)
	wait(t, later, licensingAll, 10)
	all := []*node.Node{l.Hub.Authority(), later}
	for _, name := range nodes {
		wait(t, l.Agencies[name].Node, licensingAll, 10)
		all = append(all, l.Agencies[name].Node)
	}
	for _, n := range all {
		if r := rebuild(t, n); !r.Swapped || r.Differences > 0 || len(r.Rows) > 0 {
			t.Errorf("%s: %v", n.Agency, r)
		}
		sound(t, n)
	}
	if start, _ := stands(t, later, licensingAll); start == 0 {
		t.Error("the copy that begins later begins at the start")
	}
	grants(t, licensing, 11, 12)
	for _, n := range all[1:] {
		wait(t, n, licensingAll, 12)
		if stops := n.Stopped(); len(stops) > 0 {
			t.Errorf("%s: %v", n.Agency, stops)
		}
	}
	if rows(t, l.Agencies["customs"].Node, licensingAll) != rows(t, licensing, licensingAll) {
		t.Error("customs has other rows than licensing")
	}
}

// grants records licences by their numbers, each in a block.
func grants(t *testing.T, n *node.Node, first, last int) {
	t.Helper()
	for i := first; i <= last; i++ {
		record(t, n, granted(i))
	}
}

// rebuild has a node build its ledger anew, and returns what came of it.
func rebuild(t *testing.T, n *node.Node) *queryv1.RebuildResult {
	t.Helper()
	stream, err := queryv1connect.NewRebuildServiceClient(client(n, tokenOf(t, n))).Rebuild(t.Context(), &queryv1.RebuildRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if err != nil {
			t.Fatalf("%s: %v", n.Agency, err)
		}
		if res.Result != nil {
			return res.Result
		}
	}
}
