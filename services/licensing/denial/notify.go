package denial

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Notify tells others of an own denial: what the annex of the Code of Conduct of 1998 lists, and the reason's text only where it
// is asked for. Told again it decides nothing, unless the denial was amended or more of it is told now.
func Notify(view ledger.View, cmd *licensingv1.NotifyDenialRequest) ([]proto.Message, error) {
	d, err := ownDenial(view, cmd.GetDenialId())
	if err != nil {
		return nil, err
	}
	told, err := tell(view, d, cmd.GetWithReason())
	if err != nil {
		return nil, err
	}
	earlier, err := noticeOf(view, d.GetId())
	if err != nil {
		return nil, err
	}
	if earlier == nil {
		if told.NoticeId, err = view.NextID("M-" + yearOf(cmd.GetParticulars().GetOccurredAt())); err != nil {
			return nil, err
		}
		return []proto.Message{told}, nil
	}
	told.NoticeId = earlier.GetId()
	if proto.Equal(earlier.GetNotice(), told) {
		return nil, nil
	}
	return []proto.Message{ledger.Beside(earlier, &licensingv1.DenialNoticeAmended{NoticeId: told.NoticeId, Notice: told, Reason: "the denial is told anew"})}, nil
}

func ownDenial(view ledger.View, id string) (*ledgerv1.Denial, error) {
	d, err := view.Denial(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read denial %s: %w", id, err)
	case d == nil:
		return nil, fault.Errorf(fault.NotFound, "denial %s is not on record here; see: counterfoil list denials", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "denial %s was made by %s; only that agency tells others of it", id, ledger.AgencyOf(id))
	case d.GetStatus() != ledgerv1.Status_STATUS_REFUSED:
		return nil, fault.Errorf(fault.Precondition, "denial %s does not stand any more; there is nothing to tell of it", id)
	}
	return d, nil
}

// noticeOf is what this agency tells others of an own denial, and what stands; nil when it tells nothing.
func noticeOf(view ledger.View, denialID string) (*ledgerv1.DenialNotice, error) {
	rows, err := view.DenialNoticesWith("decision", denialID)
	if err != nil {
		return nil, fmt.Errorf("read notices of denial %s: %w", denialID, err)
	}
	for _, n := range rows {
		if view.Owns(n.GetId()) && n.GetStatus() == ledgerv1.Status_STATUS_REFUSED {
			return n, nil
		}
	}
	return nil, nil
}

// NoticeID is the id of what this agency tells others of an own denial; empty when it tells nothing.
func NoticeID(view ledger.View, denialID string) (string, error) {
	n, err := noticeOf(view, denialID)
	return n.GetId(), err
}

func tell(view ledger.View, d *ledgerv1.Denial, withReason bool) (*licensingv1.DenialNotified, error) {
	state, err := dossier.Home(view)
	if err != nil {
		return nil, err
	}
	told := &licensingv1.DenialNotified{
		DenialId: d.GetId(), State: state, Authority: view.Agency(), Reference: d.GetId(), Deal: toldOf(d.GetDeal()), Criteria: d.GetCriteria(), DeniedAt: d.GetDecidedAt(),
	}
	if withReason {
		told.Reason = d.GetReason()
	}
	return told, nil
}

// toldOf is what others are told of a deal: where what was to go, to whom, for what use, and through which broker. Prices,
// the exporter and papers are the applicant's business.
func toldOf(d *licensingv1.Deal) *licensingv1.Deal {
	told := &licensingv1.Deal{Kind: d.GetKind(), Destination: d.GetDestination(), EndUse: d.GetEndUse()}
	for _, p := range d.GetParties() {
		switch p.GetRole() {
		case transferv1.Role_ROLE_CONSIGNEE, transferv1.Role_ROLE_END_USER, transferv1.Role_ROLE_BROKER:
			told.Parties = append(told.Parties, p)
		}
	}
	for _, l := range d.GetLines() {
		l = proto.CloneOf(l)
		l.Value, l.Licences = nil, 0
		told.Lines = append(told.Lines, l)
	}
	return told
}
