package lab_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// severalDeciders is a State in which a board, a small arms authority, an import office and a transit office decide, each on its
// own; applications come to the board.
const severalDeciders = `
state: XA
agencies:
  - {name: authority, title: Coordinating authority, service: authority}
  - {name: board, title: Transfer control board, service: licensing}
  - {name: small-arms, title: Small arms authority, service: licensing}
  - {name: imports, title: Import office, service: licensing}
  - {name: transits, title: Transit office, service: licensing}
  - {name: foreign, title: Foreign ministry, service: ministry}
  - {name: interior, title: Interior ministry, service: ministry}
groups:
  - group: directory
    purpose: who is who
    members: [authority, board, small-arms, imports, transits, foreign, interior]
  - group: cases
    purpose: applications and what becomes of them
    members: [board, small-arms, imports, transits, foreign, interior]
    publishers: [board, small-arms, imports, transits, foreign, interior]
rules:
  - {group: cases}
`

// Cooperation models M4 and M5 with M3 in each branch: by kind, then by category, and in each branch others have to be asked.
var severalPolicies = map[string]string{
	"imports/1":  "decider: imports\nprecedence: 10\nscope: kind == \"import\"\nconsultees: [{agency: interior, part: mandatory, serves: ATT 8(2)}]",
	"transits/1": "decider: transits\nprecedence: 10\nscope: kind in [\"transit\", \"trans_shipment\"]",
	"heavy/1":    "decider: board\nprecedence: 1\nscope: categories.exists(c, c in [\"i\", \"ii\", \"iii\", \"iv\", \"v\", \"vi\", \"vii\"])\nconsultees: [{agency: foreign, part: mandatory, serves: ATT 7(1)}]",
	"light/1":    "decider: small-arms\nconsultees: [{agency: interior, part: mandatory, serves: ATT 11(2)}]",
}

// startDeciders runs the State, in which the authority has adopted the policies.
func startDeciders(t *testing.T) *lab.Lab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, []byte(severalDeciders), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, err := lab.ReadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	folder := lab.Folder(t.TempDir())
	l := startPlan(t, folder, plan, lab.Options{})
	for id, terms := range severalPolicies {
		name, _, _ := strings.Cut(id, "/")
		content := "name: " + name + "\nversion: 1\ntitle: " + name + "\nlegal_basis: fictional\nvalid_from: 2020-01-01\nsignatures: 1\n" + terms
		res, err := authorityOf(t, folder).AdoptPolicy(t.Context(), &directoryv1.AdoptPolicyRequest{
			Policy: &directoryv1.PolicyAdopted{PolicyId: id, Title: name, Content: []byte(content)},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range l.Agencies {
			wait(t, s.Node, directory.Journal, res.Receipt.FirstEvent)
		}
	}
	return l
}

// applyTo has an applicant apply at an agency.
func applyTo(t *testing.T, n *node.Node, deal *licensingv1.DealInput) string {
	t.Helper()
	res, err := licensingv1connect.NewLicensingServiceClient(client(n, tokenOf(t, n))).SubmitApplication(t.Context(), &licensingv1.SubmitApplicationRequest{Deal: deal})
	if err != nil {
		t.Fatal(err)
	}
	return res.ApplicationId
}

// undecided are the applications under a value of an attribute that are somebody's to decide, in order of id.
func undecided(t *testing.T, v ledger.View, attribute, value string) []*ledgerv1.Application {
	t.Helper()
	all, err := v.ApplicationsWith(attribute, value)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(a *ledgerv1.Application) bool { return a.Status != ledgerv1.Status_STATUS_SUBMITTED })
}

// twinsOf waits until a node has both cases of an application.
func twinsOf(t *testing.T, n *node.Node, id string) (twins []*ledgerv1.Application) {
	t.Helper()
	comesTo(t, n, "it has both cases", func(v ledger.View) bool {
		twins = undecided(t, v, "origin", id)
		return len(twins) == 2
	})
	return twins
}

