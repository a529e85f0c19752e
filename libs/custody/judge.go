package custody

import (
	"fmt"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	d1 = enforcementv1.Stage_STAGE_D1_BEFORE_TRANSFER
	d2 = enforcementv1.Stage_STAGE_D2_IN_TRANSIT
	d3 = enforcementv1.Stage_STAGE_D3_AT_DELIVERY
	d4 = enforcementv1.Stage_STAGE_D4_STOCKPILE_OR_USE
	d5 = enforcementv1.Stage_STAGE_D5_RETRANSFER
	d6 = enforcementv1.Stage_STAGE_D6_DOMESTIC

	low    = enforcementv1.Confidence_CONFIDENCE_LOW
	medium = enforcementv1.Confidence_CONFIDENCE_MEDIUM
	high   = enforcementv1.Confidence_CONFIDENCE_HIGH
)

// outcome is where a chain goes wrong, waits, or cannot be read.
type outcome struct {
	stage      enforcementv1.Stage
	confidence enforcementv1.Confidence
	open       *queryv1.OpenStep
	reason     string
	// missing: it rests on a record that is not there, so that one which may be of the item speaks against it.
	missing bool
	// unread: the records can be read in several ways.
	unread bool
}

func cannotTell(format string, args ...any) *outcome {
	return &outcome{unread: true, reason: fmt.Sprintf(format, args...)}
}

// waits is a step that is awaited and not overdue.
func waits(step, record string, since time.Time, format string, args ...any) *outcome {
	return &outcome{open: &queryv1.OpenStep{Step: step, Since: stamp(since), RecordId: record}, reason: fmt.Sprintf(format, args...)}
}

// broken is a step that should have followed and did not.
func broken(stage enforcementv1.Stage, c enforcementv1.Confidence, step, indicator, record string, since time.Time, format string, args ...any) *outcome {
	return &outcome{
		stage: stage, confidence: c, reason: fmt.Sprintf(format, args...),
		open: &queryv1.OpenStep{Step: step, Indicator: indicator, Since: stamp(since), RecordId: record},
	}
}

// judge draws the conclusions from what was gathered.
func (it *item) judge(view ledger.View) (*queryv1.Custody, error) {
	c := &queryv1.Custody{Mark: it.mark, Steps: it.steps}
	legs := it.legs()
	switch {
	case !it.whole:
		nameNobody(c, "the records do not state maker, model and country of manufacture in full, and a serial tells no item from another without")
		return c, nil
	case len(legs) == 0:
		c.Reason = "no declaration on record has it"
		return c, nil
	}
	walk := &walk{view: view, item: it}
	o, err := walk.over(legs)
	if err != nil {
		return nil, err
	}
	c.LastLawful = walk.holder
	switch {
	case o == nil:
		c.Reason = "every step that is on record follows the one before"
	case o.unread:
		nameNobody(c, o.reason)
	case o.missing && len(it.unsure) > 0:
		nameNobody(c, o.reason+"; but "+strings.Join(it.unsure, ", ")+" may be of it")
	default:
		c.Open, c.Stage, c.Confidence, c.Reason = o.open, o.stage, o.confidence, o.reason
	}
	return c, nil
}

func nameNobody(c *queryv1.Custody, why string) {
	c.LastLawful, c.Open, c.Stage, c.Confidence = nil, nil, 0, 0
	c.CannotBeTold, c.Reason = true, why
}

// walk goes over the transfers of an item, and knows who has it.
type walk struct {
	view   ledger.View
	item   *item
	holder *queryv1.Custodian
}

// over returns the first outcome of the transfers; nil when nothing is open.
func (w *walk) over(legs []*leg) (*outcome, error) {
	for i, l := range legs {
		var next *leg
		if i+1 < len(legs) {
			next = legs[i+1]
		}
		if next != nil && !l.left() {
			continue // declared anew
		}
		if before := earlier(legs[:i]); before != nil {
			if o, err := w.passedOn(before, l); o != nil || err != nil {
				return o, err
			}
		}
		if l.exported() {
			w.took(takeOver(l.party(transferv1.Role_ROLE_EXPORTER), "declared", l.first, l.first.start()))
		}
		for _, check := range []func(*leg, *leg) (*outcome, error){w.order, w.certificate, w.exit, w.transit, w.arrival, w.afterwards} {
			if o, err := check(l, next); o != nil || err != nil {
				return o, err
			}
		}
	}
	return nil, nil
}

// earlier is the last transfer that took place.
func earlier(legs []*leg) *leg {
	for i := len(legs) - 1; i >= 0; i-- {
		if legs[i].left() {
			return legs[i]
		}
	}
	return nil
}

// took notes who has the goods now; nil changes nothing.
func (w *walk) took(c *queryv1.Custodian) {
	if c != nil {
		w.holder = c
	}
}

// order looks whether the item was found before it was first declared.
func (w *walk) order(l, _ *leg) (*outcome, error) {
	for _, f := range w.item.found {
		if !f.sighting && f.at.Before(w.item.declarations[0].start()) {
			return cannotTell("%s says that it was found on %s, before declaration %s was accepted on %s", f.id, day(f.at), w.item.declarations[0].GetId(), day(w.item.declarations[0].start())), nil
		}
	}
	return nil, nil
}

// foundIn returns the first finding within a transfer, before the next one; nil when there is none.
func (w *walk) foundIn(l, next *leg, sightings bool, fits func(finding) bool) *finding {
	for _, f := range w.item.found {
		if f.at.Before(l.first.start()) || next != nil && !f.at.Before(next.first.start()) || f.sighting && !sightings || !fits(f) {
			continue
		}
		return &f
	}
	return nil
}

func anywhere(finding) bool { return true }
