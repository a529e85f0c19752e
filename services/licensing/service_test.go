package licensing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing"
	"github.com/counterfoil/counterfoil/services/licensing/licensingtest"
)

// serve runs the service on an agency's broker and ledger, with a desk that has its reactions.
func serve(t *testing.T, a *desktest.Agency) (*licensing.Service, *connect.Client) {
	t.Helper()
	d := a.DeskOn(a.Ledger, a.Follower, a.Server.JetStream(), (*licensing.Service)(nil).Reactions()...)
	desktest.Run(t, d.Run)
	service, err := licensing.New(licensing.Config{Node: &node.Node{Agency: a.Name, Ledger: a.Ledger, Desk: d}})
	if err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer()
	service.Register(server)
	return service, connect.NewClient(connectinprocess.New(server))
}

// must returns an answer, or fails the test with the error that came instead.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// brokering is a deal between two other States, which any agency may decide on.
func brokering(party string) *licensingv1.DealInput {
	return &licensingv1.DealInput{
		Kind: transferv1.Kind_KIND_BROKERING, Destination: "XB", Sources: []string{"XC"},
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_BROKER, Name: party}},
		Lines:   []*transferv1.Line{{Rating: "ML1.a", Quantity: &transferv1.Quantity{Thousandths: 100_000, Unit: "H87"}}},
	}
}

func TestNewWithoutNode(t *testing.T) {
	if _, err := licensing.New(licensing.Config{}); err == nil {
		t.Error("a service was made without a node")
	}
}

// One application is granted, and the licence amended, suspended, reinstated and revoked; another is denied.
func TestLicenceFromApplicationToRevocation(t *testing.T) {
	ctx := t.Context()
	a := desktest.New(t, "licensing").Agency("licensing")
	service, client := serve(t, a)
	api := licensingv1connect.NewLicensingServiceClient(client)
	year := time.Now().UTC().Format("2006")

	first := must(api.SubmitApplication(ctx, &licensingv1.SubmitApplicationRequest{Deal: brokering("Broker of XA")}))(t).ApplicationId
	second := must(api.SubmitApplication(ctx, &licensingv1.SubmitApplicationRequest{Deal: brokering("Broker of XA")}))(t).ApplicationId
	if first != "licensing/A-"+year+"-000001" || second != "licensing/A-"+year+"-000002" {
		t.Errorf("applications are %s and %s", first, second)
	}
	licensingtest.Ready(t, client, first)
	granted := must(api.GrantLicence(ctx, &licensingv1.GrantLicenceRequest{ApplicationId: first}))(t)
	if granted.LicenceId != "licensing/L-"+year+"-000001" || granted.Receipt.Journal != "licensing/all" || granted.Receipt.Events != 1 {
		t.Errorf("granted %v", granted)
	}
	denied := must(api.DenyLicence(ctx, &licensingv1.DenyLicenceRequest{ApplicationId: second, Criteria: []string{"7"}, Reason: "risk of diversion"}))(t)
	if denied.DenialId != "licensing/N-"+year+"-000001" {
		t.Errorf("denied %v", denied)
	}
	if _, err := service.GrantLicence(ctx, &licensingv1.GrantLicenceRequest{ApplicationId: second}); !errors.Is(err, fault.Conflict) {
		t.Errorf("a denied application is granted: %v", err)
	}

	id := granted.LicenceId
	lines := []*transferv1.Line{{Rating: "ML1.a", Quantity: &transferv1.Quantity{Thousandths: 50_000, Unit: "H87"}}}
	must(api.AmendLicence(ctx, &licensingv1.AmendLicenceRequest{LicenceId: id, Lines: lines, Reason: "smaller contract"}))(t)
	must(api.SuspendLicence(ctx, &licensingv1.SuspendLicenceRequest{LicenceId: id, Reason: "forged certificate"}))(t)
	again := must(api.SuspendLicence(ctx, &licensingv1.SuspendLicenceRequest{LicenceId: id, Reason: "forged certificate"}))(t)
	if again.Receipt.Events != 0 {
		t.Errorf("suspending again recorded %v", again.Receipt)
	}
	must(api.ReinstateLicence(ctx, &licensingv1.ReinstateLicenceRequest{LicenceId: id, Reason: "verified"}))(t)
	must(api.RevokeLicence(ctx, &licensingv1.RevokeLicenceRequest{LicenceId: id, Reason: "false statement"}))(t)
	l := licence(t, a, id)
	if l.Status != ledgerv1.Status_STATUS_REVOKED || l.Deal.Lines[0].Quantity.Thousandths != 50_000 || len(l.Events) != 5 {
		t.Errorf("the licence stands as %v", l)
	}
	contents := must(api.EditionContents(ctx, &licensingv1.EditionContentsRequest{Source: "xa-register"}))(t)
	if len(contents.Entries) != 0 || contents.Edition != "" {
		t.Errorf("on record from a register that was never read: %v", contents)
	}
}

