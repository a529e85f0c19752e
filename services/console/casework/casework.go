// Package casework is where officers work on cases: what waits for a decision and what has to come before it, screening, denials, and the
// policies that decisions are made under.
package casework

import (
	"embed"

	"github.com/counterfoil/counterfoil/services/console/web"
)

//go:embed all:pages
var files embed.FS

type pages struct {
	web.Pages
	// trying is held by who tries a policy.
	trying chan struct{}
}

// Calls that a page asks for whether they may be made.
const (
	grant = "/counterfoil.licensing.v1.LicensingService/GrantLicence"
	sign  = "/counterfoil.licensing.v1.LicensingService/SignDecision"
	// blindly reads what a blind check came to, and puts it on record.
	blindly  = "/counterfoil.licensing.v1.DenialService/BlindCheck"
	simulate = "/counterfoil.licensing.v1.LicensingService/SimulatePolicy"
	adopt    = "/counterfoil.directory.v1.AuthorityService/AdoptPolicy"
)

// Register adds the pages to a site.
func Register(s *web.Site) error {
	all, err := web.Templates(files, "pages")
	if err != nil {
		return err
	}
	p := pages{all, make(chan struct{}, 1)}
	s.Page("GET /decide", p.waiting)
	s.Page("GET /decide/new", p.newApplication)
	s.Page("POST /decide/new", p.doNewApplication)
	s.Page("GET /decide/{agency}/{number}", p.taskList)
	s.Page("GET /decide/{agency}/{number}/{task}", p.task)
	s.Page("POST /decide/{agency}/{number}/{task}", p.doTask)
	s.Page("GET /act/{agency}/{number}/{act}", p.act)
	s.Page("POST /act/{agency}/{number}/{act}", p.doAct)
	s.Page("GET /opinion/{agency}/{number}", p.opinion)
	s.Page("POST /opinion/{agency}/{number}", p.giveOpinion)
	s.Page("GET /screening", p.screening)
	s.Page("GET /screening/{agency}/{number}", p.hits)
	s.Page("POST /screening/{agency}/{number}", p.judge)
	s.Page("GET /denials", p.denials)
	s.Page("GET /denials/{agency}/{number}", p.denial)
	s.Page("POST /denials/{agency}/{number}", p.doDenial)
	s.Page("GET /denials/alike/{agency}/{number}", p.undercut)
	s.Page("POST /denials/alike/{agency}/{number}", p.doUndercut)
	s.Page("GET /denials/blind/{agency}/{number}", p.blind)
	s.Page("POST /denials/blind/{agency}/{number}", p.doBlind)
	s.Page("GET /policies", p.policies)
	s.Page("GET /policies/try", p.bench)
	s.Page("POST /policies/try", p.tryPolicy)
	s.Page("GET /policies/what-if", p.whatIf)
	s.Page("GET /policies/{name}/{version}", p.policy)
	s.Offer(offers)
	return nil
}

// id is the record that an address names.
func id(v *web.Visit) string { return v.R.PathValue("agency") + "/" + v.R.PathValue("number") }
