package edition_test

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/edition"
)

// figure is a cell of the national report: lines, licences and whole pounds.
type figure [3]int64

// sums adds a publisher's file up by itself: lines, licences and pounds of each year, table and key. Refusals by criterion count a
// denial once for each time that it gives the criterion. A field in quotes may hold commas; no field holds a quote.
const sums = `
function fields(line,   n, c, i, quoted) {
	n = 1; f[1] = ""; quoted = 0
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (c == "\"") quoted = !quoted
		else if (c == "," && !quoted) f[++n] = ""
		else f[n] = f[n] c
	}
	return n
}
function add(key, many, value) { lines[key]++; licences[key] += many; pounds[key] += value }
FNR == 1 { file++; next }
file == 1 {
	fields($0); year = substr(f[2], 1, 4)
	if (f[7] == "1") {
		add(year "\trefused\t" f[6] "\t" f[3], f[4], f[5])
		refused[f[1]] = year
	} else {
		add(year "\tdestinations\t" f[6], f[4], f[5])
		add(year "\tratings\t" f[3], f[4], f[5])
		add(year "\tlicences\t" f[6] "\t" f[3], f[4], f[5])
	}
}
file == 2 { fields($0); if (f[1] in refused) { add(refused[f[1]] "\tcriteria\t" f[2], 1, 0); stated[f[1]] = 1 } }
END {
	for (g in refused) if (!(g in stated)) add(refused[g] "\tcriteria\t", 1, 0)
	for (k in lines) printf "%s\t=%d\t%d\t%.0f\n", k, lines[k], licences[k], pounds[k]
}`

// summedByAwk sums up an edition with awk, and puts names of countries as the ledger has them.
func summedByAwk(t *testing.T, folder string) map[string]figure {
	t.Helper()
	out, err := exec.Command("awk", sums, filepath.Join(folder, "values.csv"), filepath.Join(folder, "refusal-criteria.csv")).Output()
	if err != nil {
		t.Fatalf("awk: %v", err)
	}
	want := map[string]figure{}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		key, cells, ok := strings.Cut(s.Text(), "\t=")
		if !ok {
			t.Fatalf("awk said %q", s.Text())
		}
		parts := strings.Split(key, "\t")
		if table := parts[1]; table == "destinations" || table == "licences" || table == "refused" {
			if code, known := refdata.Country(parts[2]); known {
				parts[2] = code
			}
		}
		so := want[strings.Join(parts, "\t")]
		for i, cell := range strings.Split(cells, "\t") {
			n, err := strconv.ParseInt(cell, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			so[i] += n
		}
		want[strings.Join(parts, "\t")] = so
	}
	return want
}

// reported are the cells of the national reports of some years, in the same shape.
func reported(t *testing.T, l *ledger.Ledger, drafts map[int]*report.Draft) map[string]figure {
	t.Helper()
	got := map[string]figure{}
	err := l.View(func(view ledger.View) error {
		for year := 2008; year <= 2012; year++ {
			if drafts[year] == nil {
				spec, err := report.NewSpec("", nil, report.National, year)
				if err != nil {
					return err
				}
				if drafts[year], err = report.Build(view, spec); err != nil {
					return err
				}
			} else if _, err := drafts[year].Update(view); err != nil {
				return err
			}
			c, err := drafts[year].Content(view, false)
			if err != nil {
				return err
			}
			for _, r := range c.Rows {
				keys := r.Keys
				if r.Table != "criteria" {
					keys = keys[1:] // of every kind of transfer
				}
				key := strings.Join(append([]string{strconv.Itoa(year), r.Table}, keys...), "\t")
				so := got[key]
				so[0] += r.Amounts.Lines
				if r.Table == "criteria" {
					so[1] += r.Amounts.Lines
				} else {
					so[1] += r.Amounts.Licences
				}
				for _, v := range r.Amounts.Values {
					if v.Currency != "GBP" {
						t.Errorf("a value in %s", v.Currency)
					}
					so[2] += v.Minor / 100
				}
				got[key] = so
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The United Kingdom's register, three editions one after the other: after each, the national report of every year is, cell by cell,
// what awk makes of the publisher's file; the drafts are kept up and never built anew.
func TestNationalReportIsThePublishersFile(t *testing.T) {
	r := newRegister(t, ledgertest.Open(t, "licensing"), 1000)
	drafts := map[int]*report.Draft{}
	for _, tt := range []struct{ release, date string }{
		{"caat-uk-licences-2012-06", "2012-06-14"},
		{"caat-uk-licences-editions-2012/2012-07-12", "2012-07-12"},
		{"caat-uk-licences-editions-2012/2012-10-11", "2012-10-11"},
	} {
		folder := publishedtest.Data(t, filepath.FromSlash(tt.release))
		ed, err := uklicences.Read(context.Background(), folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, req := range r.requests(tt.date, published.Compare(r.contents(), ed.Entries)) {
			r.execute(func(view ledger.View) ([]proto.Message, error) { return edition.Record(view, req) })
		}
		r.execute(func(view ledger.View) ([]proto.Message, error) {
			return edition.Close(view, &licensingv1.CloseEditionRequest{Particulars: particulars(), Source: source, Edition: tt.date, Digest: published.EditionDigest(ed.Entries)})
		})
		want, got := summedByAwk(t, folder), reported(t, r.l, drafts)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after the edition of %s (-awk +report):\n%s", tt.date, diff)
		}
		t.Logf("%s: %d cells", tt.date, len(want))
	}
}