// asked are the agencies that have to be asked on a case, as its decider finds them.
func asked(t *testing.T, n *node.Node, id string) (agencies []string) {
	t.Helper()
	err := n.Ledger.View(func(v ledger.View) error {
		a, err := v.Application(id)
		if err != nil {
			return err
		}
		f, err := dossier.Open(v, id, a.SubmittedAt.AsTime(), false)
		if err != nil {
			return err
		}
		consultees, err := f.Consultees()
		for _, c := range consultees {
			agencies = append(agencies, c.Agency+" "+c.Part)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return agencies
}

func consignment(kind transferv1.Kind, lines ...*transferv1.Line) *licensingv1.DealInput {
	return &licensingv1.DealInput{
		Kind: kind, Destination: "XB", Lines: lines,
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Northgate Arms XA", Country: "XA"}, {Role: transferv1.Role_ROLE_END_USER, Name: "Army of XB", Country: "XB"}},
	}
}

func goods(rating string, pieces int64, parameters map[string]string) *transferv1.Line {
	return &transferv1.Line{Rating: rating, Quantity: &transferv1.Quantity{Thousandths: pieces * 1000, Unit: "H87"}, Parameters: parameters}
}

var (
	tanks = map[string]string{"part": "no", "armoured": "yes", "propulsion": "tracked", "unladen_tonnes": "44", "fire": "direct", "gun_calibre_mm": "120",
		"seats": "0", "missile_launcher": "no"}
	assaultRifles = map[string]string{"part": "no", "type": "assault_rifle"}
)

// A mixed consignment comes to the board. The assaultRifles are classified by themselves; an officer decides on the tanks, which fire two
// rules. That makes two cases, one at each decider, with all lines once; each runs under its branch's policy and asks its
// branch's ministry.
func TestAMixedConsignmentMakesTwoCases(t *testing.T) {
	t.Parallel()
	l := startDeciders(t)
	board, smallArms := l.Agencies["board"].Node, l.Agencies["small-arms"].Node
	deal := consignment(transferv1.Kind_KIND_EXPORT, goods("ML1.a", 500, assaultRifles), goods("ML6.a", 10, tanks), goods("ML1.a", 20, assaultRifles))
	id := applyTo(t, board, deal)
	comesTo(t, board, "the rifles are classified by themselves", func(v ledger.View) bool {
		a, err := v.Application(id)
		if err != nil {
			t.Fatal(err)
		}
		return len(a.Classified) == 2
	})
	api := licensingv1connect.NewLicensingServiceClient(client(board, tokenOf(t, board)))
	said, err := api.ClassifyLine(t.Context(), &licensingv1.ClassifyLineRequest{ApplicationId: id, Line: 2})
	if err != nil || said.Receipt.Events != 0 || len(said.Fired) != 2 {
		t.Fatalf("of the tanks the table says %v, %v; want two rules and nothing recorded", said, err)
	}
	if _, err := api.ClassifyLine(t.Context(), &licensingv1.ClassifyLineRequest{
		ApplicationId: id, Line: 2, Category: transferv1.Category_CATEGORY_I_BATTLE_TANKS, Row: "I", Reason: "main battle tanks, by the maker's data",
	}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node.Node{board, smallArms, l.Agencies["foreign"].Node} {
		twins := twinsOf(t, n, id)
		if twins[0].PolicyId != "heavy/1" || twins[1].PolicyId != "light/1" || twins[0].Deal.ShipmentId != id || twins[1].Deal.ShipmentId != id {
			t.Errorf("%s has cases %v", n.Agency, twins)
		}
		var lines []*transferv1.Line
		for _, a := range twins {
			for i, line := range a.Deal.Lines {
				if line.Number != uint32(i+1) {
					t.Errorf("line %d of %s is numbered %d", i+1, a.Id, line.Number)
				}
				lines = append(lines, goods(line.Rating, line.Quantity.Thousandths/1000, line.Parameters))
			}
		}
		want := []*transferv1.Line{deal.Lines[1], deal.Lines[0], deal.Lines[2]}
		if !slices.EqualFunc(lines, want, func(a, b *transferv1.Line) bool { return proto.Equal(a, b) }) {
			t.Errorf("%s counts lines %v, want %v", n.Agency, lines, want)
		}
	}
	twins := twinsOf(t, board, id)
	if diff := cmp.Diff([]string{"foreign mandatory"}, asked(t, board, twins[0].Id)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"interior mandatory"}, asked(t, smallArms, twins[1].Id)); diff != "" {
		t.Error(diff)
	}
	if _, err := api.WithdrawApplication(t.Context(), &licensingv1.WithdrawApplicationRequest{ApplicationId: id, Reason: "too late"}); err == nil {
		t.Error("an application that was routed on is withdrawn")
	}
}

// One shipment is imported, passes through, and leaves: three agencies have an application each, all with its id.
func TestOneShipmentCarriesThreeApplications(t *testing.T) {
	t.Parallel()
	l := startDeciders(t)
	board := l.Agencies["board"].Node
	for _, kind := range []transferv1.Kind{transferv1.Kind_KIND_IMPORT, transferv1.Kind_KIND_TRANSIT, transferv1.Kind_KIND_EXPORT} {
		deal := consignment(kind, goods("ML10.a", 2, nil))
		deal.ShipmentId = "UCR-26XA-1"
		switch kind {
		case transferv1.Kind_KIND_IMPORT:
			deal.Destination, deal.Sources = "XA", []string{"XC"}
		case transferv1.Kind_KIND_EXPORT:
			deal.Lines[0].Category = transferv1.Category_CATEGORY_IV_COMBAT_AIRCRAFT
		}
		applyTo(t, board, deal)
	}
	want := map[string]transferv1.Kind{"imports": transferv1.Kind_KIND_IMPORT, "transits": transferv1.Kind_KIND_TRANSIT, "board": transferv1.Kind_KIND_EXPORT}
	for _, s := range l.Agencies {
		comesTo(t, s.Node, "each of three agencies has one of the shipment's applications", func(v ledger.View) bool {
			deciders := map[string]transferv1.Kind{}
			open := undecided(t, v, "shipment", "UCR-26XA-1")
			for _, a := range open {
				agency, _, _ := strings.Cut(a.Id, "/")
				deciders[agency] = a.Deal.Kind
			}
			return len(open) == 3 && maps.Equal(want, deciders)
		})
	}
}
