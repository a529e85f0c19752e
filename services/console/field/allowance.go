package field

import (
	"slices"
	"strconv"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

const allowanceService = "/counterfoil.customs.v1.AllowanceService/"

// allowancePage is who may write off how much of a licence by itself.
type allowancePage struct {
	form
	Licence string
	*customsv1.AllowanceResponse
}

func (p pages) allowance(v *web.Visit) error { return p.showAllowance(v, nil) }

func (p pages) showAllowance(v *web.Visit, failed *web.Failure) error {
	id := idOf(v)
	page := &allowancePage{form: newForm(v, failed), Licence: id}
	var err error
	if page.AllowanceResponse, err = v.API.Allowance.Allowance(v.R.Context(), &customsv1.AllowanceRequest{LicenceId: id}); err != nil {
		return err
	}
	directory, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return err
	}
	var posts []option
	for _, a := range directory.Agencies {
		if a.PostOf == v.Site().Agency {
			posts = append(posts, option{Value: a.Id, Text: a.Id})
		}
	}
	page.offer(v, "/allowances/"+id, page.can(v.Site().Agency, posts)...)
	if page.Failed != nil {
		return v.PageAgain(p.Pages, "allowance", page)
	}
	return v.Page(p.Pages, "allowance", page)
}

// can is what an agency may do: who counts the licence gives to its posts, a post gives back.
func (a *allowancePage) can(agency string, posts []option) (now []deed) {
	if a.Counter == agency {
		d := giveAllowance
		d.Asks = append([]ask{{Name: "post", As: "one", Options: posts, Needed: true}}, d.Asks[1:]...)
		now = append(now, d)
	}
	if slices.ContainsFunc(a.Posts, func(p *customsv1.PostAllowance) bool { return p.Post == agency }) {
		now = append(now, returnAllowance)
	}
	return now
}

// NoPosts says that the agency has no post to give to.
func (a *allowancePage) NoPosts() bool {
	return slices.ContainsFunc(a.Deeds, func(o offered) bool { return o.Name == giveAllowance.Name && len(o.Asks[0].Options) == 0 })
}

var (
	allowanceAsks = []ask{{Name: "licence_line", As: "line", Needed: true, Value: "1"}, {Name: "quantity", As: "line"}, {Name: "worth", As: "line"}}
	giveAllowance = deed{Name: "give", procedure: allowanceService + "GiveAllowance", Asks: append([]ask{{Name: "post", As: "one", Needed: true}}, allowanceAsks...),
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			of, err := portion(v)
			if err != nil {
				return err
			}
			_, err = v.API.Allowance.GiveAllowance(v.R.Context(), &customsv1.GiveAllowanceRequest{
				Particulars: with, LicenceId: id, Post: said(v, "post"), LicenceLine: of.LicenceLine, Quantity: of.Left, Value: of.LeftValue,
			})
			return err
		}}
	returnAllowance = deed{Name: "give-back", procedure: allowanceService + "ReturnAllowance", Class: "secondary", Asks: allowanceAsks,
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			of, err := portion(v)
			if err != nil {
				return err
			}
			_, err = v.API.Allowance.ReturnAllowance(v.R.Context(), &customsv1.ReturnAllowanceRequest{
				Particulars: with, LicenceId: id, LicenceLine: of.LicenceLine, Quantity: of.Left, Value: of.LeftValue,
			})
			return err
		}}
)

// portion reads how much of which line.
func portion(v *web.Visit) (*customsv1.CounterLeft, error) {
	line, err := strconv.ParseUint(said(v, "licence_line"), 10, 32)
	if err != nil || line == 0 {
		return nil, wrong("“%s” is no number of a licence line", said(v, "licence_line"))
	}
	q, err := quantity(said(v, "quantity"))
	if err != nil {
		return nil, err
	}
	worth, err := money(said(v, "worth"))
	return &customsv1.CounterLeft{LicenceLine: uint32(line), Left: q, LeftValue: worth}, err
}

func (p pages) allowanceDeed(v *web.Visit) error {
	id := idOf(v)
	if err := send(v, []deed{giveAllowance, returnAllowance}, id); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		return p.showAllowance(v, web.Refusal(err))
	}
	return v.Redirect("/allowances/" + id)
}
