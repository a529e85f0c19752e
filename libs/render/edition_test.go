package render_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/render"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// everyForm is an edition in every form, as one text: what is packed is unpacked.
func everyForm(t rapid.TB, c *reportingv1.Content, o render.Options) string {
	t.Helper()
	files, err := render.Files(c, o, reportingv1.Audience_AUDIENCE_PUBLIC, render.Formats())
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f.Name, ".xlsx") {
			all.Write(f.Data)
			continue
		}
		z, err := zip.NewReader(bytes.NewReader(f.Data), int64(len(f.Data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range z.File {
			r, err := part.Open()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(&all, r); err != nil {
				t.Fatal(err)
			}
			r.Close()
		}
	}
	return all.String()
}

// withHidden are exports of which parts are hidden, each part a token that stands nowhere else: no sum of some amounts is another amount.
func withHidden(t *rapid.T) (c *reportingv1.Content, hidden []string) {
	form, _ := report.FormOf(report.Annual)
	c = &reportingv1.Content{
		Title:  &reportingv1.Title{Report: report.Annual, Year: 2025, State: "XA"},
		Tables: []*reportingv1.TableHead{{Table: report.Exports, Dimensions: form.Tables[0].Dimensions, Audience: reportingv1.Audience_AUDIENCE_PUBLIC}},
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
		quantity, minor := int64(12_345_677)<<i*1000, int64(98_765_432_1)<<i*100
		text := fmt.Sprintf("model%dtoken", i)
		r := row(report.Exports, &reportingv1.Amounts{Lines: 1, Quantities: items(quantity), Values: []*reportingv1.CurrencySum{value("EUR", minor)}},
			rapid.SampledFrom([]string{"I", "VIII small arms 2", "C 1"}).Draw(t, "category"), rapid.SampledFrom([]string{"authorized", "actual"}).Draw(t, "basis"),
			rapid.SampledFrom([]string{"XB", "FR"}).Draw(t, "counterpart"), "", "", text, rapid.SampledFrom([]string{"", "temporary"}).Draw(t, "nature"))
		h := &reportingv1.Hidden{Row: rapid.Bool().Draw(t, "row"), Quantity: rapid.Bool().Draw(t, "quantity"), Value: rapid.Bool().Draw(t, "value"), Description: rapid.Bool().Draw(t, "description")}
		r.Hidden = h
		if h.Row || h.Quantity {
			hidden = append(hidden, number(quantity/1000))
		}
		if h.Row || h.Value {
			hidden = append(hidden, number(minor/100), fmt.Sprint(minor))
		}
		if h.Row || h.Description {
			hidden = append(hidden, text)
		}
		if h.Row {
			r.Comment = fmt.Sprintf("remark%dtoken", i)
			hidden = append(hidden, r.Comment)
		}
		c.Rows = append(c.Rows, r)
	}
	return c, hidden
}

// number is a number as programs write it.
func number(n int64) string { return fmt.Sprint(n) }

// found are the tokens that stand in a text, numbers also in threes; a number that is a part of another one is not there.
func found(text string, tokens []string) (there []string) {
	ungrouped := regexp.MustCompile(`,(\d{3})`).ReplaceAllString(text, "$1")
	for _, token := range tokens {
		if standsIn(text, token) || standsIn(ungrouped, token) {
			there = append(there, token)
		}
	}
	return there
}

func standsIn(text, token string) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for from := 0; ; {
		i := strings.Index(text[from:], token)
		if i < 0 {
			return false
		}
		from += i + 1
		if start := from - 1; !digit(start-1) && !digit(start+len(token)) {
			return true
		}
	}
}

// Nothing that is hidden from readers is in any byte of what they get. Of the content that is no edition everything is found: the search
// would have found it.
func TestNothingHiddenIsRendered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, hidden := withHidden(t)
		o := render.Options{Language: rapid.SampledFrom([]string{"", "en", "ar", "zh"}).Draw(t, "language")}
		edition, err := report.Edition(c, reportingv1.Audience_AUDIENCE_PUBLIC)
		if err != nil {
			t.Fatal(err)
		}
		if there := found(everyForm(t, edition, o), hidden); len(there) > 0 {
			t.Fatalf("%q are hidden and rendered", there)
		}
		if there := found(everyForm(t, c, o), hidden); len(there) != len(hidden) {
			t.Fatalf("of %q the search finds only %q where nothing is hidden", hidden, there)
		}
	})
}

var hostile = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "a\u202eb\u2066c", "\x00\x1b[2J", "\xff\xfe",
	"line\nline\r\nline", `"quoted", 'too'`, "{{.}}", "</style><script>", "]]>", "&lt;", "_x000D_", "𝕏", strings.Repeat("long ", 500), "*", ">0", "350 / 500", "",
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(hostile), rapid.String())
}

