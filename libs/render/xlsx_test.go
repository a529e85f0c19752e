package render_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/libs/render"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// converted has LibreOffice read spreadsheets and write each of their sheets as CSV, formulas worked out.
func converted(t *testing.T, books map[string][]byte) map[string][][]string {
	t.Helper()
	soffice := program(t, "soffice", "libreoffice-calc-nogui")
	dir, profile := t.TempDir(), t.TempDir()
	args := []string{"--headless", "-env:UserInstallation=file://" + profile, "--convert-to", `csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1`, "--outdir", filepath.Join(dir, "out")}
	for name, data := range books {
		path := filepath.Join(dir, name+".xlsx")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, soffice, args...).CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	sheets := map[string][][]string{}
	files, err := filepath.Glob(filepath.Join(dir, "out", "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		sheets[strings.TrimSuffix(filepath.Base(file), ".csv")] = records(t, read(t, file))
	}
	return sheets
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func records(t testing.TB, data []byte) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatalf("read CSV: %v\n%q", err, data)
	}
	return all
}

// A spreadsheet program reads in our spreadsheet what our CSV says, and works out the totals that adding up the rows gives.
func TestSpreadsheetProgramReadsWhatWeWrote(t *testing.T) {
	books, contents, options := map[string][]byte{}, map[string]*reportingv1.Content{}, map[string]render.Options{}
	for _, language := range render.Languages() {
		for name, c := range map[string]*reportingv1.Content{"annual": annual(t, 2025), "national": national(t, 2025)} {
			key := name + "-" + language
			contents[key], options[key] = c, render.Options{Language: language}
			books[key] = xlsx(t, c, options[key])
		}
	}
	sheets := converted(t, books)
	looked := 0
	for key, c := range contents {
		files, err := render.CSV(c, options[key])
		if err != nil {
			t.Fatal(err)
		}
		book := open(t, books[key])
		for i, file := range files {
			if c.GetTables()[i].GetNil() {
				continue
			}
			want := records(t, file.Data)
			sheet := book.GetSheetList()[i+1] // after the title page
			rows, ok := sheets[key+"-"+sheet]
			if !ok {
				t.Fatalf("%s: there is no sheet %s among %d", key, sheet, len(sheets))
			}
			lines, totals := bodyOf(t, rows, len(want[0]))
			if diff := cmp.Diff(plain(want[1:]), plain(withData(lines, c.GetTables()[i])), cmp.Comparer(sameCell), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: CSV and sheet %s differ:\n%s", key, sheet, diff)
			}
			looked += checkTotals(t, key+" "+sheet, c, c.GetTables()[i], totals)
		}
	}
	if looked < 100 {
		t.Errorf("only %d totals were compared", looked)
	}
}

// bodyOf takes the lines under the heads of a sheet apart: those of data, and those of totals.
func bodyOf(t *testing.T, rows [][]string, columns int) (lines, totals [][]string) {
	t.Helper()
	blank := func(r []string) bool { return strings.Join(r, "") == "" }
	at := 0
	for breaks := 0; breaks == 0 && at < len(rows); at++ { // what is said over the table ends with a line that is blank
		if blank(rows[at]) {
			breaks++
		}
	}
	end := at
	for end < len(rows) && !blank(rows[end]) {
		end++
	}
	lines = rows[at:end]
	if end+2 < len(rows) {
		totals = rows[end+2:]
	}
	for _, r := range lines {
		if len(r) != columns {
			t.Fatalf("a line has %d cells, not %d: %q", len(r), columns, r)
		}
	}
	return lines, totals
}

// withData leaves out heads, and categories without data: a line of data has a number.
func withData(lines [][]string, head *reportingv1.TableHead) (data [][]string) {
	for _, l := range lines {
		if slices.ContainsFunc(l, func(s string) bool { _, err := strconv.ParseFloat(s, 64); return err == nil }) {
			data = append(data, l)
		}
	}
	return data
}

// plain takes the apostrophe away that keeps a text in CSV from being a formula.
func plain(lines [][]string) [][]string {
	for _, l := range lines {
		for i, s := range l {
			if rest, guarded := strings.CutPrefix(s, "'"); guarded && strings.ContainsAny(rest[:1], "=+-@") {
				l[i] = rest
			}
		}
	}
	return lines
}

// sameCell compares numbers as numbers.
func sameCell(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return math.Abs(x-y) <= 1e-9*math.Max(math.Abs(x), 1)
	}
	return a == b
}

