package ledger_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// drawFilter draws conditions on values that rows have, and on some that none has.
func drawFilter(t *rapid.T, rows []ledger.Scanned, attributes []string, dated bool) *queryv1.Filter {
	f := &queryv1.Filter{Withdrawn: rapid.Bool().Draw(t, "withdrawn")}
	for range rapid.IntRange(0, 3).Draw(t, "conditions") {
		a := rapid.SampledFrom(attributes).Draw(t, "attribute")
		values := []string{"none such"}
		for _, r := range rows {
			values = append(values, r.Has[a]...)
		}
		c := &queryv1.Condition{Attribute: a}
		for range rapid.IntRange(1, 3).Draw(t, "values") {
			c.Values = append(c.Values, rapid.SampledFrom(values).Draw(t, "value"))
		}
		f.Conditions = append(f.Conditions, c)
	}
	if !dated {
		return f
	}
	dates := []*timestamppb.Timestamp{nil}
	for _, r := range rows {
		if dates = append(dates, r.Date); r.Date != nil {
			midnight := r.Date.AsTime().Truncate(24 * time.Hour)
			dates = append(dates, timestamppb.New(r.Date.AsTime().Add(1)), timestamppb.New(midnight), timestamppb.New(midnight.Add(1)), timestamppb.New(midnight.AddDate(0, 0, 1)))
		}
	}
	f.From = rapid.SampledFrom(dates).Draw(t, "from")
	f.Until = rapid.SampledFrom(dates).Draw(t, "until")
	return f
}

// keeps is the filter's definition, row by row.
func keeps(f *queryv1.Filter, r ledger.Scanned) bool {
	hide := !f.Withdrawn
	for _, c := range f.Conditions {
		if c.Attribute == "status" {
			hide = false
		}
		if !slices.ContainsFunc(c.Values, func(v string) bool { return slices.Contains(r.Has[c.Attribute], v) }) {
			return false
		}
	}
	if hide && slices.Contains(r.Has["status"], "withdrawn") {
		return false
	}
	if f.From == nil && f.Until == nil {
		return true
	}
	return r.Date != nil && (f.From == nil || !r.Date.AsTime().Before(f.From.AsTime())) && (f.Until == nil || r.Date.AsTime().Before(f.Until.AsTime()))
}

func TestCountAndListAgreeWithReadingEveryRow(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		l := open(t, folder)
		fold(t, l, shuffled(t, ledgertest.RoughHistory(t)), func() bool { return rapid.Bool().Draw(t, "commit") })
		err := l.View(func(v ledger.View) error {
			for range 8 {
				name := rapid.SampledFrom(ledger.TableNames()[:14]).Draw(t, "table")
				rows, err := v.Scan(name)
				if err != nil {
					return err
				}
				attributes := ledger.AttributesOf(name)
				f := drawFilter(t, rows, attributes, ledger.IsDated(name))
				by := rapid.SampledFrom(attributes).Draw(t, "by")
				checkCount(t, v, name, f, by, rows)
				checkList(t, v.List, name, f, rows)
				slices.Reverse(rows)
				checkList(t, v.Newest, name, f, rows)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func checkCount(t *rapid.T, v ledger.View, name string, f *queryv1.Filter, by string, rows []ledger.Scanned) {
	var want uint64
	groups := map[string]uint64{}
	for _, r := range rows {
		if keeps(f, r) {
			want++
			for _, value := range r.Has[by] {
				value, _, _ = strings.Cut(value, "\x00") // a value that the row gives again
				groups[value]++
			}
		}
	}
	total, got, err := v.Count(ledger.TableOf(name), f, by)
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]uint64{}
	for i, g := range got {
		counted[g.Key] = g.Count
		if i > 0 && (got[i-1].Count < g.Count || got[i-1].Count == g.Count && got[i-1].Key >= g.Key) {
			t.Fatalf("groups are out of order: %v", got)
		}
	}
	if diff := cmp.Diff(groups, counted); total != want || diff != "" {
		t.Fatalf("Count of %s where %v by %s: %d, want %d\n%s", name, f, by, total, want, diff)
	}
}

func checkList(t *rapid.T, list func(queryv1.Table, *queryv1.Filter, string, int) ([]*queryv1.Row, string, error), name string, f *queryv1.Filter, rows []ledger.Scanned) {
	var want, got []string
	for _, r := range rows {
		if keeps(f, r) {
			want = append(want, r.Row.GetId())
		}
	}
	token := ""
	for {
		limit := rapid.IntRange(1, 10).Draw(t, "limit")
		page, next, err := list(ledger.TableOf(name), f, token, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > limit || next != "" && len(page) < limit {
			t.Fatalf("a page of %d has %d rows, next %q", limit, len(page), next)
		}
		for _, r := range page {
			got = append(got, idOf(r))
		}
		if token = next; token == "" {
			break
		}
		if len(got) > len(want) {
			t.Fatalf("List of %s where %v does not end", name, f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("List of %s where %v:\n%s", name, f, diff)
	}
}

func idOf(r *queryv1.Row) string {
	m := r.ProtoReflect()
	of := m.WhichOneof(m.Descriptor().Oneofs().Get(0))
	return m.Get(of).Message().Interface().(interface{ GetId() string }).GetId()
}

func TestPostingsAgreeWithASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p []byte
		var model [1 << 16]bool
		numbers := rapid.SliceOfN(rapid.OneOf(rapid.Uint16(), rapid.Uint16Range(0, 200), rapid.Uint16Range(65_000, 65_535)), 0, 100)
		for range rapid.IntRange(1, 6).Draw(t, "merges") {
			changed := map[uint16]bool{}
			for _, n := range numbers.Draw(t, "changed") {
				changed[n] = true
			}
			if rapid.Bool().Draw(t, "run") {
				from := rapid.Uint16().Draw(t, "from")
				for i := range rapid.Uint16Range(0, 65_535-from).Draw(t, "length") {
					changed[from+i] = true
				}
			}
			var added, removed []uint16
			for n := range changed {
				if model[n] = !model[n]; model[n] {
					added = append(added, n)
				} else {
					removed = append(removed, n)
				}
			}
			slices.Sort(added)
			p = ledger.MergePostings(p, added, removed)
		}
		in := ledger.MergePostings(nil, []uint16{3, 5, 100, 101, 102, 65_100, 65_535}, nil)
		both := 0
		for _, n := range ledger.PostingNumbers(in) {
			if model[n] {
				both++
			}
		}
		if got := ledger.PostingCount(p, in); got != both {
			t.Fatalf("%d numbers in both, want %d", got, both)
		}
		last := rapid.Uint16().Draw(t, "last")
		down := slices.DeleteFunc(ledger.PostingNumbers(p), func(n uint16) bool { return n > last })
		slices.Reverse(down)
		if got := ledger.PostingNumbersDown(p, last); !slices.Equal(got, down) {
			t.Fatalf("from %d on down there are %v, want %v", last, got, down)
		}
		for _, n := range ledger.PostingNumbers(p) {
			if !model[n] {
				t.Fatalf("the posting has %d", n)
			}
			model[n] = false
		}
		for n, left := range model {
			if left {
				t.Fatalf("the posting does not have %d", n)
			}
		}
	})
}
