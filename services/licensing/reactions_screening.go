package licensing

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// screeningReactions screen applications that are new or stated anew, and again when somebody may have come to be near one of
// their parties; and they run what is new against live licences.
func screeningReactions() []desk.Reaction {
	reactions := []desk.Reaction{
		{Name: "screen a new application", Kind: (&licensingv1.ApplicationSubmitted{}).ProtoReflect().Descriptor().FullName(), React: screenApplication},
		{Name: "screen an amended application", Kind: (&licensingv1.ApplicationAmended{}).ProtoReflect().Descriptor().FullName(), React: screenApplication},
		{Name: "screen open applications by new lists", Due: (&byLists{}).due},
		{Name: "open reassessments on findings", Kind: (&screeningv1.PartyFound{}).ProtoReflect().Descriptor().FullName(), React: reassessOnFinding},
	}
	reactions = append(reactions, duty.OnNews("screen open applications", screenNear)...)
	return append(reactions, duty.ScreenAgain(liveLicences)...)
}

// screenApplication screens an application of this agency. One that was decided or ended meanwhile is left alone.
func screenApplication(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	about, ok := e.Fact.(interface{ GetApplicationId() string })
	if !ok {
		return nil, fmt.Errorf("event %d of %s is a %s and about no application", e.Number, id, e.Event.GetKind())
	}
	if !view.Owns(about.GetApplicationId()) {
		return nil, nil
	}
	return unlessRefused(duty.Screen(view, dossier.ToScreen, e.Event.GetRecordedAt().AsTime(), about.GetApplicationId()))
}

// unlessRefused takes a refusal for nothing to do: nobody asked.
func unlessRefused(facts []proto.Message, err error) ([]proto.Message, error) {
	if fault.As(err) != nil {
		return nil, nil
	}
	return facts, err
}

// mostAtOnce bounds how many applications one record has screened again by itself. That of another is found not to hold when
// it is to be decided.
const mostAtOnce = 50

// screenNear screens open applications again that a new denial, notice or alert comes near. Entries of watch lists are
// waited with until their edition is closed.
func screenNear(view ledger.View, n duty.News) ([]proto.Message, error) {
	if n.Against == screeningv1.Against_AGAINST_LIST {
		return nil, nil
	}
	near, err := screening.Near(view, n.Against, n.ID, openApplications, n.At)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, w := range near[:min(len(near), mostAtOnce)] {
		ids = append(ids, w.ID)
	}
	return duty.Screen(view, dossier.ToScreen, n.At, ids...)
}

// openApplications are this agency's applications that have a party under a value and wait for its decision.
func openApplications(view ledger.View, value string, _ time.Time) ([]screening.Watched, error) {
	applications, err := view.ApplicationsWith("party", value)
	if err != nil {
		return nil, fmt.Errorf("read applications by party: %w", err)
	}
	var all []screening.Watched
	for _, a := range applications {
		waits, err := waiting(view, a.GetId())
		if err != nil {
			return nil, err
		}
		if waits {
			all = append(all, screening.Watched{ID: a.GetId(), Parties: a.GetDeal().GetParties()})
		}
	}
	return all, nil
}

// waiting reports whether an application waits for this agency's decision.
func waiting(view ledger.View, id string) (bool, error) {
	_, err := dossier.Undecided(view, id)
	if fault.As(err) != nil {
		return false, nil
	}
	return err == nil, err
}

// liveLicences are this agency's licences that have a party under a value and can be used, or could be reinstated.
func liveLicences(view ledger.View, value string, at time.Time) ([]screening.Watched, error) {
	licences, err := view.LicencesWith("party", value)
	if err != nil {
		return nil, fmt.Errorf("read licences by party: %w", err)
	}
	var all []screening.Watched
	for _, l := range licences {
		if view.Owns(l.GetId()) && dossier.Live(l, at) {
			all = append(all, screening.Watched{ID: l.GetId(), State: screening.LiveLicence, Parties: l.GetDeal().GetParties()})
		}
	}
	return all, nil
}

// reassessOnFinding puts a licence up for reassessment when something new was found near one of its parties.
func reassessOnFinding(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	found, ok := e.Fact.(*screeningv1.PartyFound)
	if !ok {
		return nil, fmt.Errorf("event %d of %s is a %s and no finding", e.Number, id, e.Event.GetKind())
	}
	f, err := view.Finding(found.GetFindingId())
	if f == nil || err != nil {
		return nil, err
	}
	return reassessment.OpenOnFinding(view, f, e.Event.GetOccurredAt().AsTime(), e.Cause(id))
}
