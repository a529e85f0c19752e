package enforcement_test

import (
	"errors"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/enforcement"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
)

func TestNewWithoutNode(t *testing.T) {
	if _, err := enforcement.New(enforcement.Config{}); err == nil {
		t.Error("a service was made without a node")
	}
	if _, err := enforcement.New(enforcement.Config{Node: &node.Node{}, TraceClock: trace.Clock{Answer: -1}}); err == nil {
		t.Error("a service was made whose traces are due before they are opened")
	}
}

func nodeOf(a *desktest.Agency) *node.Node {
	return &node.Node{Agency: a.Name, Ledger: a.Ledger, Desk: a.Desk}
}

// An alert is raised, taken up by customs, corroborated, confirmed and closed; another is refuted.
func TestAlerts(t *testing.T) {
	ctx := t.Context()
	world := desktest.New(t, "enforcement", "customs")
	a, customs := world.Agency("enforcement"), world.Agency("customs")
	service, err := enforcement.New(enforcement.Config{Node: nodeOf(a)})
	if err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer()
	service.Register(server)
	api := enforcementv1connect.NewEnforcementServiceClient(connect.NewClient(connectinprocess.New(server)))
	raise := func() string {
		t.Helper()
		res, err := api.RaiseAlert(ctx, &enforcementv1.RaiseAlertRequest{
			Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT, Priority: enforcementv1.Priority_PRIORITY_URGENT, Item: "40 rifles",
			Parties:    []*transferv1.Party{{Role: transferv1.Role_ROLE_CARRIER, Name: "unknown"}},
			Indicators: []string{"RF26"}, LastKnownLocation: "XCABC", Addressees: []string{"customs"}, Summary: "did not arrive", Handling: &enforcementv1.Handling{},
		})
		if err != nil {
			t.Fatal(err)
		}
		return res.AlertId
	}
	first, second := raise(), raise()
	if year := time.Now().UTC().Format("2006"); first != "enforcement/D-"+year+"-000001" || second != "enforcement/D-"+year+"-000002" {
		t.Errorf("alerts are %s and %s", first, second)
	}

	world.Carry(a, customs, "all")
	customs.Wait(journal.ID{Agency: "enforcement", Group: "all"}, 2)
	theirs := connect.NewServer()
	duty.Register(theirs, nodeOf(customs))
	answers := enforcementv1connect.NewAlertAnswerServiceClient(connect.NewClient(connectinprocess.New(theirs)))
	acknowledged, err := answers.AcknowledgeAlert(ctx, &enforcementv1.AcknowledgeAlertRequest{AlertId: first, Note: "consignment held"})
	if err != nil || acknowledged.Receipt.Journal != "customs/border" {
		t.Errorf("acknowledged %v, %v", acknowledged, err)
	}

	_, corroborateErr := api.CorroborateAlert(ctx, &enforcementv1.CorroborateAlertRequest{AlertId: first, Indicators: []string{"RF23"}, Evidence: "vessel's track"})
	_, confirmErr := api.ConfirmAlert(ctx, &enforcementv1.ConfirmAlertRequest{AlertId: first, Evidence: "serials recovered"})
	_, closeErr := api.CloseAlert(ctx, &enforcementv1.CloseAlertRequest{AlertId: first, Outcome: "prosecution under way"})
	_, refuteErr := api.RefuteAlert(ctx, &enforcementv1.RefuteAlertRequest{AlertId: second, Reason: "arrived, late"})
	if err := errors.Join(corroborateErr, confirmErr, closeErr, refuteErr); err != nil {
		t.Fatal(err)
	}
	if _, err := service.ConfirmAlert(ctx, &enforcementv1.ConfirmAlertRequest{AlertId: second, Evidence: "after all"}); !errors.Is(err, fault.Precondition) {
		t.Errorf("a refuted alert is confirmed: %v", err)
	}
	err = a.Ledger.View(func(view ledger.View) error {
		x, err := view.Alert(first)
		if err != nil {
			return err
		}
		if x.Status != ledgerv1.AlertStatus_ALERT_STATUS_CLOSED || x.Finding != ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED || len(x.Indicators) != 2 {
			t.Errorf("the first stands as %v", x)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
