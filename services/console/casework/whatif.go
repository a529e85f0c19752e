package casework

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// whatIfPage is decisions judged again as if an embargo had been in force, or a criterion been weighed otherwise.
type whatIfPage struct {
	Form      form
	Asked     bool
	Decisions []*queryv1.WhatIfDecision
	// More is how many are not shown.
	More   int
	Totals *queryv1.WhatIfTotals
}

// showDecisions is how many decisions that would have been others a page shows.
const showDecisions = 200

// Levels from which what was found would be overriding, and that a criterion would not count.
func (p *whatIfPage) Levels() []option {
	return append([]option{unsaid}, append(slices.DeleteFunc(enums(licensingv1.Level_LEVEL_UNSPECIFIED), func(o option) bool { return o.Value == "none" }),
		option{Value: "ignored", Key: "policies.ignored"})...)
}

// unsaid is the option that says nothing.
var unsaid = option{Value: "", Key: "policies.unsaid"}

// Criteria are those that can be weighed otherwise.
func (p *whatIfPage) Criteria() []option {
	all := []option{unsaid}
	for _, q := range criteria {
		all = append(all, option{Value: q.Of, Key: q.Key})
	}
	return append(all, option{Value: "*", Key: "policies.every-criterion"})
}

func (p pages) whatIf(v *web.Visit) error {
	page := &whatIfPage{Form: form{Values: v.R.URL.Query()}}
	req, asked, err := page.request()
	if err == nil && asked {
		page.Asked = true
		err = page.ask(v, req)
	}
	switch {
	case errors.As(err, &page.Form.Lacks):
	case err != nil && !web.IsRefusal(err):
		return err
	default:
		page.Form.Failed = web.Refusal(err)
	}
	if page.Form.Failed != nil || page.Form.Lacks != nil {
		return v.PageAgain(p.Pages, "what-if", page)
	}
	return v.Page(p.Pages, "what-if", page)
}

// request reads what would have been otherwise; asked is false while nothing was said.
func (p *whatIfPage) request() (req *queryv1.WhatIfRequest, asked bool, err error) {
	in := p.Form
	req = &queryv1.WhatIfRequest{Published: in.Get("published") != ""}
	if country := strings.ToUpper(strings.TrimSpace(in.Get("country"))); country != "" {
		if in.Get("embargo_from") == "" {
			return nil, true, &lack{Field: "embargo_from", Key: "lack.embargo-from"}
		}
		req.Embargoes = append(req.Embargoes, &queryv1.WhatIfEmbargo{Country: country, From: in.Get("embargo_from"), Until: in.Get("embargo_until")})
	}
	if criterion := in.Get("criterion"); criterion != "" {
		level := in.Get("level")
		if level == "" {
			return nil, true, &lack{Field: "level", Key: "lack.what-if-level"}
		}
		req.Criteria = append(req.Criteria, &queryv1.WhatIfCriterion{Criterion: criterion, OverridingFrom: parseEnum[licensingv1.Level](level), Unmitigated: in.Get("unmitigated") != ""})
	}
	if req.From, err = web.ParseTime(in.Get("from")); err != nil {
		return nil, true, &lack{Field: "from", Key: "lack.date", Of: in.Get("from")}
	}
	if req.Until, err = web.ParseTime(in.Get("until")); err != nil {
		return nil, true, &lack{Field: "until", Key: "lack.date", Of: in.Get("until")}
	}
	return req, len(req.Embargoes)+len(req.Criteria) > 0, nil
}

func (p *whatIfPage) ask(v *web.Visit, req *queryv1.WhatIfRequest) error {
	answers, err := v.API.WhatIf.WhatIf(v.R.Context(), req)
	if err != nil {
		return err
	}
	defer answers.Close()
	for p.Totals == nil {
		res, err := answers.Receive()
		if err != nil {
			return fmt.Errorf("read what would have been otherwise: %w", err)
		}
		room := min(showDecisions-len(p.Decisions), len(res.Decisions))
		p.Decisions = append(p.Decisions, res.Decisions[:room]...)
		p.More += len(res.Decisions) - room
		p.Totals = res.Totals
	}
	return nil
}
