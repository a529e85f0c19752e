package ledger

import (
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

const (
	granted      = ledgerv1.Status_STATUS_GRANTED
	refused      = ledgerv1.Status_STATUS_REFUSED
	suspended    = ledgerv1.Status_STATUS_SUSPENDED
	revoked      = ledgerv1.Status_STATUS_REVOKED
	hasWithdrawn = ledgerv1.Status_STATUS_WITHDRAWN
)

// licensing keeps the rows that the events of counterfoil.licensing.v1 make.
func (f *folding) licensing(fact proto.Message) error {
	switch e := fact.(type) {
	case *licensingv1.ApplicationSubmitted:
		return put(f, applications, &ledgerv1.Application{
			Id: e.ApplicationId, Deal: e.Deal, Status: ledgerv1.Status_STATUS_SUBMITTED, SubmittedAt: f.event.OccurredAt,
			RoutedFrom: e.RoutedFrom, PolicyId: e.PolicyId,
		})
	case *licensingv1.LicenceGranted:
		return f.grant(e)
	case *licensingv1.LicenceDenied:
		return f.deny(e)
	case *licensingv1.LicenceAmended:
		return f.amendLicence(e)
	case *licensingv1.DenialAmended:
		return f.amendDenial(e)
	case *licensingv1.LicenceSuspended:
		return f.changeStatus(e.LicenceId, suspended, e.Reason, granted)
	case *licensingv1.LicenceReinstated:
		return f.changeStatus(e.LicenceId, granted, e.Reason, suspended)
	case *licensingv1.LicenceRevoked:
		return f.changeStatus(e.LicenceId, revoked, e.Reason, granted, suspended)
	case *licensingv1.Heartbeat:
		return nil // what it says is in its block's header
	case *licensingv1.EntryWithdrawn:
		return f.withdraw(e)
	case *licensingv1.EditionRecorded:
		return put(f, editions, &ledgerv1.Edition{
			Id:     f.id.Agency + "/" + e.Source + "-" + e.Edition,
			Source: e.Source, Edition: e.Edition, Digest: e.Digest, Entries: e.Entries, Lines: e.Lines,
		})
	case *licensingv1.ReassessmentOpened:
		return put(f, reassessments, &ledgerv1.Reassessment{
			Id: e.ReassessmentId, LicenceId: e.LicenceId, AlertId: e.AlertId, Reason: e.Reason, OpenedAt: f.event.OccurredAt, CauseId: e.CauseId,
		})
	case *licensingv1.ReassessmentConcluded:
		return change(f, reassessments, e.ReassessmentId, func(r *ledgerv1.Reassessment) error {
			if r.Outcome != licensingv1.Outcome_OUTCOME_UNSPECIFIED {
				return f.refuse("%s is concluded already", r.Id)
			}
			if e.Outcome == licensingv1.Outcome_OUTCOME_UNSPECIFIED {
				return f.refuse("%s is concluded without an outcome", r.Id)
			}
			r.Outcome = e.Outcome
			return nil
		})
	}
	return errUnknown
}

func (f *folding) grant(e *licensingv1.LicenceGranted) error {
	r := &ledgerv1.Licence{
		Id: e.LicenceId, ApplicationId: e.ApplicationId, Deal: e.Deal, Status: granted, DecidedAt: f.event.OccurredAt,
		ValidFrom: e.ValidFrom, ValidUntil: e.ValidUntil, Conditions: e.Conditions, Published: e.Published,
		Basis: e.Basis, Kept: e.Kept,
	}
	if err := f.decidable(e.LicenceId, e.Published, e.Deal, e.Basis); err != nil {
		return err
	}
	if other, _, err := f.tx.peek(denials.table, e.LicenceId); other != nil || err != nil {
		return orErr(err, f.refuse("%s is a denial", e.LicenceId))
	}
	before, err := decide(f, licences, r, (*ledgerv1.Licence).GetStatus)
	if err != nil {
		return err
	}
	return f.putLines(licenceLines(r), before.GetDeal())
}

func (f *folding) deny(e *licensingv1.LicenceDenied) error {
	r := &ledgerv1.Denial{
		Id: e.DenialId, ApplicationId: e.ApplicationId, Deal: e.Deal, Status: refused, Criteria: e.Criteria, Reason: e.Reason,
		DecidedAt: f.event.OccurredAt, Published: e.Published, Basis: e.Basis,
	}
	if err := f.signedOnce(e.DenialId, e.Basis.GetSignatures()); err != nil {
		return err
	}
	if other, _, err := f.tx.peek(licences.table, e.DenialId); other != nil || err != nil {
		return orErr(err, f.refuse("%s is a licence", e.DenialId))
	}
	before, err := decide(f, denials, r, (*ledgerv1.Denial).GetStatus)
	if err != nil {
		return err
	}
	return f.putLines(denialLines(r), before.GetDeal())
}

func orErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// decide puts a licence or denial, anew when it was withdrawn, and returns the withdrawn row; nil when there was none.
func decide[R row](f *folding, t rowsOf[R], r R, status func(R) ledgerv1.Status) (before R, err error) {
	found, _, err := f.tx.peek(t.table, r.GetId())
	if err != nil {
		return before, err
	}
	if found == nil {
		return before, put(f, t, r)
	}
	if before, err = own(f, t, r.GetId()); err != nil {
		return before, err
	}
	if status(before) != hasWithdrawn {
		return before, f.refuse("%s is on record already", r.GetId())
	}
	h := t.head(r)
	*h.journal, *h.events = f.journal, append(slices.Clone(before.GetEvents()), f.number)
	return before, f.tx.write(t.table, r.GetId(), r, false)
}

func (f *folding) amendLicence(e *licensingv1.LicenceAmended) error {
	var before *licensingv1.Deal
	var after *ledgerv1.Licence
	err := change(f, licences, e.LicenceId, func(r *ledgerv1.Licence) error {
		if r.Status != granted && r.Status != suspended {
			return f.refuse("%s is %s", r.Id, statusNames.of(r.Status.Number()))
		}
		before, after = r.Deal, r
		if e.Deal != nil {
			r.Deal = e.Deal
		}
		if e.ValidUntil != nil {
			r.ValidUntil = e.ValidUntil
		}
		if e.Published != nil {
			r.Published = e.Published
		}
		return f.amendBasis(r, e)
	})
	if err != nil {
		return err
	}
	return f.putLines(licenceLines(after), before)
}

// amendBasis takes over what an amendment rests on, and the conditions as they stand now. A condition goes only by an event
// of the agency that asked for it.
func (f *folding) amendBasis(r *ledgerv1.Licence, e *licensingv1.LicenceAmended) error {
	if e.Basis != nil {
		if err := f.decidable(r.Id, r.Published, r.Deal, e.Basis); err != nil {
			return err
		}
		r.Basis = e.Basis
	}
	for _, k := range e.Kept {
		r.Kept = slices.DeleteFunc(r.Kept, func(was *licensingv1.ConditionKept) bool { return was.ConditionId == k.ConditionId })
		r.Kept = append(r.Kept, k)
	}
	for _, gone := range e.LetGo {
		i := slices.IndexFunc(r.Kept, func(k *licensingv1.ConditionKept) bool { return k.ConditionId == gone.ConditionId })
		if i < 0 {
			return f.refuse("%s has no condition %s", r.Id, gone.ConditionId)
		}
		if AgencyOf(gone.GetBy().GetJournal()) != r.Kept[i].AskedBy {
			return f.refuse("condition %s is %s's to let go", gone.ConditionId, r.Kept[i].AskedBy)
		}
		r.Kept, r.LetGo = slices.Delete(r.Kept, i, i+1), append(r.LetGo, gone)
	}
	return nil
}

func (f *folding) amendDenial(e *licensingv1.DenialAmended) error {
	var before *licensingv1.Deal
	var after *ledgerv1.Denial
	err := change(f, denials, e.DenialId, func(r *ledgerv1.Denial) error {
		if r.Status != refused {
			return f.refuse("%s is %s", r.Id, statusNames.of(r.Status.Number()))
		}
		before, after = r.Deal, r
		if e.Deal != nil {
			r.Deal = e.Deal
		}
		if len(e.Criteria) > 0 {
			r.Criteria = e.Criteria
		}
		if e.Reason != "" {
			r.Reason = e.Reason
		}
		if e.Published != nil {
			r.Published = e.Published
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.putLines(denialLines(after), before)
}

// changeStatus moves a licence and its lines from one of some statuses to another.
func (f *folding) changeStatus(id string, to ledgerv1.Status, reason string, from ...ledgerv1.Status) error {
	var after *ledgerv1.Licence
	err := change(f, licences, id, func(r *ledgerv1.Licence) error {
		if !slices.Contains(from, r.Status) {
			return f.refuse("%s is %s", id, statusNames.of(r.Status.Number()))
		}
		r.Status, r.StatusReason, after = to, reason, r
		return nil
	})
	if err != nil {
		return err
	}
	return f.putLines(licenceLines(after), after.Deal)
}

func (f *folding) withdraw(e *licensingv1.EntryWithdrawn) error {
	if r, _, err := f.tx.peek(denials.table, e.Id); err != nil {
		return err
	} else if r == nil {
		return f.changeStatus(e.Id, hasWithdrawn, e.Source+" of "+e.Edition+" leaves it out", granted, suspended)
	}
	var after *ledgerv1.Denial
	err := change(f, denials, e.Id, func(r *ledgerv1.Denial) error {
		if r.Status != refused {
			return f.refuse("%s is %s", r.Id, statusNames.of(r.Status.Number()))
		}
		r.Status, after = hasWithdrawn, r
		return nil
	})
	if err != nil {
		return err
	}
	return f.putLines(denialLines(after), after.Deal)
}

// decision is what the lines of a licence or denial take from it.
type decision struct {
	id     string
	events []uint64
	deal   *licensingv1.Deal
	status ledgerv1.Status
	at     *timestamppb.Timestamp
}

func licenceLines(r *ledgerv1.Licence) decision {
	return decision{r.Id, r.Events, r.Deal, r.Status, r.DecidedAt}
}

func denialLines(r *ledgerv1.Denial) decision {
	return decision{r.Id, r.Events, r.Deal, r.Status, r.DecidedAt}
}

// putLines writes a decision's lines as they follow from it, and deletes those that only the deal before had. Lines
// have the same events as their decision.
func (f *folding) putLines(d decision, before *licensingv1.Deal) error {
	numbers := map[uint32]bool{}
	for _, l := range d.deal.GetLines() {
		switch {
		case l.Number == 0:
			return f.refuse("%s has a line without a number", d.id)
		case numbers[l.Number]:
			return f.refuse("%s has two lines %d", d.id, l.Number)
		}
		numbers[l.Number] = true
		r := &ledgerv1.Line{
			Id: lineID(d.id, l.Number), Journal: f.journal, Events: d.events, DecisionId: d.id,
			Line: l, Kind: d.deal.Kind, Destination: d.deal.Destination, Status: d.status, DecidedAt: d.at,
		}
		if err := f.tx.write(lines.table, r.Id, r, before == nil); err != nil {
			return err
		}
	}
	for _, l := range before.GetLines() {
		if !numbers[l.Number] {
			if err := f.tx.write(lines.table, lineID(d.id, l.Number), nil, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func lineID(decision string, number uint32) string {
	return decision + "#" + strconv.FormatUint(uint64(number), 10)
}
