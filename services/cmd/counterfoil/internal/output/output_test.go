package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func licence() *ledgerv1.Licence {
	return &ledgerv1.Licence{
		Id:      "licensing/L-000001",
		Journal: "licensing/border",
		Events:  []uint64{3, 9},
		Deal: &licensingv1.Deal{
			Kind:        transferv1.Kind_KIND_EXPORT,
			Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: `Acme "Arms", Ltd`}},
			Destination: &licensingv1.Place{Country: "XB"},
		},
		Status:     ledgerv1.Status_STATUS_GRANTED,
		DecidedAt:  timestamppb.New(time.Date(2008, 1, 2, 0, 0, 0, 0, time.UTC)),
		Conditions: []string{"no re-export", "report delivery"},
	}
}

func printed(t rapid.TB, format Format, doc Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := Print(&b, format, 0, doc); err != nil {
		t.Fatalf("print as %s: %v", format, err)
	}
	return b.String()
}

func TestMessageAsJSON(t *testing.T) {
	got := printed(t, JSON, Document{Value: licence()})
	for _, want := range []string{
		`"id": "licensing/L-000001"`, `"status": "STATUS_GRANTED"`, `"decided_at": "2008-01-02T00:00:00Z"`,
		`"application_id": ""`, `"3",`, `"status_reason": ""`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "valid_until") {
		t.Errorf("an absent time is shown:\n%s", got)
	}
}

func TestMessageAsCSV(t *testing.T) {
	got := printed(t, CSV, Document{Items: []any{licence(), &ledgerv1.Licence{Id: "licensing/L-000002"}}, ItemType: &ledgerv1.Licence{}})
	if !strings.Contains(got, "\r\n") {
		t.Errorf("lines do not end in CR LF: %q", got)
	}
	records, err := csv.NewReader(strings.NewReader(got)).ReadAll()
	if err != nil || len(records) != 3 {
		t.Fatalf("%d records, %v\n%s", len(records), err, got)
	}
	row := map[string]string{}
	for i, head := range records[0] {
		row[head] = records[1][i]
	}
	want := map[string]string{
		"id": "licensing/L-000001", "events": "3;9", "deal.kind": "KIND_EXPORT", "deal.destination.country": "XB",
		"status": "STATUS_GRANTED", "decided_at": "2008-01-02T00:00:00Z", "valid_until": "",
		"conditions": "no re-export;report delivery", "published.source": "",
	}
	for head, cell := range want {
		if got, there := row[head]; !there || got != cell {
			t.Errorf("column %s: %q, %v; want %q", head, got, there, cell)
		}
	}
	var parties []map[string]any
	if err := json.Unmarshal([]byte(row["deal.parties"]), &parties); err != nil || parties[0]["name"] != `Acme "Arms", Ltd` {
		t.Errorf("parties %q: %v", row["deal.parties"], err)
	}
	empty := printed(t, CSV, Document{Items: []any{}, ItemType: &ledgerv1.Licence{}})
	if header, _, _ := strings.Cut(got, "\r\n"); empty != header+"\r\n" {
		t.Errorf("no rows: %q, want the header alone", empty)
	}
}

func TestFactOfUnknownKindShowsItsBytes(t *testing.T) {
	event := &queryv1.RecordedEvent{
		Number: 7, Kind: "counterfoil.future.v1.Foretold", Raw: []byte{1, 2, 3},
		Fact: &anypb.Any{TypeUrl: "type.googleapis.com/counterfoil.future.v1.Foretold", Value: []byte{8, 1}},
	}
	got := printed(t, JSONL, Document{Items: []any{&queryv1.Row{Row: &queryv1.Row_Event{Event: event}}}})
	if !strings.Contains(got, `"raw":"AQID"`) || strings.Contains(got, `"fact"`) {
		t.Errorf("event: %s", got)
	}
}

