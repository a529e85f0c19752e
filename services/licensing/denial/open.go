package denial

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Open says why a grant of an application has to wait for consultations on denials (Common Position 2008/944/CFSP, Article
// 4(1)); nothing when it need not. What looks essentially identical now and is not on record yet holds it up too.
func Open(view ledger.View, applicationID string, at time.Time) ([]string, error) {
	a, err := view.Application(applicationID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read application %s: %w", applicationID, err)
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "application %s has not been submitted", applicationID)
	}
	terms, _, err := Terms(view, a, at)
	if err != nil {
		return nil, err
	}
	list, err := Candidates(view, a, terms, at)
	if err != nil {
		return nil, err
	}
	known, err := undercutsOf(view, applicationID)
	if err != nil {
		return nil, err
	}
	var reasons []string
	for _, c := range list {
		if known.of(c.held) == nil {
			reasons = append(reasons, fmt.Sprintf("%s looks essentially identical (%s) and nobody has judged that yet; it is put on record presently: counterfoil list undercuts", c.held.title(), strings.Join(c.Reasons, "; ")))
		}
	}
	for _, u := range known {
		if u.held == nil || !u.held.stands || !u.held.within(terms.GetLookBackYears(), at) {
			continue // it is held against nobody any more
		}
		why, err := waits(view, u.row, u.held)
		if err != nil {
			return nil, err
		}
		if why != "" {
			reasons = append(reasons, why)
		}
	}
	return reasons, nil
}

// waits says what has to happen with an undercut first; nothing when it holds up nothing.
func waits(view ledger.View, u *ledgerv1.Undercut, h *held) (string, error) {
	switch u.GetStatus() {
	case candidate:
		return fmt.Sprintf("%s looks essentially identical (%s) and nobody has judged that yet: counterfoil denial judge %s", h.title(), strings.Join(u.GetFound().GetReasons(), "; "), u.GetId()), nil
	case rejected:
		stale, err := judgedBefore(view, u)
		if stale && err == nil {
			return fmt.Sprintf("application or denial was amended after it was judged that %s is of another deal; judge it anew: counterfoil denial judge %s", h.title(), u.GetId()), nil
		}
		return "", err
	case confirmed:
		return fmt.Sprintf("%s is essentially identical and who denied was not asked: counterfoil denial consult %s", h.title(), u.GetId()), nil
	case consulting:
		return fmt.Sprintf("who denied %s was asked and has until %s to answer (%s)", h.id, day(u.GetOpened().GetDue().AsTime()), u.GetId()), nil
	}
	return "", nil
}

// judgedBefore reports whether the application of an undercut, or the denial, was amended after it was last judged; false
// when nobody has judged it. An application and its undercuts are of one agency, and their times of one clock; a denial's may
// be of another.
func judgedBefore(view ledger.View, u *ledgerv1.Undercut) (bool, error) {
	if u.GetJudged() == nil {
		return false, nil
	}
	judged, err := last(view, u, &licensingv1.UndercutJudged{})
	if err != nil {
		return false, err
	}
	a, err := view.Application(u.GetFound().GetApplicationId())
	if err != nil {
		return false, fmt.Errorf("read application %s: %w", u.GetFound().GetApplicationId(), err)
	}
	amended, err := last(view, a, &licensingv1.ApplicationAmended{})
	if err != nil || amended.After(judged) {
		return err == nil, err
	}
	amended, err = denialAmended(view, u.GetFound().GetDenialId())
	return amended.After(judged), err
}

func denialAmended(view ledger.View, id string) (time.Time, error) {
	d, err := view.Denial(id)
	if err != nil {
		return time.Time{}, fmt.Errorf("read denial %s: %w", id, err)
	}
	if d != nil {
		return last(view, d, &licensingv1.DenialAmended{})
	}
	n, err := view.DenialNotice(id)
	if err != nil {
		return time.Time{}, fmt.Errorf("read notice %s: %w", id, err)
	}
	return last(view, n, &licensingv1.DenialNoticeAmended{})
}

// last is when the last event of the fact's kind that made a row was recorded; zero when none was.
func last(view ledger.View, row interface {
	GetJournal() string
	GetEvents() []uint64
}, kind proto.Message) (time.Time, error) {
	at, err := view.LastOf(row, kind.ProtoReflect().Descriptor().FullName())
	if err != nil {
		return at, fmt.Errorf("read the events of a row: %w", err)
	}
	return at, nil
}
