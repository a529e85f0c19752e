package chief_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
)

func TestNames(t *testing.T) {
	for text, want := range map[string]chief.Name{
		"CHIEF_LIVE_SPIRE_licenceData_78861_202109101531": {Destination: "CHIEF", Environment: "LIVE", Source: "SPIRE", DataID: chief.LicenceData, Run: "78861", Created: "202109101531"},
		"ILBDOTI_live_CHIEF_usageData_49543_201901130300": {Destination: "ILBDOTI", Environment: "live", Source: "CHIEF", DataID: chief.UsageData, Run: "49543", Created: "201901130300"},
		"CHIEF_licenceReply_29236_202209231140":           {Source: "CHIEF", DataID: chief.LicenceReply, Run: "29236", Created: "202209231140"},
	} {
		got, err := chief.ParseName(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || got.String() != text {
			t.Errorf("%s is %s, %v (-want +got):\n%s", text, got, err, diff)
		}
	}
	for _, text := range []string{
		"", "batched_licence_update_file", "CHIEF_licenceReply_INVALID_29236_202209231140", "CHIEF_LIVE_SPIRE_licenceData_78859_unitNAR",
		"CHIEF_LIVE_SPIRE_licenceUpdate_1_202109101531", "CHIEF_DEAD_SPIRE_licenceData_1_202109101531", "CHIEF_licenceReply_x_202209231140",
		"CHIEF_licenceReply_29236_202209231199", "_licenceReply_29236_202209231140", "_live_CHIEF_usageData_1_202209231140", "chief_licenceReply_1_202209231140",
	} {
		if n, err := chief.ParseName(text); fault.As(err) == nil {
			t.Errorf("%s is %+v", text, n)
		}
	}
	if got := chief.NameOf(mustParse(t, []byte(usages)).Header).String(); got != "SPIRE_live_CHIEF_usageData_8_202601130300" {
		t.Error(got)
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("CHIEF_LIVE_SPIRE_licenceData_78861_202109101531")
	f.Add("CHIEF_licenceReply_29236_202209231140")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := chief.ParseName(text); err == nil && n.String() != text {
			t.Errorf("%q is printed as %q", text, n)
		}
	})
}

// carry is a mail with one file.
func carry(subject, name, encoding, body string) []byte {
	return []byte(strings.ReplaceAll(`Subject: `+subject+`
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

hello
--x
Content-Disposition: attachment; filename=`+name+`
Content-Transfer-Encoding: `+encoding+`

`+body+`
--x--
`, "\n", "\r\n"))
}

func TestAttachments(t *testing.T) {
	const name = "CHIEF_licenceReply_7_202608101600"
	for _, tt := range []struct{ name, encoding, body, want, refusal string }{
		{name, "base64", base64.StdEncoding.EncodeToString([]byte(replies)), replies, ""},
		{name, "quoted-printable", "1=5CfileHeader=0A", "1\\fileHeader\n", ""},
		{name, "8bit", `1\fileHeader`, `1\fileHeader`, ""},
		{"CHIEF_licenceReply_8_202608101600", "8bit", "x", "x", "with the other name"},
		{name, "base64", "!!", "", "cannot be taken apart"},
	} {
		list, err := chief.Attachments(carry(name, tt.name, tt.encoding, tt.body))
		switch r := fault.As(err); {
		case tt.refusal != "" && (r == nil || !strings.Contains(r.Sentence, tt.refusal)):
			t.Errorf("%s %s: %v", tt.encoding, tt.body, err)
		case tt.refusal == "" && (err != nil || len(list) != 1 || string(list[0].Data) != tt.want):
			t.Errorf("%s: %q, %v", tt.encoding, list, err)
		}
	}
	deep := "Subject: " + name + "\r\n" + strings.Repeat("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", 10) + "\r\n"
	for _, eml := range []string{"", "hello", deep, "Subject: " + name + "\r\n\r\nnothing attached"} {
		if list, err := chief.Attachments([]byte(eml)); fault.As(err) == nil {
			t.Errorf("%q: %v, %v", eml, list, err)
		}
	}
}

func FuzzAttachments(f *testing.F) {
	for _, name := range others[:3] {
		f.Add(read(f, name))
	}
	f.Add(carry("CHIEF_licenceReply_7_202608101600", "x", "quoted-printable", "=5C"))
	f.Fuzz(func(t *testing.T, eml []byte) {
		list, err := chief.Attachments(eml)
		if err == nil && len(list) != 1 || err != nil && fault.As(err) == nil {
			t.Errorf("%d attachments, %v", len(list), err)
		}
	})
}

func TestUnwrap(t *testing.T) {
	mail := "Subject: CDS_usageData_1_202603030000\nContent-Type: text/plain; name=CDS_usageData_1_202603030000\nContent-Disposition: attachment; filename=CDS_usageData_1_202603030000\n\n1\\fileHeader\n"
	for name, tt := range map[string]struct {
		data, called, holds string
		err                 error
	}{
		"a file":                 {"1\\fileHeader\\a:b\n", "name", "1\\fileHeader\\a:b\n", nil},
		"a mail":                 {mail, "CDS_usageData_1_202603030000", "1\\fileHeader\n", nil},
		"a mail of another":      {strings.Replace(mail, "Subject: CDS", "Subject: SDC", 1), "", "", fault.Invalid},
		"JSON":                   {`{"licence": 1}`, "name", `{"licence": 1}`, nil},
		"nothing":                {"", "name", "", nil},
		"a line with a sentence": {"this is so: indeed", "name", "this is so: indeed", nil},
	} {
		got, err := chief.Unwrap("name", []byte(tt.data))
		if got.Name != tt.called || string(got.Data) != tt.holds || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q %q, %v", name, got.Name, got.Data, err)
		}
	}
}
