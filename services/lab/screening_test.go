package lab_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/screening"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

func recipient(name string) []*transferv1.Party {
	return []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Maker of XA"}, {Role: transferv1.Role_ROLE_END_USER, Name: name, Country: "XB"}}
}

// findings are what an agency found of a row, as "subject: state".
func findings(t *testing.T, n *node.Node, against string, want ...string) []*ledgerv1.Finding {
	t.Helper()
	var found []*ledgerv1.Finding
	comesTo(t, n, fmt.Sprintf("it found %v of %s", want, against), func(v ledger.View) bool {
		var err error
		found, err = v.FindingsWith("against", against)
		if err != nil || len(found) != len(want) {
			return false
		}
		for i, f := range found {
			if want[i] != f.Found.Subject+": "+f.Found.State {
				return false
			}
		}
		return true
	})
	return found
}

// reassessedFor waits until a licence is looked at again because of something, and returns what it is looked at for.
func reassessedFor(t *testing.T, n *node.Node, licence string, causes ...string) {
	t.Helper()
	comesTo(t, n, fmt.Sprintf("%s is looked at again for %v", licence, causes), func(v ledger.View) bool {
		opened, err := v.ReassessmentsWith("licence", licence)
		if err != nil || len(opened) != len(causes) {
			return false
		}
		for i, r := range opened {
			if r.CauseId+r.AlertId != causes[i] {
				return false
			}
		}
		return true
	})
}

// A watch list names an end user after the licence was granted and the goods left. Licensing finds its live licence and looks
// at it again; customs finds what is on its way and what was delivered. Then an alert comes near the same end user, and a
// denial: each is found once, and the licence is looked at again once for each that counts.
func TestWhatIsNewIsRunAgainstWhatIsLive(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	licensing, customs, enforcement := l.Agencies["licensing"].Node, l.Agencies["customs"].Node, l.Agencies["enforcement"].Node
	const live, ended = "licensing/L-1", "licensing/L-2"
	deal := &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Parties: recipient("Zarkovia Defence Trading"),
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
	}
	record(t, licensing, &licensingv1.LicenceGranted{LicenceId: live, Deal: deal})
	record(t, licensing, &licensingv1.LicenceGranted{LicenceId: ended, Deal: deal}, &licensingv1.LicenceRevoked{LicenceId: ended, Reason: "returned"})
	for i, arrived := range []bool{false, true} {
		id := fmt.Sprintf("customs/D-%d", i+1)
		record(t, customs, &customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: live, Parties: recipient("ZARKOVIA DEFENCE TRADING")})
		record(t, customs, &customsv1.ExitConfirmed{DeclarationId: id})
		if arrived {
			record(t, customs, &customsv1.ArrivalRecorded{DeclarationId: id, At: timestamppb.Now()})
		}
	}
	record(t, customs, &customsv1.DeclarationAccepted{DeclarationId: "customs/D-3", Parties: recipient("Zarkovia Defence Trading")},
		&customsv1.DeclarationCancelled{DeclarationId: "customs/D-3", Reason: "withdrawn"})

	lists := screeningv1connect.NewListServiceClient(caller(t, folder, "licensing", "officer"))
	entry := &screeningv1.ListEntry{Key: "XAe.001", Type: "entity", Names: []*screeningv1.ListName{{Text: "Zarkovia Defense Trading", Kind: "primary"}}}
	entry.Digest = screening.EntryDigest(entry)
	if _, err := lists.RecordList(t.Context(), &screeningv1.RecordListRequest{Source: "un", Edition: "2026-03-01", Entries: []*screeningv1.ListEntry{entry}}); err != nil {
		t.Fatal(err)
	}
	const entryID = "licensing/un-XAe.001"
	found := findings(t, licensing, entryID, live+": live licence")
	findings(t, customs, entryID, "customs/D-1: in transit", "customs/D-2: delivered")
	reassessedFor(t, licensing, live, entryID)
	if h := found[0].Found.Hit; h.Party != 2 || h.Score < screening.ReviewLine || found[0].Journal != "licensing/licensing-internal" {
		t.Errorf("licensing found %v", found[0])
	}

	// An officer says that the name is all that agrees, which confirms nothing.
	judge := screeningv1connect.NewScreeningServiceClient(caller(t, folder, "licensing", "officer"))
	verdict := &screeningv1.JudgeHitRequest{ScreeningId: found[0].Id, Hit: 1, Judgement: screeningv1.Judgement_JUDGEMENT_SAME, Reason: "it reads the same", Evidence: []string{"Zarkovia Defense Trading"}}
	if _, err := judge.JudgeHit(t.Context(), verdict); err == nil {
		t.Error("a name alone confirmed")
	}
	verdict.Evidence = []string{"registered at 1 Quay"}
	if _, err := judge.JudgeHit(t.Context(), verdict); err != nil {
		t.Error(err)
	}

	// An alert about somebody near, which is confirmed, and a denial.
	alert := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1", Parties: recipient("Zarkovya Defence Trading")[1:], Addressees: []string{"licensing"}}
	record(t, enforcement, alert)
	findings(t, licensing, alert.AlertId, live+": live licence")
	findings(t, customs, alert.AlertId, "customs/D-1: in transit", "customs/D-2: delivered")
	reassessedFor(t, licensing, live, entryID)
	record(t, enforcement, &enforcementv1.AlertConfirmed{AlertId: alert.AlertId, Evidence: "serials recovered"})
	reassessedFor(t, licensing, live, entryID, alert.AlertId)
	record(t, licensing, &licensingv1.LicenceDenied{DenialId: "licensing/N-1", Deal: proto.CloneOf(deal), Criteria: []string{"7"}})
	findings(t, customs, "licensing/N-1", "customs/D-1: in transit", "customs/D-2: delivered")
	reassessedFor(t, licensing, live, entryID, alert.AlertId, "licensing/N-1")
}

