package backbone_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// recordBlock appends a block that is nothing but a header with its number.
func recordBlock(t *testing.T, n *backbone.Node, group string, number uint64) {
	t.Helper()
	header, err := proto.Marshal(&eventv1.Header{
		Agency: n.Agency(), Group: group, Number: number, FirstEvent: number, Count: 1, RecordedAt: timestamppb.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	block, err := proto.Marshal(&eventv1.Block{Header: header})
	if err != nil {
		t.Fatal(err)
	}
	record(t, n, group, string(block))
}

func TestHeads(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, customs := startAgency(t, h, "licensing", nil), startAgency(t, h, "customs", nil)
	for number := range uint64(3) {
		recordBlock(t, licensing.Node, "all", number+1)
	}
	recordBlock(t, licensing.Node, "border", 1)
	record(t, customs.Node, "spoilt", "no block")
	want := map[journal.ID]uint64{journalID(t, "licensing/all"): 3, journalID(t, "licensing/border"): 1}
	for range 2 {
		eventually(t, "the relays have all", func() bool {
			return licensing.pumps.Status().ToSend == 0 && customs.pumps.Status().ToSend == 0
		})
		got, err := h.Heads(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("heads: %v\n%s", err, diff)
		}
		// Asked again, it finds what has come since.
		recordBlock(t, customs.Node, "all", 1)
		recordBlock(t, licensing.Node, "border", 2)
		want[journalID(t, "customs/all")], want[journalID(t, "licensing/border")] = 1, 2
	}
}
