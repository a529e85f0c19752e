package reassessment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

// OpenOnEmbargo puts up for reassessment every live licence of this agency that an embargo reaches, also before its first day;
// one that has ended reaches none. Live is as for Open, at the time given, which is when the embargo was recorded. Each fact
// names the cause. One reassessment is opened per licence and embargo, so opening again opens none.
func OpenOnEmbargo(view ledger.View, embargo *ledgerv1.Embargo, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	if embargo.GetEnded() != nil {
		return nil, nil
	}
	reached, err := licencesReached(view, embargo, at)
	if err != nil || len(reached) == 0 {
		return nil, err
	}
	ids, err := view.NextIDs("R-"+at.UTC().Format("2006"), len(reached))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for i, t := range reached {
		facts = append(facts, ledger.Dated{
			Message: &licensingv1.ReassessmentOpened{ReassessmentId: ids[i], LicenceId: t.licence.GetId(), Reason: t.how, CauseId: embargo.GetId()},
			Causes:  []*eventv1.Cause{cause},
		})
	}
	return facts, nil
}

// licencesReached returns the live licences that an embargo reaches and that are not looked at because of it yet, in order of id.
func licencesReached(view ledger.View, embargo *ledgerv1.Embargo, at time.Time) (reached []touch, err error) {
	for _, status := range []string{"granted", "suspended"} {
		licences, err := view.LicencesWith("status", status)
		if err != nil {
			return nil, fmt.Errorf("read licences that are %s: %w", status, err)
		}
		for _, l := range licences {
			by := gate.Reach(embargo, l.GetDeal())
			if by == "" || !view.Owns(l.GetId()) || !dossier.Live(l, at) {
				continue
			}
			opened, err := view.ReassessmentsWith("licence", l.GetId())
			if err != nil {
				return nil, fmt.Errorf("read reassessments of licence %s: %w", l.GetId(), err)
			}
			if slices.ContainsFunc(opened, func(r *ledgerv1.Reassessment) bool { return r.GetCauseId() == embargo.GetId() }) {
				continue
			}
			reached = append(reached, touch{l, fmt.Sprintf("embargo %s on %s was recorded and reaches this licence by %s", embargo.GetId(), embargo.GetRecorded().GetCountry(), by)})
		}
	}
	slices.SortFunc(reached, func(a, b touch) int { return strings.Compare(a.licence.GetId(), b.licence.GetId()) })
	return reached, nil
}
