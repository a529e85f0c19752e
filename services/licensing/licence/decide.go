package licence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/grounds"
)

// Grant decides an application in its favour: a licence for the deal as it was applied for. The licence may be used from
// valid_from, or from when it is granted if the command does not say, and before valid_until. Everything that a grant needs
// has to be there at this moment (see Obstacles); against advice it needs a reason. Where the policy asks for several
// signatures it proposes, and the last signature grants.
func Grant(view ledger.View, cmd *licensingv1.GrantLicenceRequest) ([]proto.Message, error) {
	at := cmd.GetParticulars().GetOccurredAt()
	f, err := dossier.Open(view, cmd.GetApplicationId(), at.AsTime(), cmd.GetEmergency() != "")
	if err != nil {
		return nil, err
	}
	from, until := cmd.GetValidFrom(), cmd.GetValidUntil()
	if from == nil {
		from = at
	}
	if until != nil && !until.AsTime().After(from.AsTime()) {
		return nil, fault.Errorf(fault.Invalid, "a licence that is valid from %s cannot end on %s; give a later valid_until", day(from.AsTime()), day(until.AsTime()))
	}
	return propose(view, f, &licensingv1.DecisionProposed{
		ApplicationId: cmd.GetApplicationId(), Outcome: licensingv1.DecisionOutcome_DECISION_OUTCOME_GRANT,
		ValidFrom: from, ValidUntil: until, Conditions: cmd.GetConditions(), Reason: cmd.GetReason(),
		AgainstAdvice: cmd.GetAgainstAdvice(), Emergency: cmd.GetEmergency(),
	}, cmd.GetParticulars())
}

// Deny refuses an application and records the criteria that stood against it, or proposes to.
func Deny(view ledger.View, cmd *licensingv1.DenyLicenceRequest) ([]proto.Message, error) {
	f, err := dossier.Open(view, cmd.GetApplicationId(), cmd.GetParticulars().GetOccurredAt().AsTime(), false)
	switch {
	case err != nil:
		return nil, err
	case len(cmd.GetCriteria()) == 0:
		return nil, fault.Errorf(fault.Invalid, "give the criteria that stand against application %s", cmd.GetApplicationId())
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for denying application %s", cmd.GetApplicationId())
	}
	return propose(view, f, &licensingv1.DecisionProposed{
		ApplicationId: cmd.GetApplicationId(), Outcome: licensingv1.DecisionOutcome_DECISION_OUTCOME_DENY,
		Criteria: cmd.GetCriteria(), Reason: cmd.GetReason(),
	}, cmd.GetParticulars())
}

// propose puts a decision on record: as a proposal with its first signature, or at once where one signature is enough.
func propose(view ledger.View, f *dossier.File, p *licensingv1.DecisionProposed, by *eventv1.Particulars) ([]proto.Message, error) {
	waiting, err := openProposal(view, f.Application.GetId())
	switch {
	case err != nil:
		return nil, err
	case waiting != nil:
		return nil, fault.Errorf(fault.Conflict, "proposal %s on application %s waits for signatures; sign it (counterfoil licence decide --sign %s) or take it back first", waiting.GetId(), f.Application.GetId(), waiting.GetId())
	}
	needed, _ := f.Signatures()
	signature, err := sign(f, nil, by, needed, p.GetEmergency() != "")
	if err != nil {
		return nil, err
	}
	p.Signature, p.Needed = signature, uint32(needed)
	b, err := basis(view, f, p, by.GetOccurredAt().AsTime())
	if err != nil {
		return nil, err
	}
	if needed <= 1 {
		return final(view, f, p, b, []*licensingv1.Signature{signature}, by)
	}
	if p.ProposalId, err = view.NextID("P-" + yearOf(by)); err != nil {
		return nil, err
	}
	g, err := groundsOf(view, f.Application)
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(p)}, nil
}

