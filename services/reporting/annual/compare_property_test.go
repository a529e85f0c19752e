package annual_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

// comparing is the rule that the property is held against, or a mutant of it.
type comparing func(view ledger.View, a, b *reportingv1.Content) ([]*reportingv1.ChangedRow, error)

const (
	late   = reportingv1.ChangeCause_CHANGE_CAUSE_LATE_DATA
	mended = reportingv1.ChangeCause_CHANGE_CAUSE_ERROR_CORRECTED
	method = reportingv1.ChangeCause_CHANGE_CAUSE_METHOD_CHANGED
)

// Whatever happens between two reports, exactly the rows that differ are listed, each contribution with the cause that made it differ;
// and the changes lead from the one to the other.
func TestCompare(t *testing.T) {
	l := ledgertest.Open(t, "reporting")
	rapid.Check(t, func(t *rapid.T) {
		if err := between(t, l, annual.Compare); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCompareCatchesMutants(t *testing.T) {
	changed := func(edit func(*reportingv1.ChangedRow)) comparing {
		return func(view ledger.View, a, b *reportingv1.Content) ([]*reportingv1.ChangedRow, error) {
			rows, err := annual.Compare(view, a, b)
			for _, r := range rows {
				edit(r)
			}
			return slices.DeleteFunc(rows, func(r *reportingv1.ChangedRow) bool { return r.Table == "" }), err
		}
	}
	cause := func(from, to reportingv1.ChangeCause) comparing {
		return changed(func(r *reportingv1.ChangedRow) {
			for _, c := range r.Changes {
				if c.Cause == from {
					c.Cause = to
				}
			}
		})
	}
	read := func(edit func(a, b *reportingv1.Title)) comparing {
		return func(view ledger.View, a, b *reportingv1.Content) ([]*reportingv1.ChangedRow, error) {
			a, b = proto.CloneOf(a), proto.CloneOf(b)
			edit(a.Title, b.Title)
			return annual.Compare(view, a, b)
		}
	}
	l := ledgertest.Open(t, "reporting")
	for name, mutant := range map[string]comparing{
		"rows that are gone are not listed": changed(func(r *reportingv1.ChangedRow) {
			if r.B == nil {
				r.Table = ""
			}
		}),
		"rows that are new are not listed": changed(func(r *reportingv1.ChangedRow) {
			if r.A == nil {
				r.Table = ""
			}
		}),
		"only items are compared": changed(func(r *reportingv1.ChangedRow) {
			if a, _ := report.Items(r.A); r.A != nil && r.B != nil {
				if b, _ := report.Items(r.B); a == b {
					r.Table = ""
				}
			}
		}),
		"contributions that are gone are left out": changed(func(r *reportingv1.ChangedRow) {
			r.Changes = slices.DeleteFunc(r.Changes, func(c *reportingv1.ChangedContribution) bool { return c.B == nil })
		}),
		"late data are errors":                 cause(late, mended),
		"errors are late data":                 cause(mended, late),
		"a method is an error":                 cause(method, mended),
		"procedures are not looked at":         read(func(a, b *reportingv1.Title) { b.ProcedureId = a.ProcedureId }),
		"how far journals were read is not":    read(func(a, b *reportingv1.Title) { a.Extents = nil }),
		"both are said to be read so far":      read(func(a, b *reportingv1.Title) { a.Extents = b.Extents }),
		"what changed after the first is late": read(func(a, b *reportingv1.Title) { a.Extents = a.Extents[:1] }),
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range 300 {
				if rapid.Custom(func(t *rapid.T) bool { return between(t, l, mutant) != nil }).Example(seed) {
					return
				}
			}
			t.Error("300 histories did not catch it")
		})
	}
}

// two is a history of two reports: what is on record, and what makes the second differ.
type two struct {
	*rapid.T
	tx      *ledger.Tx
	w       *ledgertest.Writer
	made    int
	changes bool // the procedure does
	// licences and declarations of the first report that nothing happened to yet, by id.
	licences, moved, declared []string
	deals                     map[string]*licensingv1.Deal
	licenceOf                 map[string]string
	// planted is why what a record adds differs; where it says nothing, the procedure is why.
	planted map[string]reportingv1.ChangeCause
}

func between(t *rapid.T, l *ledger.Ledger, compare comparing) error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	s := &two{T: t, tx: tx, w: ledgertest.NewWriter(), deals: map[string]*licensingv1.Deal{}, licenceOf: map[string]string{}, planted: map[string]reportingv1.ChangeCause{}}
	s.adopt(1)
	s.on(requested)
	for range rapid.IntRange(0, 5).Draw(t, "licences") {
		s.grant()
	}
	for range rapid.IntRange(0, 5).Draw(t, "movements") {
		s.declare(rapid.Bool().Draw(t, "moves"))
	}
	if rapid.Bool().Draw(t, "returned") {
		s.submit()
	}
	a := draftOf(t, s.tx.View, report.Annual, 2025).Content
	s.planted = map[string]reportingv1.ChangeCause{}
	s.changes = rapid.Bool().Draw(t, "another procedure")
	for range rapid.IntRange(0, 8).Draw(t, "events") {
		s.event()
	}
	if s.changes {
		s.adopt(2)
	}
	b := draftOf(t, s.tx.View, report.Annual, 2025).Content
	planted := maps.Clone(s.planted)
	for range rapid.IntRange(0, 4).Draw(t, "events after both") { // neither report knows of them
		s.event()
	}
	s.planted = planted
	rows, err := compare(s.tx.View, a, b)
	if err != nil {
		return err
	}
	if err := errors.Join(listed(a, b, rows), s.caused(rows), leads(a, b, rows)); err != nil {
		return err
	}
	back, err := compare(s.tx.View, b, a)
	for _, r := range back {
		r.A, r.B = r.B, r.A
		for _, c := range r.Changes {
			c.A, c.B = c.B, c.A
		}
	}
	if diff := cmp.Diff(rows, back, protocmp.Transform()); diff != "" {
		return fmt.Errorf("the other way round:\n%s", diff)
	}
	return err
}

