// Package records shows what a ledger has: lists of its tables, and every record with what made it.
package records

import (
	"embed"

	"github.com/counterfoil/counterfoil/services/console/web"
)

//go:embed all:pages
var files embed.FS

type pages struct{ web.Pages }

// Register adds the pages to a site.
func Register(s *web.Site) error {
	all, err := s.Templates(files, "pages")
	if err != nil {
		return err
	}
	p := pages{all}
	const list, explain = "/counterfoil.query.v1.QueryService/List", "/counterfoil.query.v1.QueryService/Explain"
	s.Lead(web.Entry{Key: "nav.transfers", Path: "/list/licences", Procedure: list})
	s.Page("GET /list/{table}", p.list)
	s.Page("GET /list/{table}/export", export)
	s.Page("GET /records/{id...}", p.record)
	s.Page("GET /records", find)
	_ = explain
	return nil
}
