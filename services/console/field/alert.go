package field

import (
	"slices"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// alertPage is an alert with all that agencies said of it and did about it.
type alertPage struct {
	form
	*queryv1.AlertFileResponse
	Clock clock
	// Mine says that this agency has to acknowledge it.
	Mine      bool
	Links     *queryv1.LinksResponse
	WhyLinks  *web.Failure
	Sightings []*ledgerv1.Sighting
	// Corrections are proposed for records that the alert names.
	Corrections []*ledgerv1.Correction
}

func (p pages) alert(v *web.Visit) error { return p.showAlert(v, nil) }

func (p pages) showAlert(v *web.Visit, failed *web.Failure) error {
	id := idOf(v)
	file, err := v.API.Link.AlertFile(v.R.Context(), &queryv1.AlertFileRequest{AlertId: id})
	if err != nil {
		return err
	}
	page := &alertPage{form: newForm(v, failed), AlertFileResponse: file}
	silent := slices.ContainsFunc(file.Addressees, func(a *queryv1.AlertAddressee) bool { return a.AcknowledgedAt == nil })
	due := file.Alert.GetRaised().GetAcknowledgeBy()
	if !silent {
		due = nil
	}
	page.Clock = clockOf(file.Alert.RaisedAt, due, v.Site().Now())
	page.Mine = slices.ContainsFunc(file.Addressees, func(a *queryv1.AlertAddressee) bool { return a.Agency == v.Site().Agency && a.AcknowledgedAt == nil })
	links, err := v.API.Link.Links(v.R.Context(), &queryv1.LinksRequest{Id: id})
	if err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		page.WhyLinks = web.Refusal(err)
	}
	page.Links = links
	about := append([]string{id}, about(file.Alert)...)
	if page.Sightings, err = every[*ledgerv1.Sighting](v, queryv1.Table_TABLE_SIGHTINGS, among("record", about)); err != nil {
		return err
	}
	if page.Corrections, err = every[*ledgerv1.Correction](v, queryv1.Table_TABLE_CORRECTIONS, among("record", about)); err != nil {
		return err
	}
	page.offer(v, "/alerts/"+id, page.can(v.Site().Agency)...)
	if page.Mine {
		page.first()
	}
	if page.Failed != nil {
		return v.PageAgain(p.Pages, "alert", page)
	}
	return v.Page(p.Pages, "alert", page)
}

// about are the records that an alert names.
func about(a *ledgerv1.Alert) []string {
	r := a.GetRaised()
	all := slices.Concat(r.GetLicenceIds(), r.GetDeclarationIds(), r.GetLinks().GetTraceIds(), r.GetLinks().GetDenialIds())
	return all[:min(len(all), listed-1)]
}

// can is what an agency may do about the alert as it stands, what is due first.
func (a *alertPage) can(agency string) (now []deed) {
	if a.Mine {
		now = append(now, acknowledge)
	}
	var offers []option
	for _, o := range a.Consequences {
		if o.Answered == nil && ledger.AgencyOf(o.Id) == agency {
			offers = append(offers, option{Value: o.Id, Text: o.Id + ": " + o.Offered.GetSubject()})
		}
	}
	if len(offers) > 0 {
		for _, d := range []deed{takeOffer, declineOffer} {
			d.Asks = append([]ask{{Name: "offer", As: "one", Options: offers, Needed: true}}, d.Asks[1:]...)
			now = append(now, d)
		}
	}
	status, own := a.Alert.Status, ledger.AgencyOf(a.Alert.Id) == agency
	switch {
	case status == ledgerv1.AlertStatus_ALERT_STATUS_CLOSED:
	case own && (status == ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED || status == ledgerv1.AlertStatus_ALERT_STATUS_REFUTED):
		now = append(now, closeAlert)
	case own:
		now = append(now, corroborate, confirm, refute)
	}
	now = append(now, act)
	if !own {
		now = append(now, classify)
	}
	now = append(now, sighting, propose)
	var corrections []option
	for _, c := range a.Corrections {
		if c.Proposed.GetOwner() == agency {
			corrections = append(corrections, option{Value: c.Id, Text: c.Id + ": " + c.Proposed.GetRecordId() + " " + c.Proposed.GetField()})
		}
	}
	if len(corrections) > 0 {
		d := answerCorrection
		d.Asks = append([]ask{{Name: "correction", As: "one", Options: corrections, Needed: true}}, d.Asks[1:]...)
		now = append(now, d)
	}
	return now
}

func (p pages) alertDeed(v *web.Visit) error {
	id := idOf(v)
	if err := send(v, alertDeeds, id); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		return p.showAlert(v, web.Refusal(err))
	}
	return v.Redirect("/alerts/" + id)
}

// Said is a value in common as people write it.
func (*alertPage) Said(l *queryv1.Link) string { return inCommon(l) }

// Took is how long an acknowledgement took.
func (a *alertPage) Took(n uint64) *durationpb.Duration { return seconds(float64(n)) }
