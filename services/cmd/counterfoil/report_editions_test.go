package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/refdata"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// line is what the publisher's table says in one line, but for its group, which is numbered anew in every edition.
type line struct {
	year, rating, country string
	refused               bool
	licences, pounds      int64
}

// without is a line whose country is not looked at: one that was renamed is the same record.
func (l line) without() line { l.country = ""; return l }

// only returns the lines that only one of two editions has, each as often as it has it more often.
func only(t *testing.T, in, not string) (lines []line) {
	t.Helper()
	const script = `cd "$3"; for e in "$1" "$2"; do tail -n +2 "$e" | cut -d, -f2- | LC_ALL=C sort > "${e##*/}.sorted"; done; LC_ALL=C comm -23 "${1##*/}.sorted" "${2##*/}.sorted"`
	folder := t.TempDir()
	for name, dir := range map[string]string{"in": in, "not": not} {
		if err := exec.Command("cp", filepath.Join(dir, "values.csv"), filepath.Join(folder, name)).Run(); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("sh", "-c", script, "sh", "in", "not", folder).Output()
	if err != nil {
		t.Fatalf("sort and compare: %v", err)
	}
	records, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		l := line{year: r[0][:4], rating: r[1], country: r[4], refused: r[5] == "1"}
		for i, into := range []*int64{&l.licences, &l.pounds} {
			if *into, err = strconv.ParseInt(orElse(r[2+i], "0"), 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		if code, known := refdata.Country(l.country); known {
			l.country = code
		}
		lines = append(lines, l)
	}
	return lines
}

// delta is how a row of a report differs: lines, licences and pounds.
type delta [3]int64

// changesBy are the rows of a year that lines make differ: table and keys.
func changesBy(year string, gone, added []line) map[string]delta {
	rows := map[string]delta{}
	for times, lines := range map[int64][]line{-1: gone, 1: added} {
		for _, l := range lines {
			if l.year != year {
				continue
			}
			for _, key := range rowsOfLine(l) {
				so := rows[key]
				so[0], so[1], so[2] = so[0]+times, so[1]+times*l.licences, so[2]+times*l.pounds
				rows[key] = so
			}
		}
	}
	for key, so := range rows {
		if so == (delta{}) {
			delete(rows, key)
		}
	}
	return rows
}

func rowsOfLine(l line) []string {
	if l.refused {
		return []string{"refused\texport\t" + l.country + "\t" + l.rating}
	}
	return []string{"destinations\texport\t" + l.country, "ratings\texport\t" + l.rating, "licences\texport\t" + l.country + "\t" + l.rating}
}

// at runs a command at an agency of a lab and returns what it prints.
func at(t *testing.T, agency string, exit int, args ...string) []byte {
	t.Helper()
	env := newEnv()
	var out bytes.Buffer
	env.Out, env.Err = &out, t.Output()
	if code := run(t.Context(), env, append([]string{"--context", agency}, args...)); code != exit {
		t.Fatalf("counterfoil %s ends with %d", strings.Join(args, " "), code)
	}
	return out.Bytes()
}

// The national reports of each year are frozen after one edition of the United Kingdom's register; after the next, comparing them with
// the facts as they stand lists exactly the rows that the publisher changed, by what it says otherwise in its own file.
func TestCompareFindsWhatThePublisherChanged(t *testing.T) {
	const edition = "caat-uk-licences-editions-2012"
	first, second := publishedtest.Data(t, edition, "2012-07-12"), publishedtest.Data(t, edition, "2012-10-11")
	folder := t.TempDir()
	t.Setenv("COUNTERFOIL_HOME", folder)
	l := labIn(t, folder)
	years := []string{"2008", "2009", "2010", "2011", "2012"}
	imported := func(dir, date string) {
		started := time.Now()
		at(t, "licensing", exitOK, "import", "uk-licences", dir, "--edition", date)
		caughtUp(t, l)
		t.Logf("edition of %s is on record after %v", date, time.Since(started))
	}
	imported(first, "2012-07-12")
	exportsEdition(t, first)
	for _, year := range years {
		at(t, "reporting", exitOK, "report", "freeze", "national/"+year, "--reason", "goods that nobody classified")
	}
	imported(second, "2012-10-11")
	exportsEditions(t, first, second)
	gone, added := only(t, first, second), only(t, second, first)
	if len(gone) != 9 || len(added) != 3361 {
		t.Fatalf("the publisher's files differ by %d lines that are gone and %d that are new", len(gone), len(added))
	}
	known := map[line]bool{}
	for _, of := range gone {
		known[of.without()] = true
	}
	for _, year := range years {
		var res reportingv1.CompareReportsResponse
		started := time.Now()
		if err := protojson.Unmarshal(at(t, "reporting", exitOK, "report", "compare", "reporting/national-"+year+".1", "national/"+year, "-o", "json"), &res); err != nil {
			t.Fatal(err)
		}
		got := map[string]delta{}
		causes := map[string]int{}
		for _, r := range res.Rows {
			if r.Table == "criteria" || r.Table == "authorized" {
				continue // of another file, and of classifications
			}
			key := r.Table + "\t" + strings.Join(r.Keys, "\t")
			got[key] = delta{
				r.GetB().GetLines() - r.GetA().GetLines(), r.GetB().GetLicences() - r.GetA().GetLicences(), (minor(r.GetB()) - minor(r.GetA())) / 100,
			}
			for _, c := range r.Changes {
				if r.Table == "licences" || r.Table == "refused" {
					causes[fmt.Sprintf("%v %v %v", c.Cause, c.A != nil, c.B != nil)]++
				}
			}
		}
		differ := changesBy(year, gone, added)
		if diff := cmp.Diff(differ, got); diff != "" {
			t.Errorf("rows of %s that differ (-publisher +compared):\n%s", year, diff)
		}
		want := map[string]int{}
		for sides, lines := range map[string][]line{"true false": gone, "false true": added} {
			for _, of := range lines {
				keys := rowsOfLine(of)
				if _, is := differ[keys[len(keys)-1]]; !is || of.year != year { // another name of a country that is the same is no other figure
					continue
				}
				cause := "CHANGE_CAUSE_LATE_DATA "
				if known[of.without()] {
					cause = "CHANGE_CAUSE_ERROR_CORRECTED "
				}
				want[cause+sides]++
			}
		}
		if diff := cmp.Diff(want, causes); diff != "" {
			t.Errorf("causes in %s (-publisher +compared):\n%s", year, diff)
		}
		t.Logf("%s: %d rows differ, found in %v", year, len(got), time.Since(started))
	}
}

func minor(a *reportingv1.Amounts) (sum int64) {
	for _, v := range a.GetValues() {
		sum += v.GetMinor()
	}
	return sum
}

// labIn runs the example's lab in a folder until the test ends.
func labIn(t *testing.T, folder string) *lab.Lab {
	t.Helper()
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l, err := lab.Start(ctx, lab.Folder(folder), plan, lab.Options{})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("lab ended: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close the lab: %v", err)
		}
	})
	if err := l.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	return l
}

// caughtUp waits until reporting has read all that licensing recorded.
func caughtUp(t *testing.T, l *lab.Lab) {
	t.Helper()
	id := journal.ID{Agency: "licensing", Group: "all"}
	var last uint64
	err := l.Agencies["licensing"].Node.Ledger.View(func(v ledger.View) error {
		p, err := v.Position(id)
		last = p.GetEvents()
		return err
	})
	if err == nil {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		err = l.Agencies["reporting"].Node.Ledger.Wait(ctx, id, last)
	}
	if err != nil {
		t.Fatal(err)
	}
}
