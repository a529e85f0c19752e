// Package oversight shows what is open at an agency, who takes part, how its node is, who did what, and its past.
package oversight

import (
	"embed"

	"github.com/counterfoil/counterfoil/services/console/web"
)

//go:embed all:pages
var files embed.FS

type pages struct{ web.Pages }

// The calls that the pages cannot do without.
const (
	access    = "/counterfoil.query.v1.QueryService/Access"
	doctor    = "/counterfoil.query.v1.QueryService/Doctor"
	retry     = "/counterfoil.query.v1.QueryService/RetryParked"
	verify    = "/counterfoil.query.v1.QueryService/Verify"
	plan      = "/counterfoil.query.v1.ReplayService/PlanReplay"
	take      = "/counterfoil.query.v1.ReplayService/TakeSnapshot"
	rebuild   = "/counterfoil.query.v1.RebuildService/Rebuild"
	showOne   = "/counterfoil.directory.v1.AuthorityService/ShowAgency"
	suspend   = "/counterfoil.directory.v1.AuthorityService/SuspendAgency"
	resume    = "/counterfoil.directory.v1.AuthorityService/ResumeAgency"
	duties    = "/counterfoil.directory.v1.DirectoryService/Duties"
	listing   = "/counterfoil.query.v1.QueryService/List"
	knew      = "/counterfoil.query.v1.KnowledgeService/Knew"
	hooks     = "/counterfoil.query.v1.WebhookService/"
	sharing   = "/counterfoil.directory.v1.DirectoryService/"
	plans     = "/counterfoil.directory.v1.AuthorityService/PlanAgency"
	admit     = "/counterfoil.directory.v1.AuthorityService/AddAgency"
	kit       = "/counterfoil.directory.v1.AuthorityService/MakeKit"
	authority = "authority"
)

// Register adds the pages to a site.
func Register(s *web.Site) error {
	all, err := web.Templates(files, "pages")
	if err != nil {
		return err
	}
	p := pages{all}
	s.Page("GET /desk", p.desk)
	s.Page("GET /agencies", p.agencies)
	s.Page("GET /agencies/{name}", p.agency)
	s.Page("GET /agencies/join", p.joining)
	s.Page("POST /agencies/join", p.admit)
	s.Page("POST /agencies/{name}/kit", p.kit)
	s.Page("POST /agencies/{name}/rotate", p.rotate)
	s.Page("POST /agencies/{name}/remove", p.remove)
	s.Page("POST /agencies/{name}/end-key", p.endKey)
	s.Page("POST /agencies/{name}/suspend", p.suspend)
	s.Page("POST /agencies/{name}/resume", p.resume)
	s.Page("GET /health", p.health)
	s.Page("GET /health/parked/{agency}/{group}/{number}", p.parked)
	s.Page("POST /health/parked/{agency}/{group}/{number}", p.retryOne)
	s.Page("POST /health/parked", p.retryAll)
	s.Page("POST /health/verify", p.verify)
	s.Page("GET /audit", p.audit)
	s.Page("GET /knew", p.knew)
	s.Page("GET /usage", p.usage)
	s.Page("GET /sharing", p.sharing)
	s.Page("POST /sharing/{form}", p.share)
	s.Page("GET /sharing/widenings/{agency}/{number}", p.widening)
	s.Page("GET /systems", p.systems)
	s.Page("GET /systems/webhooks/{name}", p.webhook)
	s.Page("POST /systems/webhooks/{name}/{form}", p.changeWebhook)
	s.Page("GET /replay", p.replay)
	s.Page("POST /replay/snapshot", p.takeSnapshot)
	s.Page("POST /replay/rebuild", p.rebuild)
	return nil
}
