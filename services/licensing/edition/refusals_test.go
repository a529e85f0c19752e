package edition_test

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

type criterionOfYear struct{ criterion, year string }

// The refusals that the United Kingdom published, counted on the ledger by criterion and year, are those counted in its files.
func TestRefusalsByCriterionAndYear(t *testing.T) {
	const release = "caat-uk-licences-2012-06"
	want := publishedRefusals(t, publishedtest.Data(t, release))
	ed, err := uklicences.Read(context.Background(), publishedtest.Data(t, release), nil)
	if err != nil {
		t.Fatal(err)
	}
	ed.Entries = slices.DeleteFunc(ed.Entries, func(e *licensingv1.Entry) bool { return !e.Refused })
	r := newRegister(t, ledgertest.Open(t, "licensing"), 1000)
	r.read("2012-06-14", ed.Entries, -1)
	got := map[criterionOfYear]uint64{}
	err = r.l.View(func(view ledger.View) error {
		for _, year := range []string{"2008", "2009", "2010", "2011"} {
			only := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "year", Values: []string{year}}}}
			_, groups, err := view.Count(queryv1.Table_TABLE_DENIALS, only, "criterion")
			if err != nil {
				return err
			}
			for _, g := range groups {
				got[criterionOfYear{g.Key, year}] = g.Count
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(criterionOfYear{})); diff != "" {
		t.Errorf("refusals by criterion and year (-files +ledger):\n%s", diff)
	}
	t.Logf("%d refusals, %d criteria and years", len(ed.Entries), len(got))
}

// publishedRefusals counts each criterion of a refused group in the year of the group.
func publishedRefusals(t *testing.T, folder string) map[criterionOfYear]uint64 {
	t.Helper()
	years := map[string]string{}
	for _, row := range csvRows(t, filepath.Join(folder, "values.csv")) {
		if row[6] == "1" {
			years[row[0]] = row[1][:4]
		}
	}
	counts := map[criterionOfYear]uint64{}
	for _, row := range csvRows(t, filepath.Join(folder, "refusal-criteria.csv")) {
		if year, refused := years[row[0]]; refused {
			counts[criterionOfYear{row[1], year}]++
		}
	}
	return counts
}

func csvRows(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}
