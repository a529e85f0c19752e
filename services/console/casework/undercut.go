package casework

import (
	"html/template"

	"connectrpc.com/connect/v2"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// undercutPage is an application that looks identical to a denial, and what can be done about it.
type undercutPage struct {
	*ledgerv1.Undercut
	Replies []*ledgerv1.UndercutReply
	Form    form
	Done    string
	// Own reports that this agency examines the application; otherwise it may be the one that denied.
	Own, Denied bool
	// Compared are the two deals side by side, as far as this agency reads them.
	Compared []compared
}

// compared is what two deals say of one thing.
type compared struct {
	Key          string
	Ours, Theirs template.HTML
	Same         bool
}

func readUndercut(v *web.Visit, in form) (*undercutPage, error) {
	res, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id(v)})
	if err != nil {
		return nil, err
	}
	p := &undercutPage{Undercut: res.Row.GetUndercut(), Form: in, Done: v.R.URL.Query().Get("done")}
	if p.Undercut == nil {
		return nil, connect.NewError(connect.CodeNotFound, id(v)+" is no comparison with a denial; those on record stand on the page “Denials”")
	}
	p.Own = v.R.PathValue("agency") == v.Site().Agency
	p.Denied = p.GetFound().GetAgency() == v.Site().Agency
	replies, _, err := web.Every(v.R.Context(), v.API, with(queryv1.Table_TABLE_UNDERCUT_REPLIES, "request", id(v)))
	if err != nil {
		return nil, err
	}
	for _, r := range replies {
		p.Replies = append(p.Replies, r.GetUndercutReply())
	}
	return p, p.compare(v)
}

// compare reads both deals. What this agency does not read of them stays empty.
func (p *undercutPage) compare(v *web.Visit) error {
	var deals [2]*licensingv1.Deal
	for i, of := range []string{p.GetFound().GetApplicationId(), p.GetFound().GetDenialId()} {
		res, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: of})
		if err != nil && !web.IsRefusal(err) {
			return err
		}
		_, row := web.Inner(res.GetRow())
		switch r := row.(type) {
		case *ledgerv1.DenialNotice:
			deals[i] = r.GetNotice().GetDeal()
		case interface{ GetDeal() *licensingv1.Deal }:
			deals[i] = r.GetDeal()
		}
	}
	if deals[0] == nil && deals[1] == nil {
		return nil
	}
	for _, c := range []web.Column{"kind", "destination", "end_user", "end_use", "parties", "lines"} {
		one := compared{Key: c.Key()}
		var err error
		if one.Ours, err = dealPart(v, deals[0], c); err != nil {
			return err
		}
		if one.Theirs, err = dealPart(v, deals[1], c); err != nil {
			return err
		}
		one.Same = one.Ours != "" && one.Ours == one.Theirs
		p.Compared = append(p.Compared, one)
	}
	return nil
}

// dealPart is what a deal says of something; of its lines, what they are of and how much.
func dealPart(v *web.Visit, of *licensingv1.Deal, c web.Column) (template.HTML, error) {
	if of == nil {
		return "", nil
	}
	if c != "lines" {
		return v.Cell(of, c)
	}
	var all []any
	for _, l := range of.GetLines() {
		shown := template.HTML("")
		for _, part := range []any{l.GetRating(), l.GetDescription(), l.GetQuantity(), l.GetValue()} {
			html, err := v.Show(part)
			if err != nil {
				return "", err
			}
			if shown != "" && html != "" {
				shown += " · "
			}
			shown += html
		}
		all = append(all, shown)
	}
	return v.Show(all)
}

// Identical are the answers to whether two deals are one.
func (p *undercutPage) Identical() []option { return yesNo("denials.identical", "denials.another") }

// Open is what comes next: "judge", "consult", "reply", or nothing.
func (p *undercutPage) Open() string {
	switch p.GetStatus() {
	case ledgerv1.UndercutStatus_UNDERCUT_STATUS_CANDIDATE:
		return "judge"
	case ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONFIRMED:
		return "consult"
	case ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONSULTING:
		return "reply"
	}
	return ""
}

func (p pages) undercut(v *web.Visit) error {
	page, err := readUndercut(v, newForm())
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "undercut", page)
}

func (p pages) doUndercut(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	page, err := readUndercut(v, in)
	if err != nil {
		return err
	}
	to := "/denials/alike/" + id(v) + "?done=" + in.Get("do")
	return p.finish(v, "undercut", page, &page.Form, to, func(by *eventv1.Particulars) (recorded, error) { return page.send(v, by) })
}

func (p *undercutPage) send(v *web.Visit, by *eventv1.Particulars) (recorded, error) {
	ctx, in, of := v.R.Context(), p.Form, p.GetId()
	if in.Get("do") == "consult" {
		return v.API.Denial.ConsultDenial(ctx, &licensingv1.ConsultDenialRequest{Particulars: by, UndercutId: of, Question: in.Get("question")})
	}
	if in.Get("identical") == "" {
		return nil, &lack{Field: "identical", Key: "lack.identical"}
	}
	identical := in.Get("identical") == "yes"
	switch in.Get("do") {
	case "reply":
		return v.API.Denial.ReplyToConsultation(ctx, &licensingv1.ReplyToConsultationRequest{Particulars: by, UndercutId: of, Identical: identical, Text: in.Get("text")})
	case "paper":
		return v.API.Denial.RecordReply(ctx, &licensingv1.RecordReplyRequest{Particulars: by, UndercutId: of, Identical: identical, Text: in.Get("text"), Paper: in.Get("paper")})
	}
	return v.API.Denial.JudgeUndercut(ctx, &licensingv1.JudgeUndercutRequest{Particulars: by, UndercutId: of, Identical: identical, Reason: in.Get("reason")})
}
