package ruex_test

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/figures"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/ruex"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const head = "year;gesamt;war_weapons;country_e;iso3_code\r\n"

func published(t *testing.T) (path string, file figures.File) {
	t.Helper()
	path = publishedtest.Data(t, "germany-ruex-2000-2013", "ruex_2000_2013.csv")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if file, err = ruex.Read(f); err != nil {
		t.Fatal(err)
	}
	return path, file
}

// What whoever copied the table says of it, number by number.
func TestPublishersFile(t *testing.T) {
	_, read := published(t)
	if len(read.Figures) != 2497 || len(read.Unread) != 0 {
		t.Fatalf("%d figures, %d lines unread", len(read.Figures), len(read.Unread))
	}
	odd, years, zero := map[string]int{}, map[uint32]int{}, 0
	for _, f := range read.Figures {
		years[f.Year]++
		for _, code := range f.Oddities {
			odd[code]++
		}
		if *f.LicensedMinor == 0 {
			zero++
		}
		if f.Exporter != "DE" || f.Currency != "EUR" || f.Category != "" || f.ExportedMinor == nil || !figures.IsTotal(f) || f.Importer == "" {
			t.Errorf("figure %v", f)
		}
	}
	if zero != 842 {
		t.Errorf("%d rows are zero", zero)
	}
	if diff := cmp.Diff(map[string]int{figures.WarAboveTotal: 63, figures.LineBreak: 8, figures.NoISOCode: 2, figures.NameVaries: 169}, odd); diff != "" {
		t.Errorf("oddities (-said +read):\n%s", diff)
	}
	if years[2000] != 172 || years[2008] != 173 || years[2011] != 216 || years[2012] != 216 || len(years) != 14 {
		t.Errorf("rows by year: %v", years)
	}
	for _, f := range read.Figures {
		switch {
		case figures.Odd(f, figures.LineBreak) && (f.ImporterName != "Timor-Leste\n" || f.Importer != "TL"):
			t.Errorf("a name over two lines is %q, %s", f.ImporterName, f.Importer)
		case figures.Odd(f, figures.NoISOCode) && f.Importer != "XK":
			t.Errorf("without a code: %v", f)
		}
	}
}

// awk adds up the file by itself, year by year.
func TestTotalsAreThoseThatAwkAddsUp(t *testing.T) {
	path, read := published(t)
	awk, err := exec.LookPath("awk")
	if err != nil {
		t.Skip("there is no awk here to add up the file")
	}
	out, err := exec.CommandContext(t.Context(), awk, "-F;", `NR > 1 && NF >= 4 { y = substr($1, 1, 4); n[y]++; v[y] += $2; x[y] += $3 } END { for (y in n) printf "%s %d %.0f %.0f\n", y, n[y], v[y], x[y] }`, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(out)) {
		year, sums, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[year] = sums
	}
	sums := map[uint32][3]int64{}
	for _, f := range read.Figures {
		s := sums[f.Year]
		sums[f.Year] = [3]int64{s[0] + 1, s[1] + *f.LicensedMinor/100, s[2] + *f.ExportedMinor/100}
	}
	got := map[string]string{}
	for year, s := range sums {
		got[strconv.Itoa(int(year))] = strings.Join([]string{strconv.FormatInt(s[0], 10), strconv.FormatInt(s[1], 10), strconv.FormatInt(s[2], 10)}, " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sums by year (-awk +read):\n%s", diff)
	}
}

func TestRead(t *testing.T) {
	f, err := ruex.Read(strings.NewReader(head + "2000-01-01;5;;Italy;ITA\r\n2000-1-1;5;0;Italy;ITA\r\n2000-01-01;;;Spain;ESP\r\n2000-01-01;1;x;Spain;ESP\r\n2001-01-01;0;7;Kosovo;123\r\n2001-01-01;0;7;;ITA\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Figures) != 3 || f.Figures[0].ExportedMinor != nil || f.Figures[0].GetLicensedMinor() != 500 {
		t.Errorf("figures %v", f.Figures)
	}
	if diff := cmp.Diff([][]string{nil, {figures.NoValue}, {figures.WarAboveTotal, figures.NoISOCode}}, oddities(f.Figures)); diff != "" {
		t.Errorf("oddities (-want +got):\n%s", diff)
	}
	var unread []string
	for _, u := range f.Unread {
		unread = append(unread, u.Reason)
	}
	if diff := cmp.Diff([]string{`"2000-1-1" is no year such as 2000-01-01`, `war_weapons: "x" is no whole number from 0 to 1000000000000`, "a country without a name"}, unread); diff != "" {
		t.Errorf("unread (-want +got):\n%s", diff)
	}
	for _, text := range []string{"", head, "year;total\n"} {
		if _, err := ruex.Read(strings.NewReader(text)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func oddities(all []*reportingv1.PartnerFigure) (list [][]string) {
	for _, f := range all {
		list = append(list, f.Oddities)
	}
	return list
}

// Whatever a file holds, reading ends, and a figure is within its limits.
func FuzzRead(f *testing.F) {
	f.Add(head + "2000-01-01;0;0;\"Timor-Leste\n\";TLS\r\n2001-01-01;9;10;Kosovo;123\r\n")
	f.Add(head + "2000-01-01;0;0;\"Timor-Leste\n2001-01-01;9;10;Kosovo;123\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := ruex.Read(strings.NewReader(text))
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		for _, figure := range file.Figures {
			if figure.Line < 2 || figure.Year < 1990 || figure.GetLicensedMinor() < 0 || figure.ImporterName == "" {
				t.Errorf("figure %v", figure)
			}
		}
	})
}
