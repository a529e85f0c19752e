package lab_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/screening"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// authority is the licensing authority of one State in a lab of two.
type authority struct {
	t         *testing.T
	node      *node.Node
	licensing licensingv1connect.LicensingServiceClient
	denials   licensingv1connect.DenialServiceClient
}

// twoStates starts the licensing authorities of XA and XB on a Thursday.
func twoStates(t *testing.T) (xa, xb authority, now *clock) {
	t.Helper()
	plan, err := lab.ReadPlan(filepath.Join("testdata", "partners.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folder := lab.Folder(t.TempDir())
	now = &clock{now: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)}
	l := startPlan(t, folder, plan, lab.Options{Now: now.Now})
	of := func(agency string) authority {
		client := caller(t, folder, agency, "officer")
		return authority{t, l.Agencies[agency].Node, licensingv1connect.NewLicensingServiceClient(client), licensingv1connect.NewDenialServiceClient(client)}
	}
	return of("xa-licensing"), of("xb-licensing"), now
}

// rifles is an export of rifles to an end user in XC.
func rifles(endUser string) *licensingv1.DealInput {
	return &licensingv1.DealInput{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: "XC", EndUse: "border guard",
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "A Maker"}, {Role: transferv1.Role_ROLE_END_USER, Name: endUser, Country: "XC"}},
		Lines: []*transferv1.Line{{Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS,
			Quantity: &transferv1.Quantity{Thousandths: 100_000, Unit: "H87"}}},
	}
}

func (a authority) apply(endUser string) string {
	a.t.Helper()
	res, err := a.licensing.SubmitApplication(a.t.Context(), &licensingv1.SubmitApplicationRequest{Deal: rifles(endUser)})
	if err != nil {
		a.t.Fatal(err)
	}
	return res.ApplicationId
}

// deny denies an export of rifles, without telling anybody.
func (a authority) deny(endUser string) string {
	a.t.Helper()
	res, err := a.licensing.DenyLicence(a.t.Context(), &licensingv1.DenyLicenceRequest{ApplicationId: a.apply(endUser), Criteria: []string{"2"}, Reason: "what they did to the last ones"})
	if err != nil {
		a.t.Fatal(err)
	}
	return res.DenialId
}

