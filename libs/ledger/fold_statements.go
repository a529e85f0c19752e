package ledger

import (
	"cmp"
	"fmt"

	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	releaseAgreed  = ledgerv1.ReleaseState_RELEASE_STATE_AGREED
	releaseRefused = ledgerv1.ReleaseState_RELEASE_STATE_REFUSED
	releaseEnded   = ledgerv1.ReleaseState_RELEASE_STATE_ENDED
)

// statements keeps the rows of what every agency says of itself and its own journals, in its own directory journal.
func (f *folding) statements(fact proto.Message) error {
	if e, ok := fact.(*directoryv1.EventWithdrawn); ok {
		return f.withdrawEvent(e)
	}
	write := f.statement(fact)
	if write == nil {
		return errUnknown
	}
	if f.id.Group != Directory.Group {
		return f.refuse("it is recorded in journal %s/%s", f.id.Agency, Directory.Group)
	}
	return write()
}

func (f *folding) statement(fact proto.Message) func() error {
	switch e := fact.(type) {
	case *directoryv1.ReleaseAgreed:
		return f.release(e.Group, e.Reader, releaseAgreed, "", func(r *ledgerv1.Release) {
			if r.History != directoryv1.HistoryRule_HISTORY_RULE_UNSPECIFIED { // it was agreed before
				r.EarlierStarts = append(r.EarlierStarts, cmp.Or(r.Start, &directoryv1.JournalStart{}))
			}
			r.History, r.Start, r.Head, r.Keys = e.History, e.Start, e.Head, append(r.Keys, e.Keys...)
		})
	case *directoryv1.ReleaseRefused:
		return f.release(e.Group, e.Reader, releaseRefused, e.Reason, func(*ledgerv1.Release) {})
	case *directoryv1.ReleaseEnded:
		return f.release(e.Group, e.Reader, releaseEnded, e.Reason, func(r *ledgerv1.Release) { r.Left = e.Left })
	case *directoryv1.JournalKeyIssued:
		return func() error { return f.issueJournalKey(e) }
	case *directoryv1.SigningKeyChanged:
		return f.keys(func(r *ledgerv1.AgencyKeys) { r.SigningKeys = append(r.SigningKeys, e.Key) })
	case *directoryv1.SealingKeyChanged:
		return f.keys(func(r *ledgerv1.AgencyKeys) { r.SealingKeys = append(r.SealingKeys, e.Key) })
	case *directoryv1.RoleHandedOver:
		return func() error {
			return put(f, handovers, &ledgerv1.Handover{Id: e.HandoverId, HandedOver: e, At: f.event.OccurredAt})
		}
	case *directoryv1.ReceiptGiven:
		return func() error { return f.giveReceipt(e) }
	case *directoryv1.WithdrawalCarriedOut:
		return func() error {
			return put(f, withdrawalReceipts, &ledgerv1.WithdrawalReceipt{
				Id: WithdrawalReceiptID(f.id.Agency, e.WithdrawalId), WithdrawalId: e.WithdrawalId, Agency: f.id.Agency, CarriedOut: e, At: f.event.OccurredAt,
			})
		}
	case *directoryv1.AudienceWidened:
		return func() error {
			return put(f, widenings, &ledgerv1.Widening{Id: e.WideningId, Widened: e, At: f.event.OccurredAt})
		}
	case *directoryv1.WideningEnded:
		return f.widening(e.WideningId, func(r *ledgerv1.Widening) error {
			if r.EndedAt != nil {
				return f.refuse("%s has ended already", e.WideningId)
			}
			r.EndedAt = f.event.OccurredAt
			return nil
		})
	case *directoryv1.WideningReviewed:
		return f.widening(e.WideningId, func(r *ledgerv1.Widening) error {
			if r.Review != nil {
				return f.refuse("%s was reviewed already", e.WideningId)
			}
			r.Review, r.ReviewedAt = e, f.event.OccurredAt
			return nil
		})
	}
	return nil
}

func (f *folding) withdrawEvent(e *directoryv1.EventWithdrawn) error {
	if e.Number == 0 || e.Number >= f.number {
		return f.refuse("event %d does not stand before it in its journal", e.Number)
	}
	return put(f, withdrawals, &ledgerv1.Withdrawal{Id: e.WithdrawalId, Withdrawn: e, At: f.event.OccurredAt})
}

// WithdrawalReceiptID names a holder's word that it purged an event.
func WithdrawalReceiptID(holder, withdrawal string) string { return holder + "/" + withdrawal }

// ReleaseID names what a publisher lets a reader have of its journal of a group.
func ReleaseID(publisher, group, reader string) string {
	return publisher + "/" + group + ">" + reader
}

// release moves a consent, and begins it where there was none.
func (f *folding) release(group, reader string, to ledgerv1.ReleaseState, reason string, edit func(*ledgerv1.Release)) func() error {
	return func() error {
		id := ReleaseID(f.id.Agency, group, reader)
		set := func(r *ledgerv1.Release) {
			r.State, r.Reason, r.Since = to, reason, f.event.OccurredAt
			edit(r)
		}
		return upsert(f, releases, id, func() *ledgerv1.Release {
			return &ledgerv1.Release{Id: id, Group: group, Reader: reader}
		}, set)
	}
}

func (f *folding) keys(edit func(*ledgerv1.AgencyKeys)) func() error {
	id := f.id.Agency + "/keys"
	return func() error {
		return upsert(f, agencyKeys, id, func() *ledgerv1.AgencyKeys { return &ledgerv1.AgencyKeys{Id: id} }, func(r *ledgerv1.AgencyKeys) {
			r.ChangedAt = f.event.OccurredAt
			edit(r)
		})
	}
}

func (f *folding) widening(id string, edit func(*ledgerv1.Widening) error) func() error {
	return func() error { return change(f, widenings, id, edit) }
}

// JournalKeyID names an epoch of a publisher's journal.
func JournalKeyID(journal string, epoch uint32) string { return fmt.Sprintf("%s#%d", journal, epoch) }

func (f *folding) issueJournalKey(e *directoryv1.JournalKeyIssued) error {
	of := f.id.Agency + "/" + e.Group
	if e.Epoch > 1 {
		before, _, err := f.tx.peek(journalKeys.table, JournalKeyID(of, e.Epoch-1))
		if err != nil {
			return err
		}
		if before == nil {
			return f.refuse("epoch %d of journal %s does not follow", e.Epoch, of)
		}
	}
	return put(f, journalKeys, &ledgerv1.JournalKey{Id: JournalKeyID(of, e.Epoch), Issued: e, IssuedAt: f.event.OccurredAt})
}

func (f *folding) giveReceipt(e *directoryv1.ReceiptGiven) error {
	for _, j := range e.Journals {
		id := f.id.Agency + "/" + j.Journal
		err := upsert(f, receipts, id, func() *ledgerv1.Receipt { return &ledgerv1.Receipt{Id: id, Reader: f.id.Agency} },
			func(r *ledgerv1.Receipt) {
				r.Receipt, r.At = j, f.event.OccurredAt
				r.Events = nil // the last one says it all, and there is no end of them
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// upsert changes a row of this journal, or makes it.
func upsert[R row](f *folding, t rowsOf[R], id string, fresh func() R, edit func(R)) error {
	before, _, err := f.tx.peek(t.table, id)
	if err != nil {
		return err
	}
	if before == nil {
		r := fresh()
		edit(r)
		return put(f, t, r)
	}
	return change(f, t, id, func(r R) error {
		edit(r)
		return nil
	})
}
