package casework

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect/v2"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// screeningPage is a name that is compared, what waits for judgement, and what parties are compared with.
type screeningPage struct {
	Form form
	// Result is what comparing the name came to; nil when nothing was asked.
	Result     *screeningv1.ScreenNameResponse
	Screenings []*ledgerv1.Screening
	Findings   []*ledgerv1.Finding
	// More are the lists of those of which more wait than are shown.
	More      []whole
	Lists     []listAge
	Embargoes []*ledgerv1.Embargo
	Denials   uint64
	Basis     *queryv1.Basis
}

// waitMost is how many screenings, and how many findings, are shown that wait for judgement: the newest.
const waitMost = 500

// whole is where all is listed that a page shows a part of: what it is called, and its address.
type whole struct{ Key, Path string }

// listAge is a watch list and how many days ago its edition was recorded.
type listAge struct {
	*ledgerv1.WatchList
	Days int
}

// Roles are what a party can do.
func (p screeningPage) Roles() []option { return enums(transferv1.Role_ROLE_UNSPECIFIED) }

// OpenHits is how many hits of a screening nobody judged.
func (p screeningPage) OpenHits(s *ledgerv1.Screening) int { return openHits(s) }

func (p pages) screening(v *web.Visit) error {
	page := screeningPage{Form: form{Values: v.R.URL.Query()}}
	page.Form.set("role", "end_user")
	if strings.TrimSpace(page.Form.Get("name")) != "" {
		if err := page.compare(v); err != nil {
			return err
		}
	}
	if err := page.read(v); err != nil {
		return err
	}
	if page.Form.Failed != nil {
		return v.PageAgain(p.Pages, "names", page)
	}
	return v.Page(p.Pages, "names", page)
}

// compare compares the name; nothing is recorded.
func (p *screeningPage) compare(v *web.Visit) error {
	in := p.Form
	req := &screeningv1.ScreenNameRequest{Party: &transferv1.Party{
		Role: parseEnum[transferv1.Role](in.Get("role")), Name: strings.TrimSpace(in.Get("name")), Country: strings.ToUpper(strings.TrimSpace(in.Get("country"))),
		Identifiers: strings.Fields(in.Get("identifiers")),
	}}
	if in.Get("near") != "" {
		req.DownTo = 600 // far enough to see what was nearly found
	}
	res, err := v.API.Screening.ScreenName(v.R.Context(), req)
	if err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		p.Form.Failed = web.Refusal(err)
		return nil
	}
	p.Result = res
	return nil
}

func (p *screeningPage) read(v *web.Visit) error {
	for _, ask := range []*queryv1.ListRequest{with(queryv1.Table_TABLE_SCREENINGS, "status", "open"), with(queryv1.Table_TABLE_FINDINGS, "open", "true")} {
		ask.Order, ask.PageSize = queryv1.Order_ORDER_NEWEST_FIRST, waitMost
		res, err := v.API.Query.List(v.R.Context(), ask)
		if err != nil {
			return err
		}
		if p.add(res.Rows, v.Site().Now()); res.NextPageToken != "" {
			of := ask.Filter.Conditions[0]
			p.More = append(p.More, whole{"table." + web.TableName(ask.Table), "/console/list/" + web.TableName(ask.Table) + "?f." + of.Attribute + "=" + of.Values[0]})
		}
	}
	for _, ask := range []*queryv1.ListRequest{{Table: queryv1.Table_TABLE_WATCH_LISTS}, with(queryv1.Table_TABLE_EMBARGOES, "open", "true")} {
		rows, basis, err := web.Every(v.R.Context(), v.API, ask)
		if err != nil {
			return err
		}
		p.Basis = basis
		p.add(rows, v.Site().Now())
	}
	// Each agency judges its own.
	own := v.Site().Agency + "/"
	p.Findings = slices.DeleteFunc(p.Findings, func(f *ledgerv1.Finding) bool { return !strings.HasPrefix(f.GetId(), own) })
	p.Screenings = slices.DeleteFunc(p.Screenings, func(s *ledgerv1.Screening) bool { return !strings.HasPrefix(s.GetId(), own) })
	// A subject that was screened again is judged in its last screening.
	p.Screenings = slices.DeleteFunc(p.Screenings, func(s *ledgerv1.Screening) bool {
		return slices.ContainsFunc(p.Screenings, func(o *ledgerv1.Screening) bool {
			return o.GetSubject() == s.GetSubject() && o.GetAt().AsTime().After(s.GetAt().AsTime())
		})
	})
	for _, table := range []queryv1.Table{queryv1.Table_TABLE_DENIALS, queryv1.Table_TABLE_DENIAL_NOTICES} {
		res, err := v.API.Query.Count(v.R.Context(), &queryv1.CountRequest{Table: table})
		if err != nil {
			return err
		}
		p.Denials += res.Total
	}
	return nil
}

