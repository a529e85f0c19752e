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