// cells are what a report's rows come to, by table, keys and measure.
func cells(rows []*reportingv1.Row) map[string]int64 {
	m := map[string]int64{}
	for _, r := range rows {
		put(m, r.GetTable()+"|"+strings.Join(r.GetKeys(), "|"), r.GetAmounts(), 1)
	}
	return m
}

func put(m map[string]int64, row string, a *reportingv1.Amounts, times int64) {
	m[row+"|lines"] += times * a.GetLines()
	m[row+"|licences"] += times * a.GetLicences()
	for _, q := range a.GetQuantities() {
		m[row+"|"+q.GetUnit()] += times * q.GetThousandths()
	}
	for _, v := range a.GetValues() {
		m[row+"|"+v.GetCurrency()] += times * v.GetMinor()
	}
}

// listed fails unless exactly the rows that differ are listed, in order.
func listed(a, b *reportingv1.Content, rows []*reportingv1.ChangedRow) error {
	x, y := cells(a.Rows), cells(b.Rows)
	want := map[string]bool{}
	for _, side := range []map[string]int64{x, y} {
		for cell := range side {
			if x[cell] != y[cell] {
				want[cell[:strings.LastIndexByte(cell, '|')]] = true
			}
		}
	}
	var order, got []string // both reports are in order, and so is what they have together
	for _, c := range []*reportingv1.Content{a, b} {
		for _, r := range c.Rows {
			order = append(order, r.GetTable()+"|"+strings.Join(r.GetKeys(), "|"))
		}
	}
	for _, r := range rows {
		key := r.GetTable() + "|" + strings.Join(r.GetKeys(), "|")
		if got = append(got, key); !want[key] {
			return fmt.Errorf("%s is listed and does not differ", key)
		}
		if len(r.Changes) == 0 {
			return fmt.Errorf("%s is listed without a change", key)
		}
		delete(want, key)
	}
	if len(want) > 0 {
		return fmt.Errorf("%v differ and are not listed", want)
	}
	for i := 1; i < len(got); i++ {
		for _, c := range [][]string{order[:len(a.Rows)], order[len(a.Rows):]} {
			if p, q := slices.Index(c, got[i-1]), slices.Index(c, got[i]); p >= 0 && q >= 0 && p > q {
				return fmt.Errorf("%s is listed before %s", got[i-1], got[i])
			}
		}
	}
	return nil
}

// caused fails unless every change has the cause that made it.
func (s *two) caused(rows []*reportingv1.ChangedRow) error {
	for _, r := range rows {
		for _, c := range r.Changes {
			subject := c.GetA().GetSubject() + c.GetB().GetSubject()
			if c.A != nil && c.B != nil {
				subject = c.A.GetSubject()
			}
			record, _, _ := strings.Cut(subject, "#")
			want := s.planted[record]
			switch {
			case want == mended && s.changes && (c.A == nil || c.B == nil): // other amounts alone do not move it
				want = method
			case want == 0 && s.changes:
				want = method
			}
			if c.Cause != want || c.Text == "" {
				return fmt.Errorf("%s in %v has cause %v, %q; it should be %v", subject, r.Keys, c.Cause, c.Text, want)
			}
		}
	}
	return nil
}

// leads fails unless the changes lead from the first report to the second.
func leads(a, b *reportingv1.Content, rows []*reportingv1.ChangedRow) error {
	m := cells(a.Rows)
	for _, r := range rows {
		for _, c := range r.Changes {
			put(m, r.GetTable()+"|"+strings.Join(r.GetKeys(), "|"), c.GetA().GetAmounts(), -1)
			put(m, r.GetTable()+"|"+strings.Join(r.GetKeys(), "|"), c.GetB().GetAmounts(), 1)
		}
	}
	want := cells(b.Rows)
	for _, side := range []map[string]int64{m, want} {
		for cell := range side {
			if m[cell] != want[cell] {
				return fmt.Errorf("the changes lead to %d and not to %d in %s", m[cell], want[cell], cell)
			}
		}
	}
	return nil
}

var at2025 = timestamppb.New(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC))
