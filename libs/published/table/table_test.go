package table_test

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/table"
)

type row struct {
	Line   int
	Fields []string
	Bad    string
}

func read(file string) (rows []row, err error) {
	r := table.New(strings.NewReader(file), ',')
	for {
		fields, line, err := r.Next()
		var bad *table.BadRow
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case errors.As(err, &bad):
			rows = append(rows, row{line, nil, bad.Reason})
		case err != nil:
			return rows, err
		default:
			rows = append(rows, row{line, fields, ""})
		}
	}
}

func TestRows(t *testing.T) {
	rows, err := read("\uFEFFa,b\r\n\n\"c\nd\",\"e\"\"f\"\ng,\"open\nh,i\nj\xff")
	want := []row{{1, []string{"a", "b"}, ""}, {3, []string{"c\nd", `e"f`}, ""}, {5, nil, "a quote is not closed"}, {6, []string{"h", "i"}, ""}, {7, []string{"j\uFFFD"}, ""}}
	if diff := cmp.Diff(want, rows); diff != "" || err != nil {
		t.Errorf("rows, %v (-want +got):\n%s", err, diff)
	}
	// No row hides another.
	rows, err = read("a,5\" pipe\nb,c\nd,6\" pipe\ne,\"f\"\n")
	want = []row{{1, nil, "a quote stands within a field"}, {2, []string{"b", "c"}, ""}, {3, nil, "a quote is not closed"}, {4, []string{"e", "f"}, ""}}
	if diff := cmp.Diff(want, rows); diff != "" || err != nil {
		t.Errorf("rows, %v (-want +got):\n%s", err, diff)
	}
	if rows, err = read(strings.Repeat("a", 70<<10) + ",b\nc"); err != nil || rows[0].Bad == "" || len(rows) != 2 {
		t.Errorf("a long field: %v, %d rows", err, len(rows))
	}
	if _, err = read(strings.Repeat("a", 2<<20)); fault.As(err) == nil {
		t.Errorf("a long line: %v", err)
	}
}

// What encoding/csv reads as one record a line, this reads alike.
func FuzzRows(f *testing.F) {
	f.Add("a,b\n\"1\",\"x\"\"y\"\r\n\n,\n")
	f.Add("a,\"b\nc\",d\n\"")
	f.Fuzz(func(t *testing.T, file string) {
		rows, err := read(file)
		if err != nil {
			return
		}
		for _, r := range rows {
			if r.Line < 1 || (r.Bad == "") != (len(r.Fields) > 0) {
				t.Errorf("row %+v", r)
			}
		}
		want, err := csv.NewReader(strings.NewReader(file)).ReadAll()
		if err != nil || strings.ContainsAny(file, "\"\r\u0085\u00a0 \t\v\f\uFEFF\ufffd") || strings.ToValidUTF8(file, "") != file {
			return
		}
		var got [][]string
		for _, r := range rows {
			got = append(got, r.Fields)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-encoding/csv +here):\n%s", file, diff)
		}
	})
}
