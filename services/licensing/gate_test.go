package licensing_test

import (
	"testing"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licensingtest"
)

// An embargo that another agency records opens a reassessment of the licence that it reaches, once.
func TestEmbargoOpensReassessments(t *testing.T) {
	ctx := t.Context()
	world := desktest.New(t, "licensing", "enforcement")
	a, enforcement := world.Agency("licensing"), world.Agency("enforcement")
	_, client := serve(t, a)
	api := licensingv1connect.NewLicensingServiceClient(client)
	application := must(api.SubmitApplication(ctx, &licensingv1.SubmitApplicationRequest{Deal: brokering("Broker of XA")}))(t).ApplicationId
	licensingtest.Ready(t, client, application)
	id := must(api.GrantLicence(ctx, &licensingv1.GrantLicenceRequest{ApplicationId: application}))(t).LicenceId
	for _, e := range []*screeningv1.EmbargoRecorded{{EmbargoId: "enforcement/E-1", Country: "XD"}, {EmbargoId: "enforcement/E-2", Country: "XB"}} {
		receipt := enforcement.Record(desktest.Facts(e))
		world.Carry(enforcement, a, "all")
		a.Wait(journal.ID{Agency: "enforcement", Group: "all"}, receipt.FirstEvent)
	}
	if opened := reassessments(t, a, id, 1)[0]; opened.CauseId != "enforcement/E-2" || opened.AlertId != "" {
		t.Errorf("opened was %v", opened)
	}
}

// A check that is repeated, or sent again under its key, is answered with the check that stands; a dry run with what it would be.
func TestCheckIsAnswered(t *testing.T) {
	ctx := t.Context()
	a := desktest.New(t, "licensing").Agency("licensing")
	_, client := serve(t, a)
	api := licensingv1connect.NewLicensingServiceClient(client)
	application := must(api.SubmitApplication(ctx, &licensingv1.SubmitApplicationRequest{Deal: brokering("Broker of XA")}))(t).ApplicationId
	check := func(particulars *eventv1.Particulars) *licensingv1.CheckProhibitionsResponse {
		return must(api.CheckProhibitions(ctx, &licensingv1.CheckProhibitionsRequest{
			Particulars: particulars, ApplicationId: application, Findings: licensingtest.Clear(),
		}))(t)
	}
	dry := check(&eventv1.Particulars{DryRun: true})
	if dry.Result != licensingv1.GateResult_GATE_RESULT_UNSPECIFIED || len(dry.Receipt.DryRun.GetFacts()) != 1 {
		t.Errorf("a dry run answers %v", dry)
	}
	first := check(&eventv1.Particulars{IdempotencyKey: "k-1"})
	for name, particulars := range map[string]*eventv1.Particulars{"under its key": {IdempotencyKey: "k-1"}, "under another": {IdempotencyKey: "k-2"}} {
		again := check(particulars)
		if again.CheckId != first.CheckId || again.Result != licensingv1.GateResult_GATE_RESULT_CLEAR {
			t.Errorf("again %s: %v, first was %v", name, again, first)
		}
	}
	assess := &licensingv1.AssessRiskRequest{ApplicationId: application, Findings: licensingtest.Low()}
	assessed := must(api.AssessRisk(ctx, assess))(t)
	if again := must(api.AssessRisk(ctx, assess))(t); assessed.AssessmentId == "" || again.AssessmentId != assessed.AssessmentId || again.Receipt.Events != 0 {
		t.Errorf("assessed again: %v, first was %v", again, assessed)
	}
}