// Sign adds a person's signature to a proposal; the last one decides. A grant has to find everything that it needs there
// again at each signature.
func Sign(view ledger.View, cmd *licensingv1.SignDecisionRequest) ([]proto.Message, error) {
	p, err := ownProposal(view, cmd.GetProposalId())
	if err != nil {
		return nil, err
	}
	by, proposed := cmd.GetParticulars(), p.GetProposed()
	f, err := dossier.Open(view, proposed.GetApplicationId(), by.GetOccurredAt().AsTime(), proposed.GetEmergency() != "")
	if err != nil {
		return nil, err
	}
	waiting, err := openProposal(view, f.Application.GetId())
	switch {
	case err != nil:
		return nil, err
	case waiting.GetId() != p.GetId():
		return nil, fault.Errorf(fault.Precondition, "application %s was decided since proposal %s, and opened again; propose a decision anew", f.Application.GetId(), p.GetId())
	}
	signature, err := sign(f, p.GetSignatures(), by, int(proposed.GetNeeded()), proposed.GetEmergency() != "")
	if err != nil {
		return nil, err
	}
	b, err := basis(view, f, proposed, by.GetOccurredAt().AsTime())
	if err != nil {
		return nil, err
	}
	all := append(slices.Clone(p.GetSignatures()), signature)
	if len(all) < int(proposed.GetNeeded()) {
		return []proto.Message{ledger.Beside(p, &licensingv1.DecisionSigned{ProposalId: p.GetId(), Signature: signature})}, nil
	}
	b.Signatures = all
	return final(view, f, proposed, b, all, by)
}

// Open is how many signatures a proposal still needs once it is signed once more.
func Open(view ledger.View, id string) uint32 {
	p, err := view.Proposal(id)
	if err != nil || p == nil {
		return 0
	}
	return p.GetProposed().GetNeeded() - min(uint32(len(p.GetSignatures()))+1, p.GetProposed().GetNeeded())
}

// Drop takes a proposal back.
func Drop(view ledger.View, cmd *licensingv1.DropProposalRequest) ([]proto.Message, error) {
	p, err := ownProposal(view, cmd.GetProposalId())
	if err != nil {
		return nil, err
	}
	if _, err := dossier.Undecided(view, p.GetProposed().GetApplicationId()); err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(p, &licensingv1.DecisionDropped{ProposalId: p.GetId(), Reason: cmd.GetReason()})}, nil
}

// DeclareConflict keeps the caller out of a case: that person signs nothing in it (Article 15(6)).
func DeclareConflict(view ledger.View, cmd *licensingv1.DeclareConflictRequest) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	person := cmd.GetParticulars().GetOfficer().GetPerson()
	switch {
	case person == "":
		return nil, fault.Errorf(fault.Invalid, "say who declares a conflict of interest: log in, or give your context a person")
	case conflicted(a, person):
		return nil, nil
	}
	return []proto.Message{ledger.Beside(a, &licensingv1.ConflictDeclared{ApplicationId: a.GetId(), Person: person, Reason: cmd.GetReason()})}, nil
}

func conflicted(a *ledgerv1.Application, person string) bool {
	return slices.ContainsFunc(a.GetConflicts(), func(c *licensingv1.ConflictDeclared) bool { return c.GetPerson() == person })
}

// sign is the caller's signature, if the caller may sign: a person that has not signed and has declared no conflict, in a
// role that the policy lets sign, or that deputises for one in an emergency.
func sign(f *dossier.File, before []*licensingv1.Signature, by *eventv1.Particulars, needed int, emergency bool) (*licensingv1.Signature, error) {
	person, role := by.GetOfficer().GetPerson(), by.GetOfficer().GetRole()
	_, roles := f.Signatures()
	switch {
	case person == "" && needed > 1:
		return nil, fault.Errorf(fault.Invalid, "policy %s asks for the signatures of %d different persons; say who signs: log in, or give your context a person", f.PolicyID(), needed)
	case person != "" && conflicted(f.Application, person):
		return nil, fault.Errorf(fault.NotAllowed, "this person has declared a conflict of interest in application %s and does not sign in it; another has to", f.Application.GetId())
	case len(roles) > 0 && !slices.Contains(roles, role) && !(emergency && deputises(f, role, roles)):
		return nil, fault.Errorf(fault.NotAllowed, "by policy %s decisions are signed by %s, not in the role %q", f.PolicyID(), strings.Join(roles, " or "), role)
	case slices.ContainsFunc(before, func(s *licensingv1.Signature) bool { return s.GetPerson() == person }):
		return nil, fault.Errorf(fault.NotAllowed, "this person has signed already; another has to (four eyes)")
	}
	return &licensingv1.Signature{Role: role, Person: person, At: by.GetOccurredAt()}, nil
}

