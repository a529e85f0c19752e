package chief_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
)

const folder = "chief-lite-hmrc"

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(publishedtest.Data(t, folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustParse(t testing.TB, data []byte) *chief.File {
	t.Helper()
	f, err := chief.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// findings are "line×rows reason".
func findings(list []published.Problem) (lines []string) {
	for _, p := range list {
		lines = append(lines, fmt.Sprintf("%d×%d %s", p.Line, p.Rows, p.Reason))
	}
	return lines
}

func defects(list []chief.Defect) (lines []string) {
	for _, d := range list {
		lines = append(lines, fmt.Sprintf("%s %d %s", d.Code, d.Line, d.Text))
	}
	return lines
}

// expected is what a file holds. One without broken transactions and defects comes out byte for byte.
type expected struct {
	transactions, fileErrors int
	crlf, unended            bool
	broken                   int
	defects, remarks         []string
}

var messages = map[string]expected{
	"licenceData/CHIEF_LIVE_SPIRE_licenceData_1_202001010000": {transactions: 1},
	"licenceData/CHIEF_LIVE_SPIRE_licenceData_78859_invalid": {defects: []string{
		`F02 2 record type "" is not recognised here, outside a transaction`,
		`F02 3 record type "" is not recognised here, outside a transaction`,
		`F02 4 record type "" is not recognised here, outside a transaction`,
	}},
	"licenceData/CHIEF_LIVE_SPIRE_licenceData_78859_unitNAR": {transactions: 2, remarks: []string{
		"3×2 a trader id that is no EORI number",
		"3×1 a postcode that is no British one",
		"7×2 record line with 13 of 19 fields: those at its end are cut off",
		"10×1 a trader without a postcode",
	}},
	"licenceData/CHIEF_LIVE_SPIRE_licenceData_78860_unitKGM": {transactions: 1, unended: true, remarks: []string{
		"3×1 a postcode that is no British one",
	}},
	"licenceData/CHIEF_LIVE_SPIRE_licenceData_78861_202109101531": {transactions: 2, unended: true, remarks: []string{
		"3×2 a trader with both a TURN and an id",
		"3×2 a trader id that is no EORI number",
		"3×2 a trader without a postcode",
		"6×2 record line with 13 of 19 fields: those at its end are cut off",
		"9×1 record trader with 12 of 13 fields: those at its end are cut off",
		"9×1 a TURN without the letters of the country",
	}},
	"licenceData/batched_licence_update_file": {transactions: 20, remarks: []string{
		"1×1 record fileHeader with 7 of 8 fields: those at its end are cut off",
		"3×9 a trader with both a TURN and an id",
		"3×20 a trader id that is no EORI number",
		"3×9 a TURN without the letters of the country",
		"3×20 the trader's postcode stands in an address field",
		"6×20 record line with 9 of 19 fields: those at its end are cut off",
		"6×20 a line of an open licence that does not say how it is controlled: taken as open",
	}},
	"licenceData/icms_fa_dfl_insert":   {transactions: 2},
	"licenceData/icms_fa_oil_insert":   {transactions: 1},
	"licenceData/icms_fa_oil_replace":  {transactions: 1},
	"licenceData/icms_fa_sil_insert":   {transactions: 1},
	"licenceData/icms_sanction_insert": {transactions: 1},
	"licenceData/license_update_file": {broken: 1, remarks: []string{
		"3×1 a trader with both a TURN and an id",
		"3×1 a trader id that is no EORI number",
		"3×1 a TURN without the letters of the country",
		"3×1 a postcode that is no British one",
		`5×1 a foreign trader whose address says "South Africa", which is ZA, and whose country is "SA"`,
		"7×1 record line with 8 of 19 fields: those at its end are cut off",
		"9×5 record line with 13 of 19 fields: those at its end are cut off",
		`9×5 a quantity in the unit "17", which is not known here`,
		"9×5 a unit that is not of three digits",
	}},
	"licenceReply/CHIEF_licenceReply_29236_202209231140_attachment": {transactions: 1},
	"licenceReply/CHIEF_licenceReply_accepted_and_rejected_example": {transactions: 4, remarks: []string{"9×1 record numbers jump from 8 to 10"}},
	"licenceReply/ILBDOTI_live_CHIEF_licenceReply_1_202001010000":   {transactions: 1},
	"licenceReply/license_update_reply_file":                        {transactions: 4, fileErrors: 1},
	"usageData/ILBDOTI_live_CHIEF_usageData_1_202001010000":         {transactions: 1, remarks: []string{"3×1 an amount without a currency"}},
	"usageData/ILBDOTI_live_CHIEF_usageData_49543_201901130300":     {transactions: 7},
	"usageData/license_usage_file":                                  {transactions: 7},
	"usageData/license_usage_file_with_carriage_returns":            {transactions: 7, crlf: true},
	"usageReply/usage_data_reply_file":                              {transactions: 4, fileErrors: 1},
}

// others are tested by TestPublishedMails and TestPublishedLITE.
var others = []string{
	"email/CHIEF_licenceReply_29236_202209231140.eml",
	"email/CHIEF_licenceReply_29237_202209241020-two-attachments.eml",
	"email/CHIEF_licenceReply_29238_202209251140-invalid-reply-subject.eml",
	"lite-json/licence_payload_file.json",
	"lite-json/licence_payload_file_special_characters.json",
	"lite-json/open_licence_payload_file.json",
}

func TestEveryPublishedFileIsExpected(t *testing.T) {
	root := publishedtest.Data(t, folder)
	var names []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "README.md" {
			name, _ := filepath.Rel(root, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for name := range messages {
		want = append(want, name)
	}
	want = append(want, others...)
	slices.Sort(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" || len(names) != 27 {
		t.Errorf("%d files (-expected +there):\n%s", len(names), diff)
	}
}

func TestPublishedMessages(t *testing.T) {
	for name, want := range messages {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data := read(t, name)
			f := mustParse(t, data)
			checkParts(t, data, f)
			got := expected{
				transactions: len(f.Licences) + len(f.Usages) + len(f.Replies), fileErrors: len(f.FileErrors), crlf: f.CRLF, unended: f.Unended,
				broken: len(f.Broken), defects: defects(f.Defects), remarks: findings(f.Remarks),
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(expected{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if whole := want.broken == 0 && want.defects == nil; whole != (len(f.Problems) == 0) {
				t.Errorf("problems %q", findings(f.Problems))
			} else if whole && string(f.Bytes()) != string(data) {
				t.Errorf("comes out as\n%q, not\n%q", f.Bytes(), data)
			}
			if kind, _, _ := strings.Cut(name, "/"); string(f.Header.DataID) != kind {
				t.Errorf("data id %s in folder %s", f.Header.DataID, kind)
			}
		})
	}
}

func TestPublishedBrokenTransaction(t *testing.T) {
	f := mustParse(t, read(t, "licenceData/license_update_file"))
	b := f.Broken[0]
	if b.Ref != "237998" || b.First != 2 || b.Last != 14 || b.After != 0 {
		t.Errorf("broken is %+v", b)
	}
	want := []string{
		"T04 7 record line is cut short: it does not say how it is controlled",
		"T05 8 record line has 20 fields, more than its 19",
		`T08 8 the line number of record line, "2Professional Success Rifle stock only", is no number of up to 5 digits`,
		`T09 8 the control of record line, "line", is none of B, O, Q, V`,
		`T09 8 the currency of record line, "2", is no currency of ISO 4217`,
		`T08 8 the sub-period quantity of record line, "308 type 1 R8 Standarded threaded rif...", is no number in digits with a decimal point`,
		`T08 8 the sub-period value of record line, "Q", is no number in digits with a decimal point`,
	}
	if diff := cmp.Diff(want, defects(b.Defects)); diff != "" {
		t.Errorf("defects (-want +got):\n%s", diff)
	}
}

func TestPublishedUsages(t *testing.T) {
	f := mustParse(t, read(t, "usageData/ILBDOTI_live_CHIEF_usageData_1_202001010000"))
	a := chief.AuditUsage(f)
	want := []chief.Total{{LicenceRef: "GBSIEL/2020/0000001/P", Line: 1, Quantity: 4_000, Value: 90_000}}
	if diff := cmp.Diff(want, a.Totals); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	if len(a.Duplicates) != 1 || !slices.Equal(a.Duplicates[0].Records, []int{4, 5, 6, 7, 8, 9, 10, 11}) {
		t.Errorf("eight equal usages are %+v", a.Duplicates)
	}
	wantRemarks := []string{"3×1 a total that is not the sum of the usages in this file", "4×1 usages that are equal in every field"}
	if diff := cmp.Diff(wantRemarks, findings(a.Remarks)); diff != "" {
		t.Errorf("remarks (-want +got):\n%s", diff)
	}

	f = mustParse(t, read(t, "usageData/ILBDOTI_live_CHIEF_usageData_49543_201901130300"))
	var parts string
	for _, u := range f.Usages[0].Lines[0].Usages {
		parts += u.Part
	}
	if a := chief.AuditUsage(f); parts != "RLK" || len(a.Duplicates)+len(a.Remarks) != 0 || a.Totals[3].UsedQuantity != 3_000 {
		t.Errorf("parts %s, audit %+v", parts, a)
	}
	if a := chief.AuditUsage(mustParse(t, read(t, "usageData/license_usage_file"))); len(a.Remarks) != 1 || a.Remarks[0].Line != 31 || a.Remarks[0].Rows != 2 {
		t.Errorf("remarks %v", a.Remarks)
	}
}

func TestPublishedOddities(t *testing.T) {
	batch := mustParse(t, read(t, "licenceData/batched_licence_update_file"))
	countries, apostrophe := 0, 0
	for _, l := range batch.Licences {
		countries += len(l.Countries)
		if strings.Contains(l.Traders[0].Address[0], "MASSENET'U") {
			apostrophe++
		}
	}
	if countries != 106 || apostrophe == 0 || batch.Licences[0].Licence.End != chief.NoEnd {
		t.Errorf("%d countries, %d addresses with an apostrophe, end %s", countries, apostrophe, batch.Licences[0].Licence.End)
	}
	example := mustParse(t, read(t, "licenceReply/CHIEF_licenceReply_accepted_and_rejected_example"))
	if e := example.Replies[2].Errors[1]; e.Text != "Invalid commodity “1234A6” in line 23" || e.Code != "76543" {
		t.Errorf("error %+v", e)
	}
	reply := mustParse(t, read(t, "licenceReply/license_update_reply_file"))
	want := chief.FileError{Record: chief.Record{Seq: "9", Width: 5}, Code: "18", Text: "Record type ?fileHeader? not recognised", Position: "23"}
	if reply.FileErrors[0] != want || reply.Header.Destination != "RPDPS" {
		t.Errorf("file error %+v to %s", reply.FileErrors[0], reply.Header.Destination)
	}
	oil := mustParse(t, read(t, "licenceData/icms_fa_oil_replace"))
	if l := oil.Licences[0]; l.Licence.Action != chief.Replace || l.Restrictions[0].Text != "Some restrictions.|| Some more restrictions" || l.Countries[0].Group != "G001" {
		t.Errorf("licence %+v", l)
	}
}

func TestPublishedMails(t *testing.T) {
	const reply = "licenceReply/CHIEF_licenceReply_29236_202209231140_attachment"
	for _, tt := range []struct {
		name, refusal string
		attachments   []string
	}{
		{others[0], "", []string{"CHIEF_licenceReply_29236_202209231140"}},
		{others[1], `has 2 attachments where one is expected: "bar.rtf", "foo.rtf"`, []string{"bar.rtf", "foo.rtf"}},
		{others[2], `"CHIEF_licenceReply_INVALID_29236_2022..." is no name`, []string{"CHIEF_licenceReply_29236_202209231140"}},
	} {
		list, err := chief.Attachments(read(t, tt.name))
		var names []string
		for _, a := range list {
			names = append(names, a.Name)
		}
		if diff := cmp.Diff(tt.attachments, names); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		switch r := fault.As(err); {
		case tt.refusal == "" && (err != nil || string(list[0].Data) != string(read(t, reply))):
			t.Errorf("%s: %v, %q", tt.name, err, list[0].Data)
		case tt.refusal != "" && (r == nil || !strings.Contains(r.Sentence, tt.refusal)):
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestPublishedLITE(t *testing.T) {
	given := mustParse(t, read(t, "licenceData/CHIEF_LIVE_SPIRE_licenceData_1_202001010000"))
	list, problems, err := chief.FromLITE(read(t, others[3]), nil)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	// The publisher's own file breaks address lines anew though they fit.
	list[0].Traders[0].Address = given.Licences[0].Traders[0].Address
	if diff := cmp.Diff(given.Licences, list); diff != "" {
		t.Errorf("the licence as the publisher writes it (-want +got):\n%s", diff)
	}

	list, problems, err = chief.FromLITE(read(t, others[4]), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblems := []string{
		"1×1 end_user.name has a space at its start or end, which is left out",
		`1×1 end_user.address.line_1 has characters beyond ASCII, such as "°"; they are kept as UTF-8`,
		"1×1 end_user.address.line_1 has 161 characters, more than 35, and goes on in further lines",
	}
	if diff := cmp.Diff(wantProblems, findings(problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	wantUser := chief.ForeignTrader{Record: chief.Record{Seq: "5", Width: 10}, Name: "AgriTrade", Country: "BR", Address: [5]string{
		"Lorem ipsum dolor sit amet,", "consectetur adipiscing elit° Aenean", "ac congue massa. Aliquam dolor sem,", "viverra nec porta nec, egestas at", "elit. Proin eget ante erat.",
	}}
	if diff := cmp.Diff(wantUser, list[0].ForeignTraders[0]); diff != "" {
		t.Errorf("end user (-want +got):\n%s", diff)
	}

	list, problems, err = chief.FromLITE(read(t, others[5]), nil)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if l := list[0]; l.Licence.Type != "OIE" || len(l.Countries) != 2 || l.Countries[1].Code != "US" || len(l.ForeignTraders) != 0 || l.Lines[0].ControlledBy != "O" {
		t.Errorf("open licence %+v", l)
	}
}
