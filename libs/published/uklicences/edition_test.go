package uklicences_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func read(t testing.TB, dir string) *uklicences.Edition {
	t.Helper()
	ed, err := uklicences.Read(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ed
}

// onRecord is what a ledger holds after an edition was recorded in it from nothing.
func onRecord(ed *uklicences.Edition) []*licensingv1.EntryOnRecord {
	var all []*licensingv1.EntryOnRecord
	for _, a := range uklicences.Diff(nil, ed).Added {
		id := published.EntryID("licensing", uklicences.Source, a.Entry.Digest, a.Ordinal)
		all = append(all, published.OnRecord(id, a.Entry))
	}
	return all
}

// The figures that are known of the edition of June 2012.
func TestReadEdition(t *testing.T) {
	dir := publishedtest.Data(t, "caat-uk-licences-2012-06")
	start := time.Now()
	ed := read(t, dir)
	t.Logf("read in %v", time.Since(start))
	got := []int{len(ed.Entries), ed.Lines, ed.Refused}
	if diff := cmp.Diff([]int{32528, 49047, 753}, got); diff != "" {
		t.Errorf("entries, lines, refused (-want +got):\n%s", diff)
	}
	criteria := map[string]int{"1": 602, "7": 160, "2": 146, "3": 118, "5": 49, "4": 45, "6": 3, "8": 1}
	if diff := cmp.Diff(criteria, ed.Criteria); diff != "" {
		t.Errorf("criteria (-want +got):\n%s", diff)
	}
	t.Log(ed.Problems)
	for _, r := range ed.Remarks {
		t.Log(r)
	}
}

func TestDiffOfEditions(t *testing.T) {
	july := read(t, publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-07-12"))
	october := read(t, publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-10-11"))
	start := time.Now()
	on := onRecord(july)
	c := uklicences.Diff(on, october)
	t.Logf("diff in %v", time.Since(start))
	got := []int{len(c.Added), len(c.Changed), len(c.Withdrawn), c.LinesAdded, c.LinesWithdrawn}
	if diff := cmp.Diff([]int{2183, 12, 9, 3361, 9}, got); diff != "" {
		t.Errorf("added, changed, withdrawn, lines added, lines withdrawn (-want +got):\n%s", diff)
	}
}
