// Package console is what people look at in a browser: pages over the API of the node that serves them.
package console

import (
	"errors"
	"net/http"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/services/console/casework"
	"github.com/counterfoil/counterfoil/services/console/field"
	"github.com/counterfoil/counterfoil/services/console/oversight"
	"github.com/counterfoil/counterfoil/services/console/records"
	"github.com/counterfoil/counterfoil/services/console/reports"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// parts are the pages there are.
var parts = []func(*web.Site) error{
	oversight.Register, records.Register, casework.Register, field.Register, reports.Register,
}

// list is the call that pages of records cannot do without.
const list = "/counterfoil.query.v1.QueryService/List"

// navigation is what leads to them.
var navigation = []web.Entry{
	{Key: "nav.desk", Path: "/desk"},
	{Key: "nav.transfers", Path: "/list/licences", Procedure: list},
	{Key: "nav.decide", Path: "/decide", Procedure: list},
	{Key: "nav.border", Path: "/border", Procedure: "/counterfoil.query.v1.QueryService/Explain"},
	{Key: "nav.denials", Path: "/denials", Procedure: list},
	{Key: "nav.alerts", Path: "/alerts", Procedure: list},
	{Key: "nav.traces", Path: "/traces", Procedure: list},
	{Key: "nav.network", Path: "/network", Procedure: "/counterfoil.query.v1.LinkService/Links"},
	{Key: "table.reports", Path: "/reports", Procedure: list},
	{Key: "nav.screening", Path: "/screening", Procedure: list},
	{Key: "nav.agencies", Path: "/agencies"},
	{Key: "nav.health", Path: "/health"},
	{Key: "nav.audit", Path: "/audit"},
	{Key: "nav.replay", Path: "/replay"},
	{Key: "nav.policies", Path: "/policies", Procedure: "/counterfoil.query.v1.QueryService/Directory"},
}

// New makes the console of a node whose API is given. Close it in any case.
func New(cfg web.Config) (*web.Site, error) {
	s, err := web.New(cfg)
	if err != nil {
		return nil, err
	}
	for _, register := range parts {
		if err := register(s); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.Lead(navigation...)
	return s, nil
}

// Of is New for a running node.
func Of(n *node.Node, api http.Handler, version string) (node.Pages, error) {
	return New(web.Config{
		Agency: n.Agency, Service: n.Profile.Service, Version: version, API: api, Door: n.Door(), Secure: n.Secure(), Logger: n.Logger, Now: n.Now,
	})
}
