// Package records shows what a ledger has: lists of its tables, and every record and event with what made it.
package records

import (
	"embed"
	"strings"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

//go:embed all:pages
var files embed.FS

type pages struct{ web.Pages }

// Register adds the pages to a site.
func Register(s *web.Site) error {
	all, err := web.Templates(files, "pages")
	if err != nil {
		return err
	}
	p := pages{all}
	s.Page("GET /list/{table}", p.list)
	s.Page("GET /list/{table}/export", export)
	s.Page("GET /records", find)
	s.Page("GET /records/{id...}", p.record)
	s.Page("GET /events/{agency}/{group}/{number}", p.event)
	s.Page("GET /events/{agency}/{group}/{number}/proof", proof)
	s.Page("GET /live", live)
	return nil
}

// find leads from an id that somebody typed to its record, or its event.
func find(v *web.Visit) error {
	id := strings.TrimSpace(v.R.URL.Query().Get("id"))
	if to := eventCalled(v, id); to != "" {
		return v.Redirect(to)
	}
	return v.Redirect(web.RecordPath(id))
}

// eventCalled is where the event of that name stands, by its UUID or as agency/group/number; empty where there is none here.
func eventCalled(v *web.Visit, id string) string {
	if strings.Count(id, "/") != 2 && len(id) != len("00000000-0000-0000-0000-000000000000") {
		return ""
	}
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_EVENTS, Id: id})
	if err != nil {
		return ""
	}
	e := res.GetRow().GetEvent()
	return web.EventPath(e.GetJournal(), e.GetNumber())
}
