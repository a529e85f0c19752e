package field

import (
	"strconv"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

const deliveryService = "/counterfoil.customs.v1.DeliveryService/"

// proofAsks are what a proof of arrival says (docs/border.md). The paper's digest is for programs: a browser cannot take it.
var proofAsks = []ask{
	{Name: "proof_number", As: "line", Needed: true}, {Name: "received", As: "text", Needed: true}, {Name: "serials_seen", As: "line"},
	{Name: "arrived_at", As: "day", Needed: true}, {Name: "arrived_place", As: "line", Needed: true}, {Name: "recipient", As: "line"},
	{Name: "certificate", As: "line"}, {Name: "import_declaration", As: "line"}, {Name: "issuer", As: "line"}, {Name: "remarks", As: "text"},
}

// proof reads the form.
func proof(v *web.Visit) (*customsv1.Proof, error) {
	items, err := received(said(v, "received"), said(v, "serials_seen"))
	if err != nil {
		return nil, err
	}
	arrived, err := when(v, "arrived_at")
	return &customsv1.Proof{
		Number: said(v, "proof_number"), Received: items, ArrivedAt: arrived, Place: said(v, "arrived_place"), Recipient: said(v, "recipient"),
		Certificate: said(v, "certificate"), ImportDeclaration: said(v, "import_declaration"), Issuer: said(v, "issuer"), Remarks: said(v, "remarks"),
	}, err
}

// Commands on a delivery.
var (
	verifyDelivery = deed{Name: "verify", procedure: deliveryService + "VerifyDelivery", Asks: proofAsks,
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			paper, err := proof(v)
			if err != nil {
				return err
			}
			_, err = v.API.Delivery.VerifyDelivery(v.R.Context(), &customsv1.VerifyDeliveryRequest{Particulars: with, DeliveryId: id, Proof: paper})
			return err
		}}
	confirmDelivery = deed{Name: "confirm-delivery", procedure: deliveryService + "ConfirmDelivery", Asks: proofAsks,
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			paper, err := proof(v)
			if err != nil {
				return err
			}
			_, err = v.API.Delivery.ConfirmDelivery(v.R.Context(), &customsv1.ConfirmDeliveryRequest{Particulars: with, DeliveryId: id, Proof: paper})
			return err
		}}
	disputeDelivery = deed{Name: "dispute", procedure: deliveryService + "DisputeDelivery", Class: "warning",
		Asks: []ask{reasonAsk}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Delivery.DisputeDelivery(v.R.Context(), &customsv1.DisputeDeliveryRequest{Particulars: with, DeliveryId: id, Reason: said(v, "reason")})
			return err
		}}
	planCheck = deed{Name: "plan-check", procedure: deliveryService + "PlanCheck", Class: "secondary", Asks: planAsks,
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := sendPlan(v, "", id, with)
			return err
		}}
	deliveryDeeds = []deed{verifyDelivery, disputeDelivery, confirmDelivery, planCheck}

	planAsks = []ask{{Name: "legal_basis", As: "line", Needed: true}, {Name: "planned_for", As: "day", Needed: true}, {Name: "site", As: "line", Needed: true}, {Name: "alert", As: "line"}}
)

// sendPlan plans a check of a licence's goods or of one delivery.
func sendPlan(v *web.Visit, licence, delivery string, with *eventv1.Particulars) (id string, err error) {
	on, err := when(v, "planned_for")
	if err != nil {
		return "", err
	}
	res, err := v.API.Delivery.PlanCheck(v.R.Context(), &customsv1.PlanCheckRequest{
		Particulars: with, LicenceId: licence, DeliveryId: delivery, LegalBasis: said(v, "legal_basis"), PlannedFor: on, Site: said(v, "site"), AlertId: said(v, "alert"),
	})
	return res.GetCheckId(), err
}

