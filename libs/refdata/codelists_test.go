package refdata_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/refdata"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

func TestCodeLists(t *testing.T) {
	for list, want := range map[refdata.List]int{
		refdata.Discrepancies: 24, refdata.Indicators: 28, refdata.DiversionStages: 6, refdata.DiversionKinds: 28, refdata.Patterns: 7,
		refdata.VerificationOutcomes: 6, refdata.IllicitGrounds: 5, refdata.TraceRefusals: 4, refdata.ChainEnds: 4,
		refdata.EvidenceSources: 5, refdata.SourceReliability: 6, refdata.InformationCredibility: 6,
	} {
		l := refdata.Codes(list)
		if l.Version != string(list)+"/1" || len(l.Codes) != want {
			t.Errorf("list %s is %s with %d codes; want %d", list, l.Version, len(l.Codes), want)
		}
		seen := map[string]bool{}
		for _, c := range l.Codes {
			if seen[c.Code] || c.Code == "" || c.Says == "" || strings.HasSuffix(c.Says, ".") {
				t.Errorf("list %s has %+v, or has it twice", list, c)
			}
			seen[c.Code] = true
			if got, ok := refdata.CodeOf(list, c.Code); got != c || !ok {
				t.Errorf("CodeOf(%s, %s) = %+v, %v", list, c.Code, got, ok)
			}
			if (c.Severity != "") != (list == refdata.Discrepancies) || (c.Group != "") != (list == refdata.Indicators || list == refdata.DiversionKinds) {
				t.Errorf("list %s: %+v has a severity or a group that it should not, or none", list, c)
			}
		}
	}
	if l := refdata.Codes("criterion"); l.Version != "" || len(l.Codes) > 0 {
		t.Errorf("there is a list of that name: %+v", l)
	}
	refdata.Codes(refdata.Patterns).Codes[0].Code = "changed"
	if c := refdata.Codes(refdata.Patterns).Codes[0].Code; c != "corruption" {
		t.Errorf("a caller changed a list to %s", c)
	}
}

// What the contract takes as the reason why a trace is refused, limited or delayed are the codes of the list.
func TestTraceRefusalsAreThoseOfTheContract(t *testing.T) {
	var want []string
	for _, c := range refdata.Codes(refdata.TraceRefusals).Codes {
		want = append(want, c.Code)
	}
	var fields int
	messages := enforcementv1.File_counterfoil_enforcement_v1_tracing_proto.Messages()
	for i := range messages.Len() {
		for _, name := range []protoreflect.Name{"reason", "refused"} {
			field := messages.Get(i).Fields().ByName(name)
			if field == nil {
				continue
			}
			rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
			taken := rules.GetString().GetIn()
			if len(taken) == 0 {
				continue
			}
			fields++
			if name == "refused" { // empty: it is answered
				taken = slices.DeleteFunc(slices.Clone(taken), func(s string) bool { return s == "" })
			}
			if !slices.Equal(taken, want) {
				t.Errorf("%s takes %q, and the list has %q", field.FullName(), taken, want)
			}
		}
	}
	if fields < 3 {
		t.Errorf("%d fields were compared", fields)
	}
}

func TestDiscrepancy(t *testing.T) {
	bySeverity := map[refdata.Severity]int{}
	for i := range 24 {
		code := fmt.Sprintf("DX%02d", i+1)
		c, ok := refdata.Discrepancy(code)
		if !ok || c.Code != code {
			t.Errorf("Discrepancy(%s) = %+v, %v", code, c, ok)
		}
		bySeverity[c.Severity]++
	}
	if bySeverity[refdata.High] != 13 || bySeverity[refdata.Medium] != 7 || bySeverity[refdata.Low] != 4 {
		t.Errorf("by severity: %v", bySeverity)
	}
	if c, _ := refdata.Discrepancy("DX23"); c.Severity != refdata.Low || !strings.Contains(c.Says, "identifier fails its check") {
		t.Errorf("DX23 is %+v", c)
	}
	for _, code := range []string{"", "DX00", "DX25", "dx01", "DX1", "RF01"} {
		if c, ok := refdata.Discrepancy(code); ok {
			t.Errorf("Discrepancy(%q) = %+v", code, c)
		}
	}
}

func TestRedFlag(t *testing.T) {
	groups := strings.Fields("party goods payment route document history context transport customs trace integrity")
	for i := range 28 {
		code := fmt.Sprintf("RF%02d", i+1)
		if c, ok := refdata.RedFlag(code); !ok || !slices.Contains(groups, c.Group) {
			t.Errorf("RedFlag(%s) = %+v, %v", code, c, ok)
		}
	}
	for _, code := range []string{"", "RF00", "RF29", "rf01", "DX01"} {
		if c, ok := refdata.RedFlag(code); ok {
			t.Errorf("RedFlag(%q) = %+v", code, c)
		}
	}
}

// Stages are those of the contract, and each has types.
func TestDiversionTypes(t *testing.T) {
	stages := refdata.Codes(refdata.DiversionStages).Codes
	if len(stages) != len(enforcementv1.Stage_name)-1 {
		t.Errorf("%d stages; the contract has %d", len(stages), len(enforcementv1.Stage_name)-1)
	}
	types := 0
	for i, stage := range stages {
		if name := enforcementv1.Stage_name[int32(i+1)]; !strings.HasPrefix(name, "STAGE_"+stage.Code+"_") {
			t.Errorf("stage %s is %s in the contract", stage.Code, name)
		}
		n := len(refdata.DiversionTypes(stage.Code))
		if n < 2 {
			t.Errorf("stage %s has %d types", stage.Code, n)
		}
		types += n
	}
	if all := len(refdata.Codes(refdata.DiversionKinds).Codes); types != all {
		t.Errorf("%d types have a stage; there are %d", types, all)
	}
	if got := refdata.DiversionTypes("D7"); len(got) > 0 {
		t.Errorf("stage D7 has %v", got)
	}
}
