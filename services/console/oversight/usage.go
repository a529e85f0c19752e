package oversight

import (
	"strings"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// usagePage is how often others used the facts that this agency shared: what they told, after the end of each month.
type usagePage struct {
	Agency, Since, By string
	*queryv1.UsageResponse
	// Most is the largest number, which the bars are measured by.
	Most     uint64
	Agencies []string
	Failed   *web.Failure
}

// usageBy are what uses can be added up by, as addresses name it.
var usageBy = map[string]queryv1.UsageBy{
	"kind": queryv1.UsageBy_USAGE_BY_KIND, "decision": queryv1.UsageBy_USAGE_BY_DECISION, "agency": queryv1.UsageBy_USAGE_BY_AGENCY,
}

func (p pages) usage(v *web.Visit) error {
	q := v.R.URL.Query()
	page := usagePage{Agency: strings.TrimSpace(q.Get("agency")), Since: q.Get("since"), By: q.Get("by"), UsageResponse: &queryv1.UsageResponse{}}
	since, err := web.ParseTime(page.Since)
	if err == nil {
		var res *queryv1.UsageResponse
		if res, err = v.API.Query.Usage(v.R.Context(), &queryv1.UsageRequest{Agency: page.Agency, Since: since, By: usageBy[page.By]}); err == nil {
			page.UsageResponse = res
		}
	}
	if err != nil && !web.IsRefusal(err) {
		return err
	}
	page.Failed = web.Refusal(err)
	for _, u := range page.Uses {
		page.Most = max(page.Most, u.Count)
	}
	if page.Agencies, err = agenciesIn(v); err != nil {
		return err
	}
	if page.Failed != nil {
		return v.PageAgain(p.Pages, "usage", page)
	}
	return v.Page(p.Pages, "usage", page)
}

// Share is how wide the bar of a number is, in percent.
func (u usagePage) Share(count uint64) uint64 { return count * 100 / max(1, u.Most) }

// Shows reports whether the uses are told apart by an attribute.
func (u usagePage) Shows(what string) bool { return usageBy[u.By] == 0 || u.By == what }

// agenciesIn are the agencies that the directory has.
func agenciesIn(v *web.Visit) (ids []string, err error) {
	directory, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return nil, err
	}
	for _, a := range directory.Agencies {
		ids = append(ids, a.Id)
	}
	return ids, nil
}
