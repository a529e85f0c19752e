package casework

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

func noApplication(id string) error {
	return connect.NewError(connect.CodeNotFound, "there is no application "+id+" at this agency; those that wait stand on the page “Decide”")
}

// waitingPage is what waits for this agency: applications to decide, and questions of others.
type waitingPage struct {
	Cases []waitingCase
	// Asked are open consultations: first those that this agency has not answered.
	Asked []askedHere
	Next  string
	Basis *queryv1.Basis
	// Decides is that this agency takes applications.
	Decides bool
}

type askedHere struct {
	*ledgerv1.Consultation
	Answered bool
}

type waitingCase struct {
	*file
	// Days since it was submitted.
	Days    int
	Missing []string
}

// read at once, and how often at most for one page: most applications of a ledger were decided long ago.
const (
	readAtOnce = 100
	readMost   = 10
	showMost   = 50
)

func (p pages) waiting(v *web.Visit) error {
	page := waitingPage{Next: v.R.URL.Query().Get("page"), Decides: decides(v)}
	for range readMost {
		ask := with(queryv1.Table_TABLE_APPLICATIONS, "status", "submitted")
		ask.PageSize, ask.PageToken = readAtOnce, page.Next
		res, err := v.API.Query.List(v.R.Context(), ask)
		if err != nil {
			return err
		}
		page.Basis, page.Next = res.Basis, res.NextPageToken
		if err := page.keep(v, res.Rows); err != nil {
			return err
		}
		if page.Next == "" || len(page.Cases) >= showMost {
			break
		}
	}
	if err := page.ask(v); err != nil {
		return err
	}
	return v.Page(p.Pages, "waiting", page)
}

// ask finds the open consultations that this agency was asked in, and whether it answered.
func (w *waitingPage) ask(v *web.Visit) error {
	own := v.Site().Agency
	asked := with(queryv1.Table_TABLE_CONSULTATIONS, "addressee", own)
	asked.Filter.Conditions = append(asked.Filter.Conditions, &queryv1.Condition{Attribute: "open", Values: []string{"true"}})
	rows, _, err := web.Every(v.R.Context(), v.API, asked)
	if err != nil || len(rows) == 0 {
		return err
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.GetConsultation().GetId())
	}
	opinions, _, err := web.Every(v.R.Context(), v.API, with(queryv1.Table_TABLE_OPINIONS, "consultation", ids...))
	if err != nil {
		return err
	}
	answered := map[string]bool{}
	for _, r := range opinions {
		o := r.GetOpinion()
		if o.GetAgency() == own || o.GetGiven().GetInPlaceOf() == own {
			answered[o.GetConsultationId()] = true
		}
	}
	for _, r := range rows {
		c := r.GetConsultation()
		w.Asked = append(w.Asked, askedHere{c, answered[c.GetId()]})
	}
	slices.SortStableFunc(w.Asked, func(a, b askedHere) int {
		switch {
		case a.Answered == b.Answered:
			return 0
		case a.Answered:
			return 1
		}
		return -1
	})
	return nil
}

