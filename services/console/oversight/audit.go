package oversight

import (
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// auditPage is who read what at this node, and what was recorded in whose name.
type auditPage struct {
	Owner, ID, Since string
	Accesses         *queryv1.AccessResponse
	NoAccesses       string
	Decided          []*queryv1.RecordedEvent
	NoDecided        string
	Agencies         []string
}

// decidedShown is how many of the last own events are shown.
const decidedShown = 50

func (p pages) audit(v *web.Visit) error {
	q := v.R.URL.Query()
	page := auditPage{Owner: q.Get("owner"), ID: q.Get("id"), Since: q.Get("since"), NoAccesses: v.May(access), NoDecided: v.May("/counterfoil.query.v1.QueryService/List")}
	since, err := web.ParseTime(page.Since)
	if err != nil {
		return err
	}
	if page.NoAccesses == "" {
		page.Accesses, err = v.API.Query.Access(v.R.Context(), &queryv1.AccessRequest{Owner: page.Owner, Id: page.ID, Since: since, PageToken: q.Get("page")})
		if err != nil {
			return err
		}
	}
	if page.NoDecided == "" {
		filter := &queryv1.Filter{From: since}
		res, err := v.API.Query.List(v.R.Context(), &queryv1.ListRequest{Table: queryv1.Table_TABLE_EVENTS, Filter: filter, PageSize: decidedShown})
		if err != nil {
			return err
		}
		for _, r := range res.Rows {
			if e := r.GetEvent(); e != nil && agencyOf(e.Journal) == v.Site().Agency {
				page.Decided = append(page.Decided, e)
			}
		}
	}
	return v.Page(p.Pages, "audit", page)
}
