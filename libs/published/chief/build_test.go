package chief_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
)

// made is the file of the constant licences, without anything that is computed.
func made() *chief.File {
	f := chief.NewLicenceData("SPIRE", "CHIEF", "202608101531", 7)
	f.Licences = []chief.LicenceTransaction{
		{
			Licence:        chief.Licence{Ref: "20260000001P", Action: chief.Insert, LicenceRef: "GBSIEL/2026/0000001/P", Type: "SIE", Usage: "E", Start: "20260910", End: "20280910"},
			Traders:        []chief.Trader{{TraderID: "GB123456789000", Start: "20260910", End: "20280910", Name: "Xanadu Arms", Address: [5]string{"Road 1", "Xanadu"}, Postcode: "AB1 2CD"}},
			Countries:      []chief.Country{{Code: "US", Use: "D"}},
			ForeignTraders: []chief.ForeignTrader{{Name: "Xochi", Address: [5]string{"Road 2"}, Country: "US"}},
			Restrictions:   []chief.Restrictions{{Text: "none"}},
			Lines:          []chief.Line{{Number: "1", Description: "rifles", ControlledBy: "Q", Unit: "030", QuantityIssued: "10"}},
		},
		{Licence: chief.Licence{Ref: "20260000002P", Action: chief.Cancel, LicenceRef: "GBSIEL/2026/0000002/P"}},
	}
	return f
}