// keep adds those of some applications that nobody decided, with what is on record of each.
func (w *waitingPage) keep(v *web.Visit, rows []*queryv1.Row) error {
	cases := map[string]*file{}
	var ids []string
	for _, r := range rows {
		if a := r.GetApplication(); strings.HasPrefix(a.GetId(), v.Site().Agency+"/") {
			cases[a.GetId()], ids = &file{Application: a}, append(ids, a.GetId())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	sort := func(tables ...queryv1.Table) error {
		for _, t := range tables {
			attribute := "application"
			if t == queryv1.Table_TABLE_SCREENINGS {
				attribute = "subject"
			}
			found, _, err := web.Every(v.R.Context(), v.API, with(t, attribute, ids...))
			if err != nil {
				return err
			}
			for _, r := range found {
				if f := cases[applicationOf(r)]; f != nil {
					f.add(r)
				}
			}
		}
		return nil
	}
	if err := sort(queryv1.Table_TABLE_LICENCES, queryv1.Table_TABLE_DENIALS); err != nil {
		return err
	}
	if err := contest(v, cases); err != nil {
		return err
	}
	if ids = slices.DeleteFunc(ids, func(id string) bool { return cases[id].Decision() != nil }); len(ids) == 0 {
		return nil
	}
	if err := sort(queryv1.Table_TABLE_PROHIBITION_CHECKS, queryv1.Table_TABLE_ASSESSMENTS, queryv1.Table_TABLE_SCREENINGS, queryv1.Table_TABLE_UNDERCUTS,
		queryv1.Table_TABLE_CONSULTATIONS, queryv1.Table_TABLE_PROPOSALS); err != nil {
		return err
	}
	for _, id := range ids {
		f := cases[id]
		w.Cases = append(w.Cases, waitingCase{f, days(f.Application.GetSubmittedAt().AsTime(), v.Site().Now()), missing(f)})
	}
	return nil
}

// contest adds what appeals came to.
func contest(v *web.Visit, cases map[string]*file) error {
	by := map[string]*file{}
	var decisions []string
	for _, f := range cases {
		for _, d := range f.contested() {
			by[d], decisions = f, append(decisions, d)
		}
	}
	for some := range slices.Chunk(decisions, readAtOnce) {
		rows, _, err := web.Every(v.R.Context(), v.API, with(queryv1.Table_TABLE_APPEALS, "decision", some...))
		if err != nil {
			return err
		}
		for _, r := range rows {
			if f := by[r.GetAppeal().GetLodged().GetDecisionId()]; f != nil {
				f.add(r)
			}
		}
	}
	return nil
}

// applicationOf is the application that a row is about.
func applicationOf(row *queryv1.Row) string {
	_, inner := ledger.Unwrap(row)
	switch r := inner.(type) {
	case *ledgerv1.ProhibitionCheck:
		return r.GetChecked().GetApplicationId()
	case *ledgerv1.Assessment:
		return r.GetAssessed().GetApplicationId()
	case *ledgerv1.Screening:
		return r.GetSubject()
	case *ledgerv1.Undercut:
		return r.GetFound().GetApplicationId()
	case *ledgerv1.Consultation:
		return r.GetOpened().GetApplicationId()
	case *ledgerv1.Proposal:
		return r.GetProposed().GetApplicationId()
	case interface{ GetApplicationId() string }:
		return r.GetApplicationId()
	}
	return ""
}

// days between two moments, whole ones.
func days(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// casePage is a case with its tasks.
type casePage struct {
	*file
	Sections []shownSection
	// Obstacles are what stands in the way of a grant, as the node says it; Asked is that it was asked.
	Asked     bool
	Obstacles []string
	// Done is the task that was just done.
	Done string
}

type shownSection struct {
	Key   string
	Tasks []shownTask
}

type shownTask struct {
	Name string
	status
	// Person and Role recorded what the status rests on.
	Person, Role string
}

func (p pages) taskList(v *web.Visit) error {
	f, err := readFile(v.R.Context(), v.API, id(v))
	if err != nil {
		return err
	}
	page := casePage{file: f, Done: v.R.URL.Query().Get("done")}
	for _, s := range sections {
		shown := shownSection{Key: s.Key}
		for _, t := range s.Tasks {
			one := shownTask{Name: t.Name, status: t.in(f)}
			if one.By != nil {
				if err := one.by(v); err != nil {
					return err
				}
			}
			shown.Tasks = append(shown.Tasks, one)
		}
		page.Sections = append(page.Sections, shown)
	}
	if !f.Closed() && f.Proposal() == nil && v.May(grant) == "" {
		page.Asked = true
		if page.Obstacles, err = obstacles(v, f.Application.GetId()); err != nil {
			return err
		}
	}
	return v.Page(p.Pages, "tasks", page)
}

// by finds who recorded the last of what a task rests on.
func (t *shownTask) by(v *web.Visit) error {
	events := t.By.GetEvents()
	if len(events) == 0 {
		return nil
	}
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_EVENTS, Id: fmt.Sprintf("%s/%d", t.By.GetJournal(), events[len(events)-1])})
	if err != nil {
		return err
	}
	officer := res.Row.GetEvent().GetOfficer()
	t.Person, t.Role = officer.GetPerson(), officer.GetRole()
	return nil
}

// obstacles asks the node what stands in the way of a grant now, without granting.
func obstacles(v *web.Visit, application string) ([]string, error) {
	_, err := v.API.Licensing.GrantLicence(v.R.Context(), &licensingv1.GrantLicenceRequest{
		Particulars: &eventv1.Particulars{DryRun: true}, ApplicationId: application,
	})
	if err == nil || !web.IsRefusal(err) {
		return nil, err
	}
	return sentences(web.Refusal(err).Sentence), nil
}

// apart takes a sentence apart at its semicolons, but for those in brackets.
func apart(said string) (all []string) {
	deep, from := 0, 0
	for i, r := range said {
		switch {
		case r == '(':
			deep++
		case r == ')':
			deep--
		case deep <= 0 && strings.HasPrefix(said[i:], "; "):
			all = append(all, said[from:i])
			from = i + len("; ")
		}
	}
	return append(all, said[from:])
}

// command is what a refusal says to whoever works at a terminal.
var command = regexp.MustCompile(`( with)?: counterfoil .*$`)

// sentences takes a refusal apart that names several things: "application X cannot be granted yet: one; two". Commands are left out: what
// comes next is among the tasks.
func sentences(said string) []string {
	all := []string{said}
	if _, several, found := strings.Cut(said, " cannot be granted yet: "); found {
		all = apart(several)
	}
	for i := range all {
		all[i] = command.ReplaceAllString(all[i], "")
	}
	return all
}