func (p *screeningPage) add(rows []*queryv1.Row, now time.Time) {
	for _, r := range rows {
		switch {
		case r.GetScreening() != nil:
			p.Screenings = append(p.Screenings, r.GetScreening())
		case r.GetFinding() != nil:
			p.Findings = append(p.Findings, r.GetFinding())
		case r.GetWatchList() != nil:
			w := r.GetWatchList()
			p.Lists = append(p.Lists, listAge{w, days(w.GetRecordedAt().AsTime(), now)})
		case r.GetEmbargo() != nil:
			p.Embargoes = append(p.Embargoes, r.GetEmbargo())
		}
	}
}

// hitsPage is what a screening or a finding found, to be judged.
type hitsPage struct {
	ID, Subject string
	// State is what a finding's subject is, such as "in transit"; empty of a screening.
	State       string
	Certificate *screeningv1.Certificate
	Hits        []*screeningv1.Hit
	Form        form
	Done        bool
}

func readHits(v *web.Visit, in form) (*hitsPage, error) {
	res, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id(v)})
	if err != nil {
		return nil, err
	}
	p := &hitsPage{ID: id(v), Form: in, Done: v.R.URL.Query().Get("done") != ""}
	switch s, f := res.Row.GetScreening(), res.Row.GetFinding(); {
	case s != nil:
		p.Subject, p.Certificate, p.Hits = s.GetSubject(), s.GetCertificate(), s.GetHits()
	case f != nil:
		p.Subject, p.State, p.Hits = f.GetFound().GetSubject(), f.GetFound().GetState(), []*screeningv1.Hit{f.GetFound().GetHit()}
	default:
		return nil, connect.NewError(connect.CodeNotFound, id(v)+" is neither a screening nor a finding; those that wait stand on the page “Screening”")
	}
	p.Hits = byWeight(p.Hits)
	return p, nil
}

// byWeight has what nobody judged first, and of each the best score first.
func byWeight(hits []*screeningv1.Hit) []*screeningv1.Hit {
	sorted := slices.Clone(hits)
	slices.SortStableFunc(sorted, func(a, b *screeningv1.Hit) int {
		return cmp.Or(cmp.Compare(min(a.GetJudgement(), 1), min(b.GetJudgement(), 1)), cmp.Compare(b.GetScore(), a.GetScore()))
	})
	return sorted
}

func (p pages) hits(v *web.Visit) error {
	page, err := readHits(v, newForm())
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "hits", page)
}

func (p pages) judge(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	page, err := readHits(v, in)
	if err != nil {
		return err
	}
	return p.finish(v, "hits", page, &page.Form, "/screening/"+page.ID+"?done=yes", func(by *eventv1.Particulars) (recorded, error) {
		return sendJudgement(v.R.Context(), v.API, page.ID, page.Form, by)
	})
}

// judged is a hit with the form that it stands in, for the part that shows it.
type judged struct {
	*screeningv1.Hit
	Form form
}

// Judge puts a hit and its form together.
func (p *hitsPage) Judge(h *screeningv1.Hit) judged { return judged{h, p.Form} }

// Judge puts a hit and its form together.
func (t *taskPage) Judge(h *screeningv1.Hit) judged { return judged{h, t.Form} }

// Judge puts a hit that cannot be judged together with no form.
func (p screeningPage) Judge(h *screeningv1.Hit) judged { return judged{Hit: h} }

// Hits of the last screening, those first that nobody judged.
func (t *taskPage) Hits() []*screeningv1.Hit { return byWeight(t.Screening().GetHits()) }

// Options are what can be said of a hit.
func (j judged) Options() []option {
	return []option{{Value: "another", Key: "screening.another"}, {Value: "same", Key: "screening.same"}}
}
