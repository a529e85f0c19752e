package euexports_test

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/euexports"
	"github.com/counterfoil/counterfoil/libs/published/figures"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const head = "unique-id;\" \"\"year\"\"\";importing-country;exporting-country;CML-category;num-licenses-imported;val-licenses-imported;val-arms-imported\r\n"

func path(t *testing.T) string {
	return publishedtest.Data(t, "okfn-eu-armsexports-2005-2010", "eu-armsexports.2005-2010.csv")
}

func published(t *testing.T) figures.File {
	t.Helper()
	f, err := os.Open(path(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read, err := euexports.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func mustRead(t *testing.T, rows string) figures.File {
	t.Helper()
	f, err := euexports.Read(strings.NewReader(head + rows))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// count says of how many figures something is true.
func count(all []*reportingv1.PartnerFigure, is func(*reportingv1.PartnerFigure) bool) (n int) {
	for _, f := range all {
		if is(f) {
			n++
		}
	}
	return n
}

// What whoever copied the table says of it, number by number.
func TestPublishersFile(t *testing.T) {
	read := published(t)
	if len(read.Figures) != 36_881 || len(read.Unread) != 0 {
		t.Fatalf("%d figures, %d lines unread", len(read.Figures), len(read.Unread))
	}
	years := map[uint32]int{}
	odd := map[string]int{}
	for _, f := range read.Figures {
		years[f.Year]++
		for _, code := range f.Oddities {
			odd[code]++
		}
	}
	if diff := cmp.Diff(map[uint32]int{2005: 4878, 2006: 5212, 2007: 6071, 2008: 6391, 2009: 7032, 2010: 7297}, years); diff != "" {
		t.Errorf("rows by year (-said +read):\n%s", diff)
	}
	wantOdd := map[string]int{
		figures.TotalRow: 7818, figures.TotalNotSum: 1170, figures.TotalRounded: 285, figures.TotalAlone: 1080, figures.LicencesNotSum: 41,
		figures.ExportedNotSum: 85, figures.NoTotalRow: 44, figures.NoValue: 6, figures.ImplausibleCount: 4, figures.ScrapedTotal: 10,
		figures.UnknownExporter: 47, figures.UnknownImporter: 15, figures.NameVaries: 342,
	}
	if diff := cmp.Diff(wantOdd, odd); diff != "" {
		t.Errorf("oddities (-said +read):\n%s", diff)
	}
	for what, want := range map[string]struct {
		n  int
		is func(*reportingv1.PartnerFigure) bool
	}{
		"no licences":       {2041, func(f *reportingv1.PartnerFigure) bool { return f.Licences == nil }},
		"no licensed value": {4550, func(f *reportingv1.PartnerFigure) bool { return f.LicensedMinor == nil }},
		"no exports":        {23_715, func(f *reportingv1.PartnerFigure) bool { return f.ExportedMinor == nil }},
		"totals with a licensed value that is the sum, to one euro": {6276, func(f *reportingv1.PartnerFigure) bool {
			return figures.IsTotal(f) && f.LicensedMinor != nil && !figures.Odd(f, figures.TotalNotSum)
		}},
		"Chrypre":        {2, func(f *reportingv1.PartnerFigure) bool { return f.ExporterName == "Chrypre" && f.Exporter == "" }},
		"CzechRepublic":  {2, func(f *reportingv1.PartnerFigure) bool { return f.ExporterName == "CzechRepublic" && f.Exporter == "" }},
		"na as exporter": {33, func(f *reportingv1.PartnerFigure) bool { return f.ExporterName == "na" && f.Exporter == "" }},
		"na as importer": {9, func(f *reportingv1.PartnerFigure) bool { return f.ImporterName == "Na" && f.Importer == "" }},
		"Kosovo":         {14, func(f *reportingv1.PartnerFigure) bool { return f.Importer == "XK" }},
		"two States' islands": {6, func(f *reportingv1.PartnerFigure) bool {
			return f.ImporterName == "United Kingdom (Channel Islands)" && f.Importer == ""
		}},
	} {
		if n := count(read.Figures, want.is); n != want.n {
			t.Errorf("%s: %d figures; want %d", what, n, want.n)
		}
	}
}

// The four counts that the rule takes for values, and no other.
func TestImplausibleCounts(t *testing.T) {
	var got []string
	for _, f := range published(t).Figures {
		if figures.Odd(f, figures.ImplausibleCount) {
			got = append(got, strings.Join([]string{strconv.Itoa(int(f.Line)), strconv.Itoa(int(f.Year)), f.ExporterName, f.ImporterName, f.Category, strconv.Itoa(int(f.GetLicences()))}, " "))
		}
	}
	want := []string{
		"10607 2007 Bulgaria Kyrgyzstan ML3 15300", "15027 2005 Czech Republic Netherlands ML2 1000",
		"18446 2008 Denmark Bulgaria Total 66000", "18447 2008 Denmark Bulgaria ML21 66000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("implausible (-want +got):\n%s", diff)
	}
}

// awk adds up the file by itself: cell by cell it comes to what was read.
func TestTotalsAreThoseThatAwkAddsUp(t *testing.T) {
	awk, err := exec.LookPath("awk")
	if err != nil {
		t.Skip("there is no awk here to add up the file")
	}
	for _, by := range []struct {
		name, columns string
		key           func(*reportingv1.PartnerFigure) string
	}{
		{"year", `$2`, func(f *reportingv1.PartnerFigure) string { return strconv.Itoa(int(f.Year)) }},
		{"exporter", `$4`, func(f *reportingv1.PartnerFigure) string { return f.ExporterName }},
		{"category", `$5`, func(f *reportingv1.PartnerFigure) string { return f.Category }},
		{"cell", `$2 "|" $4 "|" $5`, func(f *reportingv1.PartnerFigure) string {
			return strconv.Itoa(int(f.Year)) + "|" + f.ExporterName + "|" + f.Category
		}},
	} {
		t.Run(by.name, func(t *testing.T) {
			program := `NR > 1 { sub(/\r$/, ""); k = ` + by.columns + `; n[k]++; l[k] += $6; v[k] += $7; x[k] += $8 } END { for (k in n) printf "%s\t%d %d %.0f %.0f\n", k, n[k], l[k], v[k], x[k] }`
			out, err := exec.CommandContext(t.Context(), awk, "-F;", program, path(t)).Output()
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for line := range strings.Lines(string(out)) {
				key, sums, _ := strings.Cut(strings.TrimSpace(line), "\t")
				want[key] = sums
			}
			sums := map[string][4]int64{}
			for _, f := range published(t).Figures {
				s := sums[by.key(f)]
				s[0]++
				s[1] += int64(f.GetLicences())
				s[2] += f.GetLicensedMinor() / 100
				s[3] += f.GetExportedMinor() / 100
				sums[by.key(f)] = s
			}
			got := map[string]string{}
			for key, s := range sums {
				var texts []string
				for _, n := range s {
					texts = append(texts, strconv.FormatInt(n, 10))
				}
				got[key] = strings.Join(texts, " ")
			}
			if diff := cmp.Diff(want, got); diff != "" || len(got) < 6 {
				t.Errorf("%d cells (-awk +read):\n%s", len(got), diff)
			}
		})
	}
}

// Every field of every row is what the file has, read as plain comma-separated values.
func TestNoRowIsReadOtherwise(t *testing.T) {
	file, err := os.Open(path(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain := csv.NewReader(file)
	plain.Comma = ';'
	if _, err := plain.Read(); err != nil {
		t.Fatal(err)
	}
	for _, f := range published(t).Figures {
		row, err := plain.Read()
		if err != nil {
			t.Fatal(err)
		}
		got := []string{row[0], strconv.Itoa(int(f.Year)), f.ImporterName, f.ExporterName, f.Category, "", "", ""}
		if f.Licences != nil {
			got[5] = strconv.FormatUint(*f.Licences, 10)
		}
		if f.LicensedMinor != nil {
			got[6] = strconv.FormatInt(*f.LicensedMinor/100, 10)
		}
		if f.ExportedMinor != nil {
			got[7] = strconv.FormatInt(*f.ExportedMinor/100, 10)
		}
		if line, _ := plain.FieldPos(0); line != int(f.Line) {
			t.Fatalf("line %d is said to be %d", line, f.Line)
		}
		if diff := cmp.Diff(row, got); diff != "" {
			t.Fatalf("line %d (-file +read):\n%s", f.Line, diff)
		}
	}
	if _, err := plain.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("there is more in the file: %v", err)
	}
}

func TestReadOdd(t *testing.T) {
	tests := []struct {
		name, rows string
		want       [][]string
	}{
		{"a sum", "1;2008;Italy;France;Total;3;10;4\r\n2;2008;Italy;France;ML1;1;4;4\r\n3;2008;Italy;France;ML2;2;6;\r\n", [][]string{{figures.TotalRow}, nil, nil}},
		{"no sum", "1;2008;Italy;France;Total;4;12;5\r\n2;2008;Italy;France;ML1;1;4;4\r\n3;2008;Italy;France;ML2;2;6;\r\n",
			[][]string{{figures.TotalRow, figures.TotalNotSum, figures.LicencesNotSum, figures.ExportedNotSum}, nil, nil}},
		{"rounded", "1;2008;Italy;France;Total;;11;\r\n2;2008;Italy;France;ML1;;10;\r\n", [][]string{{figures.TotalRow, figures.TotalRounded}, nil}},
		{"alone", "1;2008;Italy;France;Total;;11;\r\n", [][]string{{figures.TotalRow, figures.TotalNotSum, figures.TotalAlone}}},
		{"no total", "1;2008;Italy;France;ML1;;11;\r\n", [][]string{{figures.NoTotalRow}}},
		{"nothing stated", "1;2008;Italy;France;Total;;;\r\n", [][]string{{figures.TotalRow, figures.NoValue}}},
		{"zero is stated", "1;2008;Italy;France;Total;0;0;0\r\n", [][]string{{figures.TotalRow, figures.TotalAlone}}},
		{"two names", "1;2008;Cape Verde;France;Total;;0;\r\n2;2008;Cap Verde;France;Total;;0;\r\n3;2009;Cap Verde;France;Total;;0;\r\n", [][]string{
			{figures.TotalRow, figures.TotalAlone, figures.NameVaries, figures.DuplicatePair}, {figures.TotalRow, figures.TotalAlone, figures.NameVaries, figures.DuplicatePair},
			{figures.TotalRow, figures.TotalAlone, figures.NameVaries}}},
		{"no State", "1;2008;na;TOTAL PER ML categorya;ML1;100;100;\r\n", [][]string{{figures.UnknownImporter, figures.UnknownExporter, figures.ScrapedTotal, figures.ImplausibleCount, figures.NoTotalRow}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got [][]string
			for _, f := range mustRead(t, tt.rows).Figures {
				got = append(got, f.Oddities)
			}
			sorted := cmp.Transformer("sorted", func(codes []string) map[string]bool {
				set := map[string]bool{}
				for _, c := range codes {
					set[c] = true
				}
				return set
			})
			if diff := cmp.Diff(tt.want, got, sorted); diff != "" {
				t.Errorf("oddities (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinesThatCannotBeRead(t *testing.T) {
	f := mustRead(t, "1;2008;Italy;France;ML1;1;5;\r\n2;08;Italy;France;ML1;1;5;\r\n3;2008;;France;ML1;1;5;\r\n4;2008;Italy;France;;1;5;\r\n5;2008;Italy;France;ML1;one;5;\r\n"+
		"6;2008;Italy;France;ML1;1;-5;\r\n7;2008;Italy;France;ML1;1;5;1000000000001\r\n8;2008;Italy\r\n9;2008;It\xffaly;France;ML1;1;5;\r\n10;2008;Italy;France;ML2;1;5;\r\n")
	var got []string
	for _, u := range f.Unread {
		got = append(got, strconv.Itoa(int(u.Line))+": "+u.Reason)
	}
	want := []string{
		`3: "08" is no year from 1990 to 2200`, "4: a country without a name", `5: "" is no category`, `6: licences: "one" is no whole number from 0 to 1000000000000`,
		`7: value licensed: "-5" is no whole number from 0 to 1000000000000`, `8: value exported: "1000000000001" is no whole number from 0 to 1000000000000`,
		"9: 3 columns where the head has 8", `10: the name "It�aly" has bytes that are no text`,
	}
	if diff := cmp.Diff(want, got); diff != "" || len(f.Figures) != 2 || f.Figures[1].Line != 11 {
		t.Errorf("%d figures, unread (-want +got):\n%s", len(f.Figures), diff)
	}
	if f.Unread[6].Text != "8;2008;Italy" {
		t.Errorf("the line reads %q", f.Unread[6].Text)
	}
}

func TestAnotherFileIsRefused(t *testing.T) {
	for _, text := range []string{"", head, "year;gesamt\n2000;1\n", "\"", head + "1;x;Italy;France;ML1;1;5;\r\n"} {
		if _, err := euexports.Read(strings.NewReader(text)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whatever a file holds, every row of it is a figure or is said to be unread.
func FuzzRead(f *testing.F) {
	f.Add(head + "1;2006;Canada;Italy;Total;10;7062581;3970600\r\n2;2006;Canada;\"Czech Republic\";ML3;2;189000;\r\n")
	f.Add(head + "1;2006;\"Timor\nLeste\";na;Total;;;\r\n2;2006;Canada;Italy;ML1;x;;")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := euexports.Read(strings.NewReader(text))
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		last := uint32(0)
		for _, figure := range file.Figures {
			if figure.Line <= last || figure.Year < 1990 || figure.Year > 2200 || figure.GetLicensedMinor() < 0 || figure.GetExportedMinor() < 0 {
				t.Errorf("figure %v after line %d", figure, last)
			}
			last = figure.Line
		}
	})
}
