package columns_test

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/columns"
	"github.com/counterfoil/counterfoil/libs/columns/columnstest"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Every table's rows come back from Parquet, times to the microsecond. Here it is read by the library that wrote it; tools/foreign has
// other readers.
func TestParquet(t *testing.T) {
	everyTable(t, func(t *rapid.T, table queryv1.Table, rows []proto.Message) {
		data := written(t, "parquet", columns.Of(table), rows)
		file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		reader := parquet.NewReader(file)
		defer reader.Close()
		for _, row := range rows {
			got := map[string]any{}
			if err := reader.Read(&got); err != nil {
				t.Fatal(err)
			}
			want := columnstest.Tree(row.ProtoReflect(), time.Microsecond)
			same(t, want, stored(t, want, got))
		}
		if err := reader.Read(&map[string]any{}); err != io.EOF {
			t.Fatalf("after the last row: %v", err)
		}
	})
}

// stored is what Parquet holds as columnstest.Tree has it. want says what a number stands for.
func stored(t *rapid.T, want, got any) any {
	text, _ := want.(string)
	switch v := got.(type) {
	case map[string]any:
		inner, _ := want.(map[string]any)
		for key := range v {
			v[key] = stored(t, inner[key], v[key])
		}
	case []any:
		inner, _ := want.([]any)
		for i := range v {
			if i < len(inner) {
				v[i] = stored(t, inner[i], v[i])
			}
		}
	case []byte:
		return stored(t, want, string(v))
	case string:
		if _, isFact := want.(map[string]any); isFact {
			return plain(t, map[string]any{"fact": v}).(map[string]any)["fact"]
		}
	case int64:
		if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return columnstest.Instant(time.UnixMicro(v), time.Microsecond)
		}
		if unsigned, err := strconv.ParseUint(text, 10, 64); err == nil && unsigned == uint64(v) {
			return text
		}
		return fmt.Sprint(v)
	case int32, uint32, uint64:
		return fmt.Sprint(v)
	}
	return got
}

// A file of more rows than one row group has holds all of them, in order, in groups that are bounded.
func TestRowGroupsAreBounded(t *testing.T) {
	const rows = 70_000
	var data bytes.Buffer
	w, err := columns.New("parquet", &data, columns.Of(queryv1.Table_TABLE_ACKNOWLEDGEMENTS))
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < rows; from += 1000 {
		var page []proto.Message
		for i := from; i < from+1000; i++ {
			page = append(page, &ledgerv1.Acknowledgement{Id: fmt.Sprint("customs/", i), Events: []uint64{uint64(i), uint64(i + 1)}, Note: "seen"})
		}
		if err := w.Write(page...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(data.Bytes()), int64(data.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if groups := file.RowGroups(); len(groups) != 2 || groups[0].NumRows() != 64<<10 {
		t.Errorf("%d row groups", len(groups))
	}
	type read struct {
		ID     string   `parquet:"id"`
		Events []uint64 `parquet:"events,list"`
		Note   string   `parquet:"note"`
	}
	got, err := parquet.Read[read](bytes.NewReader(data.Bytes()), int64(data.Len()))
	if err != nil || len(got) != rows {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for i, r := range got {
		if r.ID != fmt.Sprint("customs/", i) || len(r.Events) != 2 || r.Events[1] != uint64(i+1) || r.Note != "seen" {
			t.Fatalf("row %d is %+v", i, r)
		}
	}
}
