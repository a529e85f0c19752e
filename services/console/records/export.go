package records

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/encoding/protojson"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// exportPage is how many rows are asked for at a time.
const exportPage = 1000

// export writes what a list shows, all pages of it: its rows, with its columns as CSV, or whole as JSON lines.
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
		res, err := v.API.Query.List(v.R.Context(), &queryv1.ListRequest{Table: l.Table, Filter: l.filter, Horizon: l.horizon, PageSize: exportPage, PageToken: token})
		if err != nil {
			if write != nil { // the answer has begun: it is cut off, so that nobody takes it for whole
				panic(http.ErrAbortHandler)
			}
			return err
		}
		if write == nil {
			v.W.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", v.Site().Agency+"-"+web.TableName(l.Table)+"."+format))
			write = writer(v, l, format)
		}
		if err := write(res.Rows); err != nil {
			panic(http.ErrAbortHandler)
		}
		if token = res.NextPageToken; token == "" {
			return nil
		}
	}
}

func writer(v *web.Visit, l listing, format string) func([]*queryv1.Row) error {
	if format == "jsonl" {
		v.W.Header().Set("Content-Type", "application/jsonl")
		return func(rows []*queryv1.Row) error { return writeJSON(v.W, rows) }
	}
	v.W.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	out := csv.NewWriter(v.W)
	heads := make([]string, len(l.Chosen))
	for i, c := range l.Chosen {
		heads[i] = string(c)
	}
	_ = out.Write(heads)
	return func(rows []*queryv1.Row) error {
		shown, err := cells(v, rows, l.Chosen)
		if err != nil {
			return err
		}
		for _, r := range shown {
			line := make([]string, len(r))
			for i, c := range r {
				line[i] = harmless(unmarked(fmt.Sprint(c)))
			}
			_ = out.Write(line)
		}
		out.Flush()
		return out.Error()
	}
}

func writeJSON(w io.Writer, rows []*queryv1.Row) error {
	for _, r := range rows {
		_, inner := web.Inner(r)
		spaced, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(inner)
		if err != nil {
			return err
		}
		// json.RawMessage is written compact, whatever protojson's spacing is
		line, err := json.Marshal(json.RawMessage(spaced))
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

var marks = regexp.MustCompile(`<[^>]*>`)

// unmarked is what is shown, without the marks of the page.
func unmarked(shown string) string { return html.UnescapeString(marks.ReplaceAllString(shown, "")) }

// harmless keeps a spreadsheet from taking a value for a formula.
func harmless(value string) string {
	if value != "" && (value[0] == '=' || value[0] == '+' || value[0] == '-' || value[0] == '@' || value[0] == '\t' || value[0] == '\r') {
		return "'" + value
	}
	return value
}
