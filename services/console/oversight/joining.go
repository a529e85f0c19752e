package oversight

import (
	"slices"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/encoding/protojson"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// joiningPage is how an agency is let in: what it would read, its request, then its kit.
type joiningPage struct {
	Name, Like, PostOf, Request string
	// History is what it is given of the others' past: from-start, from-joining, or as each group has it.
	History  string
	Agencies []string
	Plan     *directoryv1.PlanAgencyResponse
	// Why it cannot be planned or let in; empty where it can.
	NoPlan, NoAdd string
	Failed        *web.Failure
}

func readJoining(v *web.Visit, get func(string) string) (*joiningPage, error) {
	typed := func(name string) string { return strings.TrimSpace(get(name)) }
	page := &joiningPage{Name: typed("name"), Like: typed("like"), PostOf: typed("post_of"), Request: typed("request"), History: typed("history"), NoPlan: why(v, plans), NoAdd: why(v, admit)}
	var err error
	page.Agencies, err = agenciesIn(v)
	return page, err
}

// why returns why the caller cannot make a call of the authority here, or nothing.
func why(v *web.Visit, procedure string) string {
	if v.Site().Service != authority {
		if text, err := v.T("agency.only-authority"); err == nil {
			return text
		}
	}
	return v.May(procedure)
}

// joining shows what an agency would read and would not, of what stands in the address; nothing changes.
func (p pages) joining(v *web.Visit) error {
	page, err := readJoining(v, v.R.URL.Query().Get)
	if err != nil {
		return err
	}
	if page.Name == "" || page.NoPlan != "" {
		return v.Page(p.Pages, "joining", page)
	}
	if err = page.plan(v); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		page.Failed = web.Refusal(err)
		return v.PageAgain(p.Pages, "joining", page)
	}
	return v.Page(p.Pages, "joining", page)
}

// historyRules are what a newcomer can be given of the past, as forms name it.
var historyRules = map[string]directoryv1.HistoryRule{
	"from-start": directoryv1.HistoryRule_HISTORY_RULE_FROM_START, "from-joining": directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING,
}

// plan asks the authority what the form comes to: in the groups of the agency that it is like, each with the rule that was chosen.
func (j *joiningPage) plan(v *web.Visit) (err error) {
	req := &directoryv1.PlanAgencyRequest{Agency: j.Name, Like: j.Like, PostOf: j.PostOf}
	if j.Plan, err = v.API.Authority.PlanAgency(v.R.Context(), req); err != nil || j.History == "" {
		return err
	}
	for _, m := range j.Plan.Memberships {
		m.History = historyRules[j.History]
	}
	j.Plan, err = v.API.Authority.PlanAgency(v.R.Context(), &directoryv1.PlanAgencyRequest{Agency: j.Name, Memberships: j.Plan.Memberships, PostOf: j.PostOf})
	return err
}

// admit registers an agency by its request, into the groups of the one that it is like.
func (p pages) admit(v *web.Visit) error {
	page, err := readJoining(v, v.R.FormValue)
	if err != nil {
		return err
	}
	if err = page.send(v); err == nil {
		return v.Redirect("/agencies/" + page.Name)
	}
	if !web.IsRefusal(err) {
		return err
	}
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "joining", page)
}

func (j *joiningPage) send(v *web.Visit) error {
	request := &directoryv1.JoinRequest{}
	if err := protojson.Unmarshal([]byte(j.Request), request); err != nil {
		return connect.NewError(connect.CodeInvalidArgument, "this is no request to join; paste the whole file that the agency made with counterfoil join request")
	}
	if j.Name = request.Agency; j.Name == "" {
		return connect.NewError(connect.CodeInvalidArgument, "the request names no agency; have it made anew with counterfoil join request")
	}
	if err := j.plan(v); err != nil {
		return err
	}
	_, err := v.API.Authority.AddAgency(v.R.Context(), &directoryv1.AddAgencyRequest{Request: request, Memberships: j.Plan.Memberships, PostOf: j.PostOf})
	return err
}

// kit sends the file that an agency joins with. It is encrypted to whom the request named.
func (p pages) kit(v *web.Visit) error {
	name := v.R.PathValue("name")
	res, err := v.API.Authority.MakeKit(v.R.Context(), &directoryv1.MakeKitRequest{Agency: name})
	if err != nil {
		return p.again(v, "", err)
	}
	v.W.Header().Set("Content-Type", "application/octet-stream")
	v.W.Header().Set("Content-Disposition", "attachment; filename="+strconv.Quote(name+".kit"))
	_, err = v.W.Write(res.Kit)
	return err
}

// remove takes an agency out for good: its name is typed, so that nobody does it by mistake.
func (p pages) remove(v *web.Visit) error {
	return p.change(v, func(name, reason string) error {
		if strings.TrimSpace(v.R.FormValue("again")) != name {
			return connect.NewError(connect.CodeInvalidArgument, "type the agency's name, "+name+", to say that it is meant")
		}
		_, err := v.API.Authority.RemoveAgency(v.R.Context(), &directoryv1.RemoveAgencyRequest{Agency: name, Reason: reason})
		return err
	})
}

func (p pages) rotate(v *web.Visit) error {
	return p.change(v, func(name, _ string) error {
		_, err := v.API.Authority.RotateAgency(v.R.Context(), &directoryv1.RotateAgencyRequest{Agency: name})
		return err
	})
}

// endKey takes a signing key out of use from a moment on.
func (p pages) endKey(v *web.Visit) error {
	return p.change(v, func(name, reason string) error {
		page, err := readAgency(v)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(page.Keys, func(k key) bool { return k.ID == v.R.FormValue("key") })
		if i < 0 {
			return web.NotFound("agency " + name + " has no such key")
		}
		till, err := web.ParseTime(v.R.FormValue("till"))
		if err != nil {
			return err
		}
		_, err = v.API.Authority.EndSigningKey(v.R.Context(), &directoryv1.EndSigningKeyRequest{Ended: &directoryv1.SigningKeyEnded{Agency: name, KeyId: page.Keys[i].raw, ValidUntil: till, Reason: reason}})
		return err
	})
}
