package duty

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// Subject finds an application or a licence of the own agency that can be screened at a time, and the lists that its
// policy requires; a refusal says why it cannot.
type Subject func(view ledger.View, id string, at time.Time) (*licensingv1.Deal, []screening.Required, error)

// ScreenName compares a party with all that is on record, and records nothing.
func ScreenName(view ledger.View, req *screeningv1.ScreenNameRequest) (*screeningv1.ScreenNameResponse, error) {
	line := screening.ReviewLine
	if req.GetDownTo() > 0 {
		line = min(line, req.GetDownTo())
	}
	hits, err := screening.Party(view, req.GetParty(), float64(line)/1000)
	if err != nil {
		return nil, err
	}
	lists, err := screening.ListsOnRecord(view)
	return &screeningv1.ScreenNameResponse{Hits: hits, Matcher: screening.Version, ReviewLine: screening.ReviewLine, Lists: lists}, err
}

// Screen screens every party of applications and licences. A screening that would say what the last one said decides
// nothing.
func Screen(view ledger.View, subject Subject, at time.Time, ids ...string) ([]proto.Message, error) {
	numbers, err := view.NextIDs("S-"+at.UTC().Format("2006"), len(ids))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, id := range ids {
		deal, lists, err := subject(view, id, at)
		if err != nil {
			return nil, err
		}
		fact, err := screening.Screen(view, id, deal, lists, at, numbers[len(facts)])
		if err != nil {
			return nil, err
		}
		last, err := screening.Latest(view, id)
		if err != nil {
			return nil, err
		}
		if !screening.Repeats(last, fact) {
			facts = append(facts, fact)
		}
	}
	return facts, nil
}

// JudgeHit is an officer's judgement of a hit of a screening or of a finding. A name alone never confirms: that it is the
// same needs evidence beside the name. The same judgement again decides nothing; another replaces it.
func JudgeHit(view ledger.View, cmd *screeningv1.JudgeHitRequest) ([]proto.Message, error) {
	row, hit, err := hitToJudge(view, cmd.GetScreeningId(), cmd.GetHit())
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("hit %d of %s", cmd.GetHit(), cmd.GetScreeningId())
	switch {
	case !byPerson(cmd.GetParticulars().GetOfficer()):
		return nil, fault.Errorf(fault.NotAllowed, "%s is judged by an officer; say who judges it", what)
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for judging %s", what)
	case hit.GetJudgement() == cmd.GetJudgement() && hit.GetReason() == cmd.GetReason():
		return nil, nil
	}
	switch cmd.GetJudgement() {
	case screeningv1.Judgement_JUDGEMENT_ANOTHER:
	case screeningv1.Judgement_JUDGEMENT_SAME:
		if !slices.ContainsFunc(cmd.GetEvidence(), func(e string) bool { return !isName(hit, e) }) {
			return nil, fault.Errorf(fault.Invalid, "a name alone never confirms; say what else makes %s the same, such as an identifier, a date of birth or an address", what)
		}
	default:
		return nil, fault.Errorf(fault.Invalid, "say whether %s is the same or another", what)
	}
	return []proto.Message{ledger.Beside(row, &screeningv1.HitJudged{
		ScreeningId: cmd.GetScreeningId(), Hit: cmd.GetHit(), Judgement: cmd.GetJudgement(), Reason: cmd.GetReason(), Evidence: cmd.GetEvidence(),
	})}, nil
}

type recorded interface{ GetJournal() string }

// hitToJudge returns a hit that this agency has to judge, and the row that it is in.
func hitToJudge(view ledger.View, id string, number uint32) (recorded, *screeningv1.Hit, error) {
	if !view.Owns(id) {
		return nil, nil, fault.Errorf(fault.NotAllowed, "%s was made by another agency; only that agency judges its hits", id)
	}
	finding, err := view.Finding(id)
	if err != nil {
		return nil, nil, fmt.Errorf("read finding %s: %w", id, err)
	}
	if finding != nil {
		if number != 1 {
			return nil, nil, fault.Errorf(fault.NotFound, "finding %s has one hit, number 1", id)
		}
		return finding, finding.GetFound().GetHit(), nil
	}
	s, err := view.Screening(id)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read screening %s: %w", id, err)
	case s == nil:
		return nil, nil, fault.Errorf(fault.NotFound, "screening %s is not on record here", id)
	case s.GetNotPerformed() != nil:
		return nil, nil, fault.Errorf(fault.Precondition, "screening %s was not performed (%s), so it has no hits to judge", id, s.GetNotPerformed().GetReason())
	}
	last, err := screening.Latest(view, s.GetSubject())
	if err != nil {
		return nil, nil, err
	}
	if last.GetId() != id {
		return nil, nil, fault.Errorf(fault.Precondition, "%s was screened again since, see %s; judge the hits there", s.GetSubject(), last.GetId())
	}
	for _, h := range s.GetHits() {
		if h.GetNumber() == number {
			return s, h, nil
		}
	}
	return nil, nil, fault.Errorf(fault.NotFound, "screening %s has no hit %d; it has %d", id, number, len(s.GetHits()))
}

// byPerson reports whether it was an officer who acted, and not the node by itself.
func byPerson(o *eventv1.Officer) bool {
	switch o.GetRole() {
	case "", "reaction", "clock", "keeper":
		return false
	}
	return true
}

// isName reports whether what is given as evidence is the name that was hit.
func isName(hit *screeningv1.Hit, evidence string) bool {
	folded := ledger.FoldName(evidence)
	return folded == "" || folded == ledger.FoldName(hit.GetName())
}
