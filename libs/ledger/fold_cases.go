package ledger

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// cases keeps the rows of a case on its way to a decision.
func (f *folding) cases(fact proto.Message) error {
	switch e := fact.(type) {
	case *licensingv1.ApplicationAmended:
		return f.application(e.ApplicationId, func(r *ledgerv1.Application) error {
			r.Deal, r.Classified = e.Deal, nil
			return nil
		})
	case *licensingv1.ApplicationWithdrawn:
		return f.endApplication(e.ApplicationId, ledgerv1.Status_STATUS_RETRACTED, e.Reason)
	case *licensingv1.ApplicationReturned:
		return f.endApplication(e.ApplicationId, ledgerv1.Status_STATUS_RETURNED, e.Reason)
	case *licensingv1.ApplicationRouted:
		return f.application(e.ApplicationId, func(r *ledgerv1.Application) error {
			r.Status, r.Parts = ledgerv1.Status_STATUS_ROUTED, e.Parts
			return nil
		})
	case *licensingv1.ClassificationAssigned:
		return f.application(e.ApplicationId, func(r *ledgerv1.Application) error { return f.classify(r, e) })
	case *licensingv1.DocumentFiled:
		return f.application(e.ApplicationId, func(r *ledgerv1.Application) error {
			r.Deal.Documents = append(r.Deal.Documents, e.Document)
			return nil
		})
	case *licensingv1.AuthorizationFiled:
		return f.application(e.ApplicationId, func(r *ledgerv1.Application) error {
			r.Deal.ExternalAuthorizations = append(r.Deal.ExternalAuthorizations, e.Authorization)
			return nil
		})
	case *licensingv1.DocumentVerified:
		return f.application(e.ApplicationId, func(r *ledgerv1.Application) error {
			r.Verified = append(r.Verified, e)
			return nil
		})
	case *licensingv1.ConflictDeclared:
		return f.application(e.ApplicationId, func(r *ledgerv1.Application) error {
			r.Conflicts = append(r.Conflicts, e)
			return nil
		})
	case *licensingv1.ProhibitionChecked:
		return put(f, prohibitionChecks, &ledgerv1.ProhibitionCheck{Id: e.CheckId, Checked: e, At: f.event.OccurredAt})
	case *licensingv1.RiskAssessed:
		return put(f, assessments, &ledgerv1.Assessment{Id: e.AssessmentId, Assessed: e, At: f.event.OccurredAt})
	case *licensingv1.DecisionProposed:
		return put(f, proposals, &ledgerv1.Proposal{Id: e.ProposalId, Proposed: e, Signatures: []*licensingv1.Signature{e.Signature}, At: f.event.OccurredAt})
	case *licensingv1.DecisionSigned:
		return f.proposal(e.ProposalId, func(r *ledgerv1.Proposal) error {
			r.Signatures = append(r.Signatures, e.Signature)
			return f.signedOnce(r.Id, r.Signatures)
		})
	case *licensingv1.DecisionDropped:
		return f.proposal(e.ProposalId, func(r *ledgerv1.Proposal) error {
			r.Dropped = e.Reason
			return nil
		})
	case *licensingv1.AppealLodged:
		return put(f, appeals, &ledgerv1.Appeal{Id: e.AppealId, Lodged: e, LodgedAt: f.event.OccurredAt})
	case *licensingv1.AppealDecided:
		return change(f, appeals, e.AppealId, func(r *ledgerv1.Appeal) error {
			if r.Decided != nil {
				return f.refuse("%s is decided already", r.Id)
			}
			r.Decided, r.DecidedAt = e, f.event.OccurredAt
			return nil
		})
	case *licensingv1.ObligationSet:
		return put(f, obligations, &ledgerv1.Obligation{Id: e.ObligationId, Set: e, SetAt: f.event.OccurredAt})
	case *licensingv1.ObligationMet:
		return change(f, obligations, e.ObligationId, func(r *ledgerv1.Obligation) error {
			if r.Met != nil {
				return f.refuse("%s is met already", r.Id)
			}
			r.Met, r.MetAt = e, f.event.OccurredAt
			return nil
		})
	}
	return errUnknown
}

// application changes an application that is still one.
func (f *folding) application(id string, edit func(*ledgerv1.Application) error) error {
	return change(f, applications, id, func(r *ledgerv1.Application) error {
		if r.Status != ledgerv1.Status_STATUS_SUBMITTED {
			return f.refuse("%s is %s", id, statusNames.of(r.Status.Number()))
		}
		return edit(r)
	})
}

func (f *folding) endApplication(id string, to ledgerv1.Status, reason string) error {
	return f.application(id, func(r *ledgerv1.Application) error {
		r.Status, r.StatusReason = to, reason
		return nil
	})
}

// classify notes what a line is, also in the deal that a licence will have.
func (f *folding) classify(r *ledgerv1.Application, e *licensingv1.ClassificationAssigned) error {
	for _, l := range r.Deal.GetLines() {
		if l.Number != e.Line {
			continue
		}
		l.Category, l.Row = e.Category, e.Row
		r.Classified = slices.DeleteFunc(r.Classified, func(c *licensingv1.ClassificationAssigned) bool { return c.Line == e.Line })
		r.Classified = append(r.Classified, e)
		return nil
	}
	return f.refuse("%s has no line %d", r.Id, e.Line)
}

func (f *folding) proposal(id string, edit func(*ledgerv1.Proposal) error) error {
	return change(f, proposals, id, func(r *ledgerv1.Proposal) error {
		if r.Dropped != "" {
			return f.refuse("%s was taken back", id)
		}
		return edit(r)
	})
}

// signedOnce refuses two signatures by one person.
func (f *folding) signedOnce(id string, signatures []*licensingv1.Signature) error {
	for i, s := range signatures {
		for _, other := range signatures[:i] {
			if s.GetPerson() == other.GetPerson() {
				return f.refuse("%s is signed twice by one person", id)
			}
		}
	}
	return nil
}

// decidable refuses a grant on an application that does not rest on what every grant rests on: Article 6 found clear, a
// screening of all parties, and signatures of different persons. One that was read from a register carries no basis; and
// those recorded before decisions had one stand.
func (f *folding) decidable(id string, published *licensingv1.Published, deal *licensingv1.Deal, b *licensingv1.Basis) error {
	if published != nil || b == nil {
		return nil
	}
	if b.Prohibition != licensingv1.GateResult_GATE_RESULT_CLEAR {
		return f.refuse("%s is granted without a clear check of Article 6", id)
	}
	if r := b.GetScreening().GetResult(); r != screeningv1.Result_RESULT_CLEAR && r != screeningv1.Result_RESULT_REVIEWED {
		return f.refuse("%s is granted on a screening that is %s", id, resultNames.of(r.Number()))
	}
	if !Covers(b.GetScreening(), deal) {
		return f.refuse("%s is granted on a screening that does not cover all of its parties", id)
	}
	return f.signedOnce(id, b.Signatures)
}

// Covers reports whether a screening covered every party of a deal, as they are stated now.
func Covers(c *screeningv1.Certificate, d *licensingv1.Deal) bool {
	for _, p := range d.GetParties() {
		digest := PartyDigest(p)
		if !slices.ContainsFunc(c.GetParties(), func(covered *screeningv1.CoveredParty) bool { return bytes.Equal(covered.Digest, digest) }) {
			return false
		}
	}
	return true
}
