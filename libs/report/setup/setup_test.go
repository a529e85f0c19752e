package setup_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/policy"
	"github.com/counterfoil/counterfoil/libs/report/setup"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const procedure = "procedure: XA-reports\nversion: 1\nstate: XA\nauthority: Treaty office # as on title pages\nreports: [{report: att-annual, owner: reporting}]\n"

func facts(t *testing.T) []proto.Message {
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "services", "lab", "policies", "example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load("example", content)
	if err != nil {
		t.Fatal(err)
	}
	return append(ledgertest.Registered("reporting", "licensing", "customs", "customs-b"),
		&directoryv1.ContactsNamed{Agency: "customs", Contacts: []*directoryv1.Contact{{Role: "duty officer", Reach: "+00 5550 1234", Hours: "24/7"}}},
		&directoryv1.CompetencesAssigned{Agency: "customs", LegalBasis: "Customs Act", Competences: []*directoryv1.Competence{{Kind: "export", Step: "release"}}},
		&directoryv1.GroupDefined{Group: "border", Purpose: "declarations", LegalBasis: "ATT Article 9", Members: []string{"customs", "licensing"}, Publishers: []string{"customs"}, History: directoryv1.HistoryRule_HISTORY_RULE_FROM_START},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Agency: "customs", Group: "border"}, {Group: "all"}}},
		&directoryv1.PolicyAdopted{PolicyId: p.ID(), Content: content},
		&directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}, Holidays: []string{"2026-01-01"}, TimeZone: "UTC"},
		&reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@1", Content: []byte(procedure)},
		&directoryv1.AgencyRemoved{Agency: "customs-b", Reason: "closed"},
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-2026-000001", Deal: &licensingv1.Deal{Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour Trading XB"}}}},
	)
}

// A set-up is the same every time, is read back as it was, and has nobody's number and no case.
func TestSetup(t *testing.T) {
	given := facts(t)
	write := func() []byte {
		s, err := setup.Of(ledgertest.GivenAs(t, "reporting", given...), ledgertest.Start)
		if err != nil {
			t.Fatal(err)
		}
		file, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	file := write()
	if !bytes.Equal(file, write()) {
		t.Error("two exports differ")
	}
	for _, hidden := range []string{"5550", "24/7", "L-2026", "Harbour", "customs-b", "signing"} {
		if strings.Contains(string(file), hidden) {
			t.Errorf("%s is in\n%s", hidden, file)
		}
	}
	s, err := setup.Parse("setup.yaml", file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.YAML()
	if err != nil || !bytes.Equal(file, again) {
		t.Errorf("read back and written it is another: %v\n%s", err, again)
	}
	want := &setup.Setup{
		State: "XA", Policies: s.Policies, Procedure: &setup.Procedure{Procedure: "reporting/XA-reports@1", Content: procedure},
		Agencies: []setup.Agency{
			{Agency: "customs", State: "XA", Service: "customs", LegalBasis: "Customs Act", Competences: []setup.Competence{{Kind: "export", Step: "release"}}, Roles: []string{"duty officer"}},
			{Agency: "licensing", State: "XA", Service: "licensing"}, {Agency: "reporting", State: "XA", Service: "reporting"},
		},
		Groups:    []setup.Group{{Group: "border", Purpose: "declarations", LegalBasis: "ATT Article 9", Members: []string{"customs", "licensing"}, Publishers: []string{"customs"}, History: "HISTORY_RULE_FROM_START"}},
		Rules:     []setup.Rule{{Agency: "customs", Group: "border"}, {Group: "all"}},
		Calendars: []setup.Calendar{{Calendar: "XA", Weekend: []uint32{6, 7}, Holidays: []string{"2026-01-01"}, TimeZone: "UTC"}},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	if len(s.Policies) != 1 {
		t.Fatalf("%d policies are in force", len(s.Policies))
	}
	adopted := given[8].(*directoryv1.PolicyAdopted)
	if s.Policies[0].Policy != adopted.PolicyId || s.Policies[0].Content != string(adopted.Content) {
		t.Errorf("%s is not as it was adopted:\n%s", s.Policies[0].Policy, cmp.Diff(string(adopted.Content), s.Policies[0].Content))
	}
}

func TestParts(t *testing.T) {
	s, err := setup.Of(ledgertest.GivenAs(t, "reporting", facts(t)...), ledgertest.Start)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := s.Parts()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range parts {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "policy-example-1.yaml calendar-XA.yaml rules.yaml competences-customs.yaml procedure-reporting-XA-reports-1.yaml" {
		t.Errorf("parts are %s", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "state: [", "people: []"} {
		if _, err := setup.Parse("f", []byte(text)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What is read can be written and is read back the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte("state: XA\nagencies: [{agency: customs, competences: [{kind: export}]}]\npolicies: [{policy: p/1, content: 'a: 1'}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := setup.Parse("f", text)
		if err != nil {
			return
		}
		first, err := s.YAML()
		if err != nil {
			t.Skip() // text that YAML cannot write, such as what is no UTF-8
		}
		again, err := setup.Parse("f", first)
		if err != nil {
			t.Fatalf("what was written is not read: %v\n%s", err, first)
		}
		if second, err := again.YAML(); err != nil || !bytes.Equal(first, second) {
			t.Errorf("written again it is another: %v\n%s\n%s", err, first, second)
		}
	})
}
