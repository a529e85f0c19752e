package ledger

import (
	"slices"

	"google.golang.org/protobuf/proto"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// denials keeps the rows of what authorities tell one another of denials.
func (f *folding) denials(fact proto.Message) error {
	switch e := fact.(type) {
	case *licensingv1.DenialNotified:
		return put(f, notices, &ledgerv1.DenialNotice{Id: e.NoticeId, Notice: e, Status: refused})
	case *licensingv1.DenialNoticeAmended:
		return change(f, notices, e.NoticeId, func(r *ledgerv1.DenialNotice) error {
			if r.Status != refused {
				return f.refuse("%s is %s", r.Id, statusNames.of(r.Status.Number()))
			}
			r.Notice = e.Notice
			return nil
		})
	case *licensingv1.DenialRevoked:
		return f.revokeDenial(e)
	case *licensingv1.UndercutReplied: // the consultation is of another agency and may not be here yet
		return put(f, undercutReplies, &ledgerv1.UndercutReply{Id: f.id.Agency + "/" + e.UndercutId, Replied: e, Agency: f.id.Agency, At: f.event.OccurredAt})
	case *licensingv1.DenialTokensPublished:
		return upsert(f, denialTokens, e.TokensId, func() *ledgerv1.DenialTokens { return &ledgerv1.DenialTokens{Id: e.TokensId} },
			func(r *ledgerv1.DenialTokens) { r.Published, r.At = e, f.event.OccurredAt })
	case *licensingv1.BlindCheckAsked:
		return put(f, blindChecks, &ledgerv1.BlindCheck{Id: e.CheckId, Asked: e, At: f.event.OccurredAt})
	case *licensingv1.BlindCheckAnswered:
		return put(f, blindAnswers, &ledgerv1.BlindAnswer{Id: f.id.Agency + "/" + e.CheckId, Answered: e, Agency: f.id.Agency, At: f.event.OccurredAt})
	case *licensingv1.BlindCheckConcluded:
		return put(f, blindConclusions, &ledgerv1.BlindConclusion{Id: e.ConclusionId, Concluded: e, At: f.event.OccurredAt})
	}
	return f.undercuts(fact)
}

// revokeDenial ends that a denial, or a notice of one, is held against anybody.
func (f *folding) revokeDenial(e *licensingv1.DenialRevoked) error {
	if r, _, err := f.tx.peek(notices.table, e.DenialId); err != nil {
		return err
	} else if r != nil {
		return change(f, notices, e.DenialId, func(r *ledgerv1.DenialNotice) error {
			if r.Status != refused {
				return f.refuse("%s is %s", r.Id, statusNames.of(r.Status.Number()))
			}
			r.Status, r.StatusReason = revoked, e.Reason
			return nil
		})
	}
	var after *ledgerv1.Denial
	err := change(f, denials, e.DenialId, func(r *ledgerv1.Denial) error {
		if r.Status != refused {
			return f.refuse("%s is %s", r.Id, statusNames.of(r.Status.Number()))
		}
		r.Status, r.StatusReason, after = revoked, e.Reason, r
		return nil
	})
	if err != nil {
		return err
	}
	return f.putLines(denialLines(after), after.Deal)
}

// undercuts keeps the rows of consulting the authority that denied.
func (f *folding) undercuts(fact proto.Message) error {
	const (
		candidate  = ledgerv1.UndercutStatus_UNDERCUT_STATUS_CANDIDATE
		rejected   = ledgerv1.UndercutStatus_UNDERCUT_STATUS_REJECTED
		identical  = ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONFIRMED
		consulting = ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONSULTING
		replied    = ledgerv1.UndercutStatus_UNDERCUT_STATUS_REPLIED
		lapsed     = ledgerv1.UndercutStatus_UNDERCUT_STATUS_LAPSED
		decided    = ledgerv1.UndercutStatus_UNDERCUT_STATUS_DECIDED
	)
	move := func(id string, to ledgerv1.UndercutStatus, edit func(*ledgerv1.Undercut), from ...ledgerv1.UndercutStatus) error {
		return change(f, undercuts, id, func(r *ledgerv1.Undercut) error {
			if !slices.Contains(from, r.Status) {
				return f.refuse("%s is %s", id, undercutNames.of(r.Status.Number()))
			}
			r.Status = to
			edit(r)
			return nil
		})
	}
	switch e := fact.(type) {
	case *licensingv1.UndercutFound:
		return put(f, undercuts, &ledgerv1.Undercut{Id: e.UndercutId, Found: e, Status: candidate, FoundAt: f.event.OccurredAt})
	case *licensingv1.UndercutJudged:
		to := rejected
		if e.Identical {
			to = identical
		}
		return move(e.UndercutId, to, func(r *ledgerv1.Undercut) { r.Judged = e }, candidate, rejected, identical)
	case *licensingv1.UndercutConsultationOpened:
		return move(e.UndercutId, consulting, func(r *ledgerv1.Undercut) { r.Opened = e }, identical)
	case *licensingv1.UndercutReplyReceived:
		return move(e.UndercutId, consulting, func(r *ledgerv1.Undercut) { r.Received = e }, consulting)
	case *licensingv1.UndercutClosed:
		to := replied
		if e.Lapsed {
			to = lapsed
		}
		return move(e.UndercutId, to, func(r *ledgerv1.Undercut) { r.Closed = e }, consulting)
	case *licensingv1.UndercutDecided:
		return move(e.UndercutId, decided, func(r *ledgerv1.Undercut) { r.Decided = e }, replied, lapsed)
	}
	return errUnknown
}
