package oversight

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// deskPage is what is open at an agency.
type deskPage struct {
	// Alerts wait for an answer; Duties are all else.
	Alerts, Duties []duty
	// Why duties cannot be shown here; empty where they can.
	NoDuties string
	Line     *queryv1.StatusResponse
	Heard    []heard
}

// duty is one with what it says of time.
type duty struct {
	*directoryv1.Duty
	Overdue bool
}

// Key is the message that says what is to be done.
func (d duty) Key() string { return "duty." + d.What }

// places are the pages where a duty is done, by what it asks for; its subject is the record, or stands in the query.
var places = map[string]string{
	"acknowledge": "/alerts/%s", "answer-trace": "/traces/%s", "verify": "/deliveries/%s", "check": "/checks/%s", "review": "/sharing/widenings/%s",
	"release": "/border?q=%s", "lift": "/border?q=%s", "agree": "/sharing#asked", "decide-appeal": "/act/%s/decide-appeal", "judge": "/screening/%s", "answer-request": "/requests/%s", "approve-draft": "/reports/%s", "withdraw": "/sharing#withdrawals", "submit": "/returns/%s",
}

// Place is where the duty is done; empty where its record says what comes next.
func (d duty) Place() string {
	form, found := places[d.What]
	if !found {
		return ""
	}
	return web.Root + strings.ReplaceAll(form, "%s", strings.TrimPrefix(web.RecordPath(d.Subject), "/records/"))
}

// heard is when an agency was last heard from: its newest block that is here.
type heard struct {
	Agency string
	// Seconds since then; negative: never.
	Seconds float64
	Behind  uint64
	Parked  uint64
	Stopped string
}

// answered is the duty that an alert brings to whoever it concerns.
const answered = "acknowledge"

func (p pages) desk(v *web.Visit) error {
	page := deskPage{NoDuties: v.May(duties)}
	if page.NoDuties == "" {
		res, err := v.API.Directory.Duties(v.R.Context(), &directoryv1.DutiesRequest{})
		if err != nil {
			return err
		}
		page.Alerts, page.Duties = sorted(res.Duties, v.Site().Now())
	}
	var err error
	if page.Line, err = v.API.Query.Status(v.R.Context(), &queryv1.StatusRequest{}); err != nil {
		return err
	}
	directory, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return err
	}
	page.Heard = heardFrom(v.Site().Agency, directory, page.Line)
	return v.Page(p.Pages, "desk", page)
}

// sorted splits duties into alerts that wait for an answer and all else: what is due first comes first, what has no date last, the oldest first.
func sorted(all []*directoryv1.Duty, now time.Time) (alerts, others []duty) {
	slices.SortStableFunc(all, func(a, b *directoryv1.Duty) int {
		switch {
		case (a.Due == nil) != (b.Due == nil):
			if a.Due == nil {
				return 1
			}
			return -1
		case a.Due != nil:
			return a.Due.AsTime().Compare(b.Due.AsTime())
		}
		return a.Since.AsTime().Compare(b.Since.AsTime())
	})
	for _, d := range all {
		one := duty{d, d.Due != nil && now.After(d.Due.AsTime())}
		if d.What == answered {
			alerts = append(alerts, one)
		} else {
			others = append(others, one)
		}
	}
	return alerts, others
}

// heardFrom says of every other agency in the directory when its last block was written that is here.
func heardFrom(own string, directory *queryv1.DirectoryResponse, status *queryv1.StatusResponse) (all []heard) {
	for _, a := range directory.Agencies {
		if a.Id == own {
			continue
		}
		h := heard{Agency: a.Id, Seconds: -1}
		for _, j := range status.Journals {
			if ledger.AgencyOf(j.Journal) != a.Id {
				continue
			}
			if j.Block > 0 && (h.Seconds < 0 || j.AgeSeconds < h.Seconds) {
				h.Seconds = j.AgeSeconds
			}
			h.Behind, h.Parked = h.Behind+j.BehindBy, h.Parked+j.Parked
			h.Stopped = cmp.Or(h.Stopped, j.Stopped.GetReason())
		}
		all = append(all, h)
	}
	return all
}