func TestKnownFactIsExpanded(t *testing.T) {
	fact, err := anypb.New(&licensingv1.LicenceSuspended{LicenceId: "licensing/L-1", Reason: "forged"})
	if err != nil {
		t.Fatal(err)
	}
	got := printed(t, JSONL, Document{Value: &queryv1.RecordedEvent{Fact: fact}})
	if !strings.Contains(got, `"licence_id":"licensing/L-1","reason":"forged"`) {
		t.Errorf("event: %s", got)
	}
}

// Every text comes back from JSON and YAML as it went in, and nothing in it reaches the terminal as a control.
func TestTextsSurviveAndDoNotAct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]any{
			"text": rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
				"\x1b[2J", "\u009b31m", "a\u202eb", "\U000e0041", "yes", "null", "0x10", "1.5", "2008-01-02", " a ", "- a\n- b", "a: b #c", "\u2028", "\ufeff",
			})).Draw(t, "text"),
			"number": float64(rapid.Int32().Draw(t, "number")),
			"list":   []any{rapid.String().Draw(t, "item"), nil, true},
			"empty":  map[string]any{},
		}
		for _, format := range []Format{JSON, JSONL, YAML} {
			text := printed(t, format, Document{Value: want})
			if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && acts(r) }) {
				t.Fatalf("%s acts on the terminal: %q", format, text)
			}
			var got map[string]any
			if format == YAML {
				var node map[string]any
				if err := yaml.Unmarshal([]byte(text), &node); err != nil {
					t.Fatalf("yaml: %v\n%s", err, text)
				}
				if n, isInt := node["number"].(int); isInt {
					node["number"] = float64(n)
				}
				got = node
			} else if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("%s: %v\n%s", format, err, text)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %#v, want %#v\n%s", format, got, want, text)
			}
		}
	})
}

func TestTable(t *testing.T) {
	grid := Grid{Heads: []string{"destination", "count"}}
	grid.Add("XA \x1b[31mred\x1b[0m", "1234")
	grid.Add("Xylophonia\u202e\nState", "7")
	got := printed(t, Table, Document{Sections: []Section{{Title: "lines", Grid: grid, Text: "total 1241\x07\n"}}})
	want := strings.Join([]string{
		"lines",
		"destination       count",
		"─────────────────────────",
		"XA [31mred[0m      1234",
		"Xylophonia State      7",
		"total 1241",
		"",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPairs(t *testing.T) {
	grid, err := Pairs(licence())
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"id", "licensing/L-000001"}, {"journal", "licensing/border"}, {"events", "3;9"}, {"deal.kind", "KIND_EXPORT"},
		{"deal.parties[0].role", "ROLE_EXPORTER"}, {"deal.parties[0].name", `Acme "Arms", Ltd`}, {"deal.destination.country", "XB"},
		{"status", "STATUS_GRANTED"}, {"decided_at", "2008-01-02T00:00:00Z"}, {"conditions", "no re-export;report delivery"},
	}
	if !reflect.DeepEqual(grid.Rows, want) {
		t.Errorf("got %q\nwant %q", grid.Rows, want)
	}
}

func TestMaps(t *testing.T) {
	line := &transferv1.Line{Rating: "ML1.a", Parameters: map[string]string{"type": "rifle", "part": "no"}}
	grid, err := Pairs(line)
	if want := [][]string{{"rating", "ML1.a"}, {"parameters", "part=no;type=rifle"}}; err != nil || !reflect.DeepEqual(grid.Rows, want) {
		t.Errorf("got %q, %v; want %q", grid.Rows, err, want)
	}
	if got := printed(t, CSV, Document{Items: []any{line}, ItemType: line}); !strings.Contains(got, "part=no;type=rifle") {
		t.Errorf("CSV has no parameters: %s", got)
	}
}

func TestFormatFlag(t *testing.T) {
	var f Format
	for _, known := range Formats {
		if err := f.Set(string(known)); err != nil || f != known {
			t.Errorf("Set(%s): %v", known, err)
		}
	}
	if err := f.Set("xml"); err == nil {
		t.Error("Set took xml")
	}
}
