package report_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// openDrawn opens a new ledger for one rapid run.
func openDrawn(t *rapid.T, folder string) *ledger.Ledger {
	f, err := os.CreateTemp(folder, "ledger-*")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(f.Name(), ledger.Options{Agency: "reporting"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(l.Close(), os.Remove(f.Name())); err != nil {
			t.Error(err)
		}
	})
	return l
}

// inSomeOrder draws an order of all blocks, in which each journal keeps its own.
func inSomeOrder(t *rapid.T, h ledgertest.Journals) (blocks []*journal.Block) {
	var all []*journal.Block
	for _, id := range slices.SortedFunc(keysOf(h), func(x, y journal.ID) int { return strings.Compare(x.String(), y.String()) }) {
		all = append(all, h[id]...)
	}
	of := map[journal.ID]int{}
	for _, b := range rapid.Permutation(all).Draw(t, "order") {
		blocks = append(blocks, h[b.ID][of[b.ID]])
		of[b.ID]++
	}
	return blocks
}

func keysOf(h ledgertest.Journals) func(func(journal.ID) bool) {
	return func(yield func(journal.ID) bool) {
		for id := range h {
			if !yield(id) {
				return
			}
		}
	}
}

// procedures are one that reports what was authorized, and one that reports what moved, small arms as one row, and ML1 voluntarily.
func drawnProcedure(t *rapid.T) *reportingv1.Procedure {
	terms := func(name string) *reportingv1.ReportTerms {
		r := &reportingv1.ReportTerms{Report: name, Contributors: []string{"licensing", "customs"}}
		for _, table := range []string{report.Exports, report.Imports} {
			of := &reportingv1.TableTerms{
				Table: table, Basis: rapid.SampledFrom([]string{"", "authorized", "actual"}).Draw(t, "basis"), AggregateSmallArms: rapid.Bool().Draw(t, "aggregate"),
			}
			if rapid.Bool().Draw(t, "mixed") {
				of.BasisOf = map[string]string{"I": "actual", "II": "authorized"}
			}
			if rapid.Bool().Draw(t, "voluntary") {
				of.Voluntary = []*reportingv1.VoluntaryCategory{{Category: "C 1", Title: "all of ML1", Ratings: []string{"ML1"}}}
			}
			r.Tables = append(r.Tables, of)
		}
		return r
	}
	return &reportingv1.Procedure{Procedure: "XA", Version: 1, State: "XA", Reports: []*reportingv1.ReportTerms{terms(report.Annual), terms(report.Register)}}
}

// A draft that is kept up with its ledger is the one that is built anew, whatever comes in whatever order.
func TestUpdatedIsBuiltAnew(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		l := openDrawn(t, folder)
		spec, err := report.NewSpec("reporting/XA@1", drawnProcedure(t), rapid.SampledFrom([]string{report.Annual, report.Register, report.National}).Draw(t, "report"),
			rapid.IntRange(2008, 2010).Draw(t, "year"))
		if err != nil {
			t.Fatal(err)
		}
		var kept *report.Draft
		blocks := inSomeOrder(t, ledgertest.RoughHistory(t))
		for len(blocks) > 0 {
			n := rapid.IntRange(1, len(blocks)).Draw(t, "blocks")
			foldAll(t, l, blocks[:n])
			blocks = blocks[n:]
			if err := l.View(func(v ledger.View) error {
				fresh, err := report.Build(v, spec)
				if err != nil {
					return err
				}
				if kept == nil {
					kept = fresh
					return nil
				}
				if _, err := kept.Update(v); err != nil {
					return err
				}
				return sameDraft(v, fresh, kept)
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func foldAll(t *rapid.T, l *ledger.Ledger, blocks []*journal.Block) {
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, b := range blocks {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func sameDraft(v ledger.View, fresh, kept *report.Draft) error {
	want, err := fresh.Content(v, true)
	if err != nil {
		return err
	}
	got, err := kept.Content(v, true)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		return errors.New("content (-built anew +updated):\n" + diff)
	}
	if diff := cmp.Diff(fresh.Problems(), kept.Problems(), protocmp.Transform()); diff != "" {
		return errors.New("problems (-built anew +updated):\n" + diff)
	}
	return nil
}

// Every row is the sum of its contributions, stands once, and every figure is in as many rows as the form has tables for it.
func TestRowsAreTheirContributions(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		l := openDrawn(t, folder)
		foldAll(t, l, inSomeOrder(t, ledgertest.RoughHistory(t)))
		spec, err := report.NewSpec("reporting/XA@1", drawnProcedure(t), rapid.SampledFrom([]string{report.Annual, report.National}).Draw(t, "report"), 2009)
		if err != nil {
			t.Fatal(err)
		}
		var c *reportingv1.Content
		if err := l.View(func(v ledger.View) error {
			d, err := report.Build(v, spec)
			if err != nil {
				return err
			}
			c, err = d.Content(v, true)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		seen, counted := map[string]bool{}, map[string]bool{}
		for _, r := range c.Rows {
			if seen[r.Id] {
				t.Fatalf("row %s stands twice", r.Id)
			}
			seen[r.Id] = true
			var parts []*reportingv1.Amounts
			for _, of := range r.Contributions {
				parts = append(parts, of.Amounts)
				if key := r.Table + " " + of.Subject; spec.Form.Name == report.Annual && counted[key] {
					t.Fatalf("%s counts twice in %s", of.Subject, r.Table)
				} else {
					counted[key] = true
				}
			}
			sum, err := report.Total(parts...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sum, r.Amounts, protocmp.Transform()); diff != "" {
				t.Fatalf("row %s is not its contributions:\n%s", r.Id, diff)
			}
		}
	})
}