// An application is screened by itself: when it comes, when a list comes, when an alert comes near.
func TestApplicationsAreScreenedByThemselves(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	licensing, enforcement := l.Agencies["licensing"].Node, l.Agencies["enforcement"].Node
	officer := caller(t, folder, "licensing", "officer")
	submitted, err := licensingv1connect.NewLicensingServiceClient(officer).SubmitApplication(t.Context(), &licensingv1.SubmitApplicationRequest{Deal: &licensingv1.DealInput{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: "XB", Parties: recipient("Zarkovia Defence Trading"),
		Lines: []*transferv1.Line{{Rating: "ML1.a", Quantity: &transferv1.Quantity{Thousandths: 1000, Unit: "H87"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	latest := func(n int, result screeningv1.Result, hits int) *ledgerv1.Screening {
		var last *ledgerv1.Screening
		comesTo(t, licensing, fmt.Sprintf("screening %d is %s", n, result), func(v ledger.View) bool {
			all, err := v.ScreeningsWith("subject", submitted.ApplicationId)
			if err != nil || len(all) != n {
				return false
			}
			last = all[n-1]
			return last.Certificate.Result == result && len(last.Hits) == hits
		})
		return last
	}
	latest(1, screeningv1.Result_RESULT_CLEAR, 0)

	lists := screeningv1connect.NewListServiceClient(officer)
	entry := &screeningv1.ListEntry{Key: "XAe.001", Type: "entity", Names: []*screeningv1.ListName{{Text: "Zarkovia Defense Trading", Kind: "primary"}}}
	entry.Digest = screening.EntryDigest(entry)
	if _, err := lists.RecordList(t.Context(), &screeningv1.RecordListRequest{Source: "un", Edition: "2026-03-01", Entries: []*screeningv1.ListEntry{entry}}); err != nil {
		t.Fatal(err)
	}
	if _, err := lists.CloseList(t.Context(), &screeningv1.CloseListRequest{Source: "un", Edition: "2026-03-01", Entries: 1, Digest: screening.ListDigest([][]byte{entry.Digest})}); err != nil {
		t.Fatal(err)
	}
	second := latest(2, screeningv1.Result_RESULT_OPEN, 1)
	judge := screeningv1connect.NewScreeningServiceClient(officer)
	verdict := &screeningv1.JudgeHitRequest{ScreeningId: second.Id, Hit: 1, Judgement: screeningv1.Judgement_JUDGEMENT_ANOTHER, Reason: "founded in another year"}
	if _, err := judge.JudgeHit(t.Context(), verdict); err != nil {
		t.Fatal(err)
	}
	latest(2, screeningv1.Result_RESULT_REVIEWED, 1)

	record(t, enforcement, &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1", Parties: recipient("Zarkovia Defence Trading")[1:], Addressees: []string{"licensing"}})
	third := latest(3, screeningv1.Result_RESULT_OPEN, 2)
	for _, h := range third.Hits {
		if carried := h.Id == "licensing/un-XAe.001"; carried != (h.Judgement == screeningv1.Judgement_JUDGEMENT_ANOTHER) {
			t.Errorf("hit %v", h)
		}
	}
	if _, err := judge.JudgeHit(t.Context(), verdict); err == nil {
		t.Error("a hit of a screening that was followed by another is judged")
	}
	again, err := judge.ScreenSubject(t.Context(), &screeningv1.ScreenSubjectRequest{Subject: submitted.ApplicationId})
	if err != nil || again.ScreeningId != third.Id || again.Receipt.Events != 0 {
		t.Errorf("screened again: %v, %v", again, err)
	}
	if _, err := screeningv1connect.NewScreeningServiceClient(caller(t, folder, "customs", "officer")).ScreenSubject(t.Context(),
		&screeningv1.ScreenSubjectRequest{Subject: submitted.ApplicationId}); err == nil {
		t.Error("customs screens an application")
	}
}
