package ledger

import (
	"crypto/sha256"

	"google.golang.org/protobuf/proto"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// screening keeps the rows of watch lists, embargoes, and of what comparing parties with them came to.
func (f *folding) screening(fact proto.Message) error {
	switch e := fact.(type) {
	case *screeningv1.ListEntryAdded:
		return f.addEntry(e)
	case *screeningv1.ListEntryAmended:
		return f.listEntry(e.EntryId, func(r *ledgerv1.ListEntry) { r.Entry, r.Edition = e.Entry, e.Edition })
	case *screeningv1.ListEntryRemoved:
		return f.listEntry(e.EntryId, func(r *ledgerv1.ListEntry) { r.Status, r.Edition = hasWithdrawn, e.Edition })
	case *screeningv1.ListEditionRecorded:
		return upsert(f, watchLists, e.ListId, func() *ledgerv1.WatchList { return &ledgerv1.WatchList{Id: e.ListId} },
			func(r *ledgerv1.WatchList) { r.Edition, r.RecordedAt = e, f.event.RecordedAt })
	case *screeningv1.EmbargoRecorded:
		return put(f, embargoes, &ledgerv1.Embargo{Id: e.EmbargoId, Recorded: e})
	case *screeningv1.EmbargoEnded:
		return change(f, embargoes, e.EmbargoId, func(r *ledgerv1.Embargo) error {
			if r.Ended != nil {
				return f.refuse("%s has ended already", r.Id)
			}
			r.Ended = e
			return nil
		})
	case *screeningv1.ScreeningPerformed:
		return put(f, screenings, &ledgerv1.Screening{Id: e.ScreeningId, Subject: e.Subject, Certificate: e.Certificate, Hits: e.Hits, At: f.event.OccurredAt})
	case *screeningv1.ScreeningNotPerformed:
		certificate := &screeningv1.Certificate{ScreeningId: e.ScreeningId, PerformedAt: f.event.OccurredAt, Result: screeningv1.Result_RESULT_NOT_PERFORMED}
		return put(f, screenings, &ledgerv1.Screening{Id: e.ScreeningId, Subject: e.Subject, Certificate: certificate, NotPerformed: e, At: f.event.OccurredAt})
	case *screeningv1.PartyFound:
		return put(f, findings, &ledgerv1.Finding{Id: e.FindingId, Found: e, At: f.event.OccurredAt})
	case *screeningv1.HitJudged:
		return f.judge(e)
	}
	return errUnknown
}

// addEntry puts an entry on record, anew when an edition had left it out.
func (f *folding) addEntry(e *screeningv1.ListEntryAdded) error {
	before, _, err := f.tx.peek(listEntries.table, e.EntryId)
	if err != nil {
		return err
	}
	if before == nil {
		return put(f, listEntries, &ledgerv1.ListEntry{Id: e.EntryId, Entry: e.Entry, Edition: e.Edition, Status: granted})
	}
	return change(f, listEntries, e.EntryId, func(r *ledgerv1.ListEntry) error {
		if r.Status != hasWithdrawn {
			return f.refuse("%s is on record already", r.Id)
		}
		r.Entry, r.Edition, r.Status = e.Entry, e.Edition, granted
		return nil
	})
}

// listEntry changes an entry that is on its list.
func (f *folding) listEntry(id string, edit func(*ledgerv1.ListEntry)) error {
	return change(f, listEntries, id, func(r *ledgerv1.ListEntry) error {
		if r.Status == hasWithdrawn {
			return f.refuse("%s is not on its list any more", id)
		}
		edit(r)
		return nil
	})
}

// judge notes an officer's judgement of a hit, and what the screening comes to with it.
func (f *folding) judge(e *screeningv1.HitJudged) error {
	if r, _, err := f.tx.peek(findings.table, e.ScreeningId); err != nil {
		return err
	} else if r != nil {
		return change(f, findings, e.ScreeningId, func(r *ledgerv1.Finding) error {
			h := r.Found.GetHit()
			if h == nil {
				return f.refuse("%s has no hit", r.Id)
			}
			h.Judgement, h.Reason = e.Judgement, e.Reason
			return nil
		})
	}
	return change(f, screenings, e.ScreeningId, func(r *ledgerv1.Screening) error {
		for _, h := range r.Hits {
			if h.Number == e.Hit && r.Certificate != nil {
				h.Judgement, h.Reason = e.Judgement, e.Reason
				r.Certificate.Result = ResultOf(r.Hits)
				return nil
			}
		}
		return f.refuse("%s has no hit %d", r.Id, e.Hit)
	})
}

// ResultOf is what a screening comes to by its hits. A party that was found to be who the hit says outweighs the rest; one
// hit that nobody has looked at keeps it open.
func ResultOf(hits []*screeningv1.Hit) screeningv1.Result {
	result := screeningv1.Result_RESULT_CLEAR
	for _, h := range hits {
		switch {
		case Stops(h):
			return screeningv1.Result_RESULT_CONFIRMED
		case h.Judgement == screeningv1.Judgement_JUDGEMENT_UNSPECIFIED:
			result = screeningv1.Result_RESULT_OPEN
		case result == screeningv1.Result_RESULT_CLEAR:
			result = screeningv1.Result_RESULT_REVIEWED
		}
	}
	return result
}

// Stops reports whether a hit keeps a grant from being made: the party is on a watch list, or an open alert is about it. That
// a denial is about it does not: whether a grant would undercut another authority is for the consultation on it, after which
// the decision is free (Common Position 2008/944/CFSP, Article 4).
func Stops(h *screeningv1.Hit) bool {
	if h.Judgement != screeningv1.Judgement_JUDGEMENT_SAME {
		return false
	}
	return h.Against != screeningv1.Against_AGAINST_DENIAL && h.Against != screeningv1.Against_AGAINST_NOTICE
}

// PartyDigest is the SHA-256 over all that is known of a party: a screening covers a party only as it was stated then.
func PartyDigest(p *transferv1.Party) []byte {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return nil // a party is what was decoded, or made of valid text
	}
	sum := sha256.Sum256(data)
	return sum[:]
}
