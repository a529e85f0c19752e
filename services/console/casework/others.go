package casework

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/clients"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

func sendScreening(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	if t.Form.Get("do") == "screen" {
		return api.Screening.ScreenSubject(ctx, &screeningv1.ScreenSubjectRequest{Particulars: by, Subject: t.Application.GetId()})
	}
	return sendJudgement(ctx, api, t.Screening().GetId(), t.Form, by)
}

// sendJudgement says whether a party is who a hit says. The form's fields begin with the hit's number.
func sendJudgement(ctx context.Context, api *clients.Clients, screening string, in form, by *eventv1.Particulars) (recorded, error) {
	number := in.Get("hit")
	hit, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return nil, &lack{Field: "hit", Key: "lack.hit"}
	}
	judgement := parseEnum[screeningv1.Judgement](in.Get("judgement-" + number))
	if judgement == 0 {
		return nil, &lack{Field: "judgement-" + number, Key: "lack.judgement"}
	}
	return api.Screening.JudgeHit(ctx, &screeningv1.JudgeHitRequest{
		Particulars: by, ScreeningId: screening, Hit: uint32(hit), Judgement: judgement, Reason: in.Get("reason-" + number), Evidence: in.lines("evidence-" + number),
	})
}

func sendAlike(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	return api.Denial.CheckBlindly(ctx, &licensingv1.CheckBlindlyRequest{Particulars: by, ApplicationId: t.Application.GetId()})
}

func sendConflict(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	return api.Licensing.DeclareConflict(ctx, &licensingv1.DeclareConflictRequest{Particulars: by, ApplicationId: t.Application.GetId(), Reason: t.Form.Get("reason")})
}

func sendConsultation(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	id := t.Consultation().GetId()
	switch t.Form.Get("do") {
	case "stop":
		return api.Consultation.StopClock(ctx, &licensingv1.StopClockRequest{Particulars: by, ConsultationId: id, Reason: t.Form.Get("stop")})
	case "restart":
		return api.Consultation.RestartClock(ctx, &licensingv1.RestartClockRequest{Particulars: by, ConsultationId: id})
	case "close":
		return api.Consultation.CloseConsultation(ctx, &licensingv1.CloseConsultationRequest{Particulars: by, ConsultationId: id})
	}
	req := &licensingv1.OpenConsultationRequest{Particulars: by, ApplicationId: t.Application.GetId(), Question: t.Form.Get("question"), Emergency: t.Form.Get("emergency")}
	for _, agency := range t.Form.Values["with"] {
		req.With = append(req.With, &licensingv1.Addressee{Agency: agency})
	}
	return api.Consultation.OpenConsultation(ctx, req)
}

// Chosen reports whether an agency was chosen in the form.
func (t *taskPage) Chosen(agency string) bool {
	return slices.Contains(t.Form.Values["with"], agency)
}

// AskedBy says in which part the policy asks an agency, and for which article; nothing where it does not.
func (t *taskPage) AskedBy(agency string) string {
	for _, c := range t.Consultees {
		if c.Agency == agency {
			return c.Part + ", " + c.Serves
		}
	}
	return ""
}

// StopOptions are the policy's reasons to stop the clock.
func (t *taskPage) StopOptions() (all []option) {
	for _, s := range t.Stops {
		all = append(all, option{Value: s, Text: s})
	}
	return all
}

// Stopped reports whether the clock of the consultation stands still.
func (t *taskPage) Stopped() bool {
	stops := t.Consultation().GetStops()
	return len(stops) > 0 && stops[len(stops)-1].GetUntil() == nil
}

// Silent are the agencies that were asked and have not answered.
func (t *taskPage) Silent() (all []*licensingv1.Addressee) {
	for _, a := range t.Consultation().GetOpened().GetAddressees() {
		answered := false
		for _, o := range t.Opinions {
			answered = answered || o.GetAgency() == a.GetAgency() || o.GetGiven().GetInPlaceOf() == a.GetAgency()
		}
		if !answered {
			all = append(all, a)
		}
	}
	return all
}

// opinionPage is a question of another agency, and this one's answer.
type opinionPage struct {
	Consultation *ledgerv1.Consultation
	// Given are what this agency answered, for itself and in place of others. Conditions are those that it asked for.
	Given      []*ledgerv1.Opinion
	Conditions []*ledgerv1.Condition
	Form       form
	Done       bool
}

func readOpinion(v *web.Visit) (*opinionPage, error) {
	res, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id(v)})
	if err != nil {
		return nil, err
	}
	p := &opinionPage{Consultation: res.Row.GetConsultation(), Form: newForm(), Done: v.R.URL.Query().Get("done") != ""}
	if p.Consultation == nil {
		return nil, connect.NewError(connect.CodeNotFound, id(v)+" is no consultation; those that wait for this agency stand on the page “Decide”")
	}
	for _, r := range res.Related {
		if o := r.GetOpinion(); o.GetAgency() == v.Site().Agency {
			p.Given = append(p.Given, o)
		}
		if c := r.GetCondition(); c.GetAgency() == v.Site().Agency {
			p.Conditions = append(p.Conditions, c)
		}
	}
	return p, nil
}

func (p pages) opinion(v *web.Visit) error {
	page, err := readOpinion(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "opinion", page)
}

// Views are what an agency can say.
func (p *opinionPage) Views() []option {
	return append(enums(licensingv1.OpinionView_OPINION_VIEW_UNSPECIFIED), option{Value: "recused", Key: "decide.recused"})
}

// ConditionOptions are the conditions that this agency asked for and has not let go.
func (p *opinionPage) ConditionOptions() (all []option) {
	for _, c := range p.Conditions {
		if !c.GetDropped() {
			all = append(all, option{Value: c.GetId(), Text: c.GetText()})
		}
	}
	return all
}

func (p pages) giveOpinion(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	page, err := readOpinion(v)
	if err != nil {
		return err
	}
	page.Form = in
	return p.finish(v, "opinion", page, &page.Form, "/opinion/"+id(v)+"?done=yes", func(by *eventv1.Particulars) (recorded, error) { return page.send(v, by) })
}

func (p *opinionPage) send(v *web.Visit, by *eventv1.Particulars) (recorded, error) {
	ctx, in := v.R.Context(), p.Form
	switch in.Get("do") {
	case "add":
		return v.API.Opinion.AddCondition(ctx, &licensingv1.AddConditionRequest{Particulars: by, ApplicationId: p.Consultation.GetOpened().GetApplicationId(), Text: in.Get("text")})
	case "drop":
		return v.API.Opinion.DropCondition(ctx, &licensingv1.DropConditionRequest{Particulars: by, ConditionId: in.Get("condition"), Reason: in.Get("drop_reason")})
	}
	if in.Get("view") == "" {
		return nil, &lack{Field: "view", Key: "lack.view"}
	}
	return v.API.Opinion.GiveOpinion(ctx, &licensingv1.GiveOpinionRequest{
		Particulars: by, ConsultationId: p.Consultation.GetId(), View: parseEnum[licensingv1.OpinionView](in.Get("view")), Recused: in.Get("view") == "recused",
		Reason: in.Get("reason"), Conditions: in.lines("conditions"), InPlaceOf: strings.TrimSpace(in.Get("in_place_of")),
	})
}
