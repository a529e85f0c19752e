package records

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// recordPage is a record with what made it.
type recordPage struct {
	ID      string
	Table   string
	Row     proto.Message
	Fields  []web.Column
	Events  []*queryv1.RecordedEvent
	Related []related
	AsOf    asOf
	Basis   *queryv1.Basis
}

type related struct {
	Table string
	ID    string
	Row   proto.Message
}

// asOf is the control that shows a record as it was: it stops at the moments at which events were recorded.
type asOf struct {
	// Stops are the moments, the earliest first, as addresses write them.
	Stops []string
	// At is which of them is shown; len(Stops): as it is now.
	At  int
	Now bool
}

// find leads from an id that somebody typed to its record.
func find(v *web.Visit) error {
	return v.Redirect(web.RecordPath(strings.TrimSpace(v.R.URL.Query().Get("id"))))
}

func (p pages) record(v *web.Visit) error {
	id := v.R.PathValue("id")
	horizon, err := web.Horizon(v.R.URL.Query())
	if err != nil {
		return err
	}
	now, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id})
	if err != nil {
		return err
	}
	res := now
	if horizon != nil {
		if res, err = v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id, Horizon: horizon}); err != nil {
			return err
		}
	}
	_, row := web.Inner(res.Row)
	page := recordPage{ID: id, Table: web.TableName(res.Table), Row: row, Events: res.Events, Basis: res.Basis, AsOf: stops(now.Events, v.R.URL.Query().Get("as_of"))}
	for _, r := range res.Related {
		t, inner := web.Inner(r)
		if made, ok := inner.(interface{ GetId() string }); ok {
			page.Related = append(page.Related, related{web.TableName(t), made.GetId(), inner})
		}
	}
	for _, c := range web.Columns(res.Table) {
		if shown, err := v.Cell(row, c); err != nil {
			return err
		} else if shown != "" {
			page.Fields = append(page.Fields, c)
		}
	}
	return v.Page(p.Pages, "record", page)
}

// stops are the moments at which a record changed; at is the one that is shown, the last that is not later.
func stops(events []*queryv1.RecordedEvent, at string) asOf {
	var a asOf
	for _, e := range events {
		moment := e.RecordedAt.AsTime().UTC().Format(time.RFC3339Nano)
		if len(a.Stops) == 0 || a.Stops[len(a.Stops)-1] != moment {
			a.Stops = append(a.Stops, moment)
		}
	}
	a.At, a.Now = len(a.Stops), true
	shown, err := web.ParseTime(at)
	if err != nil || shown == nil {
		return a
	}
	a.At, a.Now = 0, false
	for i, s := range a.Stops {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil && !t.After(shown.AsTime()) {
			a.At = i
		}
	}
	return a
}
