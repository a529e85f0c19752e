package field

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// alertsPage are the open alerts, what waits for this agency first.
type alertsPage struct {
	Mine, Others []waiting
	// Offers are consequences that this agency has not answered.
	Offers []*ledgerv1.ConsequenceOffer
	// More says that there are more open alerts than are shown.
	More     bool
	WhyRaise control
}

// waiting is an alert with who has answered it.
type waiting struct {
	*ledgerv1.Alert
	Clock clock
	// Silent are the addressees that have not acknowledged it, Answered those that have.
	Silent, Answered []string
}

func (p pages) alerts(v *web.Visit) error {
	open, more, err := rows[*ledgerv1.Alert](v, queryv1.Table_TABLE_ALERTS, where("open", "true"))
	if err != nil {
		return err
	}
	page := alertsPage{More: more, WhyRaise: control{ID: "raise", Key: "alert.raise", Why: why(v, raising)}}
	var given []*ledgerv1.Acknowledgement
	if ids := idsOf(open); len(ids) > 0 {
		if given, err = every[*ledgerv1.Acknowledgement](v, queryv1.Table_TABLE_ACKNOWLEDGEMENTS, among("alert", ids)); err != nil {
			return err
		}
	}
	page.Mine, page.Others = sorted(open, given, v.Site().Agency, v.Site().Now())
	if page.Offers, err = every[*ledgerv1.ConsequenceOffer](v, queryv1.Table_TABLE_CONSEQUENCES, where("open", "true")); err != nil {
		return err
	}
	page.Offers = slices.DeleteFunc(page.Offers, func(o *ledgerv1.ConsequenceOffer) bool { return ledger.AgencyOf(o.Id) != v.Site().Agency })
	return v.Page(p.Pages, "alerts", page)
}

// sorted puts the alerts that wait for an agency apart from the others, each by when they have to be answered, then by how grave they are,
// then by when they were raised.
func sorted(open []*ledgerv1.Alert, given []*ledgerv1.Acknowledgement, agency string, now time.Time) (mine, others []waiting) {
	by := map[string][]string{}
	for _, a := range given {
		by[a.AlertId] = append(by[a.AlertId], a.Agency)
	}
	for _, a := range open {
		w := waiting{Alert: a}
		for _, addressee := range a.GetRaised().GetAddressees() {
			if slices.Contains(by[a.Id], addressee) {
				w.Answered = append(w.Answered, addressee)
			} else {
				w.Silent = append(w.Silent, addressee)
			}
		}
		due := a.GetRaised().GetAcknowledgeBy()
		if len(w.Silent) == 0 {
			due = nil
		}
		w.Clock = clockOf(a.RaisedAt, due, now)
		if slices.Contains(w.Silent, agency) {
			mine = append(mine, w)
		} else {
			others = append(others, w)
		}
	}
	for _, list := range [][]waiting{mine, others} {
		slices.SortStableFunc(list, earlier)
	}
	return mine, others
}

func earlier(x, y waiting) int {
	dated := func(w waiting) int64 {
		if w.Clock.Due == nil {
			return 1 << 62
		}
		return w.Clock.Due.Seconds
	}
	return cmp.Or(cmp.Compare(dated(x), dated(y)), cmp.Compare(y.GetRaised().GetPriority(), x.GetRaised().GetPriority()), moment(x.RaisedAt).Compare(moment(y.RaisedAt)), strings.Compare(x.Id, y.Id))
}

func idsOf[T interface{ GetId() string }](all []T) (ids []string) {
	for _, one := range all {
		ids = append(ids, one.GetId())
	}
	return ids
}
