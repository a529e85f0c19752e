package records

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"

	"github.com/counterfoil/counterfoil/services/console/web"
)

// What is named here by the names of the contract is in the contract.
func TestNamesAreTheContracts(t *testing.T) {
	for table, columns := range usual {
		for _, c := range append(slices.Clone(columns), matters[table]...) {
			if c != "id" && !slices.Contains(web.Columns(table), c) {
				t.Errorf("%s have no column %s", table, c)
			}
		}
	}
	for table, attributes := range first {
		there, _ := ledger.Attributes(table)
		for _, a := range attributes {
			if !slices.Contains(there, a) {
				t.Errorf("%s have no attribute %s", table, a)
			}
		}
	}
	for _, k := range quiet {
		if _, err := protoregistry.GlobalTypes.FindMessageByName(k); err != nil {
			t.Error(err)
		}
	}
}

var idCell = regexp.MustCompile(`<td><a class="govuk-link" href="/console/records/([^"]+)"`)

func idsIn(page string) (ids []string) {
	for _, m := range idCell.FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// Links lead through all pages and back through the same ones, and the rows of all of them are the list.
func TestPagesThereAndBack(t *testing.T) {
	s := serve(t)
	const n = 3*pageRows + 7
	s.Record(licences(n)...)
	at := "/console/list/licences?col=id"
	var pages [][]string
	var all []string
	back := map[string]string{}
	for at != "" {
		page := s.Read(at)
		pages, all = append(pages, idsIn(page)), append(all, idsIn(page)...)
		next := html.UnescapeString(between(page, `rel="next" href="`, `"`))
		back[next] = at
		if next == "" {
			break
		}
		at = next
	}
	if len(pages) != 4 || len(all) != n || len(slices.Compact(slices.Sorted(slices.Values(all)))) != n {
		t.Fatalf("%d pages, %d rows", len(pages), len(all))
	}
	for i := len(pages) - 2; i >= 0; i-- {
		page := s.Read(at)
		if !strings.Contains(page, fmt.Sprintf("Page %d", i+2)) {
			t.Errorf("page %d does not say so", i+2)
		}
		at = html.UnescapeString(between(page, `rel="prev" href="`, `"`))
		if got := idsIn(s.Read(at)); !slices.Equal(got, pages[i]) {
			t.Fatalf("back at page %d: %v", i+1, got)
		}
	}
}

// The latest licence is on top; a link turns the list around, filters and columns stay, and the address says so.
func TestNewestFirst(t *testing.T) {
	s := serve(t)
	const n = pageRows + 3
	s.Record(licences(n)...)
	at := "/console/list/licences?col=id&from=2008-01-02"
	page := s.Read(at)
	if ids := idsIn(page); len(ids) != pageRows || ids[0] != licenceID(n-1) || ids[1] != licenceID(n-2) {
		t.Fatalf("%v", ids)
	}
	second := html.UnescapeString(between(page, `rel="next" href="`, `"`))
	turned := html.UnescapeString(between(page[strings.Index(page, `<span class="cf-muted">`):], `href="`, `"`))
	if want := "/console/list/licences?col=id&from=2008-01-02&order=oldest"; turned != want {
		t.Errorf("turned around it is %s, not %s", turned, want)
	}
	s.Record(granted(n)) // it moves nothing on the second page
	if ids := idsIn(s.Read(second)); !slices.Equal(ids, []string{licenceID(2), licenceID(1)}) {
		t.Errorf("the second page: %v", ids)
	}
	if page := s.Read(turned); idsIn(page)[0] != licenceID(1) || !strings.Contains(page, `<input type="hidden" name="order" value="oldest">`) {
		t.Errorf("turned around: %v", idsIn(page))
	}
}

// A filter offers its values with how many rows each would leave, under the other filters.
func TestFacets(t *testing.T) {
	s := serve(t)
	s.Record(append(licences(100), &licensingv1.LicenceSuspended{LicenceId: licenceID(0), Reason: "asked"})...)
	page := s.Read("/console/list/licences?f.status=suspended")
	for _, want := range []string{`<option value="suspended" selected>Suspended (1)`, `<option value="granted">Granted (99)`, `<option value="export">Export (1)`, "1 row<"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	for path, want := range map[string]string{
		"f.status=revoked":                 `<option value="revoked" selected>Revoked (0)`,
		"f.status=granted,suspended":       `id="f.status" name="f.status" value="granted,suspended"`,
		"f.party=nobody":                   `<details class="govuk-details" open>`,
		"f.status=granted&from=2008-01-11": `<option value="granted" selected>Granted (90)<`,
	} {
		if page := s.Read("/console/list/licences?" + path); !strings.Contains(page, want) {
			t.Errorf("%s: no %s", path, want)
		}
	}
}

// A party is found by its name, as it is typed and as a record's page leads to it, and by an identifier.
func TestPartyIsFoundByName(t *testing.T) {
	s := serve(t)
	s.Record(&licensingv1.LicenceGranted{LicenceId: licenceID(0), Deal: &licensingv1.Deal{Parties: []*transferv1.Party{{Name: "Harbour Stores, Ltd", Country: "XB", Identifiers: []string{"reg:XB-1"}}}}})
	for party, rows := range map[string]string{
		"Harbour Stores, Ltd": "1 row<", " harbour  stores ltd": "1 row<", "name:harbour stores ltd": "1 row<", "reg:XB-1": "1 row<", "reg:XB-2,reg:XB-1": "1 row<", "Harbour": "0 rows", "Ltd": "0 rows",
	} {
		if page := s.Read("/console/list/licences?f.party=" + url.QueryEscape(party)); !strings.Contains(page, rows) {
			t.Errorf("%q finds something else than %s", party, rows)
		}
	}
}

// An export is what the list shows, all pages of it: read by readers of the formats, under filters, columns and a moment of the past.
func TestExport(t *testing.T) {
	s := serve(t)
	const n = exportPage + 20
	s.Record(licences(n)...)
	s.Record(&licensingv1.LicenceSuspended{LicenceId: licenceID(5), Reason: "asked"})
	if first, _, _ := strings.Cut(s.Read("/console/list/licences/export?format=jsonl&col=id"), "\n"); first != fmt.Sprintf("{%q:%q}", "id", licenceID(n-1)) {
		t.Errorf("the newest is not first: %s", first)
	}
	const chosen = "order=oldest&col=id&col=status&col=deal.end_user&col=deal.destination"
	rows, err := csv.NewReader(strings.NewReader(s.Read("/console/list/licences/export?format=csv&" + chosen))).ReadAll()
	s.Must(err)
	if len(rows) != n+1 || !slices.Equal(rows[0], []string{"Identifier", "Status", "End user", "Destination"}) {
		t.Fatalf("%d rows, %q", len(rows), rows[0])
	}
	if want := []string{licenceID(5), "Suspended", "'\u2003\uff1dEnd user 5"}; !slices.Equal(rows[6][:3], want) {
		t.Errorf("%q", rows[6])
	}
	lines := strings.Split(strings.TrimSpace(s.Read("/console/list/licences/export?format=jsonl&"+chosen)), "\n")
	if len(lines) != n {
		t.Fatalf("%d lines", len(lines))
	}
	var line struct {
		ID          string `json:"id"`
		Status      string `json:"status"`
		EndUser     string `json:"deal.end_user"`
		Destination struct{ Country string }
	}
	d := json.NewDecoder(strings.NewReader(lines[5]))
	s.Must(d.Decode(&line))
	if line.ID != licenceID(5) || line.Status != "STATUS_SUSPENDED" || line.EndUser != "\u2003\uff1dEnd user 5" {
		t.Errorf("%s", lines[5])
	}
	for path, want := range map[string]int{"f.status=suspended": 1, "f.kind=export": n / 5, "f.status=suspended&as_of=2026-01-15T11:00:00Z": 0} {
		got := strings.Count(s.Read("/console/list/licences/export?format=jsonl&"+path), "\n")
		if shown := s.Read("/console/list/licences?" + path); got != want || !strings.Contains(shown, fmt.Sprintf("%d row", min(want, 999))) {
			t.Errorf("%s: %d exported", path, got)
		}
	}
}

// BenchmarkList is a list over a million licences as a browser asks for it: the whole page, with its counts and what is put on record of who
// read it.
func BenchmarkList(b *testing.B) {
	s := serve(b)
	const n, batch = 1_000_000, 10_000
	for from := 0; from < n; from += batch {
		var facts []proto.Message
		for i := range batch {
			facts = append(facts, granted(from+i))
		}
		s.Record(facts...)
	}
	last := "/console/list/licences"
	for range 20 {
		last = html.UnescapeString(between(s.Read(last), `rel="next" href="`, `"`))
	}
	for name, path := range map[string]string{
		"all":             "/console/list/licences",
		"page 21":         last,
		"by destination":  "/console/list/licences?f.destination=BC",
		"by status, kind": "/console/list/licences?f.status=granted&f.kind=export",
		"by party":        "/console/list/licences?f.party=%3DEnd+user+77",
		"between days":    "/console/list/licences?from=2010-03-01&until=2012-06-01",
		"turned around":   "/console/list/licences?from=2010-03-01&until=2012-06-01&order=oldest",
		"between times":   "/console/list/licences?from=2010-03-01T09:00:00Z&until=2012-06-01T17:00:00Z",
		"days and others": "/console/list/licences?from=2010-03-01&until=2012-06-01&f.status=granted&f.kind=export",
		"one record":      "/console/records/" + licenceID(777_777),
		"lines":           "/console/list/lines",
		"events":          "/console/list/events",
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				s.Read(path)
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(took[len(took)-1].Seconds()*1000, "max-ms")
		})
	}
}
