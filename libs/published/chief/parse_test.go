package chief_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

// Two licences of seven records each, and a usage of two lines.
const (
	licences = `1\fileHeader\SPIRE\CHIEF\licenceData\202608101531\7\N
2\licence\20260000001P\insert\GBSIEL/2026/0000001/P\SIE\E\20260910\20280910
3\trader\\GB123456789000\20260910\20280910\Xanadu Arms\Road 1\Xanadu\\\\AB1 2CD
4\country\US\\D
5\foreignTrader\Xochi\Road 2\\\\\\US
6\restrictions\none
7\line\1\\\\\rifles\Q\\030\\10\\\\\\
8\end\licence\7
9\licence\20260000002P\cancel\GBSIEL/2026/0000002/P\\\\
10\end\licence\2
11\fileTrailer\2
`
	usages = `1\fileHeader\CHIEF\SPIRE\usageData\202601130300\8\
2\licenceUsage\LU00008/00001\insert\GBSIEL/2026/0000001/P\E\20260113
3\line\1\10\0\
4\usage\O\9GB-1\A\20260112\4\0\\000262\\\\
5\usage\O\9GB-2\A\20260112\6\0\\000262\\\\
6\end\line\4
7\line\2\1.500\20.50\GBP
8\usage\O\9GB-3\A\20260112\1.5\20.5\GBP\000262\\\\
9\end\line\3
10\end\licenceUsage\9
11\fileTrailer\1
`
	replies = `1\fileHeader\CHIEF\SPIRE\licenceReply\202608101600\7
2\accepted\20260000001P
3\rejected\20260000002P
4\error\T08\no number
5\end\rejected\3
6\fileError\F04\trailer\11
7\fileTrailer\1\1\1
`
)

func TestWholeFilesHaveNoFindings(t *testing.T) {
	for _, text := range []string{licences, usages, replies} {
		for _, ending := range []string{"\n", "\r\n"} {
			for _, last := range []string{"", ending} {
				data := strings.TrimSuffix(strings.ReplaceAll(text, "\n", ending), ending) + last
				f := mustParse(t, []byte(data))
				if len(f.Problems)+len(f.Remarks) > 0 || string(f.Bytes()) != data || f.CRLF != (ending == "\r\n") || f.Unended != (last == "") {
					t.Errorf("%q\ncomes out as %q with %q, %q", data, f.Bytes(), findings(f.Problems), findings(f.Remarks))
				}
			}
		}
	}
}

