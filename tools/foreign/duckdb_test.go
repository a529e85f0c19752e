package foreign

import (
	"bufio"
	"context"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/columns"
	"github.com/counterfoil/counterfoil/libs/columns/duckdbtest"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// licences are so many grants of two or three lines each: 40 destinations, 20 years.
func licences(n int) (facts []proto.Message) {
	for i := range n {
		deal := &licensingv1.Deal{
			Kind:        transferv1.Kind(1 + i%5),
			Destination: &licensingv1.Place{Country: string([]byte{'A' + byte(i*7%40/26), 'A' + byte(i*7%26)})},
			EndUse:      "equipment of the border guard",
			Parties: []*transferv1.Party{
				{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporter " + strconv.Itoa(i%500), Country: "XA", Identifiers: []string{"reg:" + strconv.Itoa(i%500)}},
				{Role: transferv1.Role_ROLE_END_USER, Name: "End user, of \"" + strconv.Itoa(i%90) + "\"", Country: "XB"},
			},
		}
		for l := range 2 + i%2 {
			line := &transferv1.Line{
				Number: uint32(l + 1), Rating: "ML" + strconv.Itoa(1+(i+l)%22), Category: transferv1.Category(8 + (i+l)%3), Description: "components for what is described above",
				Parameters: map[string]string{"part": "no", "gun_calibre_mm": strconv.Itoa(i % 200)},
			}
			if i%7 > 0 {
				line.Value = &transferv1.Money{Minor: int64(i)*1_000_003 + int64(l), Currency: "EUR"}
				line.Quantity = &transferv1.Quantity{Thousandths: int64(i%1000) * 500, Unit: "H87"}
			}
			deal.Lines = append(deal.Lines, line)
		}
		facts = append(facts, ledgertest.At(time.Date(2005+i%20, time.Month(1+i/20%12), 1+i/240%28, 9, 30, 0, 123_456_000, time.UTC), &licensingv1.LicenceGranted{
			LicenceId: fmt.Sprintf("licensing/L-%08d", i), Deal: deal, ValidFrom: timestamppb.New(ledgertest.Start),
		}))
	}
	return facts
}

// kept is a ledger that has these facts, in blocks of 500.
func kept(t testing.TB, facts []proto.Message) *ledger.Ledger {
	t.Helper()
	l := ledgertest.Open(t, "licensing")
	w := ledgertest.NewWriter()
	for len(facts) > 0 {
		n := min(500, len(facts))
		b := w.Together(journal.ID{Agency: "licensing", Group: "all"}, facts[:n]...)
		facts = facts[n:]
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.Apply(b.ID, b.Entries...); err != nil {
			t.Fatal(err)
		}
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// exported writes a table of a view to a file, page by page, and calls each for every row.
func exported(t testing.TB, v ledger.View, table queryv1.Table, format, path string, each func(*queryv1.Row)) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriterSize(f, 1<<20)
	w, err := columns.New(format, out, columns.Of(table))
	if err != nil {
		t.Fatal(err)
	}
	for token, more := "", true; more; more = token != "" {
		var rows []*queryv1.Row
		if rows, token, err = v.List(table, nil, token, 1000); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(contents(rows)...); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			each(row)
		}
	}
	for _, end := range []func() error{w.Close, out.Flush, f.Close} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
}

func contents(rows []*queryv1.Row) (list []proto.Message) {
	for _, row := range rows {
		m := row.ProtoReflect()
		list = append(list, m.Get(m.WhichOneof(m.Descriptor().Oneofs().ByName("row"))).Message().Interface())
	}
	return list
}

// What DuckDB counts and adds up in the files of each format is what the ledger counts, and what its rows add up to.
func TestDuckDBAgreesWithTheLedger(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	db, err := duckdbtest.Open(ctx)
	if err != nil {
		t.Skip(err)
	}
	defer db.Close()
	n := 1_500
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		n = 150_000 // lines of several row groups
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	err = kept(t, licences(n)).View(func(v ledger.View) error {
		for _, format := range columns.Formats() {
			agree(t, db, v, dir, format)
		}
		documented(t, db, filepath.Dir(dir))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func agree(t *testing.T, db *duckdbtest.DB, v ledger.View, dir, format string) {
	path := func(table string) string { return filepath.Join(dir, table+"."+format) }
	sums := map[string]*big.Int{}
	exported(t, v, queryv1.Table_TABLE_LINES, format, path("lines"), func(row *queryv1.Row) {
		l := row.GetLine()
		if minor := l.GetLine().GetValue(); minor != nil {
			key := l.GetDestination().GetCountry() + " " + l.GetDecidedAt().AsTime().Format("2006")
			if sums[key] == nil {
				sums[key] = new(big.Int)
			}
			sums[key].Add(sums[key], big.NewInt(minor.GetMinor()))
		}
	})
	exported(t, v, queryv1.Table_TABLE_LICENCES, format, path("licences"), func(*queryv1.Row) {})
	exported(t, v, queryv1.Table_TABLE_EVENTS, format, path("events"), func(*queryv1.Row) {})

	column := func(name string) string { // nested in two of the formats
		if format == "csv" {
			return `"` + name + `"`
		}
		return name
	}
	country, minor := column("destination.country"), column("line.value.minor")
	for attribute, expression := range map[string]string{
		"destination": country, "year": "year(decided_at)", "rating": column("line.rating"), "category": column("line.category"), "kind": "kind", "status": "status",
	} {
		_, groups, err := v.Count(queryv1.Table_TABLE_LINES, nil, attribute)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, g := range groups {
			want[g.Key] = strconv.FormatUint(g.Count, 10)
		}
		sameGroups(t, db, want, "select (%s)::varchar as key, count(*)::varchar as n from '%s' group by all", expression, path("lines"))
	}
	want := map[string]string{}
	for key, sum := range sums {
		want[key] = sum.String()
	}
	sameGroups(t, db, want, "select (%s || ' ' || year(decided_at)) as key, sum(%s)::varchar as n from '%s' where %s is not null group by all", country, minor, path("lines"), minor)

	total, _, err := v.Count(queryv1.Table_TABLE_EVENTS, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	one := map[string]string{"licensing/all": strconv.FormatUint(total, 10)}
	sameGroups(t, db, one, "select journal as key, count(distinct number)::varchar as n from '%s' where fact->>'licence_id' like 'licensing/L-%%' and recorded_at >= timestamptz '2005-01-01 09:30:00.123456+00' group by all", path("events"))
	parts := "deal.lines"
	if format == "csv" {
		parts = `from_json("deal.lines", '[{"value": {"minor": "BIGINT"}, "parameters": {"part": "VARCHAR"}}]')`
	}
	all := new(big.Int)
	for _, sum := range sums {
		all.Add(all, sum)
	}
	sameGroups(t, db, map[string]string{"all": all.String()}, "select 'all' as key, sum(p.value.minor)::varchar as n from (select unnest(%s) as p from '%s') where p.parameters['part'] = 'no'", parts, path("licences"))
}

// sameGroups asks for keys and numbers.
func sameGroups(t *testing.T, db *duckdbtest.DB, want map[string]string, query string, args ...any) {
	t.Helper()
	rows, err := db.Query(fmt.Sprintf(query, args...))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range rows {
		got[row["key"].(string)], _ = row["n"].(string)
	}
	if len(got) != len(want) {
		t.Errorf("%d groups, want %d: %s", len(got), len(want), fmt.Sprintf(query, args...))
	}
	for key, n := range want {
		if got[key] != n {
			t.Errorf("%s: DuckDB says %q, the ledger %q: %s", key, got[key], n, fmt.Sprintf(query, args...))
			return
		}
	}
}

// documented asks what docs/analysts.md asks DuckDB. Each of its questions has an answer.
func documented(t *testing.T, db *duckdbtest.DB, above string) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "analysts.md"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Query("SET file_search_path = '" + above + "'"); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, block := range strings.Split(string(page), "```sql\n")[1:] {
		block, _, _ := strings.Cut(block, "```")
		for query := range strings.SplitSeq(block, ";") {
			if query = strings.TrimSpace(query); query == "" {
				continue
			}
			rows, err := db.Query(query)
			if err != nil || len(rows) == 0 && !strings.HasPrefix(query, "SET") {
				t.Errorf("%d rows, %v: %s", len(rows), err, query)
			}
			asked++
		}
	}
	if asked < 6 {
		t.Errorf("only %d questions were found", asked)
	}
}
