package ledger

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	lodged    = ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED
	accepted  = ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED
	held      = ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD
	released  = ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED
	exited    = ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED
	arrived   = ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED
	cancelled = ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED
)

// customs keeps the rows of declarations.
func (f *folding) customs(fact proto.Message) error {
	switch e := fact.(type) {
	case *customsv1.DeclarationLodged:
		return put(f, declarations, &ledgerv1.Declaration{Id: e.DeclarationId, Accepted: asLodged(e), Status: lodged, LodgedAt: f.event.OccurredAt})
	case *customsv1.DeclarationAccepted:
		return f.accept(e)
	case *customsv1.DeclarationAmended:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			a := r.Accepted
			a.Parties, a.Destination, a.Items, a.Consignment = e.Parties, e.Destination, e.Items, e.Consignment
			r.Version++
			return nil
		}, lodged, accepted, held)
	case *customsv1.GoodsHeld:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			r.Status, r.Held, r.ReleasedAt = held, e, nil
			return nil
		}, accepted, held, released)
	case *customsv1.HoldLifted:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			r.Status, r.StatusReason = accepted, e.Reason
			if id := r.Held.GetAlertId(); id != "" && !slices.Contains(r.LiftedAlerts, id) {
				r.LiftedAlerts = append(r.LiftedAlerts, id)
			}
			return nil
		}, held)
	case *customsv1.GoodsReleased:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			r.Status, r.ReleasedAt = released, f.or(e.At)
			return nil
		}, accepted)
	case *customsv1.ExitConfirmed:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			r.Status, r.MovedAt, r.ExitedAt = exited, f.or(e.At), f.or(e.At)
			return nil
		}, accepted, released)
	case *customsv1.ArrivalRecorded:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			r.Status, r.MovedAt = arrived, f.or(e.At)
			return nil
		}, accepted, released, exited)
	case *customsv1.DeclarationCancelled:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			r.Status, r.StatusReason = cancelled, e.Reason
			return nil
		}, lodged, accepted, held, released)
	case *customsv1.TransitOpened:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			r.Transit = e
			return nil
		}, accepted, released)
	case *customsv1.TransitDischarged:
		return f.discharge(e)
	case *customsv1.MovementOverdue:
		return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
			r.Overdue = append(r.Overdue, e)
			return nil
		}, accepted, held, released, exited)
	case *customsv1.DiscrepancyRaised:
		return put(f, discrepancies, &ledgerv1.Discrepancy{Id: e.DiscrepancyId, Raised: e, At: f.event.OccurredAt})
	case *customsv1.DiscrepancySettled:
		return change(f, discrepancies, e.DiscrepancyId, func(r *ledgerv1.Discrepancy) error {
			if r.Settled != nil {
				return f.refuse("%s is settled", r.Id)
			}
			r.Settled, r.SettledAt = e, f.event.OccurredAt
			return nil
		})
	}
	return errUnknown
}

// asLodged is what a lodged declaration says, in the shape that it is accepted in.
func asLodged(e *customsv1.DeclarationLodged) *customsv1.DeclarationAccepted {
	return &customsv1.DeclarationAccepted{
		DeclarationId: e.DeclarationId, Number: e.Number, Kind: e.Kind, Office: e.Office, Parties: e.Parties, Destination: e.Destination,
		Items: e.Items, Consignment: e.Consignment, LicenceReference: e.LicenceReference,
	}
}

// accept adds a declaration, or accepts one that was lodged.
func (f *folding) accept(e *customsv1.DeclarationAccepted) error {
	switch before, _, err := f.tx.peek(declarations.table, e.DeclarationId); {
	case err != nil:
		return err
	case before == nil:
		return put(f, declarations, &ledgerv1.Declaration{Id: e.DeclarationId, Accepted: e, Status: accepted})
	}
	return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
		r.Accepted, r.Status = e, accepted
		return nil
	}, lodged)
}

func (f *folding) discharge(e *customsv1.TransitDischarged) error {
	return f.declaration(e.DeclarationId, func(r *ledgerv1.Declaration) error {
		if r.Transit == nil || r.DischargedAt != nil {
			return f.refuse("%s has no open transit", r.Id)
		}
		r.DischargedAt = f.or(e.At)
		return nil
	}, accepted, released, exited, arrived)
}

// declaration changes a declaration that stands in one of some states.
func (f *folding) declaration(id string, fn func(*ledgerv1.Declaration) error, in ...ledgerv1.DeclarationStatus) error {
	return change(f, declarations, id, func(r *ledgerv1.Declaration) error {
		if !slices.Contains(in, r.Status) {
			return f.refuse("%s is %s", id, declarationNames.of(r.Status.Number()))
		}
		return fn(r)
	})
}

// or is a time that a fact states, and the event's where it states none.
func (f *folding) or(at *timestamppb.Timestamp) *timestamppb.Timestamp {
	if at == nil {
		return f.event.OccurredAt
	}
	return at
}