// Commands on a check.
var (
	recordCheck = deed{Name: "record-check", procedure: deliveryService + "RecordCheck",
		Asks: []ask{{Name: "outcome", As: "one", Options: enum(customsv1.CheckOutcome(0), 4, 5, 6), Needed: true}, {Name: "checked_at", As: "moment"}, {Name: "seen_items", As: "text"}, {Name: "serials_seen", As: "line"},
			{Name: "serials_checked", As: "line"}, {Name: "storage", As: "line"}, {Name: "findings", As: "text"}, {Name: "follow_up", As: "line"}},
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			req, err := checkOf(v, id, with)
			if err != nil {
				return err
			}
			_, err = v.API.Delivery.RecordCheck(v.R.Context(), req)
			return err
		}}
	obstructCheck = deed{Name: "obstruct-check", procedure: deliveryService + "ObstructCheck", Class: "secondary",
		Asks: []ask{{Name: "outcome", As: "one", Options: enum(customsv1.CheckOutcome(0), 1, 2, 3), Needed: true}, reasonAsk, {Name: "again", As: "day"}},
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			again, err := when(v, "again")
			if err != nil {
				return err
			}
			_, err = v.API.Delivery.ObstructCheck(v.R.Context(), &customsv1.ObstructCheckRequest{Particulars: with, CheckId: id, Outcome: outcomeOf(v), Reason: said(v, "reason"), Again: again})
			return err
		}}
	checkDeeds = []deed{recordCheck, obstructCheck}
)

func outcomeOf(v *web.Visit) customsv1.CheckOutcome {
	return customsv1.CheckOutcome(number(customsv1.CheckOutcome(0), said(v, "outcome")))
}

// checkOf reads what was found.
func checkOf(v *web.Visit, id string, with *eventv1.Particulars) (*customsv1.RecordCheckRequest, error) {
	at, err := when(v, "checked_at")
	if err != nil {
		return nil, err
	}
	seen, err := received(said(v, "seen_items"), said(v, "serials_seen"))
	if err != nil {
		return nil, err
	}
	some, all, err := share(said(v, "serials_checked"))
	return &customsv1.RecordCheckRequest{
		Particulars: with, CheckId: id, Outcome: outcomeOf(v), At: at, Seen: seen, SerialsChecked: some, SerialsTotal: all,
		Storage: said(v, "storage"), Findings: said(v, "findings"), FollowUp: said(v, "follow_up"),
	}, err
}

// showAsk is the form that asks whether goods arrived; what it is about may come with the address.
func (p pages) showAsk(v *web.Visit) error { return p.askForm(v, nil) }

func (p pages) askForm(v *web.Visit, failed *web.Failure) error {
	d := deed{Name: "ask-delivery", procedure: deliveryService + "RequestDelivery", Asks: []ask{
		{Name: "of_licence", As: "line", Value: v.R.URL.Query().Get("licence")}, {Name: "of_declarations", As: "line", Value: v.R.URL.Query().Get("declaration")},
		{Name: "confirmed_by", As: "line"}, {Name: "days", As: "line"}, {Name: "with_import_declaration", As: "tick"},
	}}
	return p.showForm(v, formPage{Title: "deed.ask-delivery", Intro: "delivery.ask-intro", Back: "/console/movements", BackKey: "movements.title"}, d, "/deliveries/ask", failed)
}

func (p pages) askDelivery(v *web.Visit) error {
	id, err := sendAsk(v)
	if err == nil {
		return v.Redirect("/deliveries/" + id)
	}
	if !web.IsRefusal(err) {
		return err
	}
	return p.askForm(v, web.Refusal(err))
}

func sendAsk(v *web.Visit) (id string, err error) {
	var days uint64
	if text := said(v, "days"); text != "" {
		if days, err = strconv.ParseUint(text, 10, 32); err != nil {
			return "", wrong("“%s” is no number of days; write 90", text)
		}
	}
	res, err := v.API.Delivery.RequestDelivery(v.R.Context(), &customsv1.RequestDeliveryRequest{
		Particulars: particulars(v, "ask"), LicenceId: said(v, "of_licence"), DeclarationIds: several(said(v, "of_declarations")), Of: said(v, "confirmed_by"),
		Days: uint32(days), ImportDeclaration: ticked(v, "with_import_declaration"),
	})
	return res.GetDeliveryId(), err
}

func (p pages) showPlan(v *web.Visit) error { return p.planForm(v, nil) }

func (p pages) planForm(v *web.Visit, failed *web.Failure) error {
	d := deed{Name: "plan-check", procedure: deliveryService + "PlanCheck"}
	d.Asks = append([]ask{{Name: "of_licence", As: "line", Needed: true, Value: v.R.URL.Query().Get("licence")}}, planAsks...)
	return p.showForm(v, formPage{Title: "deed.plan-check", Intro: "check.plan-intro", Back: "/console/movements", BackKey: "movements.title"}, d, "/checks/plan", failed)
}

func (p pages) planOf(v *web.Visit) error {
	id, err := sendPlan(v, said(v, "of_licence"), "", particulars(v, "plan"))
	if err == nil {
		return v.Redirect("/checks/" + id)
	}
	if !web.IsRefusal(err) {
		return err
	}
	return p.planForm(v, web.Refusal(err))
}