// Each change breaks what it should, and leaves the rest.
func TestBroken(t *testing.T) {
	const first, second = "20260000001P", "20260000002P"
	for _, tt := range []struct {
		name, file, old, new string
		// kept are the references of whole transactions; codes are "reference code line" or, for a file, "code line".
		kept, codes []string
	}{
		{"no number", licences, `4\country`, `x\country`, []string{second}, []string{first + " T01 4"}},
		{"a number again", licences, `4\country`, `3\country`, []string{second}, []string{first + " T01 4"}},
		{"unknown record", licences, `6\restrictions`, `6\restriction`, []string{second}, []string{first + " T02 6"}},
		{"empty line", licences, "6\\restrictions\\none\n", "\n", []string{second}, []string{first + " T02 6"}},
		{"record of another kind of file", licences, `6\restrictions`, `6\usage`, []string{second}, []string{first + " T02 6"}},
		{"out of place", licences, `6\restrictions\none`, `6\trader\T1`, []string{second}, []string{first + " T03 6"}},
		{"end of something else", licences, `8\end\licence`, `8\end\line`, []string{second}, []string{first + " T03 8", first + " T11 8"}},
		{"more in a cancellation", licences, `cancel`, `insert`, []string{first}, []string{second + " T04 9", second + " T04 9", second + " T04 9", second + " T04 10", second + " T04 10"}},
		{"cut short", licences, `4\country\US\\D`, `4\country\US`, []string{second}, []string{first + " T04 4"}},
		{"nobody", licences, `GB123456789000`, ``, []string{second}, []string{first + " T04 3"}},
		{"no control", licences, `rifles\Q\\030\\10\\\\\\`, `rifles`, []string{second}, []string{first + " T04 7"}},
		{"no unit", licences, `\030`, `\`, []string{second}, []string{first + " T04 7"}},
		{"too many fields", licences, `\none`, `\none\of\them`, []string{second}, []string{first + " T05 6"}},
		{"65 fields", licences, `\none`, `\none` + strings.Repeat(`\`, 62), []string{second}, []string{first + " T05 6"}},
		{"too many bytes", licences, `\none`, `\` + strings.Repeat(`x`, 64<<10), []string{second}, []string{first + " T05 6"}},
		{"address too long", licences, `Road 1`, strings.Repeat("é", 36), []string{second}, []string{first + " T06 3"}},
		{"reference too long", licences, first, strings.Repeat("9", 18), []string{second}, []string{" T06 2"}},
		{"no such day", licences, `20260910\20280910` + "\n", `20260931\20280910` + "\n", []string{second}, []string{first + " T07 2"}},
		{"half a day", licences, `20260910\20280910` + "\n", `2026-9-1\20280910` + "\n", []string{second}, []string{first + " T07 2"}},
		{"four decimals", licences, `\10\\`, `\10.0001\\`, []string{second}, []string{first + " T08 7"}},
		{"overflow", licences, `\10\\`, `\9223372036854776\\`, []string{second}, []string{first + " T08 7"}},
		{"negative", licences, `\10\\`, `\-10\\`, []string{second}, []string{first + " T08 7"}},
		{"unknown use", licences, `\\D`, `\\X`, []string{second}, []string{first + " T09 4"}},
		{"unknown type", licences, `\SIE\`, `\XXX\`, []string{second}, []string{first + " T09 2"}},
		{"count", licences, `licence\7`, `licence\8`, []string{second}, []string{first + " T10 8"}},
		{"record missing", licences, "6\\restrictions\\none\n", "", []string{second}, []string{first + " T10 7"}},
		{"end missing", licences, "8\\end\\licence\\7\n", "", []string{second}, []string{first + " T11 7"}},
		{"country and group", licences, `US\\D`, `US\G001\D`, []string{second}, []string{first + " T12 4"}},
		{"ends before it starts", licences, `20280910` + "\n", `20250910` + "\n", []string{second}, []string{first + " T12 2"}},
		{"export as import", licences, `SIE\E`, `SIE\I`, []string{second}, []string{first + " T12 2"}},
		{"reference again", licences, second, first, []string{first}, []string{first + " T13 9"}},
		{"control character", licences, `Xochi`, "Xo\x00chi", []string{second}, []string{first + " T14 5"}},
		{"two lines of one number", usages, `7\line\2`, `7\line\1`, nil, []string{"LU00008/00001 T12 7"}},
		{"more decimals than pence", usages, `20.50`, `20.505`, nil, []string{"LU00008/00001 T08 7"}},
		{"line without end", usages, "6\\end\\line\\4\n", "", nil, []string{"LU00008/00001 T03 6", "LU00008/00001 T10 8", "LU00008/00001 T10 9"}},
		{"usage without line", usages, "7\\line\\2\\1.500\\20.50\\GBP\n", "", nil, []string{"LU00008/00001 T03 7", "LU00008/00001 T03 8", "LU00008/00001 T10 9"}},
		{"rejection without error", replies, "4\\error\\T08\\no number\n5\\end\\rejected\\3", "4\\end\\rejected\\2", []string{first}, []string{second + " T04 4"}},
		{"error too long", replies, `no number`, strings.Repeat("x", 131), []string{first}, []string{second + " T06 4"}},

		{"run", licences, `\7\N`, `\seven\N`, []string{first, second}, []string{"F01 1"}},
		{"created", licences, `202608101531`, `202608102531`, []string{first, second}, []string{"F01 1"}},
		{"to itself", licences, `SPIRE\CHIEF`, `CHIEF\CHIEF`, []string{first, second}, []string{"F01 1"}},
		{"before the header", licences, `1\fileHeader`, "hello\n1\\fileHeader", []string{first, second}, []string{"F02 1"}},
		{"between transactions", licences, `9\licence`, "9\\country\\US\\\\D\n10\\licence", []string{first}, []string{"F02 9", second + " T01 11"}},
		{"no trailer", licences, "11\\fileTrailer\\2\n", "", []string{first, second}, []string{"F03 10"}},
		{"trailer's count", licences, `fileTrailer\2`, `fileTrailer\3`, []string{first, second}, []string{"F04 11"}},
		{"trailer cut short", replies, `fileTrailer\1\1\1`, `fileTrailer\1\1`, []string{first, second}, []string{"F04 7"}},
		{"after the trailer", licences, `fileTrailer\2`, "fileTrailer\\2\n", []string{first, second}, []string{"F05 12"}},
		{"endings", licences, "none\n", "none\r\n", []string{first, second}, []string{"F06 6"}},
		{"byte order mark", licences, `1\fileHeader`, "\uFEFF1\\fileHeader", []string{first, second}, []string{"F06 1"}},
		{"file error first", replies, "2\\accepted", "2\\fileError\\1\\x\\\n3\\accepted", []string{first}, []string{"F09 3", "F09 4", second + " T01 4", "F04 8"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Count(tt.file, tt.old) == 0 {
				t.Fatalf("%q is not in the file", tt.old)
			}
			f := mustParse(t, []byte(strings.Replace(tt.file, tt.old, tt.new, 1)))
			if diff := cmp.Diff(tt.kept, kept(f)); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
			var codes []string
			for _, d := range f.Defects {
				codes = append(codes, fmt.Sprintf("%s %d", d.Code, d.Line))
			}
			for _, b := range f.Broken {
				for _, d := range b.Defects {
					codes = append(codes, fmt.Sprintf("%s %s %d", b.Ref, d.Code, d.Line))
				}
			}
			slices.Sort(codes)
			slices.Sort(tt.codes)
			if diff := cmp.Diff(tt.codes, codes); diff != "" {
				t.Errorf("codes (-want +got):\n%s\nproblems %q", diff, findings(f.Problems))
			}
		})
	}
}

// kept are the references of whole transactions.
func kept(f *chief.File) (refs []string) {
	for _, l := range f.Licences {
		refs = append(refs, l.Licence.Ref)
	}
	for _, u := range f.Usages {
		refs = append(refs, u.Licence.Ref)
	}
	for _, r := range f.Replies {
		refs = append(refs, r.Ref)
	}
	return refs
}

func TestRemarks(t *testing.T) {
	for _, tt := range []struct{ file, old, new, want string }{
		{licences, "10\\end\\licence\\2\n11", "12\\end\\licence\\2\n13", "10×1 record numbers jump from 9 to 12"},
		{licences, `\none`, `\none\\`, "6×1 record restrictions with 5 fields of which 3 are known; the others are empty"},
		{licences, `AB1 2CD`, ``, "3×1 a trader without a postcode"},
		{licences, `US\\D`, `AB\\D`, `4×1 "AB" is no country that is known`},
		{licences, `\none`, "\\n\xfcne", "6×1 record restrictions with bytes that are no UTF-8; kept as they are"},
		{licences, `030`, `017`, `7×1 a quantity in the unit "017", which is not known here`},
		{licences, `030\\10`, `030\5\10`, "7×1 a line with a quantity or a value that it is not controlled by"},
		{usages, `LU00008/00001`, `8/1`, "2×1 a usage whose reference is not of the form LU<run>/<number>"},
		{usages, `\E\2026`, `\O\2026`, "2×1 an open licence with a completion date"},
	} {
		data := strings.Replace(tt.file, tt.old, tt.new, 1)
		f := mustParse(t, []byte(data))
		if !slices.Contains(findings(f.Remarks), tt.want) || len(f.Problems) > 0 || string(f.Bytes()) != data {
			t.Errorf("%q: remarks %q, problems %q", tt.new, findings(f.Remarks), findings(f.Problems))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":       "",
		"another thing": "hello\n",
		"a data id":     strings.Replace(licences, "licenceData", "licenceUpdate", 1),
		"no header":     licences[strings.Index(licences, "\n")+1:],
		"size":          licences + strings.Repeat("x", chief.MaxFile),
		"records":       licences + strings.Repeat("\n", chief.MaxRecords),
	} {
		if _, err := chief.Parse([]byte(data)); fault.As(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValues(t *testing.T) {
	for q, want := range map[chief.Quantity]int64{"": 0, "10": 10_000, "16163.996": 16_163_996, "1.0000": 1_000, "0.001": 1, "9223372036854775.807": 1<<63 - 1} {
		if got, err := q.Thousandths(); got != want || err != nil {
			t.Errorf("%q is %d, %v", q, got, err)
		}
	}
	for _, q := range []chief.Quantity{"x", ".5", "5.", "1e3", "+1", "-1", "1.0001", "9223372036854775.808", " 1", "1,5"} {
		if got, err := q.Thousandths(); fault.As(err) == nil {
			t.Errorf("%q is %d", q, got)
		}
	}
	for _, tt := range []struct {
		m        chief.Money
		currency string
		want     int64
		ok       bool
	}{
		{"20.5", "GBP", 2050, true}, {"20", "JPY", 20, true}, {"1.234", "KWD", 1234, true}, {"0.00", "", 0, true}, {"", "GBP", 0, true},
		{"20.505", "GBP", 0, false}, {"20.5", "JPY", 0, false}, {"9", "", 0, false}, {"9", "XAU", 0, false},
	} {
		if got, err := tt.m.Minor(tt.currency); got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s %s is %d, %v", tt.m, tt.currency, got, err)
		}
	}
	if d, err := chief.Date("20240229").Time(); err != nil || chief.DateOf(d) != "20240229" {
		t.Errorf("leap day is %v, %v", d, err)
	}
	if s, err := chief.Stamp("202402292359").Time(); err != nil || chief.StampOf(s) != "202402292359" {
		t.Errorf("leap day's end is %v, %v", s, err)
	}
	for _, d := range []chief.Date{"20230229", "2024229", "", "2024+229", "202402291"} {
		if got, err := d.Time(); fault.As(err) == nil {
			t.Errorf("%q is %v", d, got)
		}
	}
}

func TestUnits(t *testing.T) {
	for unit, rec20 := range map[string]string{"030": "NAR", "023": "KGM", "025": "TNE", "110": "4G", "116": "MC"} {
		if got, ok := chief.Rec20(unit); got != rec20 || !ok {
			t.Errorf("%s is %s", unit, got)
		}
		if _, ok := refdata.Unit(rec20); !ok {
			t.Errorf("no unit %s", rec20)
		}
		if got, ok := chief.Unit(rec20); got != unit || !ok {
			t.Errorf("%s is %s", rec20, got)
		}
	}
	if _, ok := chief.Rec20("017"); ok {
		t.Error("017 is known")
	}
	if u, _ := chief.Unit("H87"); u != "030" {
		t.Errorf("a piece is %s", u)
	}
	if _, ok := chief.Unit("LTN"); ok {
		t.Error("the long ton is known")
	}
}