// anyContent is a report with any texts everywhere.
func anyContent(t *rapid.T) *reportingv1.Content {
	text := func(label string) string { return anyText().Draw(t, label) }
	form := rapid.SampledFrom(report.Forms()).Draw(t, "form")
	c := &reportingv1.Content{Title: &reportingv1.Title{Report: form.Name, Year: 2025, State: text("state"), Authority: text("authority"), Contact: text("contact"), Revises: text("revises"), RevisionReason: text("reason")}}
	for _, table := range form.Tables {
		h := &reportingv1.TableHead{Table: table.Name, Dimensions: table.Dimensions, Means: text("means"), Awaited: []string{text("awaited")}, Nil: rapid.Bool().Draw(t, "nil")}
		if rapid.Bool().Draw(t, "defines") {
			h.Definitions = append(h.Definitions, &reportingv1.NationalDefinition{Category: text("defined"), Title: text("title"), Text: text("definition")})
		}
		c.Tables = append(c.Tables, h)
		for range rapid.IntRange(0, 2).Draw(t, "rows") {
			var keys []string
			for _, d := range table.Dimensions {
				key := text(d)
				if d == "category" && rapid.Bool().Draw(t, "known") {
					key = "VIII small arms 2"
				}
				keys = append(keys, key)
			}
			a := &reportingv1.Amounts{Lines: rapid.Int64Range(0, 1e6).Draw(t, "lines"), Quantities: items(rapid.Int64Range(-1e6, 1e15).Draw(t, "thousandths"))}
			a.Values = append(a.Values, value(rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "=A1", "<b>"}).Draw(t, "currency"), rapid.Int64Range(-1e6, 1e15).Draw(t, "minor")))
			r := row(table.Name, a, keys...)
			r.Comment, r.Description = text("comment"), text("noted")
			c.Rows = append(c.Rows, r)
		}
	}
	return c
}

// Whatever people write, a spreadsheet has no formula but our totals and no text that is none in XML, CSV no cell that a spreadsheet takes
// for a formula, a page no element or attribute that acts; JSON gives the edition back, and everything is the same again the second time.
func TestTextsDoNotAct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyContent(t)
		raw, err := proto.Marshal(c)
		if err != nil { // a text that is no UTF-8 cannot be on record
			t.Skip("no message can hold this")
		}
		o := render.Options{Language: rapid.SampledFrom(append(render.Languages(), "")).Draw(t, "language")}
		files, err := render.Files(c, o, reportingv1.Audience_AUDIENCE_PUBLIC, render.Formats())
		if err != nil {
			t.Fatal(err)
		}
		again, err := render.Files(c, o, reportingv1.Audience_AUDIENCE_PUBLIC, render.Formats())
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range files {
			if !bytes.Equal(f.Data, again[i].Data) {
				t.Fatalf("%s is another the second time", f.Name)
			}
			if strings.ContainsAny(strings.TrimPrefix(string(f.Data), "\ufeff"), "\u202e\u2066") && !strings.HasSuffix(f.Name, ".xlsx") && !strings.HasSuffix(f.Name, ".json") {
				t.Fatalf("%s turns the direction of writing", f.Name)
			}
			switch {
			case strings.HasSuffix(f.Name, ".xlsx"):
				formulasAreTotals(t, f.Data)
			case strings.HasSuffix(f.Name, ".csv"):
				cellsAreHarmless(t, f.Data)
			case strings.HasSuffix(f.Name, ".html"), strings.HasSuffix(f.Name, ".svg"):
				nothingActs(t, f.Data)
			case strings.HasSuffix(f.Name, ".json"):
				back := &reportingv1.Content{}
				if err := protojson.Unmarshal(f.Data, back); err != nil || !proto.Equal(c, back) {
					t.Fatalf("JSON gives another edition back: %v", err)
				}
			}
		}
		if now, err := proto.Marshal(c); err != nil || !bytes.Equal(raw, now) {
			t.Fatalf("rendering changed the edition: %v", err)
		}
	})
}

var totalFormula = regexp.MustCompile(`^(SUM\(([A-Z]+\d+):([A-Z]+\d+)\)|ROUND\(SUMPRODUCT\((\([A-Z]+\d+:[A-Z]+\d+=[A-Z]+\d+\)\*)+[A-Z]+\d+:[A-Z]+\d+\),\d\))$`)

func formulasAreTotals(t *rapid.T, data []byte) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	formula := regexp.MustCompile(`<f[^>]*>([^<]*)</f>`)
	for _, part := range z.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range formula.FindAllSubmatch(text, -1) {
			if !totalFormula.Match(f[1]) {
				t.Fatalf("%s has the formula %q", part.Name, f[1])
			}
		}
		if bytes.ContainsAny(text, "\x00\x1b\u202e\u2066") {
			t.Fatalf("%s has a text that does not belong in it", part.Name)
		}
	}
}

func cellsAreHarmless(t *rapid.T, data []byte) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	figure, formula := regexp.MustCompile(`^-?\d+(\.\d+)?$`), regexp.MustCompile("^\\s*[-=+@\uff1d\uff0b\uff0d\uff20]")
	for _, record := range all {
		for _, c := range record {
			if !figure.MatchString(c) && formula.MatchString(c) {
				t.Fatalf("a spreadsheet takes %q for a formula", c)
			}
		}
	}
}

func nothingActs(t *rapid.T, data []byte) {
	z := html.NewTokenizer(bytes.NewReader(data))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Fatal(z.Err())
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			switch token.Data {
			case "script", "img", "iframe", "object", "a", "form", "b":
				t.Fatalf("a page has the element %s", token)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "href" || a.Key == "src" || a.Key == "style" {
					t.Fatalf("a page has the attribute %s", token)
				}
			}
		}
	}
}
