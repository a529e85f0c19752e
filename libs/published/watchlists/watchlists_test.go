package watchlists_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/watchlists"
)

func open(t testing.TB, elem ...string) io.Reader {
	t.Helper()
	f, err := os.Open(publishedtest.Data(t, append([]string{"watchlists-2018-2019"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func must(t testing.TB) func(watchlists.List, error) watchlists.List {
	return func(l watchlists.List, err error) watchlists.List {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
}

func un(t testing.TB) watchlists.List {
	return must(t)(watchlists.UN(open(t, "un", "consolidated-2018-10-29.xml")))
}

func sdn(t testing.TB) watchlists.List {
	return must(t)(watchlists.OFACSDN(open(t, "us", "sdn.csv"), open(t, "us", "alt.csv"), open(t, "us", "sdn_comments.csv")))
}

func dpl(t testing.TB) watchlists.List { return must(t)(watchlists.BISDPL(open(t, "us", "dpl.txt"))) }
func csl(t testing.TB) watchlists.List { return must(t)(watchlists.CSL(open(t, "us", "csl.csv"))) }

// count says what is in a list, as the publisher's description does.
func count(l watchlists.List) map[string]int {
	n := map[string]int{"entries": len(l.Entries)}
	for _, e := range l.Entries {
		n[string(e.Type)]++
		for _, name := range e.Names {
			n[string(name.Kind)]++
		}
	}
	return n
}

func TestCounts(t *testing.T) {
	for _, tt := range []struct {
		list watchlists.List
		date string
		want map[string]int
	}{
		{un(t), "2018-10-29", map[string]int{"entries": 1093, "person": 703, "entity": 390, "primary": 1093, "alias": 2008, "weak": 592, "former": 49}},
		{sdn(t), "", map[string]int{"entries": 7379, "person": 3845, "entity": 2994, "vessel": 323, "aircraft": 217, "primary": 7379, "alias": 9344, "weak": 2026, "former": 331}},
		{dpl(t), "2019-06-12", map[string]int{"entries": 546, "entity": 546, "primary": 546}},
		{csl(t), "", map[string]int{"entries": 115, "person": 20, "entity": 93, "vessel": 2, "primary": 115, "alias": 161}},
	} {
		if diff := cmp.Diff(tt.want, count(tt.list)); diff != "" || tt.list.Date != tt.date {
			t.Errorf("%s of %q (-want +got):\n%s", tt.list.Source, tt.list.Date, diff)
		}
	}
}

// The publishers' files have each of these oddities so many times.
func TestOddities(t *testing.T) {
	invalid := must(t)(watchlists.CSL(open(t, "us", "invalid", "csl.csv")))
	for _, tt := range []struct {
		of     []published.Problem
		file   string
		reason string
		rows   int
	}{
		{un(t).Remarks, "consolidated.xml", "its name has blanks around it", 43},
		{un(t).Remarks, "consolidated.xml", "its reference number has blanks around it", 40},
		{un(t).Remarks, "consolidated.xml", "the date of listing has an offset from Greenwich; the day stands as it is", 11},
		{un(t).Remarks, "consolidated.xml", "an alias is there and empty; left out", 659},
		{un(t).Remarks, "consolidated.xml", "its comments have line ends; written as blanks", 482},
		{un(t).Remarks, "consolidated.xml", "a date of birth is a year only", 377},
		{sdn(t).Remarks, "sdn.csv", `nothing is written as "-0- "; read as nothing`, 53578},
		{sdn(t).Remarks, "sdn.csv", `several programmes are joined with "] ["; taken apart`, 657},
		{sdn(t).Remarks, "sdn.csv", "the last line has no line end", 1},
		{sdn(t).Remarks, "sdn_comments.csv", "ends with Ctrl-Z (0x1A), which says nothing", 1},
		{sdn(t).Problems, "sdn_comments.csv", "remarks on an entry that sdn.csv does not have", 10},
		{dpl(t).Remarks, "dpl.txt", "its name has blanks around it", 7},
		{dpl(t).Remarks, "dpl.txt", "no country is given", 111},
		{dpl(t).Remarks, "dpl.txt", "no expiry date; it holds until it is taken off", 53},
		{dpl(t).Remarks, "dpl.txt", "the last update is in the year 3017; left out", 1},
		{dpl(t).Remarks, "dpl.txt", "its key is that of another row too; told apart by number", 220},
		{invalid.Problems, "csl.csv", "a row without a name", 3},
		{invalid.Remarks, "csl.csv", "1 fields where the header has 28; the others are taken as empty", 1},
		{invalid.Remarks, "csl.csv", "2 fields where the header has 28; the others are taken as empty", 2},
		{invalid.Remarks, "csl.csv", "6 fields where the header has 28; the others are taken as empty", 1},
	} {
		i := slices.IndexFunc(tt.of, func(p published.Problem) bool { return p.File == tt.file && p.Reason == tt.reason })
		if i < 0 || tt.of[i].Rows != tt.rows || tt.of[i].Line < 1 {
			t.Errorf("%s: %s, %d times: is not among %v", tt.file, tt.reason, tt.rows, tt.of)
		}
	}
	for _, l := range []watchlists.List{un(t), dpl(t), csl(t)} {
		if len(l.Problems) > 0 {
			t.Errorf("%s has problems: %v", l.Source, l.Problems)
		}
	}
	if len(invalid.Entries) != 3 || invalid.Entries[1].Names[0].Text != "abc" {
		t.Errorf("the broken list has %d entries: %+v", len(invalid.Entries), invalid.Entries)
	}
}

func find(t *testing.T, l watchlists.List, key string) watchlists.Entry {
	t.Helper()
	i := slices.IndexFunc(l.Entries, func(e watchlists.Entry) bool { return e.Key == key })
	if i < 0 {
		t.Fatalf("%s has no %s", l.Source, key)
	}
	e := l.Entries[i]
	e.Digest, e.Remarks = [32]byte{}, ""
	return e
}

func TestEntries(t *testing.T) {
	for _, tt := range []struct {
		list watchlists.List
		want watchlists.Entry
	}{
		{un(t), watchlists.Entry{
			Key: "KPi.034", Type: watchlists.Person, Names: []watchlists.Name{{Text: "JO YONG CHOL", Kind: watchlists.Primary}, {Text: "Cho Yong Chol", Kind: watchlists.Alias}},
			Programmes: []string{"DPRK"}, Countries: []string{"KP"}, BirthDates: []string{"1973-09-30"}, ListedOn: "2016-11-30",
		}},
		{sdn(t), watchlists.Entry{
			Key: "8279", Type: watchlists.Person, Programmes: []string{"DRCONGO"}, BirthDates: []string{"1967-01-13", "1970-01-13"},
			Names: []watchlists.Name{{Text: "BOUT, Viktor Anatolijevitch", Kind: watchlists.Primary}, {Text: "SERGITOV, Vitali", Kind: watchlists.Alias},
				{Text: "BONT", Kind: watchlists.Weak}, {Text: "BOUTOV", Kind: watchlists.Weak}, {Text: "BUTT", Kind: watchlists.Weak}, {Text: "BUTTE", Kind: watchlists.Weak}},
		}},
		{dpl(t), watchlists.Entry{
			Key: "MANSOUR ZADEH/2017-08-10#2", Type: watchlists.Entity, Names: []watchlists.Name{{Text: "MANSOUR ZADEH", Kind: watchlists.Primary}},
			Addresses: []string{"STROVOLOU 77, STROVOLOS CENTER SUITE 202, STROVOLOS P.C. 2018, NICOSIA, CY"},
			ListedOn:  "2017-08-10", Until: "2026-12-14",
		}},
		{csl(t), watchlists.Entry{
			Key: "SSI:20298", Type: watchlists.Entity, Programmes: []string{"UKRAINE-EO13662"}, Countries: []string{"RU"},
			Names: []watchlists.Name{{Text: "GAZPROMBANK UPRAVLENIE AKTIVAMI", Kind: watchlists.Primary}, {Text: "GAZPROMBANK ASSET MANAGEMENT ZAO", Kind: watchlists.Alias},
				{Text: "CLOSED JOINT-STOCK COMPANY GAZPROMBANK-UPRAVLENIE AKTIVAMI", Kind: watchlists.Alias}},
			Identifiers: []string{"registration:1047796382920", "tax-id:7722515837"},
			Addresses:   []string{"63 Novocheremushkinskaya Street, Moscow, 117418, RU", "Koroviy val., building 7, Moscow, 119049, RU"},
		}},
	} {
		got := find(t, tt.list, tt.want.Key)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.list.Source, tt.want.Key, diff)
		}
	}
}

func TestAlternatesAlone(t *testing.T) {
	a, err := watchlists.OFACAlt(open(t, "us", "alt.csv"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var first watchlists.Entry
	for _, e := range a.Entries {
		n += len(e.Names)
		if e.Key == "36" {
			first = e
		}
	}
	if a.Source != "ofac-alt" || n != 9680 || // two of the 9,682 stand twice
		len(a.Problems) > 0 || len(first.Names) == 0 || first.Names[0] != (watchlists.Name{Text: "AERO-CARIBBEAN", Kind: watchlists.Alias}) {
		t.Errorf("%d names, %v, %v", n, a.Problems, first)
	}
}

func TestRefusals(t *testing.T) {
	readers := map[string]func(io.Reader) (watchlists.List, error){"un": watchlists.UN, "dpl": watchlists.BISDPL, "csl": watchlists.CSL,
		"sdn": func(r io.Reader) (watchlists.List, error) { return watchlists.OFACSDN(r, nil, nil) }}
	files := map[string]func() io.Reader{
		"un": func() io.Reader { return open(t, "un", "consolidated-2018-10-29.xml") }, "dpl": func() io.Reader { return open(t, "us", "dpl.txt") },
		"csl": func() io.Reader { return open(t, "us", "csl.csv") }, "sdn": func() io.Reader { return open(t, "us", "sdn.csv") },
		"alt": func() io.Reader { return open(t, "us", "alt.csv") }, "empty": func() io.Reader { return strings.NewReader("") },
		"cut": func() io.Reader { return io.LimitReader(open(t, "un", "consolidated-2018-10-29.xml"), 1<<20) },
	}
	for reader, read := range readers {
		for file, open := range files {
			if reader == file {
				continue
			}
			_, err := read(open())
			if r := fault.As(err); r == nil || !errors.Is(err, fault.Invalid) || len(r.Sentence) < 30 {
				t.Errorf("reading %s as %s: %v", file, reader, err)
			}
		}
	}
}

// What the screening project watchman met in the wild.
func TestDamagedRows(t *testing.T) {
	row := `36,"AEROCARIBBEAN AIRLINES",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ` + "\n"
	plain := must(t)(watchlists.OFACSDN(strings.NewReader(row), nil, nil))
	for damage, problems := range map[string]int{"||||": 1, "37,\"open,x\n": 1, "\x1a": 1, "38,a,b\n\n\n39": 2} {
		l := must(t)(watchlists.OFACSDN(strings.NewReader(damage+"\n"+row), nil, nil))
		n := 0
		for _, p := range l.Problems {
			n += p.Rows
		}
		if diff := cmp.Diff(plain.Entries, l.Entries); diff != "" || n != problems {
			t.Errorf("%q: %d problems, %v\n%s", damage, n, l.Problems, diff)
		}
	}
	unquoted := must(t)(watchlists.OFACSDN(strings.NewReader(strings.ReplaceAll(row, `"`, "")), nil, nil))
	if diff := cmp.Diff(plain.Entries, unquoted.Entries); diff != "" {
		t.Errorf("without quotes:\n%s", diff)
	}
}

func TestCompare(t *testing.T) {
	l := dpl(t)
	onRecord := map[string][32]byte{}
	for _, e := range l.Entries {
		onRecord[e.Key] = e.Digest
	}
	if len(onRecord) != 546 {
		t.Fatalf("%d keys", len(onRecord))
	}
	delete(onRecord, l.Entries[3].Key)
	onRecord[l.Entries[5].Key] = [32]byte{1}
	onRecord["gone"] = [32]byte{}
	added, changed, removed := watchlists.Compare(onRecord, l)
	if diff := cmp.Diff([][]watchlists.Entry{l.Entries[3:4], l.Entries[5:6]}, [][]watchlists.Entry{added, changed}); diff != "" || !slices.Equal(removed, []string{"gone"}) {
		t.Errorf("removed %v\n%s", removed, diff)
	}
}

// The digest is a promise: what is on record is known by it.
func TestDigestStays(t *testing.T) {
	row := `7,"XANADU ARMS, Ltd","vessel","XA1] [XB",-0- ,-0- ,-0- ,-0- ,-0- ,Iran,-0- ,"DOB 09 Feb 1951; Passport A92664 (Iran); a.k.a. 'XOCHI'."`
	l := must(t)(watchlists.OFACSDN(strings.NewReader(row), nil, nil))
	if got, want := fmt.Sprintf("%x", l.Entries[0].Digest), "a7659e00b3d71eeee2d9e96b7c810ba1aba30635684f36bc0faea978210e246d"; got != want {
		t.Errorf("digest %s; want %s", got, want)
	}
}

// The order of rows says nothing: neither keys nor digests depend on it.
func TestOrderOfRows(t *testing.T) {
	header, rest, _ := strings.Cut(readAll(t, open(t, "us", "dpl.txt")), "\n")
	rows := strings.Split(strings.TrimSpace(rest), "\n")
	want := map[string][32]byte{}
	for _, e := range dpl(t).Entries {
		want[e.Key] = e.Digest
	}
	rapid.Check(t, func(rt *rapid.T) {
		shuffled := rapid.Permutation(rows).Draw(rt, "rows")
		l, err := watchlists.BISDPL(strings.NewReader(header + "\n" + strings.Join(shuffled, "\n")))
		if err != nil {
			rt.Fatal(err)
		}
		if added, changed, removed := watchlists.Compare(want, l); len(added)+len(changed)+len(removed) > 0 {
			rt.Fatalf("%d added, %d changed, removed %v", len(added), len(changed), removed)
		}
	})
}

func readAll(t testing.TB, r io.Reader) string {
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<CONSOLIDATED_LIST dateGenerated="2018-10-29T"><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>A</FIRST_NAME><REFERENCE_NUMBER>KPi.033 </REFERENCE_NUMBER></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>`))
	f.Add([]byte("36,\"A\",-0- ,\"A] [B\",-0- ,-0- ,-0- ,-0- ,-0- ,Iran,-0- ,\"DOB circa 1964-1965; alt. Passport A1 (Iran); a.k.a. 'X'.\"\n36,\"B,-0-"))
	f.Add([]byte("36,12,\"aka\",\"AERO-CARIBBEAN\",-0- \n\x1a"))
	f.Add([]byte("Name\tStreet_Address\tCity\tState\tCountry\tPostal_Code\tEffective_Date\tExpiration_Date\tStandard_Order\tLast_Update\tAction\tFR_Citation\nA\t\t\t\tUS\t\t01/02/2003\nA\t\t\t\tPRC\t\t01/02/2003"))
	f.Add([]byte("source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,standard_order,license_requirement,license_policy,call_sign,vessel_type,gross_tonnage,gross_registered_tonnage,vessel_flag,vessel_owner,remarks,source_list_url,alt_names,citizenships,dates_of_birth,nationalities,places_of_birth,source_information_url,ids\nx (SDN),,,,A;B,,\"a, US; b\",,2017-01-01"))
	f.Fuzz(func(t *testing.T, file []byte) {
		for name, read := range map[string]func(io.Reader) (watchlists.List, error){
			"un": watchlists.UN, "dpl": watchlists.BISDPL, "csl": watchlists.CSL,
			"sdn": func(r io.Reader) (watchlists.List, error) {
				return watchlists.OFACSDN(r, nil, strings.NewReader(string(file)))
			},
		} {
			l, err := read(strings.NewReader(string(file)))
			if err != nil {
				continue
			}
			keys := map[string]bool{}
			for _, e := range l.Entries {
				if e.Key == "" || keys[e.Key] || len(e.Names) == 0 || e.Names[0].Kind != watchlists.Primary || e.Type == "" {
					t.Errorf("%s: entry %+v", name, e)
				}
				keys[e.Key] = true
			}
			for _, p := range append(l.Problems, l.Remarks...) {
				if p.Line < 1 || p.Rows < 1 || p.Reason == "" || p.File == "" {
					t.Errorf("%s: problem %+v", name, p)
				}
			}
		}
		if _, err := watchlists.OFACAlt(strings.NewReader(string(file))); err != nil && fault.As(err) == nil {
			t.Error(fmt.Errorf("alternates: %w", err))
		}
	})
}

func BenchmarkOFACSDN(b *testing.B) {
	for b.Loop() {
		sdn(b)
	}
}
