package ledger

import (
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	accepted  = ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED
	exited    = ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED
	arrived   = ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED
	cancelled = ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED
)

// customs keeps the rows that the events of counterfoil.customs.v1 make.
func (f *folding) customs(fact proto.Message) error {
	switch e := fact.(type) {
	case *customsv1.DeclarationAccepted:
		return put(f, declarations, &ledgerv1.Declaration{Id: e.DeclarationId, Accepted: e, Status: accepted})
	case *customsv1.ExitConfirmed:
		return f.move(e.DeclarationId, exited, e.At, "", accepted)
	case *customsv1.ArrivalRecorded:
		return f.move(e.DeclarationId, arrived, e.At, "", accepted, exited)
	case *customsv1.DeclarationCancelled:
		return f.move(e.DeclarationId, cancelled, nil, e.Reason, accepted)
	case *customsv1.LicenceQuantityReserved:
		return f.writeOff(&ledgerv1.WriteOff{
			DeclarationId: e.DeclarationId, Item: e.Item, LicenceId: e.LicenceId, LicenceLine: e.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_RESERVED, Quantity: e.Quantity, Value: e.Value,
		})
	case *customsv1.LicenceQuantityCommitted:
		return f.writeOff(&ledgerv1.WriteOff{
			DeclarationId: e.DeclarationId, Item: e.Item, LicenceId: e.LicenceId, LicenceLine: e.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_COMMITTED, Quantity: e.Quantity, Value: e.Value,
		})
	case *customsv1.LicenceQuantityReleased:
		return f.writeOff(&ledgerv1.WriteOff{
			DeclarationId: e.DeclarationId, Item: e.Item, LicenceId: e.LicenceId, LicenceLine: e.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_RELEASED, Quantity: e.Quantity, Value: e.Value,
		})
	}
	return errUnknown
}

// move changes where a declaration stands; at is when the goods moved, the event's time when absent, and never for a
// cancellation.
func (f *folding) move(id string, to ledgerv1.DeclarationStatus, at *timestamppb.Timestamp, reason string, from ...ledgerv1.DeclarationStatus) error {
	return change(f, declarations, id, func(r *ledgerv1.Declaration) error {
		if !slices.Contains(from, r.Status) {
			return f.refuse("%s is %s", id, declarationNames.of(r.Status.Number()))
		}
		r.Status, r.StatusReason = to, reason
		if to != cancelled {
			if r.MovedAt = at; at == nil {
				r.MovedAt = f.event.OccurredAt
			}
		}
		return nil
	})
}

// writeOff adds an entry against a licence line, once for each declaration, item and effect.
func (f *folding) writeOff(r *ledgerv1.WriteOff) error {
	if _, err := own(f, declarations, r.DeclarationId); err != nil {
		return err
	}
	r.Id = r.DeclarationId + "#" + strconv.FormatUint(uint64(r.Item), 10) + "#" + strconv.Itoa(int(r.Effect))
	return put(f, writeOffs, r)
}
