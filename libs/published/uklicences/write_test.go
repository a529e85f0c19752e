package uklicences_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// allRows are the rows of all entries of an edition.
func allRows(t testing.TB, ed *uklicences.Edition) (all []uklicences.Row) {
	t.Helper()
	for _, e := range ed.Entries {
		rows, err := uklicences.Rows(e)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rows...)
	}
	return all
}

// written are the lines that rows are written as, without the header.
func written(t testing.TB, rows []uklicences.Row) []string {
	t.Helper()
	var out bytes.Buffer
	err := uklicences.Write(&out, uklicences.Columns[:], func(yield func([]string) bool) {
		for _, r := range rows {
			if !yield(r[:]) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	header, rest, _ := strings.Cut(out.String(), "\n")
	if header != "date,rating,count,value,country,refused" {
		t.Errorf("header %q", header)
	}
	return strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
}

// publishedLines are the lines of a file of the publisher's, byte for byte, but for the numbers of the groups and the order.
func publishedLines(t testing.TB, dir string) (lines []string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "values.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		_, line, _ = strings.Cut(strings.TrimSuffix(line, "\n"), ",")
		lines = append(lines, line)
	}
	return lines[1:]
}

// What is read of an edition is enough to write it as it was published, to the byte.
func TestRowsAreThePublishedOnes(t *testing.T) {
	for _, path := range [][]string{
		{"caat-uk-licences-2012-06"}, {"caat-uk-licences-editions-2012", "2012-07-12"}, {"caat-uk-licences-editions-2012", "2012-10-11"},
	} {
		t.Run(filepath.Join(path...), func(t *testing.T) {
			dir := publishedtest.Data(t, path...)
			got, want := written(t, allRows(t, read(t, dir))), publishedLines(t, dir)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%d lines are not the %d that were published", len(got), len(want))
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Fatalf("the first is\n%q, published as\n%q", got[i], want[i])
					}
				}
			}
		})
	}
}

func TestBetweenPublishedEditions(t *testing.T) {
	july := allRows(t, read(t, publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-07-12")))
	october := allRows(t, read(t, publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-10-11")))
	if added, gone := uklicences.Between(july, october); len(added) != 3361 || len(gone) != 9 {
		t.Errorf("%d rows added and %d gone, want 3361 and 9", len(added), len(gone))
	}
	if added, gone := uklicences.Between(october, october); len(added)+len(gone) != 0 {
		t.Errorf("an edition differs from itself: %v, %v", added, gone)
	}
}

// A difference is what leads from one multiset to the other, and no row is on both of its sides.
func TestBetweenLeadsFromOneToTheOther(t *testing.T) {
	row := rapid.Custom(func(t *rapid.T) uklicences.Row {
		return uklicences.Row{"2008-01", rapid.SampledFrom([]string{"ML1", "ML2", "ML3"}).Draw(t, "rating"), "1", "", "Xanadu", "1"}
	})
	rapid.Check(t, func(t *rapid.T) {
		earlier, later := rapid.SliceOf(row).Draw(t, "earlier"), rapid.SliceOf(row).Draw(t, "later")
		added, gone := uklicences.Between(earlier, later)
		left, right := slices.Concat(earlier, added), slices.Concat(later, gone)
		slices.SortFunc(left, uklicences.Row.Compare)
		slices.SortFunc(right, uklicences.Row.Compare)
		if !slices.Equal(left, right) {
			t.Fatalf("added %v and gone %v do not lead from %v to %v", added, gone, earlier, later)
		}
		for _, r := range added {
			if slices.Contains(gone, r) {
				t.Fatalf("%v was added and is gone", r)
			}
		}
	})
}

func TestRowsOfAnEntry(t *testing.T) {
	line := func(rating string, licences uint32, pence int64, currency string) *transferv1.Line {
		l := &transferv1.Line{Rating: rating, Licences: licences}
		if currency != "" {
			l.Value = &transferv1.Money{Minor: pence, Currency: currency}
		}
		return l
	}
	tests := []struct {
		name string
		line *transferv1.Line
		want uklicences.Row
	}{
		{"whole pounds", line("ML10", 1, 157_383_331_500, "GBP"), uklicences.Row{"2008-01", "ML10", "1", "1573833315", "Korea, South", "0"}},
		{"nothing is not none", line("ML10", 3, 0, "GBP"), uklicences.Row{"2008-01", "ML10", "3", "0", "Korea, South", "0"}},
		{"no value", line("End Use", 0, 0, ""), uklicences.Row{"2008-01", "End Use", "1", "", "Korea, South", "0"}},
		{"pence", line("ML10", 1, 150, "GBP"), uklicences.Row{}},
		{"another currency", line("ML10", 1, 100, "EUR"), uklicences.Row{}},
		{"less than nothing", line("ML10", 1, -100, "GBP"), uklicences.Row{}},
	}
	for _, tt := range tests {
		e := &licensingv1.Entry{Date: "2008-01", Destination: &licensingv1.Place{Country: "KR", Name: "Korea, South"}, Lines: []*transferv1.Line{tt.line}}
		rows, err := uklicences.Rows(e)
		if refused := tt.want == (uklicences.Row{}); refused != (fault.As(err) != nil) || !refused && rows[0] != tt.want {
			t.Errorf("%s: %q, %v", tt.name, rows, err)
		}
	}
}

// Whatever can be read is written so that it reads the same.
func TestWrittenRowsReadTheSame(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-z ,"\n\\é]{0,8}[A-Za-zé]`)
	number := rapid.StringMatching(`[1-9][0-9]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		dir := os.TempDir()
		dir, err := os.MkdirTemp(dir, "edition")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		var rows []uklicences.Row
		var records [][]string
		for i := range rapid.IntRange(1, 6).Draw(t, "rows") {
			r := uklicences.Row{
				rapid.SampledFrom([]string{"2008-01", "2008-01-31"}).Draw(t, "date"), text.Draw(t, "rating"), number.Draw(t, "count"),
				rapid.OneOf(number, rapid.Just("0"), rapid.Just("")).Draw(t, "value"), text.Draw(t, "country"), rapid.SampledFrom([]string{"0", "1"}).Draw(t, "refused"),
			}
			rows = append(rows, r)
			records = append(records, append([]string{strings.Repeat("1", i+1)}, r[:]...))
		}
		for name, columns := range map[string][]string{"values": append([]string{"licence_group"}, uklicences.Columns[:]...),
			"refusal-criteria": {"licence_group", "criteria"}, "destinations": {"licence_group", "destination"}, "sources": {"licence_group", "source"}} {
			var out bytes.Buffer
			if err := uklicences.Write(&out, columns, slices.Values(records)); err != nil {
				t.Fatal(err)
			}
			if name != "values" {
				out.Reset()
				out.WriteString(strings.Join(columns, ",") + "\n")
			}
			if err := os.WriteFile(filepath.Join(dir, name+".csv"), out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		ed, err := uklicences.Read(context.Background(), dir, nil)
		if err != nil || ed.ProblemRows > 0 {
			t.Fatalf("%v, %v", err, ed.Problems)
		}
		var got []uklicences.Row
		for _, e := range ed.Entries {
			of, err := uklicences.Rows(e)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, of...)
		}
		if added, gone := uklicences.Between(rows, got); len(added)+len(gone) > 0 {
			t.Fatalf("read as %q where %q was written", added, gone)
		}
	})
}
