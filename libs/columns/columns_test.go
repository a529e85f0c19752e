package columns_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/columns"
	"github.com/counterfoil/counterfoil/libs/columns/columnstest"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// written is a file of rows, given to the writer in pieces.
func written(t *rapid.T, format string, of *columns.Record, rows []proto.Message) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := columns.New(format, &file, of)
	if err != nil {
		t.Fatal(err)
	}
	for left := rows; len(left) > 0; {
		n := rapid.IntRange(1, len(left)).Draw(t, "piece")
		if err := w.Write(left[:n]...); err != nil {
			t.Fatal(err)
		}
		left = left[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// Every table's rows come back from JSON lines as they were, all fields of them.
func TestJSONLines(t *testing.T) {
	everyTable(t, func(t *rapid.T, table queryv1.Table, rows []proto.Message) {
		decoder := json.NewDecoder(bytes.NewReader(written(t, "jsonl", columns.Of(table), rows)))
		decoder.UseNumber()
		for _, row := range rows {
			got := map[string]any{}
			if err := decoder.Decode(&got); err != nil {
				t.Fatal(err)
			}
			same(t, columnstest.Tree(row.ProtoReflect(), time.Nanosecond), plain(t, got))
		}
		if err := decoder.Decode(new(any)); err != io.EOF {
			t.Fatalf("after the last row: %v", err)
		}
	})
}

// Every table's rows come back from CSV, but that it knows no difference between what is absent and what is empty.
func TestCSV(t *testing.T) {
	everyTable(t, func(t *rapid.T, table queryv1.Table, rows []proto.Message) {
		data := written(t, "csv", columns.Of(table), rows)
		if quoted := strings.Split(string(data), `"`); len(quoted)%2 == 0 {
			t.Fatalf("a quote is open at the end: %q", data)
		} else {
			for i := 0; i < len(quoted); i += 2 {
				if lines := strings.ReplaceAll(quoted[i], "\r\n", ""); strings.ContainsAny(lines, "\r\n") {
					t.Fatalf("a line ends within a cell without quotes: %q", quoted[i])
				}
			}
		}
		records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil {
			t.Fatalf("%v\n%q", err, data)
		}
		if len(records) != len(rows)+1 {
			t.Fatalf("%d records of %d rows", len(records), len(rows))
		}
		for i, row := range rows {
			want, got := map[string]any{}, map[string]any{}
			flatten(want, "", columnstest.TypeOf(table).Descriptor(), columnstest.Tree(row.ProtoReflect(), time.Nanosecond))
			for c, head := range records[0] {
				got[head] = cell(t, want[head], records[i+1][c])
			}
			same(t, want, got)
		}
	})
}

// flatten makes of a tree what the cells of a record have.
func flatten(cells map[string]any, prefix string, of protoreflect.MessageDescriptor, tree map[string]any) {
	for i := range of.Fields().Len() {
		f := of.Fields().Get(i)
		name, v := prefix+f.TextName(), tree[f.TextName()]
		nested := f.Message() != nil && !f.IsList() && !f.IsMap() && f.Message().ParentFile().Package() != "google.protobuf"
		switch inner, _ := v.(map[string]any); {
		case nested:
			flatten(cells, name+".", f.Message(), inner)
		case v == nil:
			cells[name] = ""
		case f.IsList() && len(v.([]any)) == 0, f.IsMap() && len(inner) == 0:
			cells[name] = ""
		default:
			cells[name] = v
		}
	}
}

// cell is what a cell holds, read as what is expected of it. encoding/csv reads a line end in a text as a single \n.
func cell(t *rapid.T, want any, got string) any {
	switch w := want.(type) {
	case string:
		text := strings.TrimPrefix(got, "'")
		if strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", firstOf(got)) && !isNumber(got) {
			t.Fatalf("a spreadsheet takes %q for a formula", got)
		}
		if text == strings.ReplaceAll(w, "\r\n", "\n") {
			return w
		}
		return text
	case bool:
		return got == "true"
	case nil:
		return got
	}
	decoder := json.NewDecoder(strings.NewReader(got))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%q is no JSON: %v", got, err)
	}
	return plain(t, v)
}

func firstOf(s string) rune {
	for _, r := range strings.TrimSpace(s) {
		return r
	}
	return 'a'
}

func isNumber(s string) bool { return json.Valid([]byte(s)) }

// plain is decoded JSON as columnstest.Tree has it: numbers as texts, the text of a fact as what it states.
func plain(t *rapid.T, v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case []any:
		for i := range v {
			v[i] = plain(t, v[i])
		}
	case map[string]any:
		for key := range v {
			if text, isText := v[key].(string); isText && key == "fact" {
				decoder := json.NewDecoder(strings.NewReader(text))
				decoder.UseNumber()
				var fact any
				if err := decoder.Decode(&fact); err != nil {
					t.Fatalf("fact %s: %v", text, err)
				}
				v[key] = fact
			}
			v[key] = plain(t, v[key])
		}
	}
	return v
}

func everyTable(t *testing.T, check func(*rapid.T, queryv1.Table, []proto.Message)) {
	for _, table := range columnstest.Tables() {
		t.Run(table.String(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { check(t, table, columnstest.Rows(t, columnstest.TypeOf(table), 4)) })
		})
	}
}

func same(t *rapid.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("written and read back (-want +got):\n%s", diff)
	}
}
