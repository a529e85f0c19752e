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
	s.Page("GET /list/{table}", p.list)
	s.Page("GET /list/{table}/export", export)
	s.Page("GET /records/{id...}", p.record)
	s.Page("GET /records", find)
	return nil
}
