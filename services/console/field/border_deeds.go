package field

import (
	"net/url"

	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

const (
	customsService  = "/counterfoil.customs.v1.CustomsService/"
	releaseService  = "/counterfoil.customs.v1.ReleaseService/"
	writeOffService = "/counterfoil.customs.v1.WriteOffService/"
	checking        = customsService + "CheckDeclaration"
	lodging         = customsService + "LodgeDeclaration"
)

// Commands on a declaration.
var (
	releaseGoods = deed{Name: "release", procedure: releaseService + "ReleaseGoods", do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
		_, err := v.API.Release.ReleaseGoods(v.R.Context(), &customsv1.ReleaseGoodsRequest{Particulars: with, DeclarationId: id})
		return err
	}}
	holdGoods = deed{Name: "hold", procedure: releaseService + "HoldGoods", Class: "warning",
		Asks: []ask{{Name: "reason", As: "line", Needed: true}, {Name: "alert", As: "line"}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Release.HoldGoods(v.R.Context(), &customsv1.HoldGoodsRequest{Particulars: with, DeclarationId: id, Reason: said(v, "reason"), AlertId: said(v, "alert")})
			return err
		}}
	liftHold = deed{Name: "lift", procedure: releaseService + "LiftHold", Class: "secondary",
		Asks: []ask{{Name: "reason", As: "line", Needed: true}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Release.LiftHold(v.R.Context(), &customsv1.LiftHoldRequest{Particulars: with, DeclarationId: id, Reason: said(v, "reason")})
			return err
		}}
	acceptLodged = deed{Name: "accept", procedure: customsService + "AcceptLodged",
		Asks: []ask{{Name: "licence", As: "line"}, {Name: "examine", As: "tick"}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Customs.AcceptLodged(v.R.Context(), &customsv1.AcceptLodgedRequest{Particulars: with, DeclarationId: id, LicenceId: said(v, "licence"), Examine: ticked(v, "examine")})
			return err
		}}
	confirmExit = deed{Name: "exit", procedure: customsService + "ConfirmExit",
		Asks: []ask{{Name: "moved_at", As: "moment"}, {Name: "difference", As: "line"}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) (err error) {
			if with, err = occurred(v, with); err != nil {
				return err
			}
			_, err = v.API.Customs.ConfirmExit(v.R.Context(), &customsv1.ConfirmExitRequest{Particulars: with, DeclarationId: id, Difference: said(v, "difference")})
			return err
		}}
	confirmArrival = deed{Name: "arrive", procedure: customsService + "ConfirmArrival",
		Asks: []ask{{Name: "moved_at", As: "moment"}, {Name: "difference", As: "line"}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) (err error) {
			if with, err = occurred(v, with); err != nil {
				return err
			}
			_, err = v.API.Customs.ConfirmArrival(v.R.Context(), &customsv1.ConfirmArrivalRequest{Particulars: with, DeclarationId: id, Difference: said(v, "difference")})
			return err
		}}
	openTransit = deed{Name: "transit", procedure: customsService + "OpenTransit", Class: "secondary",
		Asks: []ask{{Name: "office", As: "line"}, {Name: "due", As: "moment", Needed: true}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			due, err := when(v, "due")
			if err != nil {
				return err
			}
			_, err = v.API.Customs.OpenTransit(v.R.Context(), &customsv1.OpenTransitRequest{Particulars: with, DeclarationId: id, OfficeOfDestination: said(v, "office"), Due: due})
			return err
		}}
	dischargeTransit = deed{Name: "discharge", procedure: customsService + "DischargeTransit",
		Asks: []ask{{Name: "office", As: "line"}, {Name: "moved_at", As: "moment"}, {Name: "difference", As: "line"}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) (err error) {
			if with, err = occurred(v, with); err != nil {
				return err
			}
			_, err = v.API.Customs.DischargeTransit(v.R.Context(), &customsv1.DischargeTransitRequest{Particulars: with, DeclarationId: id, Office: said(v, "office"), Difference: said(v, "difference")})
			return err
		}}
	correctWriteOff = deed{Name: "correct", procedure: writeOffService + "CorrectWriteOff", Class: "secondary",
		Asks: []ask{{Name: "entry", As: "one", Needed: true}, {Name: "moved", As: "line", Needed: true}, {Name: "reason", As: "line", Needed: true}}, do: func(v *web.Visit, _ string, with *eventv1.Particulars) error {
			moved, err := quantity(said(v, "moved"))
			if err != nil {
				return err
			}
			_, err = v.API.WriteOff.CorrectWriteOff(v.R.Context(), &customsv1.CorrectWriteOffRequest{Particulars: with, EntryId: said(v, "entry"), Quantity: moved, Reason: said(v, "reason")})
			return err
		}}
	restoreWriteOff = deed{Name: "restore", procedure: writeOffService + "RestoreWriteOff", Class: "secondary",
		Asks: []ask{{Name: "entry", As: "one", Needed: true}, {Name: "returned", As: "line", Needed: true}, {Name: "legal_basis", As: "line", Needed: true}, {Name: "reason", As: "line", Needed: true}}, do: func(v *web.Visit, _ string, with *eventv1.Particulars) error {
			returned, err := quantity(said(v, "returned"))
			if err != nil {
				return err
			}
			_, err = v.API.WriteOff.RestoreWriteOff(v.R.Context(), &customsv1.RestoreWriteOffRequest{Particulars: with, EntryId: said(v, "entry"), Quantity: returned, LegalBasis: said(v, "legal_basis"), Reason: said(v, "reason")})
			return err
		}}
	cancelDeclaration = deed{Name: "cancel", procedure: customsService + "CancelDeclaration", Class: "secondary",
		Asks: []ask{{Name: "reason", As: "line", Needed: true}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Customs.CancelDeclaration(v.R.Context(), &customsv1.CancelDeclarationRequest{Particulars: with, DeclarationId: id, Reason: said(v, "reason")})
			return err
		}}
	noteDiscrepancy = deed{Name: "note", procedure: customsService + "NoteDiscrepancy", Class: "secondary",
		// those above DX06 are what acceptance refuses
		Asks: []ask{{Name: "code", As: "one", Options: codes(refdata.Discrepancies)[5:], Needed: true}, {Name: "found", As: "line", Needed: true}},
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Customs.NoteDiscrepancy(v.R.Context(), &customsv1.NoteDiscrepancyRequest{Particulars: with, DeclarationId: id, Code: said(v, "code"), Text: said(v, "found")})
			return err
		}}
	settleDiscrepancy = deed{Name: "settle", procedure: customsService + "SettleDiscrepancy", Class: "secondary",
		Asks: []ask{{Name: "discrepancy", As: "one", Needed: true}, {Name: "reason", As: "line", Needed: true}}, do: func(v *web.Visit, _ string, with *eventv1.Particulars) error {
			_, err := v.API.Customs.SettleDiscrepancy(v.R.Context(), &customsv1.SettleDiscrepancyRequest{Particulars: with, DiscrepancyId: said(v, "discrepancy"), Reason: said(v, "reason")})
			return err
		}}
	overrideDiscrepancy = deed{Name: "override", procedure: customsService + "OverrideDiscrepancy", Class: "warning",
		Asks: []ask{{Name: "discrepancy", As: "one", Needed: true}, {Name: "reason", As: "line", Needed: true}}, do: func(v *web.Visit, _ string, with *eventv1.Particulars) error {
			_, err := v.API.Customs.OverrideDiscrepancy(v.R.Context(), &customsv1.OverrideDiscrepancyRequest{Particulars: with, DiscrepancyId: said(v, "discrepancy"), Reason: said(v, "reason")})
			return err
		}}
	borderDeeds = []deed{releaseGoods, holdGoods, liftHold, acceptLodged, confirmExit, confirmArrival, openTransit, dischargeTransit, cancelDeclaration, noteDiscrepancy, settleDiscrepancy, overrideDiscrepancy, correctWriteOff, restoreWriteOff}
)

