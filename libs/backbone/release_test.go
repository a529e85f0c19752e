package backbone_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReleaseReachesItsReaderAndNobodyElse(t *testing.T) {
	h := startHub(t, t.TempDir())
	licensing := startAgency(t, h, "licensing", nil)
	customs := startAgency(t, h, "customs", nil)
	police := startAgency(t, h, "police", nil)

	// Half is history when it is released, half comes after.
	for i := 1; i <= 20; i++ {
		record(t, licensing.Node, "border", strconv.Itoa(i))
		record(t, licensing.Node, "committee", "not for customs")
	}
	release(t, h, "licensing/border", "customs")
	for i := 21; i <= 40; i++ {
		record(t, licensing.Node, "border", strconv.Itoa(i))
		record(t, licensing.Node, "committee", "not for customs")
	}
	eventually(t, "customs has all 40", func() bool { return last(t, customs.Inbox()) >= 40 })
	if diff := cmp.Diff(numbered("in.licensing.border", 1, 40), contents(t, customs.Inbox())); diff != "" {
		t.Errorf("inbox of customs:\n%s", diff)
	}
	if got := contents(t, police.Inbox()); len(got) != 0 {
		t.Errorf("the police were sent %q", got)
	}
	eventually(t, "the hub has everything", func() bool { return licensing.pumps.Status().ToSend == 0 })
}