func licence(t *testing.T, a *desktest.Agency, id string) (l *ledgerv1.Licence) {
	t.Helper()
	err := a.Ledger.View(func(view ledger.View) (err error) {
		l, err = view.Licence(id)
		return err
	})
	return must(l, err)(t)
}

// Enforcement confirms an alert; licensing puts the licence up for reassessment, once however often it hears of it,
// suspends it, and concludes.
func TestConfirmedAlertOpensReassessments(t *testing.T) {
	ctx := t.Context()
	world := desktest.New(t, "licensing", "enforcement")
	a, enforcement := world.Agency("licensing"), world.Agency("enforcement")
	_, client := serve(t, a)
	api := licensingv1connect.NewLicensingServiceClient(client)
	application := must(api.SubmitApplication(ctx, &licensingv1.SubmitApplicationRequest{Deal: brokering("Broker of XA")}))(t).ApplicationId
	licensingtest.Ready(t, client, application)
	id := must(api.GrantLicence(ctx, &licensingv1.GrantLicenceRequest{ApplicationId: application}))(t).LicenceId

	confirm := func(alert, party string) {
		enforcement.Record(desktest.Facts(&enforcementv1.DiversionAlertRaised{
			AlertId: alert, Addressees: []string{"licensing"}, Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_BROKER, Name: party}},
		}))
		receipt := enforcement.Record(desktest.Facts(&enforcementv1.AlertConfirmed{AlertId: alert, Evidence: "serials recovered"}))
		world.Carry(enforcement, a, "all")
		a.Wait(journal.ID{Agency: "enforcement", Group: "all"}, receipt.FirstEvent)
	}
	confirm("enforcement/D-1", "BROKER of XA")
	first := reassessments(t, a, id, 1)[0]
	world.Carry(enforcement, a, "all")
	confirm("enforcement/D-2", "Somebody else")
	confirm("enforcement/D-3", "Broker of XA")
	both := reassessments(t, a, id, 2)
	if both[0].AlertId != "enforcement/D-1" || both[1].AlertId != "enforcement/D-3" {
		t.Errorf("reassessments are of %s and %s", both[0].AlertId, both[1].AlertId)
	}
	err := a.Ledger.View(func(view ledger.View) error {
		e, err := view.Event(journal.ID{Agency: "licensing", Group: "all"}, first.Events[0])
		if err != nil {
			return err
		}
		if len(e.Causes) != 1 || e.Causes[0].Journal != "enforcement/all" || e.Causes[0].Number != 2 || len(e.Causes[0].Id) != 16 {
			t.Errorf("the first rests on %v, want event 2 of enforcement/all", e.Causes)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	answers := enforcementv1connect.NewAlertAnswerServiceClient(client)
	must(answers.AcknowledgeAlert(ctx, &enforcementv1.AcknowledgeAlertRequest{AlertId: "enforcement/D-1", Note: "licence suspended"}))(t)
	must(api.SuspendLicence(ctx, &licensingv1.SuspendLicenceRequest{LicenceId: id, Reason: "diversion confirmed"}))(t)
	must(api.ConcludeReassessment(ctx, &licensingv1.ConcludeReassessmentRequest{
		ReassessmentId: first.Id, Outcome: licensingv1.Outcome_OUTCOME_SUSPENDED, Reason: "pending prosecution",
	}))(t)
	if after := reassessments(t, a, id, 2)[0]; after.Outcome != licensingv1.Outcome_OUTCOME_SUSPENDED {
		t.Errorf("the first stands as %v", after)
	}
}

// reassessments waits until there are n of a licence, and returns them; more fail the test.
func reassessments(t *testing.T, a *desktest.Agency, licenceID string, n int) (found []*ledgerv1.Reassessment) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		changed := a.Ledger.Changed()
		err := a.Ledger.View(func(view ledger.View) (err error) {
			found, err = view.ReassessmentsWith("licence", licenceID)
			return err
		})
		switch {
		case err != nil || len(found) > n:
			t.Fatalf("%d reassessments of %s, want %d: %v", len(found), licenceID, n, err)
		case len(found) == n:
			return found
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%d reassessments of %s after 10 s, want %d", len(found), licenceID, n)
		}
	}
}

// A command sent again under its key is answered as the first time.
func TestRepeatedCommand(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	_, client := serve(t, a)
	api := licensingv1connect.NewLicensingServiceClient(client)
	request := &licensingv1.SubmitApplicationRequest{Particulars: &eventv1.Particulars{IdempotencyKey: "case 7"}, Deal: brokering("Broker of XA")}
	first := must(api.SubmitApplication(t.Context(), proto.CloneOf(request)))(t)
	second := must(api.SubmitApplication(t.Context(), proto.CloneOf(request)))(t)
	if second.ApplicationId != first.ApplicationId || !second.Receipt.Repeated || second.Receipt.FirstEvent != first.Receipt.FirstEvent {
		t.Errorf("first %v, then %v", first, second)
	}
}
