package denials_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/denials"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
)

const head = "reference,regime_reg_ref,name,address,notifying_government,country,denial_cle,item_description,end_use,reason_for_refusal,entity_type\n"

func open(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(publishedtest.Data(t, "lite-denials", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func mustRead(t *testing.T, rows string) denials.File {
	t.Helper()
	f, err := denials.Read(strings.NewReader(head+rows), "XA")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPublishersFile(t *testing.T) {
	f, err := denials.Read(open(t, "denial_valid.csv"), "GB")
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Denials) != 7 || len(f.Problems) > 0 {
		t.Fatalf("%d denials, problems %v", len(f.Denials), f.Problems)
	}
	want := denials.Denial{
		RegimeReference: "AB-XY-EF-900", NotifyingGovernment: denials.Place{Name: "Example Country"}, Destination: denials.Place{Name: "Country Name X"},
		Parties: []denials.Party{{Role: denials.EndUser, Name: "The Widget Company", Address: "2 Example Road, Example City"}},
		Rating:  "catch all", Item: "Extra Large Size Widget", EndUse: "Used in unknown industry", Reason: "Risk of outcome 4", Line: 4,
	}
	got := f.Denials[2]
	got.Digest = [32]byte{}
	if diff := cmp.Diff(want, got); diff != "" || got.Key() != "AB-XY-EF-900" {
		t.Errorf("third denial (-want +got):\n%s", diff)
	}
	if uk := f.Denials[4].NotifyingGovernment; uk.Country != "GB" {
		t.Errorf("the United Kingdom is %+v", uk)
	}
	for _, want := range []published.Problem{
		{File: "denials.csv", Line: 4, Reason: "no reference; known by that of the regime", Rows: 1},
		{File: "denials.csv", Line: 4, Reason: `"catch all" in place of a control list entry; kept as it is`, Rows: 1},
		{File: "denials.csv", Line: 6, Reason: "notified by United Kingdom, which is the own State: its own denial came back", Rows: 1},
		{File: "denials.csv", Line: 2, Reason: `"Country Name" is the name of no country that is known; kept by name`, Rows: 2},
	} {
		found := false
		for _, r := range f.Remarks {
			found = found || r == want
		}
		if !found {
			t.Errorf("no remark %+v in %v", want, f.Remarks)
		}
	}
}

func TestAnOldFormIsRefused(t *testing.T) {
	_, err := denials.Read(open(t, "denial_invalid.csv"), "GB")
	r := fault.As(err)
	if r == nil || r.Kind != fault.Invalid || !strings.Contains(r.Sentence, "no column reference") || !strings.Contains(r.Sentence, "end_user_flag") {
		t.Errorf("%v", err)
	}
	for _, file := range []string{"", head, "\x00", strings.Replace(head, "reference,regime_reg_ref", "regime_reg_ref,reference", 1) + "a,b,c,d,e,f,g,h,i,j,end_user"} {
		if _, err := denials.Read(strings.NewReader(file), ""); fault.As(err) == nil {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestPartiesOfOneDenial(t *testing.T) {
	f := mustRead(t, `D1,R1,Xanadu Arms,Road 1,XB,France,ML1.a,rifles,,risk,end_user
D2,R2,Xochi,Road 2,France,Chile,ML2,guns,,risk,broker
D1,R1,Xebia Freight,,XB,France,ML1.a,rifles,,risk,consignee
D1,R1,Xebia Freight,,XB,France,ML1.a,rifles,,risk,consignee
D1,R1,Xylo,,XB,France,ML1.b,rifles,,risk,third_party
,,Nobody,,France,Chile,ML2,guns,,risk,end_user
D3,R3,,,France,Chile,ML2,guns,,risk,end_user
D4,R4
`)
	if len(f.Denials) != 2 {
		t.Fatalf("denials %+v", f.Denials)
	}
	want := []denials.Party{{Role: denials.EndUser, Name: "Xanadu Arms", Address: "Road 1"}, {Role: denials.Consignee, Name: "Xebia Freight"}, {Role: denials.ThirdParty, Name: "Xylo"}}
	if diff := cmp.Diff(want, f.Denials[0].Parties); diff != "" {
		t.Errorf("parties (-want +got):\n%s", diff)
	}
	if d := f.Denials[0]; d.NotifyingGovernment.Country != "XB" || d.Destination.Country != "FR" || d.Rating != "ML1.a" {
		t.Errorf("denial %+v", d)
	}
	var reasons []string
	for _, p := range append(f.Problems, f.Remarks...) {
		reasons = append(reasons, p.Reason)
	}
	wantReasons := []string{
		"neither a reference nor one of the regime: nothing to know it by", "a party without a name", "2 columns where the header has 11",
		`"broker" is no role that is known; taken as third_party`, "the same party of the same denial again; kept once",
		"says otherwise of the denial than line 2; only its party is taken",
	}
	if diff := cmp.Diff(wantReasons, reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestDigest(t *testing.T) {
	const row = "D1,R1,Xanadu Arms,Road 1,XB,France,ML1.a,rifles,hunting,risk,end_user\n"
	d := mustRead(t, row).Denials[0].Digest
	if moved := mustRead(t, "D0,,Xochi,,XB,XC,ML1,,,,end_user\n"+row).Denials[1].Digest; moved != d {
		t.Error("the line changes the digest")
	}
	for i, field := range strings.Split(strings.TrimSpace(row), ",") {
		changed := strings.Replace(row, field, "consignee", 1)
		if mustRead(t, changed).Denials[0].Digest == d {
			t.Errorf("column %d does not change the digest", i+1)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(head + "D1,R1,Xanadu Arms,\"Road 1, Xanadu\",XB,France,ML1.a,rifles,,risk,end_user\n,R2,c/o ltd,,United Kingdom,XC,catch all,,,,x")
	f.Add("name,address\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := denials.Read(strings.NewReader(text), "GB")
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		keys := map[string]bool{}
		for _, d := range file.Denials {
			if d.Key() == "" || keys[d.Key()] || len(d.Parties) == 0 || d.Parties[0].Name == "" || d.Line < 2 {
				t.Errorf("denial %+v", d)
			}
			keys[d.Key()] = true
		}
	})
}
