package casework

import (
	"context"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/policy"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// taskPage is the form of a task of a case.
type taskPage struct {
	*file
	Name   string
	Status status
	Form   form
	// Agencies are those that can be asked, Consultees what the policy says of them, and Stops its reasons to stop a clock.
	Agencies   []string
	Consultees []policy.Consultee
	Stops      []string
	// After is who will read a decision once all have signed it.
	After []*queryv1.Audience
	// Answers is what a classification said of a line.
	Answers any
	// Obstacles are what stands in the way of a grant, as the node says it; Asked is that it was asked.
	Obstacles []string
	Asked     bool
}

// work is how the form of a task is filled in at first, and what sending it does.
type work struct {
	fill func(*taskPage)
	send func(context.Context, *clients.Clients, *taskPage, *eventv1.Particulars) (recorded, error)
}

var works = map[string]work{
	"lines":        {nothing, sendLine},
	"papers":       {nothing, sendPaper},
	"prohibitions": {fillProhibitions, sendProhibitions},
	"risk":         {fillRisk, sendRisk},
	"screening":    {nothing, sendScreening},
	"alike":        {nothing, sendAlike},
	"consultation": {nothing, sendConsultation},
	"conflict":     {nothing, sendConflict},
	"decision":     {fillDecision, sendDecision},
	"sign":         {nothing, sendSignature},
}

func nothing(*taskPage) {}

// open reads the case that a task belongs to.
func (p pages) open(v *web.Visit, in form) (*taskPage, work, error) {
	name := v.R.PathValue("task")
	w, known := works[name]
	if !known {
		return nil, w, connect.NewError(connect.CodeNotFound, "there is no task "+name+"; the tasks of a case stand on its page")
	}
	f, err := readFile(v.R.Context(), v.API, id(v))
	if err != nil {
		return nil, w, err
	}
	in.Closed = f.Closed()
	t := &taskPage{file: f, Name: name, Form: in}
	for _, s := range sections {
		for _, one := range s.Tasks {
			if one.Name == name {
				t.Status = one.in(f)
			}
		}
	}
	switch {
	case name == "consultation":
		err = t.whom(v)
	case name == "decision" && !f.Closed() && f.Proposal() == nil && v.May(grant) == "":
		t.Asked = true
		t.Obstacles, err = obstacles(v, f.Application.GetId())
	}
	return t, w, err
}

func (p pages) task(v *web.Visit) error {
	t, w, err := p.open(v, newForm())
	if err != nil {
		return err
	}
	for name, values := range v.R.URL.Query() {
		t.Form.Set(name, values[0])
	}
	w.fill(t)
	if t.Name == "sign" && t.Proposal() != nil && !t.Closed() && v.May(sign) == "" {
		t.Form.Set("dry", "yes") // who signs reads first what the signature does
		if _, err := t.Form.do(t.sender(v, w)); err != nil {
			return err
		}
		t.Form.Del("dry")
	}
	return v.Page(p.Pages, t.Name, t)
}

func (t *taskPage) sender(v *web.Visit, w work) func(*eventv1.Particulars) (recorded, error) {
	return func(by *eventv1.Particulars) (recorded, error) { return w.send(v.R.Context(), v.API, t, by) }
}

func (p pages) doTask(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	t, w, err := p.open(v, in)
	if err != nil {
		return err
	}
	to := "/decide/" + id(v) + "?done=" + t.Name
	if t.Name == "alike" {
		return p.finishTo(v, t.Name, t, &t.Form, func(made string) string { return "/denials/blind/" + made }, t.sender(v, w))
	}
	return p.finish(v, t.Name, t, &t.Form, to, t.sender(v, w))
}

// whom finds who can be asked for an opinion: those that the policies of the case name, and every other agency.
func (t *taskPage) whom(v *web.Visit) error {
	res, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return err
	}
	state := ""
	for _, a := range res.Agencies {
		switch {
		case a.GetId() == v.Site().Agency:
			state = a.GetState()
		case a.GetStatus() != ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED:
			t.Agencies = append(t.Agencies, a.GetId())
		}
	}
	var read []*policy.Policy
	for _, row := range res.Policies {
		if p, err := policy.LoadAdopted(row.GetId(), row.GetAdopted().GetContent()); err == nil {
			read = append(read, p)
		}
	}
	deal := t.Application.GetDeal()
	parts, err := policy.Route(policy.InForce(read, v.Site().Now()), policy.LineFacts(deal, state, policy.Circumstances{}))
	if err != nil {
		return nil // the node says so itself when the consultation is opened
	}
	for _, part := range parts {
		consultees, err := policy.Consultees(part.Policy, policy.FactsOf(deal, state, policy.Circumstances{}))
		if err == nil {
			t.Consultees = append(t.Consultees, consultees...)
		}
		t.Stops = append(t.Stops, part.Policy.Terms.GetClockStops()...)
	}
	return nil
}
