package field

import (
	"net/http"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/refdata"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// formPage is a page that is one form.
type formPage struct {
	form
	Title, Intro, Back, BackKey string
	Form                        offered
}

// showForm shows a page that is one form, again where it was refused.
func (p pages) showForm(v *web.Visit, page formPage, d deed, at string, failed *web.Failure) error {
	page.form = newForm(v, failed)
	page.Form = offered{deed: d, To: web.Root + at, Why: why(v, d.procedure), Sent: v.R.Method == http.MethodPost}
	if failed != nil {
		return v.PageAgain(p.Pages, "form", page)
	}
	return v.Page(p.Pages, "form", page)
}

var raisePage = formPage{Title: "alert.raise-title", Intro: "alert.raise-intro", Back: "/console/alerts", BackKey: "nav.alerts"}

func (p pages) showRaise(v *web.Visit) error { return p.raiseForm(v, nil) }

func (p pages) raiseForm(v *web.Visit, failed *web.Failure) error {
	res, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return err
	}
	return p.showForm(v, raisePage, raiseDeed(others(res.Agencies, v.Site().Agency), v.R.URL.Query().Get("licence"), v.R.URL.Query().Get("trace")), "/alerts/raise", failed)
}

// others are the agencies that an alert can be addressed to.
func others(all []*ledgerv1.Agency, own string) (options []option) {
	for _, a := range all {
		if a.Id != own && a.Status == 0 && !recordsNothing(a.Service) {
			text := a.Id
			if a.Title != "" && a.Title != a.Id {
				text += " – " + a.Title
			}
			options = append(options, option{Value: a.Id, Text: text})
		}
	}
	return options
}

// raiseDeed is the form that raises an alert: of what an alert can say, what it has to say and what officers mostly know.
func raiseDeed(addressees []option, licence, trace string) deed {
	return deed{Name: "raise", procedure: raising, Class: "warning", Asks: []ask{
		{Name: "part-what", As: "head"},
		{Name: "item", As: "line", Needed: true},
		{Name: "priority", As: "one", Options: enum(enforcementv1.Priority(0)), Needed: true},
		stageAsk, typeAsk, {Name: "confidence", As: "one", Options: confidenceAsk.Options},
		{Name: "part-who", As: "head"},
		{Name: "party", As: "line", Needed: true, Value: "unknown"},
		{Name: "party_role", As: "one", Options: enum(transferv1.Role(0)), Needed: true, Value: "recipient"},
		{Name: "party_country", As: "line"},
		{Name: "location", As: "line", Needed: true},
		{Name: "licences", As: "line", Value: licence}, {Name: "declarations", As: "line"}, {Name: "traces", As: "line", Value: trace}, {Name: "serials", As: "line"},
		{Name: "part-why", As: "head"},
		indicatorsAsk,
		{Name: "source", As: "one", Options: codes(refdata.EvidenceSources)}, {Name: "evidence", As: "text"},
		{Name: "summary", As: "text"},
		{Name: "part-whom", As: "head"},
		{Name: "addressees", As: "some", Options: addressees, Needed: true},
		{Name: "caveats", As: "line"}, {Name: "originator_control", As: "tick"}, {Name: "personal_data", As: "tick"},
	}}
}

func (p pages) raise(v *web.Visit) error {
	said(v, "item") // reads the form
	res, err := v.API.Enforcement.RaiseAlert(v.R.Context(), alertOf(v, particulars(v, "raise")))
	if err == nil {
		return v.Redirect("/alerts/" + res.AlertId)
	}
	if !web.IsRefusal(err) {
		return err
	}
	return p.raiseForm(v, web.Refusal(err))
}

// alertOf reads the form.
func alertOf(v *web.Visit, with *eventv1.Particulars) *enforcementv1.RaiseAlertRequest {
	req := &enforcementv1.RaiseAlertRequest{
		Particulars: with, Stage: stageOf(said(v, "stage")), Type: said(v, "type"), Confidence: confidenceOf(said(v, "confidence")),
		Priority: enforcementv1.Priority(number(enforcementv1.Priority(0), said(v, "priority"))), Item: said(v, "item"),
		Parties:    []*transferv1.Party{{Role: transferv1.Role(number(transferv1.Role(0), said(v, "party_role"))), Name: said(v, "party"), Country: country(v, "party_country")}},
		LicenceIds: several(said(v, "licences")), DeclarationIds: several(said(v, "declarations")), Serials: serials(v), Indicators: chosen(v, "indicators"),
		LastKnownLocation: said(v, "location"), Addressees: slices.Clone(chosen(v, "addressees")), Summary: said(v, "summary"),
		Handling: &enforcementv1.Handling{Caveats: said(v, "caveats"), OriginatorControl: ticked(v, "originator_control"), PersonalData: ticked(v, "personal_data")},
	}
	if traces := several(said(v, "traces")); len(traces) > 0 {
		req.Links = &enforcementv1.Links{TraceIds: traces}
	}
	if said(v, "evidence") != "" {
		req.Evidence = []*enforcementv1.Evidence{{Source: said(v, "source"), Text: said(v, "evidence")}}
	}
	return req
}

// country is the code that was typed, in capitals.
func country(v *web.Visit, name string) string { return strings.ToUpper(said(v, name)) }

// serials are those that were typed, of items of which nothing else is said.
func serials(v *web.Visit) []*transferv1.Serials {
	if all := several(said(v, "serials")); len(all) > 0 {
		return []*transferv1.Serials{{Mark: &transferv1.Mark{}, Serials: all}}
	}
	return nil
}
