package denial

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/grounds"
)

// Revoke ends that an own denial, or one that this agency received a notice of, is held against anybody; what others were
// told of an own one follows by RevokeNotices. For the same reason again it decides nothing.
func Revoke(view ledger.View, cmd *licensingv1.RevokeDenialRequest) ([]proto.Message, error) {
	id := cmd.GetDenialId()
	row, err := revocable(view, id)
	switch {
	case err != nil:
		return nil, err
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "denial %s is on record by %s; only that agency can revoke it", id, ledger.AgencyOf(id))
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for revoking denial %s", id)
	}
	switch row.GetStatus() {
	case ledgerv1.Status_STATUS_REFUSED:
		g, err := grounds.OfDenial(view, id)
		if err != nil {
			return nil, err
		}
		return []proto.Message{g.Cited(ledger.Beside(row, &licensingv1.DenialRevoked{DenialId: id, Reason: cmd.GetReason()}))}, nil
	case ledgerv1.Status_STATUS_REVOKED:
		if row.GetStatusReason() == cmd.GetReason() {
			return nil, nil
		}
		return nil, fault.Errorf(fault.Conflict, "denial %s was revoked for another reason, which stands: %s", id, row.GetStatusReason())
	}
	return nil, fault.Errorf(fault.Precondition, "denial %s was withdrawn from the register that it was read from; there is nothing to revoke", id)
}

type revocableRow interface {
	GetJournal() string
	GetStatus() ledgerv1.Status
	GetStatusReason() string
}

func revocable(view ledger.View, id string) (revocableRow, error) {
	d, err := view.Denial(id)
	if err != nil {
		return nil, fmt.Errorf("read denial %s: %w", id, err)
	}
	if d != nil {
		return d, nil
	}
	n, err := view.DenialNotice(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read notice %s: %w", id, err)
	case n == nil:
		return nil, fault.Errorf(fault.NotFound, "denial %s is not on record here; see: counterfoil list denials, counterfoil list denial-notices", id)
	case n.GetNotice().GetDenialId() != "":
		return nil, fault.Errorf(fault.Precondition, "notice %s tells of denial %s; revoke that, and those who were told hear of it", id, n.GetNotice().GetDenialId())
	}
	return n, nil
}

// RevokeNotices tells those who were told of an own denial that it was revoked; why, where they were told the reason.
func RevokeNotices(view ledger.View, e *licensingv1.DenialRevoked, cause *eventv1.Cause) ([]proto.Message, error) {
	n, err := noticeOf(view, e.GetDenialId())
	if n == nil || err != nil {
		return nil, err
	}
	gone := &licensingv1.DenialRevoked{DenialId: n.GetId()}
	if n.GetNotice().GetReason() != "" {
		gone.Reason = e.GetReason()
	}
	fact := ledger.Beside(n, gone)
	fact.Causes = []*eventv1.Cause{cause}
	return []proto.Message{fact}, nil
}
