package oversight

import (
	"strings"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// knewPage is what who decided had by then.
type knewPage struct {
	ID     string
	NoKnew string
	*queryv1.KnewResponse
	// Used had arrived and was used; Unused had arrived, and the decision names nothing of it.
	Used, Unused []*queryv1.KnownEvent
	Failed       *web.Failure
}

func (p pages) knew(v *web.Visit) error {
	page := knewPage{ID: strings.TrimSpace(v.R.URL.Query().Get("id")), NoKnew: v.May(knew)}
	if page.ID == "" || page.NoKnew != "" {
		return v.Page(p.Pages, "knew", page)
	}
	res, err := v.API.Knowledge.Knew(v.R.Context(), &queryv1.KnewRequest{Id: page.ID})
	if err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		page.Failed = web.Refusal(err)
		return v.PageAgain(p.Pages, "knew", page)
	}
	page.KnewResponse = res
	for _, e := range res.Received {
		if e.Use == queryv1.KnownUse_KNOWN_USE_NONE {
			page.Unused = append(page.Unused, e)
		} else {
			page.Used = append(page.Used, e)
		}
	}
	return v.Page(p.Pages, "knew", page)
}