func TestEncodeLicences(t *testing.T) {
	got, err := made().Encode()
	if diff := cmp.Diff(licences, string(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestEncodeChangesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*chief.File)
		want   string
	}{
		"backslash":     {func(f *chief.File) { f.Licences[0].Traders[0].Name = `Xanadu\Arms` }, "the name of record 3, trader, has a backslash or a line break"},
		"line break":    {func(f *chief.File) { f.Licences[0].Lines[0].Description = "rifles\nand more" }, "the goods description of record 7, line, has a backslash"},
		"in the header": {func(f *chief.File) { f.Header.Source = "SP\rIRE" }, "the source system of record 1, fileHeader, has"},
		"too long":      {func(f *chief.File) { f.Licences[0].ForeignTraders[0].Address[2] = strings.Repeat("x", 36) }, `record 5: the address line 3 of record foreignTrader, "xxx`},
		"no line":       {func(f *chief.File) { f.Licences[0].Lines = nil }, "record 7: the licence has no line"},
		"twice":         {func(f *chief.File) { f.Licences[1].Licence.Ref = f.Licences[0].Licence.Ref }, "record 9: an earlier transaction has the reference"},
	} {
		f := made()
		tt.change(f)
		_, err := f.Encode()
		if r := fault.As(err); r == nil || !strings.Contains(r.Sentence, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := made()
	f.Licences[1].Licence.Width = 3
	if got, err := f.Encode(); err != nil || !strings.Contains(string(got), "\n9\\licence\\20260000002P\\cancel\\GBSIEL/2026/0000002/P\n") {
		t.Errorf("a record that is too narrow becomes\n%s%v", got, err)
	}
}

func TestNewUsageData(t *testing.T) {
	given := mustParse(t, []byte(usages)).Usages
	given[0].Licence.Ref, given[0].Licence.Action = "", ""
	got, err := chief.NewUsageData("CHIEF", "SPIRE", "202601130300", 8, given).Encode()
	if diff := cmp.Diff(usages, string(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if given[0].Licence.Ref != "" {
		t.Error("what was given is changed")
	}
}

func TestReply(t *testing.T) {
	broken := strings.Replace(licences, `\\D`, `\\X`, 1)
	broken = strings.Replace(broken, "11\\fileTrailer\\2\n", "11\\licence\\"+strings.Repeat("9", 18)+"\n12\\fileTrailer\\4\n", 1)
	f := mustParse(t, []byte(broken))
	r, err := chief.Reply(f, chief.Verdicts{Of: map[string][]chief.Defect{"20260000002P": nil}}, "202608101600")
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Encode()
	want := `1\fileHeader\CHIEF\SPIRE\licenceReply\202608101600\7
2\rejected\20260000001P
3\error\T09\record 4: the use of record country, "X", is none of D, E, O, P, R, S
4\end\rejected\3
5\accepted\20260000002P
6\fileError\F04\the trailer says "4" as number of transactions where there are 3\12
7\fileError\F08\a transaction without a reference of its own: the transaction reference of record licence, "999999999999999999", has 18 charact...\11
8\fileTrailer\1\1\2
`
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// The second transaction of a reference is no second answer.
func TestReplyToRepeatedReference(t *testing.T) {
	f := mustParse(t, []byte(strings.Replace(licences, "20260000002P", "20260000001P", 1)))
	r, err := chief.Reply(f, chief.Verdicts{Of: map[string][]chief.Defect{"20260000001P": nil}}, "202608101600")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Encode(); err != nil || len(r.Replies) != 1 || len(r.FileErrors) != 1 || r.FileErrors[0].Code != "F08" || r.FileErrors[0].Position != "9" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestReplyVerdicts(t *testing.T) {
	f := mustParse(t, []byte(usages))
	if _, err := chief.Reply(f, chief.Verdicts{}, "202608101600"); fault.As(err) == nil {
		t.Errorf("a transaction without a verdict: %v", err)
	}
	r, err := chief.Reply(f, chief.Verdicts{Of: map[string][]chief.Defect{"LU00008/00001": {{Code: "X1", Text: `no licence \ of ours`}}}}, "202608101600")
	if err != nil || r.Header.DataID != chief.UsageReply || r.Replies[0].Errors[0] != (chief.ReplyError{Code: "X1", Text: "no licence ? of ours"}) {
		t.Errorf("%+v, %v", r, err)
	}
	for _, header := range []string{strings.Replace(usages, `\8\`, `\eight\`, 1), strings.Replace(usages, `CHIEF\SPIRE`, `CHIEF\`, 1)} {
		if _, err := chief.Reply(mustParse(t, []byte(header)), chief.Verdicts{}, "202608101600"); fault.As(err) == nil || !strings.Contains(err.Error(), "cannot be answered") {
			t.Errorf("a header that cannot be read: %v", err)
		}
	}
	r, err = chief.Reply(f, chief.Verdicts{File: []chief.Defect{{Code: chief.RunOutOfOrder, Text: "run 8 where 3 is next"}}}, "202608101600")
	if err != nil || len(r.Replies) != 0 || len(r.FileErrors) != 1 || r.FileErrors[0].Code != "F07" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := chief.Reply(r, chief.Verdicts{}, "202608101600"); fault.As(err) == nil {
		t.Errorf("a reply to a reply: %v", err)
	}
}

func TestNextRun(t *testing.T) {
	for _, tt := range []struct {
		last, run int
		reset     string
		ok        bool
	}{
		{0, 1, "N", true}, {0, 2, "N", false}, {7, 8, "", true}, {7, 7, "N", false}, {7, 9, "N", false}, {7, 1, "N", false},
		{7, 1, "Y", true}, {7, 41, "Y", true}, {9_999_999, 0, "N", true},
	} {
		f := chief.NewLicenceData("SPIRE", "CHIEF", "202608101531", tt.run)
		f.Header.Reset = tt.reset
		err := chief.NextRun(tt.last, f)
		if r := fault.As(err); (err == nil) != tt.ok || err != nil && (r == nil || r.Code != string(chief.RunOutOfOrder)) {
			t.Errorf("run %d after %d with reset %q: %v", tt.run, tt.last, tt.reset, err)
		}
	}
}

func TestAuditUsage(t *testing.T) {
	a := chief.AuditUsage(mustParse(t, []byte(usages)))
	want := []chief.Total{
		{LicenceRef: "GBSIEL/2026/0000001/P", Line: 1, Quantity: 10_000, UsedQuantity: 10_000},
		{LicenceRef: "GBSIEL/2026/0000001/P", Line: 2, Quantity: 1_500, UsedQuantity: 1_500, Value: 205_000, UsedValue: 205_000},
	}
	if diff := cmp.Diff(want, a.Totals); diff != "" || len(a.Remarks)+len(a.Duplicates) > 0 {
		t.Errorf("%+v (-want +got):\n%s", a, diff)
	}
	for _, tt := range []struct {
		old, new, want string
		used           int64
	}{
		{`usage\O\9GB-2`, `usage\C\9GB-2`, "3×1 a total that is not the sum of the usages in this file", -2_000},
		{`usage\O\9GB-2`, `usage\M\9GB-2`, "3×1 a total that is not the sum of the usages in this file", 4_000},
		{`\6\0\\`, `\6\5\EUR\`, "3×1 usages cannot be added up: too large, or in other currencies than the line", 10_000},
		{`\6\0\\`, `\9223372036854775\0\\`, "3×1 usages cannot be added up: too large, or in other currencies than the line", 4_000},
		{`9GB-2\A\20260112\6\0`, `9GB-1\A\20260112\4\0`, "4×1 usages that are equal in every field", 8_000},
	} {
		f := mustParse(t, []byte(strings.Replace(usages, tt.old, tt.new, 1)))
		a := chief.AuditUsage(f)
		if len(f.Problems) > 0 || !slices.Contains(findings(a.Remarks), tt.want) || a.Totals[0].UsedQuantity != tt.used {
			t.Errorf("%s: used %d, remarks %q, problems %q", tt.new, a.Totals[0].UsedQuantity, findings(a.Remarks), findings(f.Problems))
		}
	}
}