// checkTotals adds up a table's rows anew, group by group, and finds every sum among the totals, and nothing else there.
func checkTotals(t *testing.T, where string, c *reportingv1.Content, head *reportingv1.TableHead, totals [][]string) int {
	t.Helper()
	form := head.GetTable() == "exports"
	sums := map[string]float64{}
	for _, r := range c.GetRows() {
		if r.GetTable() != head.GetTable() {
			continue
		}
		group, category := "", ""
		for i, d := range head.GetDimensions() {
			switch d {
			case "kind", "basis", "nature":
				group += r.GetKeys()[i] + "/"
			case "category":
				category, _, _ = strings.Cut(r.GetKeys()[i], " ")
				if category == "C" {
					category = r.GetKeys()[i]
				}
			}
		}
		for _, q := range r.GetAmounts().GetQuantities() {
			switch {
			case !form:
				sums[group+q.GetUnit()] += float64(q.GetThousandths()) / 1000
			case q.GetUnit() == "H87":
				sums[group+category] += float64(q.GetThousandths()) / 1000
			}
		}
		for _, v := range r.GetAmounts().GetValues() {
			decimals, _ := refdata.CurrencyExponent(v.GetCurrency())
			sums[group+v.GetCurrency()] += float64(v.GetMinor()) / math.Pow10(decimals)
		}
		if !form {
			sums[group+"lines"] += float64(r.GetAmounts().GetLines())
			sums[group+"licences"] += float64(r.GetAmounts().GetLicences())
		}
	}
	var want, got []float64
	for _, sum := range sums {
		want = append(want, sum)
	}
	for _, line := range totals {
		for _, s := range line {
			if n, err := strconv.ParseFloat(s, 64); err == nil {
				got = append(got, n)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })); diff != "" {
		t.Errorf("%s: totals are not the sums of the rows:\n%s\n%q", where, diff, totals)
	}
	return len(got)
}

func open(t testing.TB, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// The spreadsheet has the template's parts, in its order.
func TestSpreadsheetKeepsTheTemplate(t *testing.T) {
	f := open(t, xlsx(t, annual(t, 2025), render.Options{Language: "ar", Submitted: "2026-05-31"}))
	if got, want := len(f.GetSheetList()), 4; got != want {
		t.Fatalf("%d sheets, want %d: title page, exports, imports, definitions", got, want)
	}
	for _, sheet := range f.GetSheetList() {
		view, err := f.GetSheetView(sheet, 0)
		if err != nil || view.RightToLeft == nil || !*view.RightToLeft {
			t.Errorf("sheet %s does not read from right to left: %v", sheet, err)
		}
	}
	f = open(t, xlsx(t, annual(t, 2025), render.Options{Submitted: "2026-05-31"}))
	title := map[string]string{}
	rows, err := f.GetRows("Title page")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if len(r) > 2 {
			title[r[0]] = r[2]
		}
	}
	for label, want := range map[string]string{
		"Reporting State": "XA", "Calendar year": "2025", "Date of submission": "2026-05-31", "Cut-off date of the data": "2026-03-31", "Contact for the report": "reporting compiler",
		"Report on exports": "X", "Report on imports": "", "Nil report on exports": "", "Nil report on imports": "X", "National definitions": "X",
		"Commercially sensitive data": "X", "National security data": "", "Exports": "the public",
	} {
		if title[label] != want {
			t.Errorf("title page: %s is %q, want %q", label, title[label], want)
		}
	}
	rows, err = f.GetRows("Exports")
	if err != nil {
		t.Fatal(err)
	}
	var categories []string
	for _, r := range rows {
		if len(r) > 1 && r[1] != "" && (len(categories) == 0 || categories[len(categories)-1] != r[0]+" "+r[1]) {
			categories = append(categories, r[0]+" "+r[1])
		}
	}
	want := []string{"Category Arms", "I Battle tanks", "II Armoured combat vehicles", "III Large-calibre artillery systems", "IV Combat aircraft"}
	if diff := cmp.Diff(want, categories[:len(want)]); diff != "" || len(categories) != 31 || categories[30] != "C 1 Sniper rifles" {
		t.Errorf("%d categories: %q\n%s", len(categories), categories, diff)
	}
	rows, err = f.GetRows("Imports")
	if err != nil {
		t.Fatal(err)
	}
	if rows[0][0] != "Nil report on imports" || !slices.ContainsFunc(rows, func(r []string) bool { return len(r) > 0 && strings.Contains(r[0], "had no imports") }) {
		t.Errorf("in place of imports: %q", rows)
	}
}

// A form without rows says that it is no nil report, unless it is one.
func TestNoRowsAreNoNilReport(t *testing.T) {
	c := annual(t, 2025)
	c.Rows, c.Tables[0].Awaited = nil, []string{"customs"}
	for _, language := range render.Languages() {
		said := func() string { return string(htmlPage(t, c, render.Options{Language: language})) }
		c.Tables[0].Nil = false
		silent := said()
		c.Tables[0].Nil = true
		if confirmed := said(); confirmed == silent {
			t.Errorf("%s: a nil report and one without rows are the same", language)
		}
	}
}
