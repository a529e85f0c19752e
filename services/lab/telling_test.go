package lab_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/licensing/licensingtest"
)

var update = flag.Bool("update", false, "rewrite testdata/models/*.golden")

// telling is a State under some of the example's policies as they are. What happens in it is written down from the ledgers of
// those who have to know.
type telling struct {
	*testing.T
	lab    *lab.Lab
	folder lab.Folder
	now    *clock
	border string // whose ledger officers at the border read
	text   strings.Builder
}

// tell starts a State on a Thursday before a holiday and a weekend. Agencies are "name:service".
func tell(t *testing.T, policies []string, border string, agencies ...string) *telling {
	t.Helper()
	dir := t.TempDir()
	for _, p := range policies {
		content, err := os.ReadFile(filepath.Join("..", "..", "deploy", "example", "policies", p+".yaml"))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, p+".yaml"), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	plan := "state: XA\nagencies:\n  - {name: authority, service: authority}\n"
	for _, a := range agencies {
		name, service, _ := strings.Cut(a, ":")
		names = append(names, name)
		plan += fmt.Sprintf("  - {name: %s, service: %s}\n", name, service)
	}
	everyone := strings.Join(names, ", ")
	plan += fmt.Sprintf(`groups:
  - {group: directory, members: [authority, %[1]s]}
  - {group: all, members: [%[1]s], publishers: [%[1]s]}
rules: [{group: all}]
calendars: [{calendar: XA, weekend: [6, 7], holidays: ["2026-03-06"], time_zone: UTC}]
policies: [%[2]s]
`, everyone, strings.Join(policies, ".yaml, ")+".yaml")
	file := filepath.Join(dir, "plan.yaml")
	if err := os.WriteFile(file, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := lab.ReadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &telling{T: t, folder: lab.Folder(t.TempDir()), now: &clock{now: thursday}, border: border}
	s.lab = startPlan(t, s.folder, read, lab.Options{Now: s.now.Now})
	return s
}

// writes adds a line to the story.
func (s *telling) writes(format string, args ...any) { fmt.Fprintf(&s.text, format+"\n", args...) }

// golden compares the story with the one on file.
func (s *telling) golden(name string) {
	s.Helper()
	path := filepath.Join("testdata", "models", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(s.text.String()), 0o644); err != nil {
			s.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(s.text.String(), "\n")); diff != "" {
		s.Errorf("%s (run with -update when this is meant; -want +got):\n%s", path, diff)
	}
}

func (s *telling) node(agency string) *node.Node { return s.lab.Agencies[agency].Node }

// at is a person in a role at an agency.
func (s *telling) at(agency, role, person string) *connect.Client {
	return as(s.node(agency), tokenOf(s.T, s.node(agency)), role, person)
}

func (s *telling) licensing(agency string) licensingv1connect.LicensingServiceClient {
	return licensingv1connect.NewLicensingServiceClient(s.at(agency, "officer", "first"))
}

func (s *telling) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// applies puts an application on record.
func (s *telling) applies(agency string, deal *licensingv1.DealInput) string {
	s.Helper()
	res, err := s.licensing(agency).SubmitApplication(s.Context(), &licensingv1.SubmitApplicationRequest{Deal: deal})
	s.must(err)
	var lines []string
	for _, l := range deal.Lines {
		lines = append(lines, fmt.Sprintf("%d pieces of category %s", l.Quantity.Thousandths/1000, strings.TrimPrefix(l.Category.String(), "CATEGORY_")))
	}
	s.writes("%s: %s to %s: %s", res.ApplicationId, word(deal.Kind.String(), "KIND_"), deal.Destination, strings.Join(lines, ", "))
	comesTo(s.T, s.node(agency), "it is routed, or screened", func(v ledger.View) bool {
		a, err := v.Application(res.ApplicationId)
		return err == nil && (a.Status == ledgerv1.Status_STATUS_ROUTED || isScreened(v, a.Id))
	})
	return res.ApplicationId
}

func isScreened(v ledger.View, application string) bool {
	rows, err := v.ScreeningsWith("subject", application)
	return err == nil && len(rows) > 0
}

// caseAt returns the case of an application at who decides it, by the application that it came from.
func (s *telling) caseAt(agency, origin string) string {
	s.Helper()
	var c *ledgerv1.Application
	comesTo(s.T, s.node(agency), "the case is here", func(v ledger.View) bool {
		for _, a := range undecided(s.T, v, "origin", origin) {
			if strings.HasPrefix(a.Id, agency+"/") && isScreened(v, a.Id) {
				c = a
			}
		}
		return c != nil
	})
	s.writes("%s is decided by %s as %s, under %s", origin, agency, c.Id, c.PolicyId)
	return c.Id
}

func word(name, prefix string) string { return strings.ToLower(strings.TrimPrefix(name, prefix)) }

// files puts papers on the file, and what others authorize.
func (s *telling) files(agency, application string, kinds ...string) {
	s.Helper()
	for _, kind := range kinds {
		sum := sha256.Sum256([]byte(kind))
		_, err := s.licensing(agency).FileDocument(s.Context(), &licensingv1.FileDocumentRequest{
			ApplicationId: application, Document: &licensingv1.Document{Kind: kind, Number: "7", Sha256: sum[:]},
		})
		s.must(err)
	}
}

// lists records the lists that parties have to be compared with, as of today: nobody is on them.
func (s *telling) lists(agency string, sources ...string) {
	s.Helper()
	for _, source := range sources {
		_, err := screeningv1connect.NewListServiceClient(s.at(agency, "officer", "")).CloseList(s.Context(), &screeningv1.CloseListRequest{
			Source: source, Edition: s.now.Now().Format("2006-01-02"), Digest: screening.ListDigest(nil),
		})
		s.must(err)
	}
}

// passes has an application screened and through the gates of Articles 6 and 7.
func (s *telling) passes(agency, application string) {
	s.Helper()
	licensingtest.Ready(s.T, s.at(agency, "officer", "first"), application)
	s.writes("  passes screening and the gates")
}

// cannot writes down what stands in the way of a grant.
func (s *telling) cannot(agency string, req *licensingv1.GrantLicenceRequest) {
	s.Helper()
	res, err := s.licensing(agency).GrantLicence(s.Context(), req)
	if connect.CodeOf(err) != connect.CodeFailedPrecondition {
		s.Fatalf("%s was granted: %v, %v", req.ApplicationId, res, err)
	}
	_, list, several := strings.Cut(err.Error(), "cannot be granted yet: ")
	reasons := strings.Split(list, "; ")
	if !several {
		_, one, _ := strings.Cut(err.Error(), ": ")
		reasons = []string{one}
	}
	s.writes("  cannot be granted:")
	for _, r := range reasons {
		s.writes("    - %s", r)
	}
}

// grants decides in favour, with as many signatures as the policy asks for, and reads the licence at the border.
func (s *telling) grants(agency string, req *licensingv1.GrantLicenceRequest) string {
	s.Helper()
	res, err := s.licensing(agency).GrantLicence(s.Context(), req)
	s.must(err)
	id := res.LicenceId
	if res.ProposalId != "" {
		second := licensingv1connect.NewLicensingServiceClient(s.at(agency, "head of unit", "second"))
		signed, err := second.SignDecision(s.Context(), &licensingv1.SignDecisionRequest{ProposalId: res.ProposalId})
		s.must(err)
		id = signed.DecisionId
	}
	var l *ledgerv1.Licence
	comesTo(s.T, s.node(s.border), "officers at the border know of "+id, func(v ledger.View) bool {
		l, err = v.Licence(id)
		return err == nil && l != nil
	})
	s.writes("%s granted, as the ledger of %s has it: %s", id, s.border, word(l.Status.String(), "STATUS_"))
	s.basis(l)
	return id
}

// basis writes down what a licence says that it rests on.
func (s *telling) basis(l *ledgerv1.Licence) {
	b := l.Basis
	s.writes("  under policy %s, on %s", b.PolicyId, orNobody(b.ConsultationId))
	s.writes("  screening %s, Article 6 %s, assessment %q", word(b.Screening.GetResult().String(), "RESULT_"), word(b.Prohibition.String(), "GATE_RESULT_"), b.AssessmentId)
	for _, x := range b.Signatures {
		s.writes("  signed by the %s", x.Role)
	}
	if b.AgainstAdvice != "" {
		s.writes("  against advice: %s", b.AgainstAdvice)
	}
	if b.Emergency != "" {
		s.writes("  in an emergency: %s", b.Emergency)
	}
	for _, k := range l.Kept {
		s.writes("  keeps a condition of %s: %s", k.AskedBy, k.Text)
	}
}

func orNobody(consultation string) string {
	if consultation == "" {
		return "nobody's opinion"
	}
	return consultation
}

// piecesOf is a line of an application, worth a value in euro cents.
func piecesOf(category transferv1.Category, n, cents int64) *transferv1.Line {
	rating := map[transferv1.Category]string{small: "ML1.a", warships: "ML9.a", battleTanks: "ML6.a"}[category]
	return &transferv1.Line{Rating: rating, Category: category, Quantity: pieces(n), Value: &transferv1.Money{Minor: cents, Currency: "EUR"}}
}

const (
	small       = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS
	warships    = transferv1.Category_CATEGORY_VI_WARSHIPS
	battleTanks = transferv1.Category_CATEGORY_I_BATTLE_TANKS
)

// sale is a deal with one end user in XB.
func sale(kind transferv1.Kind, lines ...*transferv1.Line) *licensingv1.DealInput {
	for i, l := range lines {
		l.Number = uint32(i + 1)
	}
	d := &licensingv1.DealInput{
		Kind: kind, Destination: "XB", EndUse: "border guard", Lines: lines,
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Northgate Arms", Country: "XA"}, {Role: transferv1.Role_ROLE_END_USER, Name: "Frontier Service", Country: "XB"}},
	}
	if kind == transferv1.Kind_KIND_IMPORT {
		d.Destination, d.Sources = "XA", []string{"XB"}
	}
	return d
}
