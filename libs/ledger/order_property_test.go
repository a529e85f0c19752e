package ledger_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// lister is View.List or View.Newest.
type lister func(v ledger.View, of queryv1.Table, f *queryv1.Filter, token string, limit int) ([]*queryv1.Row, string, error)

// listed is all that was there, by key.
func listed(v ledger.View, of queryv1.Table, f *queryv1.Filter, list lister) (keys []string, err error) {
	rows, next, err := list(v, of, f, "", 1<<20)
	if next != "" {
		return nil, fmt.Errorf("a million rows are not all: %s", next)
	}
	for _, r := range rows {
		keys = append(keys, keyOf(r))
	}
	return keys, err
}

func keyOf(r *queryv1.Row) string {
	if e := r.GetEvent(); e != nil {
		return fmt.Sprintf("%s/%d", e.Journal, e.Number)
	}
	return idOf(r)
}

// turned is a history that is folded while a list of it is read.
type turned struct {
	*rapid.T
	ledger *ledger.Ledger
	of     queryv1.Table
	filter *queryv1.Filter
	later  []*journal.Block // what is not folded yet
	err    error            // the first of any view
}

func (r *turned) view(fn func(ledger.View) error) {
	if err := r.ledger.View(fn); r.err == nil {
		r.err = err
	}
}

// all is what there is now, by key, oldest first.
func (r *turned) all(oldest lister) (keys []string) {
	r.view(func(v ledger.View) (err error) {
		keys, err = listed(v, r.of, r.filter, oldest)
		return err
	})
	return keys
}

// pages reads a list page by page, while more is folded; a page that is not as long as it may be is an error.
func (r *turned) pages(list lister) (got []string) {
	for token := ""; r.err == nil; {
		r.view(func(v ledger.View) error {
			limit := rapid.IntRange(1, 5).Draw(r.T, "limit")
			rows, next, err := list(v, r.of, r.filter, token, limit)
			if err == nil && (len(rows) > limit || next != "" && len(rows) < limit) {
				return fmt.Errorf("a page of %d has %d rows", limit, len(rows))
			}
			for _, row := range rows {
				got = append(got, keyOf(row))
			}
			token = next
			return err
		})
		if n := min(len(r.later), rapid.IntRange(0, 2).Draw(r.T, "appended")); n > 0 {
			fold(r.T, r.ledger, r.later[:n], func() bool { return false })
			r.later = r.later[n:]
		}
		if token == "" || len(got) > 1000 {
			break
		}
	}
	return got
}

// turning folds a history while both lists of a table are read page by page, and returns an error where a page is not as long as it may
// be, where a row is given twice, or where what stood when the first page was read is not given whole and in its order, newest the
// mirror of oldest.
func turning(t *rapid.T, folder string, oldest, newest lister) error {
	l := open(t, folder)
	blocks := shuffled(t, ledgertest.RoughHistory(t))
	later := rapid.IntRange(0, len(blocks)).Draw(t, "later")
	fold(t, l, blocks[:len(blocks)-later], func() bool { return false })
	of := rapid.SampledFrom([]queryv1.Table{tableLicences, queryv1.Table_TABLE_LINES, queryv1.Table_TABLE_DECLARATIONS, tableEvents}).Draw(t, "table")
	r := &turned{T: t, ledger: l, of: of, filter: &queryv1.Filter{Withdrawn: true}, later: blocks[len(blocks)-later:]}
	stood := r.all(oldest)
	for _, list := range []lister{oldest, newest} {
		got := r.pages(list)
		if r.err != nil {
			return r.err
		}
		if unique := slices.Compact(slices.Sorted(slices.Values(got))); len(unique) != len(got) {
			return fmt.Errorf("rows are given twice: %v", got)
		}
		stays := r.all(oldest) // an amended licence may have lost lines meanwhile
		both := func(keys, with []string) []string {
			return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !slices.Contains(with, k) || !slices.Contains(stays, k) })
		}
		if kept, want := both(got, stood), both(stood, stood); !slices.Equal(kept, want) {
			return fmt.Errorf("of %v there came %v", want, kept)
		}
		stood = r.all(oldest) // for newest first, which reads what the other left
		slices.Reverse(stood)
	}
	return r.err
}

func TestListsAreMirrorsUnderAppends(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		if err := turning(t, folder, ledger.View.List, ledger.View.Newest); err != nil {
			t.Fatal(err)
		}
	})
}

func TestListsAreMirrorsCatchesMutants(t *testing.T) {
	folder := t.TempDir()
	for name, mutant := range map[string]lister{
		"pages are counted from the newest": func(v ledger.View, of queryv1.Table, f *queryv1.Filter, token string, limit int) ([]*queryv1.Row, string, error) {
			rows, _, err := ledger.View.Newest(v, of, f, "", 1<<20)
			var skip int
			if token != "" {
				_, err = fmt.Sscan(token, &skip)
			}
			rows = rows[min(skip, len(rows)):]
			if len(rows) <= limit {
				return rows, "", err
			}
			return rows[:limit], fmt.Sprint(skip + limit), err
		},
		"a page begins after the row that is next": func(v ledger.View, of queryv1.Table, f *queryv1.Filter, token string, limit int) ([]*queryv1.Row, string, error) {
			rows, next, err := ledger.View.Newest(v, of, f, token, limit+1)
			if len(rows) > limit {
				rows = rows[:limit]
			}
			return rows, next, err
		},
		"each page is turned, not the list": func(v ledger.View, of queryv1.Table, f *queryv1.Filter, token string, limit int) ([]*queryv1.Row, string, error) {
			rows, next, err := ledger.View.List(v, of, f, token, limit)
			slices.Reverse(rows)
			return rows, next, err
		},
	} {
		caught := false
		for seed := 0; seed < 200 && !caught; seed++ {
			caught = rapid.Custom(func(t *rapid.T) bool { return turning(t, folder, ledger.View.List, mutant) != nil }).Example(seed)
		}
		if !caught {
			t.Errorf("%s: not noticed", name)
		}
	}
}
