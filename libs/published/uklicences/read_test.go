package uklicences

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const valuesHeader = "licence_group,date,rating,count,value,country,refused\n"

// folder is a publisher's folder with three decisions, in which files can be replaced.
func folder(files map[string]string) fstest.MapFS {
	all := map[string]string{
		valuesFile: valuesHeader +
			"1,2008-01-02,ML1,1,3540,Italy,0\n" +
			"1,2008-01-02,ML3,2,0,Italy,0\n" +
			"2,2008-02,ML10,1,,\"Korea, South\",1\n" +
			"3,2008-03-01,PL5017,72,1573833315,Côte d'Ivoire,0\n",
		criteriaFile:     "licence_group,criteria,description\n2,7,\"Risk of \"\"diversion\"\"\"\n2,2,x\n2,7,again\n",
		destinationsFile: "licence_group,destination\n1,Chile\n1,Burma\n",
		sourcesFile:      "licence_group,source\n3,Non Specific Country\n",
		ratingsFile:      "rating,military\nML1,1\nML3,1\nML10,1\nPL5017,1\n",
	}
	for name, content := range files {
		if content == "" {
			delete(all, name)
			continue
		}
		all[name] = content
	}
	fsys := fstest.MapFS{}
	for name, content := range all {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

func readMap(fsys fstest.MapFS) (*Edition, error) {
	return readFolder(context.Background(), newReader(fsys, "folder", nil))
}

func mustRead(t *testing.T, fsys fstest.MapFS) *Edition {
	t.Helper()
	ed, err := readMap(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return ed
}

func TestRead(t *testing.T) {
	ed := mustRead(t, folder(nil))
	gbp := func(pence int64) *transferv1.Money { return &transferv1.Money{Minor: pence, Currency: "GBP"} }
	want := []*licensingv1.Entry{
		{
			Date:        "2008-01-02",
			Destination: &licensingv1.Place{Country: "IT", Name: "Italy"},
			Onward:      []*licensingv1.Place{{Country: "MM", Name: "Burma"}, {Country: "CL", Name: "Chile"}},
			Lines: []*transferv1.Line{
				{Number: 1, Rating: "ML1", Licences: 1, Value: gbp(354000)},
				{Number: 2, Rating: "ML3", Licences: 2, Value: gbp(0), Category: transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION},
			},
		},
		{
			Date:        "2008-02",
			Refused:     true,
			Destination: &licensingv1.Place{Country: "KR", Name: "Korea, South"},
			Lines:       []*transferv1.Line{{Number: 1, Rating: "ML10", Licences: 1}},
			Criteria:    []string{"2", "7", "7"},
		},
		{
			Date:        "2008-03-01",
			Destination: &licensingv1.Place{Country: "CI", Name: "Côte d'Ivoire"},
			Sources:     []*licensingv1.Place{{Name: "Non Specific Country"}},
			Lines:       []*transferv1.Line{{Number: 1, Rating: "PL5017", Licences: 72, Value: gbp(157383331500)}},
		},
	}
	if diff := cmp.Diff(want, ed.Entries, protocmp.Transform(), protocmp.IgnoreFields(&licensingv1.Entry{}, "digest")); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if ed.Lines != 4 || ed.Refused != 1 || ed.ProblemRows != 0 {
		t.Errorf("%d lines, %d refused, problems %v", ed.Lines, ed.Refused, ed.Problems)
	}
	remarks := []Problem{
		{File: sourcesFile, Line: 2, Reason: `"Non Specific Country" has no country code (no country is meant); kept by name`, Rows: 1},
	}
	if diff := cmp.Diff(remarks, ed.Remarks); diff != "" {
		t.Errorf("remarks (-want +got):\n%s", diff)
	}
}

// A row of values.csv that cannot be read is a problem, and the rows around it are read.
func TestReadBadRows(t *testing.T) {
	good := "9,2010-01-01,ML1,1,5,Italy,0\n"
	huge := fmt.Sprint(int64(math.MaxInt64/100) + 1)
	tests := []struct{ name, row, reason string }{
		{"no group", " ,2010-01-01,ML1,1,5,Italy,0", "licence_group is empty"},
		{"no date", "8,,ML1,1,5,Italy,0", `date "" is no yyyy-mm-dd or yyyy-mm since 1900; it was the only row of licence group 8`},
		{"other date", "8,1/2/2010,ML1,1,5,Italy,0", `date "1/2/2010" is no yyyy-mm-dd or yyyy-mm since 1900; it was the only row of licence group 8`},
		{"month 13", "8,2010-13,ML1,1,5,Italy,0", `date "2010-13" is no yyyy-mm-dd or yyyy-mm since 1900; it was the only row of licence group 8`},
		{"year 0", "8,0010-01,ML1,1,5,Italy,0", `date "0010-01" is no yyyy-mm-dd or yyyy-mm since 1900; it was the only row of licence group 8`},
		{"no rating", "8,2010-01,,1,5,Italy,0", "rating is empty; it was the only row of licence group 8"},
		{"long rating", "8,2010-01," + strings.Repeat("M", 65) + ",1,5,Italy,0", "rating is longer than 64 bytes; it was the only row of licence group 8"},
		{"no country", "8,2010-01,ML1,1,5,,0", "country is empty; it was the only row of licence group 8"},
		{"damaged country", "8,2010-01,ML1,1,5,It\ufffdly,0", `country "It�ly" has bytes that are no text; it was the only row of licence group 8`},
		{"control character", "8,2010-01,ML1,1,5,It\x1b[2Jaly,0", `country "It\x1b[2Jaly" has control characters; it was the only row of licence group 8`},
		{"count 0", "8,2010-01,ML1,0,5,Italy,0", `count "0" is no number of licences from 1 to 4294967295; it was the only row of licence group 8`},
		{"count text", "8,2010-01,ML1,two,5,Italy,0", `count "two" is no number of licences from 1 to 4294967295; it was the only row of licence group 8`},
		{"count huge", "8,2010-01,ML1,4294967296,5,Italy,0", `count "4294967296" is no number of licences from 1 to 4294967295; it was the only row of licence group 8`},
		{"value negative", "8,2010-01,ML1,1,-5,Italy,0", `value "-5" is no number of pounds from 0 to 92233720368547758; it was the only row of licence group 8`},
		{"value garbled", "8,2010-01,ML1,1,5x,Italy,0", `value "5x" is no number of pounds from 0 to 92233720368547758; it was the only row of licence group 8`},
		{"value fraction", "8,2010-01,ML1,1,5.50,Italy,0", `value "5.50" is no number of pounds from 0 to 92233720368547758; it was the only row of licence group 8`},
		{"value huge", "8,2010-01,ML1,1," + huge + ",Italy,0", `value "` + huge + `" is no number of pounds from 0 to 92233720368547758; it was the only row of licence group 8`},
		{"refused 2", "8,2010-01,ML1,1,5,Italy,2", `refused is "2", not 0 or 1; it was the only row of licence group 8`},
		{"bad row of a good group", "9,2010-01,ML1,0,5,Italy,0", `count "0" is no number of licences from 1 to 4294967295; licence group 9 is recorded without it`},
		{"other date in the group", "9,2010-01-02,ML1,1,5,Italy,0", "granted for Italy on 2010-01-02, but the licence group was granted for Italy on 2010-01-01; licence group 9 is recorded without it"},
		{"other country in the group", "9,2010-01-01,ML1,1,5,Spain,0", "granted for Spain on 2010-01-01, but the licence group was granted for Italy on 2010-01-01; licence group 9 is recorded without it"},
		{"other decision in the group", "9,2010-01-01,ML1,1,5,Italy,1", "refused for Italy on 2010-01-01, but the licence group was granted for Italy on 2010-01-01; licence group 9 is recorded without it"},
		{"short", "8,2010-01,ML1", "3 columns where the header has 7"},
		{"long", "8,2010-01,ML1,1,5,Italy,0,extra", "8 columns where the header has 7"},
		{"unquoted comma", "8,2010-01,ML1,1,5,Korea, South,0", "8 columns where the header has 7"},
		{"stray quote", `8,2010-01,ML1,1,5,It"aly,0`, "a quote inside field 6, which is not quoted"},
		{"text after a quote", `8,2010-01,ML1,1,5,"Italy"x,0`, "text after the closing quote of field 6"},
		{"open quote", `8,2010-01,"ML1,1,5,Italy,0`, "a quote is not closed"},
		{"long line", "8," + strings.Repeat("x", maxLine), "longer than 65536 bytes"},
	}
	for _, tt := range tests {
		for _, end := range []string{"\n", "\r\n"} {
			t.Run(tt.name+fmt.Sprintf("%q", end), func(t *testing.T) {
				content := valuesHeader + good + tt.row + "\n" + good + "10,2011-01,ML2,1,6,Spain,0"
				ed := mustRead(t, folder(map[string]string{
					valuesFile:       strings.ReplaceAll(content, "\n", end),
					criteriaFile:     "licence_group,criteria\n",
					destinationsFile: "licence_group,destination\n",
					sourcesFile:      "licence_group,source\n",
				}))
				want := []Problem{{File: valuesFile, Line: 3, Reason: tt.reason, Rows: 1}}
				if diff := cmp.Diff(want, ed.Problems); diff != "" || ed.ProblemRows != 1 {
					t.Errorf("%d problem rows (-want +got):\n%s", ed.ProblemRows, diff)
				}
				if len(ed.Entries) != 2 || ed.Lines != 3 {
					t.Errorf("%d entries with %d lines; want 2 with 3", len(ed.Entries), ed.Lines)
				}
			})
		}
	}
}

func TestReadBadAttachments(t *testing.T) {
	ed := mustRead(t, folder(map[string]string{
		criteriaFile:     "criteria,licence_group\n7,2\n7,1\n7,99\n,2\n" + strings.Repeat("x", 21) + ",2\n",
		destinationsFile: "licence_group,destination\n98,Chile\n1,Chile\n99,Peru\n,Peru\n1,\n1,Atlantis\n1,Atlantis\n",
		sourcesFile:      "licence_group,source\n1,Spain\n\n\n1\n",
	}))
	want := []Problem{
		{File: criteriaFile, Line: 3, Reason: "its licence group was granted; left out", Rows: 1},
		{File: criteriaFile, Line: 5, Reason: "criteria is empty", Rows: 1},
		{File: criteriaFile, Line: 6, Reason: "criteria is longer than 20 bytes", Rows: 1},
		{File: destinationsFile, Line: 5, Reason: "licence_group is empty", Rows: 1},
		{File: destinationsFile, Line: 6, Reason: "destination is empty", Rows: 1},
		{File: sourcesFile, Line: 5, Reason: "1 columns where the header has 2", Rows: 1},
	}
	if diff := cmp.Diff(want, ed.Problems); diff != "" || ed.ProblemRows != 6 {
		t.Errorf("%d problem rows (-want +got):\n%s", ed.ProblemRows, diff)
	}
	remarks := []Problem{
		{File: criteriaFile, Line: 4, Reason: "its licence group is not in values.csv: it says nothing of a licence that is here", Rows: 1},
		{File: destinationsFile, Line: 2, Reason: "its licence group is not in values.csv: it says nothing of a licence that is here", Rows: 2},
		{File: destinationsFile, Line: 7, Reason: `"Atlantis" is no country known here; kept by name`, Rows: 2},
		{File: destinationsFile, Line: 8, Reason: "said before of its licence group; kept once", Rows: 1},
	}
	if diff := cmp.Diff(remarks, ed.Remarks); diff != "" {
		t.Errorf("remarks (-want +got):\n%s", diff)
	}
}

func TestReadRemarks(t *testing.T) {
	ed := mustRead(t, folder(map[string]string{
		valuesFile: valuesHeader +
			"1,2008-01,ML1,1,,Italy,0\n" +
			"2,2008-01,ML1,1,5,Italy,1\n" +
			"3,2008-01,ML99,1,5,Sarkhan,0\n" +
			"3,2008-01,ML99,1,5,Sarkhan,0\n",
		sourcesFile: "licence_group,source\n",
	}))
	want := []Problem{
		{File: valuesFile, Line: 2, Reason: "granted without a value; kept without", Rows: 1},
		{File: valuesFile, Line: 3, Reason: "refused with a value; kept", Rows: 1},
		{File: valuesFile, Line: 4, Reason: `"Sarkhan" is no country known here; kept by name`, Rows: 2},
		{File: valuesFile, Line: 4, Reason: `rating "ML99" is not in ratings.csv; kept`, Rows: 2},
		{File: valuesFile, Line: 5, Reason: "twice in its licence group; kept twice", Rows: 1},
	}
	if diff := cmp.Diff(want, ed.Remarks); diff != "" || ed.ProblemRows != 0 || ed.Lines != 4 {
		t.Errorf("%d lines, problems %v, remarks (-want +got):\n%s", ed.Lines, ed.Problems, diff)
	}
}

func TestReadRefusesFiles(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"missing", map[string]string{destinationsFile: "", criteriaFile: ""}, "folder has no refusal-criteria.csv, destinations.csv; an edition without it would seem to leave out what it says"},
		{"no column", map[string]string{valuesFile: "licence_group,date,rating,count,value,country\n"}, "folder/values.csv, line 1: no column refused; expected the columns licence_group, date, rating, count, value, country, refused"},
		{"two columns", map[string]string{sourcesFile: "source,licence_group,Source\n"}, "folder/sources.csv, line 1: two columns source; expected the columns licence_group, source"},
		{"no header", map[string]string{sourcesFile: "\n\n"}, "folder/sources.csv, line 2: no header (EOF); expected the columns licence_group, source"},
		{"binary", map[string]string{valuesFile: "PK\x03\x04\"\x00"}, "folder/values.csv, line 1: no header (a quote inside field 1, which is not quoted); expected the columns licence_group, date, rating, count, value, country, refused"},
		{"no rows", map[string]string{valuesFile: valuesHeader + "\n"}, "folder/values.csv has no rows; an edition with no licences would withdraw everything on record"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readMap(folder(tt.files))
			if err == nil || err.Error() != tt.want || !errors.Is(err, fault.Invalid) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	empty := folder(nil)
	empty[valuesFile].Data = nil
	if _, err := readMap(empty); err == nil || err.Error() != "folder/values.csv is empty" {
		t.Errorf("empty values.csv: %v", err)
	}
	if _, err := Read(context.Background(), t.TempDir()+"/none", nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("no folder: %v", err)
	}
	ed := mustRead(t, folder(map[string]string{ratingsFile: ""}))
	if len(ed.Entries) != 3 || ed.Remarks[0].File != ratingsFile {
		t.Errorf("without ratings.csv: %d entries, remarks %v", len(ed.Entries), ed.Remarks)
	}
}

func TestReadLimits(t *testing.T) {
	r := newReader(folder(nil), "folder", nil)
	r.maxRows = 3
	if _, err := readFolder(context.Background(), r); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "more than 3 rows") {
		t.Errorf("4 rows where 3 are allowed: %v", err)
	}
	r = newReader(folder(nil), "folder", nil)
	r.maxFile = 100
	if _, err := readFolder(context.Background(), r); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "at most 100 can be read") {
		t.Errorf("a file beyond 100 bytes: %v", err)
	}

	var rows strings.Builder
	for range maxGroupLines + 5 {
		rows.WriteString("1,2008-01,ML1,1,5,Italy,0\n")
	}
	var places strings.Builder
	for i := range maxGroupPlaces + 5 {
		fmt.Fprintf(&places, "1,Place %d\n", i)
	}
	ed := mustRead(t, folder(map[string]string{
		valuesFile:       valuesHeader + rows.String(),
		destinationsFile: "licence_group,destination\n" + places.String(),
	}))
	if ed.Lines != maxGroupLines || len(ed.Entries[0].Onward) != maxGroupPlaces || ed.ProblemRows != 5+5 {
		t.Errorf("%d lines, %d destinations, %d problem rows: %v", ed.Lines, len(ed.Entries[0].Onward), ed.ProblemRows, ed.Problems)
	}

	// More problems than are listed are still counted.
	rows.Reset()
	for i := range 3 * 1000 {
		fmt.Fprintf(&rows, "1,2008-01,ML1,bad %d,5,Italy,0\n", i)
	}
	ed = mustRead(t, folder(map[string]string{valuesFile: valuesHeader + rows.String() + "1,2008-01,ML1,1,5,Italy,0\n"}))
	if len(ed.Problems) != 1000 || ed.ProblemRows < 3*1000 || ed.Lines != 1 {
		t.Errorf("%d problems, %d rows, %d lines", len(ed.Problems), ed.ProblemRows, ed.Lines)
	}
}

// The same folder in another encoding is the same edition.
func TestReadEncodings(t *testing.T) {
	plain := mustRead(t, folder(nil))
	tests := []struct {
		name   string
		in     encoding.Encoding
		remark string
	}{
		{"Windows-1252", charmap.Windows1252, "not UTF-8; read as Windows-1252"},
		{"Latin-1", charmap.ISO8859_1, "not UTF-8; read as Windows-1252"},
		{"UTF-8 with BOM", unicode.UTF8BOM, "begins with a byte order mark; read as UTF-8"},
		{"UTF-16LE with BOM", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "read as UTF-16, little-endian"},
		{"UTF-16BE with BOM", unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "read as UTF-16, big-endian"},
		{"UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "read as UTF-16, little-endian"},
		{"UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "read as UTF-16, big-endian"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := folder(nil)
			encoded, err := tt.in.NewEncoder().Bytes(fsys[valuesFile].Data)
			if err != nil {
				t.Fatal(err)
			}
			fsys[valuesFile].Data = encoded
			ed := mustRead(t, fsys)
			if diff := cmp.Diff(plain.Entries, ed.Entries, protocmp.Transform()); diff != "" || ed.ProblemRows != 0 {
				t.Errorf("problems %v, entries (-plain +got):\n%s", ed.Problems, diff)
			}
			if want := (Problem{File: valuesFile, Line: 1, Reason: tt.remark, Rows: 1}); len(ed.Remarks) == 0 || ed.Remarks[0] != want {
				t.Errorf("remarks %v; want first %v", ed.Remarks, want)
			}
		})
	}
}

// One damaged byte does not turn a UTF-8 file into another encoding: its row is lost and no other name is garbled.
func TestReadDamagedUTF8(t *testing.T) {
	fsys := folder(map[string]string{valuesFile: valuesHeader +
		"1,2008-01,ML1,1,5,It\xe1ly,0\n2,2008-01,ML1,1,5,Côte d'Ivoire,0\n3,2008-01,ML1,1,5,Türkiye,0\n"})
	ed := mustRead(t, fsys)
	want := []Problem{{File: valuesFile, Line: 2, Reason: `country "It\xe1ly" has bytes that are no text; it was the only row of licence group 1`, Rows: 1}}
	if diff := cmp.Diff(want, ed.Problems[:1]); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	var got []string
	for _, e := range ed.Entries {
		got = append(got, e.Destination.Country)
	}
	if len(got) != 2 || got[0]+got[1] != "CITR" && got[0]+got[1] != "TRCI" {
		t.Errorf("destinations %v; want CI and TR", got)
	}
}

func TestReadQuotedLines(t *testing.T) {
	plain := mustRead(t, folder(nil))
	fsys := folder(nil)
	fsys[criteriaFile].Data = []byte("description,licence_group,criteria\r\n\"one\r\n\r\ntwo, \"\"three\"\"\r\n\",2,7\r\n\"\",\"2\",\"2\"\r\n\"\",2,7\r\n")
	if diff := cmp.Diff(plain.Entries, mustRead(t, fsys).Entries, protocmp.Transform()); diff != "" {
		t.Errorf("entries (-plain +got):\n%s", diff)
	}
	// An open quote takes only its own row with it, even when a later quote seems to close it.
	fsys = folder(map[string]string{valuesFile: valuesHeader + "8,\"2008-01,ML1,1,5,Italy,0\n9,2008-01,ML1,1,5,\"Italy\",0\n" +
		strings.Repeat("10,2008-01,ML1,1,5,Spain,0\n", 50)})
	ed := mustRead(t, fsys)
	if ed.Lines != 51 || ed.Problems[0].Line != 2 || ed.Problems[0].File != valuesFile || ed.ProblemRows != 1 {
		t.Errorf("%d lines, problems %v", ed.Lines, ed.Problems)
	}
}

func TestReadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var last, total int64
	ed, err := readFolder(ctx, newReader(folder(nil), "folder", func(d, of int64) {
		if d < last {
			t.Errorf("progress went back from %d to %d", last, d)
		}
		last, total = d, of
	}))
	if err != nil || len(ed.Entries) != 3 {
		t.Fatal(err)
	}
	if last != total || total == 0 {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	stop := newReader(folder(nil), "folder", func(int64, int64) { cancel() })
	if _, err := readFolder(ctx, stop); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What cannot be written again as it was published is said.
func TestSpellingsThatAreNotKept(t *testing.T) {
	ed := mustRead(t, folder(map[string]string{valuesFile: valuesHeader + "1, 2008-01-02,ML1,01,3540,Italy,0\n2,2008-02,ML10,1,00,Italy,0 \n3,2008-02, ML10,1,,\" Korea, South\",1\n"}))
	var got []string
	for _, p := range ed.Remarks {
		if strings.Contains(p.Reason, "is kept as") {
			got = append(got, fmt.Sprintf("%d: %s", p.Line, p.Reason))
		}
	}
	want := []string{`2: date " 2008-01-02" is kept as "2008-01-02"`, `3: value "00" is kept as "0"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
