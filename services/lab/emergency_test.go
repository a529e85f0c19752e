package lab_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// planWith is the example plan with other policies, each by the name of its file, and no procedure.
func planWith(t *testing.T, policies map[string]string) *lab.Plan {
	t.Helper()
	dir := t.TempDir()
	for name, content := range policies {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile("plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(policies))
	own := "policies: [" + strings.Join(names, ", ") + "]"
	edited := strings.NewReplacer("policies: [policies/example.yaml]", own, "procedure: reporting/example.yaml", "").Replace(string(data))
	if !strings.Contains(edited, own) {
		t.Fatal("the example plan does not name its policies any more")
	}
	file := filepath.Join(dir, "plan.yaml")
	if err := os.WriteFile(file, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, err := lab.ReadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// A State whose policy says so stops a licence by the alert itself: the police raise an immediate alert, and customs' own
// ledger says that the licence is suspended (principle P7: speed where it is urgent). Addressees acknowledge; who does not is
// escalated to the role that the directory names; an officer reinstates.
func TestImmediateAlertSuspendsAtCustoms(t *testing.T) {
	t.Parallel()
	var clock struct {
		sync.Mutex
		ahead time.Duration
	}
	now := func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return time.Now().Add(clock.ahead)
	}
	folder := lab.Folder(t.TempDir())
	l := startPlan(t, folder, planWith(t, map[string]string{"urgent.yaml": `
name: urgent
version: 1
title: an immediate alert suspends
legal_basis: fictional
valid_from: 2000-01-01
decider: licensing
signatures: 1
alerts: {suspend_on: immediate}
`}), lab.Options{Now: now})
	customs, licensing, enforcement := l.Agencies["customs"].Node, l.Agencies["licensing"].Node, l.Agencies["enforcement"].Node
	const licences = 40
	for i := range licences {
		record(t, licensing, underPolicy(i, "urgent/1"))
	}
	record(t, licensing, underPolicy(licences, "")) // read from an older record: no policy says anything of it
	last := licenceID(licences)
	comesTo(t, customs, "it has every licence", func(v ledger.View) bool { row, _ := v.Licence(last); return row != nil })
	comesTo(t, enforcement, "it has every licence", func(v ledger.View) bool { row, _ := v.Licence(last); return row != nil })

	police := enforcementv1connect.NewEnforcementServiceClient(caller(t, folder, "enforcement", "officer"))
	var took []time.Duration
	var alert string
	for i := range licences {
		raised := time.Now()
		res, err := police.RaiseAlert(t.Context(), alarm(i))
		if err != nil {
			t.Fatal(err)
		}
		alert = res.AlertId
		comesTo(t, customs, "the licence is suspended", func(v ledger.View) bool {
			row, err := v.Licence(licenceID(i))
			return err == nil && row.GetStatus() == ledgerv1.Status_STATUS_SUSPENDED
		})
		took = append(took, time.Since(raised))
	}
	slices.Sort(took)
	t.Logf("alert to suspended at customs, %d times: median %s, 99 %% %s, longest %s", licences, took[licences/2], took[licences*99/100], took[licences-1])
	isInForce(t, customs.Ledger, last)

	contacts := &directoryv1.ContactsNamed{Agency: "customs", Contacts: []*directoryv1.Contact{{Role: "duty officer", Reach: "+99 1"}}}
	authority := directoryv1connect.NewAuthorityServiceClient(caller(t, folder, "authority", "operator"))
	if _, err := authority.NameContacts(t.Context(), &directoryv1.NameContactsRequest{Contacts: contacts}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, enforcement, "it knows whom to call", func(v ledger.View) bool { a, _ := v.AgencyRow("customs"); return len(a.GetContacts()) > 0 })
	comesTo(t, licensing, "it has the last alert", func(v ledger.View) bool { a, _ := v.Alert(alert); return a != nil })
	if _, err := enforcementv1connect.NewAlertAnswerServiceClient(caller(t, folder, "licensing", "officer")).AcknowledgeAlert(t.Context(), &enforcementv1.AcknowledgeAlertRequest{AlertId: alert}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, enforcement, "licensing has acknowledged", func(v ledger.View) bool { a, _ := v.Acknowledgement("licensing/" + alert); return a != nil })
	clock.Lock()
	clock.ahead = 61 * time.Minute
	clock.Unlock()
	record(t, enforcement, &enforcementv1.AlertCorroborated{AlertId: alert, Evidence: "a witness"}) // something changes, and the clock is looked at
	comesTo(t, customs, "its silence is escalated, and not licensing's", func(v ledger.View) bool {
		a, err := v.Alert(alert)
		return err == nil && len(a.GetEscalated()) == 1 && a.Escalated[0].Addressee == "customs" && a.Escalated[0].Role == "duty officer"
	})
}

func licenceID(i int) string { return fmt.Sprintf("licensing/L-2026-%06d", i+1) }

func endUser(i int) *transferv1.Party {
	return &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB", Country: "XB", Identifiers: []string{fmt.Sprintf("reg:XB-%d", i)}}
}

// underPolicy is a licence that was granted under a policy; under none where it is empty.
func underPolicy(i int, policy string) *licensingv1.LicenceGranted {
	deal := &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Parties: []*transferv1.Party{endUser(i)},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
	}
	granted := &licensingv1.LicenceGranted{LicenceId: licenceID(i), Deal: deal, ValidFrom: timestamppb.New(time.Now().Add(-time.Hour))}
	if policy != "" {
		granted.Basis = &licensingv1.Basis{
			PolicyId: policy, Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR, Knowledge: &eventv1.Knowledge{},
			Screening: &screeningv1.Certificate{Result: screeningv1.Result_RESULT_CLEAR, Matcher: screening.Version, Parties: []*screeningv1.CoveredParty{{
				Role: deal.Parties[0].Role, Digest: ledger.PartyDigest(deal.Parties[0]),
			}}},
		}
	}
	return granted
}

// alarm is an immediate alert about the end user of a licence.
func alarm(i int) *enforcementv1.RaiseAlertRequest {
	return &enforcementv1.RaiseAlertRequest{
		Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT, Priority: enforcementv1.Priority_PRIORITY_IMMEDIATE, Item: "rifles",
		Parties: []*transferv1.Party{endUser(i)}, Indicators: []string{"RF11"}, LastKnownLocation: "XBHAR",
		Addressees: []string{"licensing", "customs"}, Summary: "the consignment is being unloaded elsewhere", Handling: &enforcementv1.Handling{},
	}
}

func isInForce(t *testing.T, l *ledger.Ledger, id string) {
	t.Helper()
	if err := l.View(func(v ledger.View) error {
		row, err := v.Licence(id)
		if row.GetStatus() != ledgerv1.Status_STATUS_GRANTED {
			t.Errorf("%s is %s", id, row.GetStatus())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
