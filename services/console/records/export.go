package records

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/plain"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// exportPage is how many rows are asked for at a time.
const exportPage = 1000

// export writes what a list shows, all pages of it, with its columns: as CSV in the words that are shown, or as JSON lines with the names
// and values of the contract.
func export(v *web.Visit) error {
	l, err := readListing(v)
	if err != nil {
		return err
	}
	format := v.R.URL.Query().Get("format")
	if !slices.Contains([]string{"csv", "jsonl"}, format) {
		return connect.NewError(connect.CodeInvalidArgument, "there are the formats csv and jsonl")
	}
	token := ""
	var write func([]*queryv1.Row) error
	for {
		res, err := v.API.Query.List(v.R.Context(), l.page(exportPage, token))
		if err != nil {
			if write != nil { // the answer has begun: it is cut off, so that nobody takes it for whole
				panic(http.ErrAbortHandler)
			}
			return err
		}
		if write == nil {
			if write, err = writer(v, l, format); err != nil {
				return err
			}
		}
		if err := write(res.Rows); err != nil {
			panic(http.ErrAbortHandler)
		}
		if token = res.NextPageToken; token == "" {
			return nil
		}
	}
}

func writer(v *web.Visit, l listing, format string) (func([]*queryv1.Row) error, error) {
	heads := make([]string, len(l.Chosen))
	for i, c := range l.Chosen {
		name, err := v.T(c.Key())
		if err != nil {
			return nil, err
		}
		heads[i] = name
	}
	v.W.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", v.Site().Agency+"-"+web.TableName(l.Table)+"."+format))
	if format == "jsonl" {
		v.W.Header().Set("Content-Type", "application/jsonl")
		return func(rows []*queryv1.Row) error { return writeJSON(v, rows, l.Chosen) }, nil
	}
	v.W.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	out := csv.NewWriter(v.W)
	_ = out.Write(heads)
	return func(rows []*queryv1.Row) error {
		shown, err := cells(v, rows, l.Chosen)
		if err != nil {
			return err
		}
		for _, r := range shown {
			line := make([]string, len(r))
			for i, c := range r {
				line[i] = plain.Harmless(unmarked(fmt.Sprint(c)))
			}
			_ = out.Write(line)
		}
		out.Flush()
		return out.Error()
	}, nil
}

func writeJSON(v *web.Visit, rows []*queryv1.Row, chosen []web.Column) error {
	for _, r := range rows {
		_, inner := web.Inner(r)
		line, err := lineOf(v, inner, chosen)
		if err != nil {
			return err
		}
		if _, err := v.W.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// lineOf is a row as JSON with its columns in their order; null where it has none.
func lineOf(v *web.Visit, row proto.Message, chosen []web.Column) ([]byte, error) {
	data, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(row)
	if err != nil {
		return nil, err
	}
	whole := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&whole); err != nil {
		return nil, err
	}
	var line bytes.Buffer
	for i, c := range chosen {
		value, err := valueAt(v, row, whole, c)
		if err != nil {
			return nil, err
		}
		written, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&line, "%c%q:%s", "{,"[min(i, 1)], string(c), written)
	}
	line.WriteByte('}')
	return line.Bytes(), nil
}

// valueAt is what a row has in a column.
func valueAt(v *web.Visit, row proto.Message, whole map[string]any, c web.Column) (any, error) {
	path := strings.Split(string(c), ".")
	if path[len(path)-1] == "end_user" { // picked from a list, by the part that it plays
		shown, err := v.Cell(row, c)
		if err != nil || shown == "" {
			return nil, err
		}
		return unmarked(string(shown)), nil
	}
	var value any = whole
	for _, name := range path {
		fields, _ := value.(map[string]any)
		value = fields[name]
	}
	return value, nil
}

var marks = regexp.MustCompile(`<[^>]*>`)

// unmarked is what is shown, without the marks of the page.
func unmarked(shown string) string { return html.UnescapeString(marks.ReplaceAllString(shown, "")) }