// occurred puts the time that goods moved at, where somebody gave it.
func occurred(v *web.Visit, with *eventv1.Particulars) (*eventv1.Particulars, error) {
	at, err := when(v, "moved_at")
	if err != nil || at == nil {
		return with, err
	}
	if with == nil {
		with = &eventv1.Particulars{}
	}
	with.OccurredAt = at
	return with, nil
}

// offerDeeds adds what can be done about a declaration as it stands.
func (b *borderPage) offerDeeds(v *web.Visit) {
	if b.Declaration == nil || !b.Customs {
		return
	}
	now := possible(b.Declaration)
	var open []option
	for _, d := range b.Open {
		if d.DiscrepancyId != "" {
			open = append(open, option{Value: d.DiscrepancyId, Text: d.Code + " " + d.Text})
		}
	}
	if len(open) > 0 {
		for _, d := range []deed{settleDiscrepancy, overrideDiscrepancy} {
			d.Asks = []ask{{Name: "discrepancy", As: "one", Options: open, Needed: true}, d.Asks[1]}
			now = append(now, d)
		}
	}
	b.offer(v, "/border/"+b.Declaration.Id, append(now, b.corrections()...)...)
	b.first()
}

func (p pages) borderDeed(v *web.Visit) error {
	id := idOf(v)
	if err := send(v, borderDeeds, id); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		return p.showBorder(v, id, web.Refusal(err))
	}
	return v.Redirect("/border?q=" + url.QueryEscape(id))
}
