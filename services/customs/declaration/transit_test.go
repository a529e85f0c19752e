package declaration_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

func TestOpenTransit(t *testing.T) {
	on := acceptedAs(transit)
	opening := func(office string, due time.Time) *customsv1.OpenTransitRequest {
		return &customsv1.OpenTransitRequest{Particulars: particulars, DeclarationId: declarationID, OfficeOfDestination: office, Due: timestamppb.New(due)}
	}
	due := opened.Due.AsTime()
	run := func(name string, on []proto.Message, cmd *customsv1.OpenTransitRequest, want []proto.Message, wantErr error) {
		t.Run(name, func(t *testing.T) {
			got, err := declaration.OpenTransit(given(t, on...), cmd)
			expect(t, got, err, want, wantErr, "")
		})
	}
	run("released", on, opening("XA002", due), facts(opened), nil)
	run("to the office that is declared", facts(kindOf(transit), declared(with(command, func(c *customsv1.AcceptDeclarationRequest) {
		c.Kind, c.Consignment = transit, &customsv1.Consignment{OfficeOfDestination: "XA002"}
	}))), opening("", due), facts(opened), nil)
	run("to no office", on, opening("", due), nil, fault.Invalid)
	run("due now", on, opening("XA002", now), nil, fault.Invalid)
	run("again", facts(on, opened), opening("XA002", due), nil, nil)
	run("again, elsewhere", facts(on, opened), opening("XA003", due), nil, fault.Conflict)
	run("held", facts(on, onHold), opening("XA002", due), nil, fault.Precondition)
	run("exited", facts(on, exited), opening("XA002", due), nil, fault.Precondition)
	run("lodged", facts(licence, lodgedD), opening("XA002", due), nil, fault.Precondition)
	run("never accepted", facts(licence), opening("XA002", due), nil, fault.NotFound)
}

func TestDischargeTransit(t *testing.T) {
	on := facts(acceptedAs(transit), opened)
	discharging := &customsv1.DischargeTransitRequest{Particulars: particulars, DeclarationId: declarationID}
	at := func(office string) *customsv1.DischargeTransitRequest {
		return with(discharging, func(c *customsv1.DischargeTransitRequest) { c.Office = office })
	}
	run := func(name string, on []proto.Message, cmd *customsv1.DischargeTransitRequest, want []proto.Message, wantErr error) {
		t.Run(name, func(t *testing.T) {
			got, err := declaration.DischargeTransit(given(t, on...), cmd)
			expect(t, got, err, want, wantErr, "")
		})
	}
	run("where they were sent", on, discharging, facts(discharged), nil)
	run("said to be where they were sent", on, at("XA002"), facts(discharged), nil)
	run("at another office", on, at("XA003"), facts(with(discharged, func(d *customsv1.TransitDischarged) { d.Office = "XA003" }),
		withIDs(discrepancy("DX15", 0, "XA002", "XA003", "the goods were sent to office XA002 and came to XA003"), 1, licenceID)), nil)
	run("with a difference", on, with(discharging, func(c *customsv1.DischargeTransitRequest) { c.Difference = "a seal is broken" }), facts(discharged,
		withIDs(discrepancy("DX15", 0, "goods as released", "a seal is broken", "the goods presented differ from those released: a seal is broken"), 1, licenceID)), nil)
	run("again", facts(on, discharged), at("XA003"), nil, nil)
	run("held", facts(on, onHold), discharging, nil, fault.Precondition)
	run("cancelled", facts(on, cancelled), discharging, nil, fault.Precondition)
	run("never opened", acceptedAs(transit), discharging, nil, fault.Precondition)
	run("of another agency", facts(licence, others), with(discharging, func(c *customsv1.DischargeTransitRequest) { c.DeclarationId = "customs-b/1" }), nil, fault.NotAllowed)
}

func TestDue(t *testing.T) {
	within := declaration.Within{Exit: 30 * 24 * time.Hour, Arrival: 20 * 24 * time.Hour}
	late := func(code string, due time.Time, what string) []proto.Message {
		by := due.Format(time.RFC3339)
		return facts(&customsv1.MovementOverdue{DeclarationId: declarationID, Code: code, Due: timestamppb.New(due)},
			withIDs(discrepancy(code, 0, what+" by "+by, "none", "the "+what+" of declaration customs/26XA0001 was due by "+by+" and is not confirmed"), 1, licenceID))
	}
	exitDue, arrivalDue, transitDue := now.Add(within.Exit), now.Add(within.Arrival), opened.Due.AsTime()
	dischargedAt := with(discharged, func(d *customsv1.TransitDischarged) { d.At = timestamppb.New(transitDue) })
	for _, tt := range []struct {
		name  string
		given []proto.Message
		now   time.Time
		want  []proto.Message
		next  time.Time
	}{
		{"nothing", facts(licence), now, nil, time.Time{}},
		{"export, in time", acceptedAs(export), exitDue, nil, exitDue.Add(1)},
		{"export, late", acceptedAs(export), exitDue.Add(1), late("DX16", exitDue, "exit"), time.Time{}},
		{"export, noticed", facts(acceptedAs(export), late("DX16", exitDue, "exit")), exitDue.Add(time.Hour), nil, time.Time{}},
		{"export that exited", facts(acceptedAs(export), exited), exitDue.Add(1), nil, time.Time{}},
		{"export that is held", facts(acceptedAs(export), onHold), exitDue.Add(1), nil, time.Time{}},
		{"export that was cancelled", facts(acceptedAs(export), cancelled), exitDue.Add(1), nil, time.Time{}},
		{"import, in time", acceptedAs(imp), arrivalDue, nil, arrivalDue.Add(1)},
		{"import, late", acceptedAs(imp), arrivalDue.Add(1), late("DX18", arrivalDue, "arrival"), time.Time{}},
		{"in transit, in time", facts(acceptedAs(transit), opened), transitDue, nil, transitDue.Add(1)},
		{"in transit, late", facts(acceptedAs(transit), opened), transitDue.Add(1), late("DX17", transitDue, "discharge of the transit"), time.Time{}},
		{"in transit and held, late", facts(acceptedAs(transit), opened, onHold), transitDue.Add(1), late("DX17", transitDue, "discharge of the transit"), time.Time{}},
		{"in transit, noticed, exit not waited for", facts(acceptedAs(transit), opened, late("DX17", transitDue, "discharge of the transit")), exitDue.Add(1), nil, time.Time{}},
		{"discharged, then late", facts(acceptedAs(transit), opened, dischargedAt), transitDue.Add(within.Exit + 1), late("DX16", transitDue.Add(within.Exit), "exit"), time.Time{}},
		{"discharged, in time", facts(acceptedAs(transit), opened, dischargedAt), transitDue.Add(within.Exit), nil, transitDue.Add(within.Exit + 1)},
		{"of another agency", facts(licence, others, ledgertest.By("customs-b", &customsv1.GoodsReleased{DeclarationId: "customs-b/1"})), exitDue.AddDate(1, 0, 0), nil, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, next, err := declaration.Due(given(t, tt.given...), tt.now, within)
			expect(t, got, err, tt.want, nil, "")
			if !next.Equal(tt.next) {
				t.Errorf("the next is due %s, want %s", next, tt.next)
			}
		})
	}
}
