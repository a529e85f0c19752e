package chief_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
)

const posted = `{"licence": {"reference": "GBSIEL/2026/0000002/P", "old_id": "one", "type": "siel", "action": "insert", "start_date": "2026-09-10", "end_date": "2028-09-10",
 "organisation": {"name": "Xanadu Arms", "eori_number": "GB123456789000", "address": {"line_1": "Road 1", "postcode": "AB1 2CD"}},
 "end_user": {"name": "Xochi", "address": {"line_1": "Road 2", "country": {"id": "US"}}},
 "goods": [{"name": "rifles", "unit": "NAR", "quantity": 10.0}]}}`

func earlier(id string) (string, bool) { return "GBSIEL/2026/0000001/P", id == "one" }

func TestUpdateIsCancelAndInsert(t *testing.T) {
	list, problems, err := chief.FromLITE([]byte(strings.Replace(posted, `"insert"`, `"update"`, 1)), earlier)
	if err != nil || len(problems) > 0 || len(list) != 2 {
		t.Fatal(list, problems, err)
	}
	old, now := list[0].Licence, list[1].Licence
	if old.Action != chief.Cancel || old.Ref != "20260000001P" || old.LicenceRef != "GBSIEL/2026/0000001/P" || len(list[0].Lines) > 0 {
		t.Errorf("first is %+v", list[0])
	}
	if now.Action != chief.Insert || now.Ref != "20260000002P" || list[1].Lines[0].QuantityIssued != "10" {
		t.Errorf("second is %+v", list[1])
	}
	list, _, err = chief.FromLITE([]byte(strings.Replace(posted, `"insert"`, `"cancel"`, 1)), earlier)
	if err != nil || len(list) != 1 || list[0].Licence.Action != chief.Cancel || len(list[0].Traders)+len(list[0].Lines) > 0 {
		t.Errorf("cancellation %+v, %v", list, err)
	}
}

func TestLITETexts(t *testing.T) {
	for _, tt := range []struct {
		old, new, field, problem string
		want                     func(chief.LicenceTransaction) string
		text                     string
	}{
		{`"Xochi"`, `"Xo\\chi"`, "end_user.name", "backslash", func(l chief.LicenceTransaction) string { return l.ForeignTraders[0].Name }, "Xo/chi"},
		{`"Xochi"`, `"Xo\nchi"`, "end_user.name", "line break", func(l chief.LicenceTransaction) string { return l.ForeignTraders[0].Name }, "Xo chi"},
		{`"Xochi"`, `"` + strings.Repeat("x", 81) + `"`, "end_user.name", "cut off after 80", func(l chief.LicenceTransaction) string { return l.ForeignTraders[0].Name }, strings.Repeat("x", 80)},
		{`"rifles"`, `" rifles"`, "goods[0].name", "space at its start", func(l chief.LicenceTransaction) string { return l.Lines[0].Description }, "rifles"},
		{`"Road 1"`, `"` + strings.Repeat("y", 40) + `"`, "organisation.address.line_1", "40 characters", func(l chief.LicenceTransaction) string { return l.Traders[0].Address[1] }, "yyyyy"},
		{`"Road 1"`, `"` + strings.Repeat("y", 180) + `"`, "organisation.address", `left out is "yyyyy"`, func(l chief.LicenceTransaction) string { return l.Traders[0].Address[4] }, strings.Repeat("y", 35)},
		{`"quantity": 10.0`, `"quantity": 10.0, "value": 5`, "goods[0].value", "left out", func(l chief.LicenceTransaction) string { return string(l.Lines[0].ValueIssued) }, ""},
	} {
		list, problems, err := chief.FromLITE([]byte(strings.Replace(posted, tt.old, tt.new, 1)), earlier)
		if err != nil {
			t.Errorf("%s: %v", tt.new, err)
			continue
		}
		if got := tt.want(list[0]); got != tt.text {
			t.Errorf("%s is %q", tt.new, got)
		}
		if all := strings.Join(findings(problems), "; "); !strings.Contains(all, tt.field+" ") || !strings.Contains(all, tt.problem) {
			t.Errorf("%s: problems %s", tt.new, all)
		}
	}
}

func TestLITERefused(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{posted, `{`, "no licence of LITE"},
		{posted, `{}`, "has no licence"},
		{`"siel"`, `"oicl"`, "has the type"},
		{`"insert"`, `"amend"`, "has the action"},
		{`"one", "type": "siel", "action": "insert"`, `"two", "type": "siel", "action": "update"`, "not known here"},
		{`0000002/P", "old_id": "one", "type": "siel", "action": "insert"`, `0000001/P", "old_id": "one", "type": "siel", "action": "update"`, "the same reference"},
		{`2026-09-10`, `10/09/2026`, "no date"},
		{`"NAR"`, `"LTN"`, "in the unit"},
		{`10.0`, `10.0001`, "more decimals"},
		{`10.0`, `1e3`, "is no number"},
		{`"US"`, `"USA"`, "no country code"},
		{`[{"name": "rifles", "unit": "NAR", "quantity": 10.0}]`, `[]`, "has no line"},
		{`GBSIEL/2026/0000002/P`, `GBSIEL`, "makes no transaction reference"},
	} {
		list, _, err := chief.FromLITE([]byte(strings.Replace(posted, tt.old, tt.new, 1)), earlier)
		if r := fault.As(err); r == nil || !strings.Contains(r.Sentence, tt.want) || list != nil {
			t.Errorf("%s: %v", tt.new, err)
		}
	}
}

// Whatever is posted, it is refused or can be written and is read back the same.
func FuzzFromLITE(f *testing.F) {
	for _, name := range others[3:] {
		f.Add(read(f, name))
	}
	f.Add([]byte(posted))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _, err := chief.FromLITE(data, earlier)
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("not a refusal: %v", err)
			}
			return
		}
		file := chief.NewLicenceData("SPIRE", "CHIEF", "202608101531", 1)
		file.Licences = list
		out, err := file.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, mustParse(t, out).Licences); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestLITEReference(t *testing.T) {
	for data, want := range map[string][2]string{
		`{"licence": {"id": "one", "reference": "GBSIEL/2026/0000001/P"}}`: {"one", "GBSIEL/2026/0000001/P"},
		`{"licence": {"id": 1}}`: {}, `[]`: {}, ``: {},
	} {
		if id, reference := chief.LITEReference([]byte(data)); id != want[0] || reference != want[1] {
			t.Errorf("%s: %q, %q", data, id, reference)
		}
	}
}