// deputises reports whether a role stands in for one that may sign.
func deputises(f *dossier.File, role string, roles []string) bool {
	for _, p := range f.Policies {
		for _, d := range p.Terms.GetEmergency().GetDeputies() {
			if d.GetRole() == role && slices.Contains(roles, d.GetForRole()) {
				return true
			}
		}
	}
	return false
}

func ownProposal(view ledger.View, id string) (*ledgerv1.Proposal, error) {
	p, err := view.Proposal(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read proposal %s: %w", id, err)
	case p == nil:
		return nil, fault.Errorf(fault.NotFound, "proposal %s is not on record", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "proposal %s is another agency's", id)
	case p.GetDropped() != "":
		return nil, fault.Errorf(fault.Precondition, "proposal %s was taken back: %s", id, p.GetDropped())
	}
	return p, nil
}

// openProposal is the one that waits for signatures on an application that is not decided; nil when there is none. Earlier
// ones of an application that was decided, appealed and opened again are no longer open.
func openProposal(view ledger.View, application string) (*ledgerv1.Proposal, error) {
	rows, err := view.ProposalsWith("application", application)
	if err != nil {
		return nil, fmt.Errorf("read proposals on application %s: %w", application, err)
	}
	decided, err := view.LastDecided(application)
	if err != nil {
		return nil, err
	}
	for _, p := range slices.Backward(rows) {
		if p.GetDropped() == "" && p.GetAt().AsTime().After(decided) {
			return p, nil
		}
	}
	return nil, nil
}

// final is the decision itself, with what it obliges to.
func final(view ledger.View, f *dossier.File, p *licensingv1.DecisionProposed, b *licensingv1.Basis, signatures []*licensingv1.Signature, by *eventv1.Particulars) ([]proto.Message, error) {
	b.Signatures, b.Reason = signatures, p.GetReason()
	deal := f.Application.GetDeal()
	g, err := groundsOf(view, f.Application)
	if err != nil {
		return nil, err
	}
	if p.GetOutcome() == licensingv1.DecisionOutcome_DECISION_OUTCOME_DENY {
		id, err := view.NextID("N-" + yearOf(by))
		if err != nil {
			return nil, err
		}
		return []proto.Message{g.Cited(&licensingv1.LicenceDenied{
			DenialId: id, ApplicationId: f.Application.GetId(), Deal: deal, Criteria: p.GetCriteria(), Reason: p.GetReason(), Basis: b,
		})}, nil
	}
	id, err := view.NextID("L-" + yearOf(by))
	if err != nil {
		return nil, err
	}
	kept, err := asked(view, f.Application.GetId())
	if err != nil {
		return nil, err
	}
	granted := &licensingv1.LicenceGranted{
		LicenceId: id, ApplicationId: f.Application.GetId(), Deal: deal, ValidFrom: p.GetValidFrom(), ValidUntil: p.GetValidUntil(),
		Conditions: p.GetConditions(), Basis: b, Kept: kept,
	}
	set, err := obliged(view, f, id, p.GetEmergency() != "", by)
	if err != nil {
		return nil, err
	}
	return append([]proto.Message{g.Cited(granted)}, set...), nil
}

// groundsOf are what a decision on an application rests on.
func groundsOf(view ledger.View, a *ledgerv1.Application) (grounds.Grounds, error) {
	c, err := dossier.Consultation(view, a.GetId())
	if err != nil {
		return nil, err
	}
	var opinions []*ledgerv1.Opinion
	if c != nil {
		opinions = c.Opinions
	}
	return grounds.OfApplication(view, a, opinions)
}

// asked are the conditions that consulted agencies asked for and have not let go.
func asked(view ledger.View, application string) ([]*licensingv1.ConditionKept, error) {
	rows, err := view.ConditionsWith("application", application)
	if err != nil {
		return nil, fmt.Errorf("read conditions on application %s: %w", application, err)
	}
	var kept []*licensingv1.ConditionKept
	for _, c := range rows {
		if !c.GetDropped() {
			kept = append(kept, keptAs(c))
		}
	}
	return kept, nil
}

func keptAs(c *ledgerv1.Condition) *licensingv1.ConditionKept {
	return &licensingv1.ConditionKept{ConditionId: c.GetId(), AskedBy: c.GetAgency(), Text: c.GetText()}
}

// stamp is a time as events have it.
func stamp(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }
