package foreign

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/columns"
	"github.com/counterfoil/counterfoil/libs/columns/columnstest"
)

// Every table's rows come back from Parquet as Arrow reads it.
func TestArrowReadsEveryTable(t *testing.T) {
	for _, table := range columnstest.Tables() {
		t.Run(table.String(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				rows := columnstest.Rows(t, columnstest.TypeOf(table), 3)
				var data bytes.Buffer
				w, err := columns.New("parquet", &data, columns.Of(table))
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Write(rows...); err != nil {
					t.Fatal(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				got := readArrow(t, data.Bytes())
				if len(got) != len(rows) {
					t.Fatalf("%d rows of %d", len(got), len(rows))
				}
				for i, row := range rows {
					if diff := cmp.Diff(columnstest.Tree(row.ProtoReflect(), time.Microsecond), got[i]); diff != "" {
						t.Fatalf("written and read by Arrow (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

// readArrow returns the rows of a Parquet file as columnstest.Tree has them.
func readArrow(t *rapid.T, data []byte) (rows []any) {
	parquet, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer parquet.Close()
	reader, err := pqarrow.NewFileReader(parquet, pqarrow.ArrowReadProperties{BatchSize: 1000}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := reader.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	batches := array.NewTableReader(table, 1000)
	defer batches.Release()
	for batches.Next() {
		record := array.RecordToStructArray(batches.RecordBatch())
		defer record.Release()
		for i := range record.Len() {
			rows = append(rows, tree(t, record, i))
		}
	}
	return rows
}

// tree is one value of an Arrow array as columnstest.Tree has it.
func tree(t *rapid.T, a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Struct:
		record := map[string]any{}
		for f := range a.NumField() {
			name := a.DataType().(*arrow.StructType).Field(f).Name
			record[name] = tree(t, a.Field(f), i)
			if text, isText := record[name].(string); isText && name == "fact" {
				record[name] = factTree(t, text)
			}
		}
		return record
	case *array.Map:
		entries := map[string]any{}
		for from, to := a.ValueOffsets(i); from < to; from++ {
			entries[a.Keys().(*array.String).Value(int(from))] = tree(t, a.Items(), int(from))
		}
		return entries
	case *array.List:
		list := []any{}
		for from, to := a.ValueOffsets(i); from < to; from++ {
			list = append(list, tree(t, a.ListValues(), int(from)))
		}
		return list
	case *array.Timestamp:
		if zone := a.DataType().(*arrow.TimestampType).TimeZone; zone != "UTC" {
			t.Fatalf("a time is in zone %q", zone)
		}
		return columnstest.Instant(time.UnixMicro(int64(a.Value(i))), time.Microsecond)
	case *array.Boolean:
		return a.Value(i)
	case *array.String:
		return a.Value(i)
	}
	return a.ValueStr(i) // numbers
}

func factTree(t *rapid.T, text string) any {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var fact any
	if err := decoder.Decode(&fact); err != nil {
		t.Fatalf("fact %s: %v", text, err)
	}
	return numbersAsText(fact)
}

func numbersAsText(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case []any:
		for i := range v {
			v[i] = numbersAsText(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = numbersAsText(v[key])
		}
	}
	return v
}
