package ledger

import (
	"fmt"
	"time"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// DecisionOn is the licence or denial that an application came to and that stands, as far as this ledger has it; empty while
// there is none. A denial, or the revocation of a licence, that was overturned on appeal leaves the application open; its suspension does not.
func (v View) DecisionOn(application string) (string, error) {
	licences, err := v.LicencesWith("application", application)
	if err != nil {
		return "", fmt.Errorf("read licences of application %s: %w", application, err)
	}
	for _, l := range licences {
		if l.Status != revoked {
			return l.Id, nil
		}
		if over, err := v.overturned(l.Id); !over || err != nil {
			return l.Id, err
		}
	}
	denials, err := v.DenialsWith("application", application)
	if err != nil {
		return "", fmt.Errorf("read denials of application %s: %w", application, err)
	}
	for _, d := range denials {
		if over, err := v.overturned(d.Id); !over || err != nil {
			return d.Id, err
		}
	}
	return "", nil
}

// LastDecided is when an application last came to a licence or a denial, whatever became of that since; the zero time when it did
// not. What was proposed until then waits for no signature.
func (v View) LastDecided(application string) (last time.Time, err error) {
	licences, err := v.LicencesWith("application", application)
	if err != nil {
		return last, fmt.Errorf("read licences of application %s: %w", application, err)
	}
	denials, err := v.DenialsWith("application", application)
	if err != nil {
		return last, fmt.Errorf("read denials of application %s: %w", application, err)
	}
	for _, l := range licences {
		last = later(last, l.DecidedAt.AsTime())
	}
	for _, d := range denials {
		last = later(last, d.DecidedAt.AsTime())
	}
	return last, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (v View) overturned(decision string) (bool, error) {
	appeals, err := v.AppealsWith("decision", decision)
	if err != nil {
		return false, fmt.Errorf("read appeals against %s: %w", decision, err)
	}
	for _, a := range appeals {
		if a.GetDecided().GetOutcome() == licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED &&
			a.GetLodged().GetContested() != licensingv1.Contested_CONTESTED_SUSPENSION {
			return true, nil
		}
	}
	return false, nil
}

// EndOf says in words why an application waits for no decision any more, as far as this ledger has it: it was decided, sent
// back, taken back or routed on; empty while it waits.
func (v View) EndOf(application string) (string, error) {
	a, err := v.Application(application)
	if err != nil {
		return "", fmt.Errorf("read application %s: %w", application, err)
	}
	switch a.GetStatus() {
	case ledgerv1.Status_STATUS_RETURNED:
		return "was sent back", nil
	case ledgerv1.Status_STATUS_RETRACTED:
		return "was taken back by the applicant", nil
	case ledgerv1.Status_STATUS_ROUTED:
		return "was routed on to those who decide its lines", nil
	}
	decision, err := v.DecisionOn(application)
	if decision == "" || err != nil {
		return "", err
	}
	return "has been decided (see " + decision + ")", nil
}
