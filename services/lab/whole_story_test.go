package lab_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// A certificate is forged, rifles are licensed on it and shipped, seized abroad and traced; an alert is raised and confirmed, the end
// user's licences are suspended, what waits at the border is held, what is applied for next is denied and told to the State that
// seized the rifles, and the year is reported. After each step it is asked what each agency's own ledger has of it, and in the end
// that every ledger, built anew from nothing, is the same, and that nobody else has any of it.
func TestTheWholeStory(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.certificateIsForged()
	s.isShipped()
	s.isSeizedAbroad()
	s.isTraced()
	s.alertIsRaised()
	s.alertIsConfirmed()
	s.licencesAreSuspended()
	s.isHeldAtTheBorder()
	s.isDenied()
	s.partnerIsWarned()
	s.isReported()
	s.nobodyElseHasIt()
	s.ledgersAreBuiltAnew()
}

// story is two States and what their agencies came to record.
type story struct {
	*testing.T
	plan   *lab.Plan
	folder lab.Folder
	lab    *lab.Lab
	stop   func()
	now    *clock

	// forged rests on the forged certificate, other is of the same end user, and apart is of another one.
	forged, other, apart string
	application          string // of forged
	shipped, waiting     string // declarations under forged and other
	asked, received      string // the trace of XB, and the request as XA has it
	alert                string
	denial               string

	readers map[string][]string // who has a record, by its id
}

// whole are all agencies but the authority.
var whole = []string{"licensing", "customs", "enforcement", "reporting", "observer", "xb-police", "xb-licensing"}

// begin starts both States on a Tuesday.
func begin(t *testing.T) *story {
	plan, err := lab.ReadPlan(filepath.Join("testdata", "story.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := &story{
		T: t, plan: plan, folder: lab.Folder(t.TempDir()), now: &clock{now: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)}, readers: map[string][]string{},
	}
	s.lab, s.stop = startAndStop(t, s.folder, plan, lab.Options{Now: s.now.Now})
	return s
}

func (s *story) node(agency string) *node.Node { return s.lab.Agencies[agency].Node }

// at is an officer of an agency.
func (s *story) at(agency string) *connect.Client { return s.person(agency, "first") }

func (s *story) person(agency, name string) *connect.Client {
	return as(s.node(agency), tokenOf(s.T, s.node(agency)), "officer", name)
}

func (s *story) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// refused checks that a command was not recorded, and that its officer reads why.
func (s *story) refused(err error, why string) {
	s.Helper()
	if err == nil || !strings.Contains(err.Error(), why) {
		s.Errorf("refused with %v; want %q", err, why)
	}
}

// has waits until agencies have a record, and remembers that nobody else is to have it.
func (s *story) has(id string, agencies ...string) {
	s.Helper()
	for _, agency := range agencies {
		comesTo(s.T, s.node(agency), "it has "+id, func(v ledger.View) bool {
			_, row, err := v.Find(id)
			return err == nil && row != nil
		})
	}
	s.readers[id] = append(s.readers[id], agencies...)
}

// comes waits until agencies have a record that is a certain way.
func (s *story) comes(id, what string, holds func(*queryv1.Row) bool, agencies ...string) (row *queryv1.Row) {
	s.Helper()
	for _, agency := range agencies {
		comesTo(s.T, s.node(agency), id+" "+what, func(v ledger.View) bool {
			_, is, err := v.Find(id)
			row = is
			return err == nil && is != nil && holds(is)
		})
	}
	return row
}

// looks reads an agency's ledger.
func (s *story) looks(agency string, read func(ledger.View) error) {
	s.Helper()
	s.must(s.node(agency).Ledger.View(read))
}

// later lets time pass. Licensing's clock says then that nothing is newer; customs hears of it, so that its copies are fresh.
func (s *story) later(days int) {
	s.Helper()
	s.now.move(time.Duration(days) * 24 * time.Hour)
	receipt := record(s.T, s.node("licensing"), &licensingv1.Heartbeat{})
	wait(s.T, s.node("customs"), licensingAll, receipt.FirstEvent)
}

const certificate, further = "EUC-4471", "EUC-4502"

// party is somebody in the story.
func party(role transferv1.Role, name, country string) *transferv1.Party {
	return &transferv1.Party{Role: role, Name: name, Country: country}
}

var (
	maker    = party(transferv1.Role_ROLE_EXPORTER, "Northgate Arms", "XA")
	carrier  = party(transferv1.Role_ROLE_CARRIER, "Blue Line Shipping", "XA")
	importer = party(transferv1.Role_ROLE_CONSIGNEE, "Harbour Trading", "XC")
	brigade  = party(transferv1.Role_ROLE_END_USER, "Directorate of Border Units", "XC")
)

// rifle is what all rifles of the story have in common.
var rifle = &transferv1.Mark{Maker: "Tarnholm Arsenal", Country: "XA", Model: "M12", Calibre: "7.62x39"}

// numbered are the marks of rifles that were found.
func numbered(serials ...string) (marks []*transferv1.Mark) {
	for _, n := range serials {
		marks = append(marks, &transferv1.Mark{Maker: rifle.Maker, Country: rifle.Country, Model: rifle.Model, Calibre: rifle.Calibre, Serial: n})
	}
	return marks
}

// purchase is 20 rifles for an end user in XC, on a certificate.
func purchase(endUser *transferv1.Party, number string, digest byte) *licensingv1.DealInput {
	return &licensingv1.DealInput{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: "XC", EndUse: "border posts", Parties: []*transferv1.Party{maker, carrier, importer, endUser},
		Lines: []*transferv1.Line{{
			Number: 1, Rating: "ML1.a", Category: small, HsCode: "930190", Description: "assault rifle", Model: rifle.Model, Quantity: pieces(20),
			Value: &transferv1.Money{Minor: 30_000_00, Currency: "EUR"},
		}},
		Documents: []*licensingv1.Document{{
			Kind: "end_user_certificate", Number: number, Issuer: "Ministry of Defence of XC", IssuedOn: "2026-02-02", CertifiedByGovernment: true,
			Undertakings: []string{"U1", "U2"}, MediaType: "application/pdf", Sha256: slices.Repeat([]byte{digest}, 32),
		}},
	}
}

// elsewhere is a purchase that has nobody in common with the others but the exporter.
func elsewhere() *licensingv1.DealInput {
	deal := purchase(party(transferv1.Role_ROLE_END_USER, "Lighthouse Service", "XC"), "EUC-11", 3)
	deal.Parties = []*transferv1.Party{maker, party(transferv1.Role_ROLE_CONSIGNEE, "Quayside Stores", "XC"), deal.Parties[3]}
	return deal
}
