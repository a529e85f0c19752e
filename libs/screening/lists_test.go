package screening_test

import (
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/screening"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// publishedList reads names and aliases of the United States' list of 2019, by entry.
func publishedList(t testing.TB) map[string]*screeningv1.ListEntryAdded {
	dir := publishedtest.Data(t, "watchlists-2018-2019", "us")
	all := map[string]*screeningv1.ListEntryAdded{}
	for file, column := range map[string]int{"sdn.csv": 1, "alt.csv": 3} {
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.FieldsPerRecord = -1
		for {
			row, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil || len(row) <= column {
				continue
			}
			id := "licensing/ofac-sdn-" + strings.TrimSpace(row[0])
			if all[id] == nil {
				all[id] = &screeningv1.ListEntryAdded{EntryId: id, Entry: &screeningv1.ListEntry{EntryId: id, Source: "ofac-sdn", Digest: []byte(id)}}
			}
			e := all[id].Entry
			e.Names = append(e.Names, &screeningv1.ListName{Text: row[column]})
		}
	}
	return all
}

// record puts the list on record, and returns a view that sees it as every later one does.
func record(t testing.TB, list map[string]*screeningv1.ListEntryAdded) *ledger.Ledger {
	l := ledgertest.Open(t, "licensing")
	var all []proto.Message
	for _, e := range list {
		all = append(all, ledgertest.By("licensing", e))
	}
	if err := ledgertest.Begin(t, l, all...).Commit(); err != nil {
		t.Fatal(err)
	}
	return l
}

// Everybody on the list is found by each of their names, whole as it stands there, in a few milliseconds.
func TestPublishedListIsFound(t *testing.T) {
	list := publishedList(t)
	l := record(t, list)
	var took []time.Duration
	missed, asked := 0, 0
	err := l.View(func(view ledger.View) error {
		for id, e := range list {
			if asked++; asked%12 != 0 {
				continue
			}
			for _, n := range e.Entry.Names {
				started := time.Now()
				hits, err := screening.Party(view, endUser(n.Text), float64(screening.ReviewLine)/1000)
				if err != nil {
					return err
				}
				took = append(took, time.Since(started))
				if !slices.ContainsFunc(hits, func(h *screeningv1.Hit) bool { return h.Id == id && h.Score == 1000 }) {
					missed++
					t.Logf("%s %q is not found: %d hits", id, n.Text, len(hits))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(took)
	sum := time.Duration(0)
	for _, d := range took {
		sum += d
	}
	t.Logf("%d names of %d entries: %v on average, 99 of 100 within %v, the longest %v", len(took), len(list), sum/time.Duration(len(took)), took[len(took)*99/100], took[len(took)-1])
	if missed > 0 {
		t.Errorf("%d names of %d are not found", missed, len(took))
	}
}