// clears puts on record what a grant needs beside consultations on denials.
func (a authority) clears(application string) {
	a.t.Helper()
	var deal *licensingv1.Deal
	err := a.node.Ledger.View(func(v ledger.View) error {
		row, err := v.Application(application)
		deal = row.GetDeal()
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	digest, err := dossier.DealDigest(deal)
	if err != nil {
		a.t.Fatal(err)
	}
	checked := &licensingv1.ProhibitionChecked{CheckId: a.node.Agency + "/G-1", ApplicationId: application, Result: licensingv1.GateResult_GATE_RESULT_CLEAR, Deal: digest}
	assessed := &licensingv1.RiskAssessed{AssessmentId: a.node.Agency + "/V-1", ApplicationId: application, Deal: digest}
	for _, c := range []string{"7(1)(a)", "7(1)(b)(i)", "7(1)(b)(ii)", "7(1)(b)(iii)", "7(1)(b)(iv)", "7(4)", "11"} {
		assessed.Findings = append(assessed.Findings, &licensingv1.RiskFinding{Criterion: c, Level: licensingv1.Level_LEVEL_LOW, Reason: "nothing known"})
	}
	record(a.t, a.node, checked, assessed)
	a.screen(application, deal)
}

// screen compares the parties with what is on record. What comes near a denial is dealt with by consulting who denied, so the
// hit is not held against the party a second time.
func (a authority) screen(application string, deal *licensingv1.Deal) {
	a.t.Helper()
	id := a.node.Agency + "/S-1"
	var hits []*screeningv1.Hit
	_, err := a.node.Desk.Record(a.t.Context(), &eventv1.Particulars{}, func(v ledger.View) ([]proto.Message, error) {
		fact, err := screening.Screen(v, application, deal, nil, a.node.Now(), id)
		if performed, ok := fact.(*screeningv1.ScreeningPerformed); ok {
			hits = performed.Hits
		}
		return []proto.Message{fact}, err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, h := range hits {
		record(a.t, a.node, &screeningv1.HitJudged{ScreeningId: id, Hit: h.Number, Judgement: screeningv1.Judgement_JUDGEMENT_SAME, Evidence: []string{"address"}, Reason: "consulted on"})
	}
}

// undercut waits until this authority has an undercut of an application, standing so.
func (a authority) undercut(application string, status ledgerv1.UndercutStatus) (found *ledgerv1.Undercut) {
	a.t.Helper()
	comesTo(a.t, a.node, application+" has an undercut that is "+status.String(), func(v ledger.View) bool {
		rows, err := v.UndercutsWith("application", application)
		if err != nil || len(rows) != 1 || rows[0].Status != status {
			return false
		}
		found = rows[0]
		return true
	})
	return found
}

// confirmAndAsk has an officer confirm an undercut and ask about it.
func (a authority) confirmAndAsk(id string) {
	a.t.Helper()
	_, err := a.denials.JudgeUndercut(a.t.Context(), &licensingv1.JudgeUndercutRequest{UndercutId: id, Identical: true, Reason: "the same guard and rifle"})
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.denials.ConsultDenial(a.t.Context(), &licensingv1.ConsultDenialRequest{UndercutId: id, Question: "does it stand?"}); err != nil {
		a.t.Fatal(err)
	}
}

// notify tells of a denial, and waits until the other authority knows.
func (a authority) notify(denial string, to authority) {
	a.t.Helper()
	res, err := a.denials.NotifyDenial(a.t.Context(), &licensingv1.NotifyDenialRequest{DenialId: denial})
	if err != nil {
		a.t.Fatal(err)
	}
	comesTo(a.t, to.node, "it knows of "+res.NoticeId, func(v ledger.View) bool {
		n, err := v.DenialNotice(res.NoticeId)
		return err == nil && n != nil && n.Notice.Reason == ""
	})
}

const (
	isCandidate  = ledgerv1.UndercutStatus_UNDERCUT_STATUS_CANDIDATE
	isConsulting = ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONSULTING
	isReplied    = ledgerv1.UndercutStatus_UNDERCUT_STATUS_REPLIED
	isLapsed     = ledgerv1.UndercutStatus_UNDERCUT_STATUS_LAPSED
	isDecided    = ledgerv1.UndercutStatus_UNDERCUT_STATUS_DECIDED
)

// XB denied. XA gets an application for the same, which it may not grant before XB was asked; XB says that its denial stands,
// XA grants all the same and tells XB why. Of another one XB says nothing, and over the weekend its time is over. Both count what
// was asked alike.
func TestNobodyIsUndercutUnasked(t *testing.T) {
	t.Parallel()
	xa, xb, now := twoStates(t)
	xb.notify(xb.deny("Frontier Guard Directorate"), xa)
	application := xa.apply("Frontier Guard Directorate (XC)")
	id := xa.undercut(application, isCandidate).Id
	xa.clears(application)
	grant := &licensingv1.GrantLicenceRequest{ApplicationId: application, Reason: "their neighbour attacked them since"}
	if _, err := xa.licensing.GrantLicence(t.Context(), grant); err == nil || !strings.Contains(err.Error(), "denial judge "+id) {
		t.Fatalf("granted before anybody looked: %v", err)
	}
	xa.confirmAndAsk(id)
	xb.undercut(application, isConsulting)
	reply := &licensingv1.ReplyToConsultationRequest{UndercutId: id, Identical: true, Text: "it stands"}
	if _, err := xb.denials.ReplyToConsultation(t.Context(), reply); err != nil {
		t.Fatal(err)
	}
	if u := xa.undercut(application, isReplied); !u.Closed.Identical || u.Closed.Lapsed {
		t.Errorf("closed as %v", u.Closed)
	}
	licence, err := xa.licensing.GrantLicence(t.Context(), grant)
	if err != nil {
		t.Fatal(err)
	}
	if told := xb.undercut(application, isDecided).Decided; !told.Granted || told.DecisionId != licence.LicenceId || told.Reasons != grant.Reason {
		t.Errorf("XB was told %v", told)
	}

	xb.notify(xb.deny("Coast Squadron Nine"), xa)
	second := xa.apply("Coast Squadron Nine")
	xa.confirmAndAsk(xa.undercut(second, isCandidate).Id)
	if due := xa.undercut(second, isConsulting).Opened.Due.AsTime(); due != time.Date(2026, 3, 9, 23, 59, 59, 0, time.UTC) {
		t.Errorf("due %s, want the end of Monday", due)
	}
	now.move(3 * 24 * time.Hour) // Sunday
	third := xa.apply("Somebody Else")
	now.move(24 * time.Hour)
	xa.undercut(second, isConsulting)
	now.move(24 * time.Hour) // Tuesday
	xa.apply("Somebody Else Again")
	if u := xa.undercut(second, isLapsed); !u.Closed.Lapsed || u.Closed.Identical {
		t.Errorf("lapsed as %v", u.Closed)
	}
	xb.undercut(second, isLapsed)
	if _, err := xb.denials.ReplyToConsultation(t.Context(), &licensingv1.ReplyToConsultationRequest{UndercutId: xb.undercut(second, isLapsed).Id, Text: "late"}); err == nil {
		t.Error("XB replies after its time")
	}
	err = xa.node.Ledger.View(func(v ledger.View) error {
		rows, err := v.UndercutsWith("application", third)
		if len(rows) > 0 {
			t.Errorf("somebody else was found: %v", rows)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []*licensingv1.ConsultationFigure{{Year: 2026, State: "XA", Initiated: 2}, {Year: 2026, State: "XB", Received: 2}, {Year: 2026, Destination: "XC", Concerning: 2}}
	for _, a := range []authority{xa, xb} {
		res, err := a.denials.ConsultationFigures(t.Context(), &licensingv1.ConsultationFiguresRequest{Year: 2026})
		if err != nil || !slices.EqualFunc(res.Figures, want, func(x, y *licensingv1.ConsultationFigure) bool { return proto.Equal(x, y) }) {
			t.Errorf("%s counts %v, %v", a.node.Agency, res, err)
		}
	}
}

// XB denied and told nobody. XA asks blindly about that end user and about another, and learns of the one that XB holds it; what
// XB's ledger has of the two is alike.
func TestABlindCheckBetweenStates(t *testing.T) {
	t.Parallel()
	xa, xb, _ := twoStates(t)
	publishes := func(times int) {
		t.Helper()
		comesTo(t, xa.node, "XB published what it denied", func(v ledger.View) bool {
			rows, err := v.DenialTokens()
			i := slices.IndexFunc(rows, func(r *ledgerv1.DenialTokens) bool { return r.Id == "xb-licensing/denial-tokens" })
			if err != nil || i < 0 || len(rows[i].Events) != times {
				return false
			}
			if n := len(rows[i].Published.Tokens); n != 64 {
				t.Errorf("the number of tokens, %d, tells how many denials there are", n)
			}
			return true
		})
	}
	publishes(1) // that it holds none
	xb.deny("Frontier Guard Directorate")
	publishes(2)
	officer := visits(t, xa.node)
	type look struct{ asked, answered, events int }
	looks := map[string]look{}
	for endUser, hit := range map[string]bool{"FRONTIER GUARD Directorate": true, "Coast Squadron Nine": false} {
		asked, err := xa.denials.CheckBlindly(t.Context(), &licensingv1.CheckBlindlyRequest{ApplicationId: xa.apply(endUser)})
		if err != nil {
			t.Fatal(err)
		}
		comesTo(t, xa.node, "XB answered "+asked.CheckId, func(v ledger.View) bool {
			a, err := v.BlindAnswer("xb-licensing/" + asked.CheckId)
			return err == nil && a != nil
		})
		// The page says what came so far, and records nothing: what follows records it.
		if page := officer.page("denials/blind/" + asked.CheckId); strings.Contains(page, "they hold one that is like this application") != hit || !strings.Contains(page, "Put on record what it came to") {
			t.Errorf("%s: the page says\n%s", endUser, page)
		}
		res, err := xa.denials.BlindCheck(t.Context(), &licensingv1.BlindCheckRequest{CheckId: asked.CheckId})
		if err != nil || slices.Equal(res.Holders, []string{"xb-licensing"}) != hit || len(res.Open)+len(res.Invalid) > 0 || !strings.HasSuffix(res.Receipt.Journal, "/xa-internal") {
			t.Errorf("%s: %v, %v", endUser, res, err)
		}
		if page := officer.page("denials/blind/" + asked.CheckId); !strings.Contains(page, "What the check came to is on record") {
			t.Errorf("%s: after it was recorded the page says\n%s", endUser, page)
		}
		err = xb.node.Ledger.View(func(v ledger.View) error {
			check, err := v.BlindCheck(asked.CheckId)
			if err != nil {
				return err
			}
			answer, err := v.BlindAnswer("xb-licensing/" + asked.CheckId)
			looks[endUser] = look{proto.Size(check.GetAsked()), proto.Size(answer.GetAnswered()), len(check.GetEvents()) + len(answer.GetEvents())}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if a, b := looks["FRONTIER GUARD Directorate"], looks["Coast Squadron Nine"]; a != b || a.asked == 0 || a.answered == 0 {
		t.Errorf("to XB the hit looks like %+v and the miss like %+v", a, b)
	}
	err := xb.node.Ledger.View(func(v ledger.View) error {
		for _, id := range []string{"xa-licensing/B-2026-000001", "xa-licensing/B-2026-000002"} {
			if rows, err := v.BlindConclusionsWith("request", id); len(rows) > 0 || err != nil {
				t.Errorf("XB reads what %s came to: %v, %v", id, rows, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
