package denial

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// FindFor records what an application of this agency would undercut, once per application and denial. Each fact names the
// cause. An application that is decided or ended finds nothing.
func FindFor(view ledger.View, applicationID string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	found, err := unrecorded(view, applicationID, at)
	if err != nil {
		return nil, err
	}
	return foundFacts(view, found, at, cause)
}

// FindAgainst records which applications of this agency would undercut a denial that became known, or is stated anew.
func FindAgainst(view ledger.View, denialID string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	h, err := find(view, denialID)
	if h == nil || err != nil {
		return nil, err
	}
	applications, err := applicationsNear(view, h)
	if err != nil {
		return nil, err
	}
	var all []finding
	for _, id := range applications {
		found, err := unrecorded(view, id, at)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if f.held.same(h) {
				all = append(all, f)
			}
		}
	}
	return foundFacts(view, all, at, cause)
}

// applicationsNear are the applications with a party like one of a denial's, by id.
func applicationsNear(view ledger.View, h *held) ([]string, error) {
	values, err := partyValues(view, recipients(h.deal))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, value := range values {
		applications, err := view.ApplicationsWith("party", value)
		if err != nil {
			return nil, fmt.Errorf("read applications for %s: %w", value, err)
		}
		for _, a := range applications {
			ids = append(ids, a.GetId())
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

type finding struct {
	Candidate
	application string
}

// unrecorded are the candidates of an application that is still to be decided and that nothing is on record of.
func unrecorded(view ledger.View, applicationID string, at time.Time) ([]finding, error) {
	a, err := dossier.Undecided(view, applicationID)
	if fault.As(err) != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	terms, _, err := Terms(view, a, at)
	if err != nil {
		return nil, err
	}
	list, err := Candidates(view, a, terms, at)
	if len(list) == 0 || err != nil {
		return nil, err
	}
	known, err := undercutsOf(view, a.GetId())
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, c := range list {
		if known.of(c.held) == nil {
			found = append(found, finding{c, a.GetId()})
		}
	}
	return found, nil
}

// onRecord are the undercuts of one application, each with its denial; that is nil where it is no longer here.
type onRecord []struct {
	row  *ledgerv1.Undercut
	held *held
}

func undercutsOf(view ledger.View, applicationID string) (all onRecord, err error) {
	rows, err := view.UndercutsWith("application", applicationID)
	if err != nil {
		return nil, fmt.Errorf("read undercuts of application %s: %w", applicationID, err)
	}
	for _, u := range rows {
		h, err := find(view, u.GetFound().GetDenialId())
		if err != nil {
			return nil, err
		}
		all = append(all, struct {
			row  *ledgerv1.Undercut
			held *held
		}{u, h})
	}
	return all, nil
}

// of is the undercut of a denial; nil when there is none.
func (all onRecord) of(h *held) *ledgerv1.Undercut {
	for _, u := range all {
		if u.row.GetFound().GetDenialId() == h.id || u.held != nil && u.held.same(h) {
			return u.row
		}
	}
	return nil
}

func foundFacts(view ledger.View, found []finding, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	if len(found) == 0 {
		return nil, nil
	}
	ids, err := newSeries(view, "U-"+at.UTC().Format("2006"))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, f := range found {
		facts = append(facts, ledger.Dated{
			Message: &licensingv1.UndercutFound{
				UndercutId: ids.id(), ApplicationId: f.application, DenialId: f.DenialID, State: f.State, Agency: f.Agency, Score: f.Score, Reasons: f.Reasons,
			},
			Causes: []*eventv1.Cause{cause},
		})
	}
	return facts, nil
}
