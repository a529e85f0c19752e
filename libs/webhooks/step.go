package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// atOnce is that a step left more to do.
	atOnce = time.Duration(-1)
	// maxAhead is how many events are looked at in one view of the ledger for one that an endpoint wants.
	maxAhead = 1000
)

// step does one thing for an endpoint, and returns after how long there is another: atOnce, or 0 for when something changes.
func (w *Webhooks) step(ctx context.Context, name string, p *poster) (again time.Duration, err error) {
	e, parked, err := w.load(name)
	switch {
	case err != nil || e.Off != "":
		return 0, err
	case parked != nil:
		return atOnce, w.postAgain(ctx, e, p, parked)
	}
	if wait := e.NextAt.Sub(w.Now()); e.Tried > 0 && wait > 0 {
		return wait, nil
	}
	event, after, more, err := w.next(e)
	if err != nil {
		return 0, err
	}
	if event == nil {
		return w.pass(e, after, more)
	}
	o, err := w.send(ctx, e, p, event)
	if err != nil {
		return 0, err
	}
	return atOnce, w.settle(e, event, after, o)
}

// next finds the event that an endpoint is due. Where there is none up to after, more says whether there is more to look at.
func (w *Webhooks) next(e *endpoint) (event *queryv1.RecordedEvent, after string, more bool, err error) {
	filter := &queryv1.Filter{}
	if len(e.Kinds) > 0 {
		filter.Conditions = []*queryv1.Condition{{Attribute: "kind", Values: e.Kinds}}
	}
	wanted := func(r *queryv1.RecordedEvent) bool { return r != nil && e.wants(r) }
	err = w.Ledger.View(func(v ledger.View) error {
		var events []*queryv1.RecordedEvent
		token := e.Token
		for ahead, looked := 1, 0; looked < maxAhead; ahead = min(4*ahead, maxAhead) {
			if events, after, more, err = v.EventsAfter(token, filter, ahead); err != nil {
				return err
			}
			if i := slices.IndexFunc(events, wanted); i >= 0 {
				event = events[i]
				if i+1 < len(events) {
					_, after, _, err = v.EventsAfter(token, filter, i+1)
				}
				return err
			}
			if !more {
				return nil
			}
			token, looked = after, looked+len(events)
		}
		return nil
	})
	return event, after, more, err
}

// wants reports whether an event is posted there; kinds were looked at before.
func (e *endpoint) wants(r *queryv1.RecordedEvent) bool {
	id, err := journal.ParseID(r.Journal)
	return err == nil && (len(e.Agencies) == 0 || slices.Contains(e.Agencies, id.Agency)) &&
		(len(e.Groups) == 0 || slices.Contains(e.Groups, id.Group)) && !r.ReceivedAt.AsTime().Before(e.Since)
}

// pass goes on after events that are not wanted. At the end of the ledger a replay is over.
func (w *Webhooks) pass(e *endpoint, after string, more bool) (time.Duration, error) {
	if after == e.Token && (more || e.Since.IsZero()) {
		return 0, nil
	}
	e.Token = after
	if more {
		return atOnce, w.note(e, nil)
	}
	e.Since = time.Time{}
	return 0, w.note(e, nil)
}

// send puts on record that an event is handed out, and posts it.
func (w *Webhooks) send(ctx context.Context, e *endpoint, p *poster, event *queryv1.RecordedEvent) (outcome, error) {
	body, err := encode(event)
	if err != nil {
		return outcome{}, err
	}
	if err := w.accessed(&queryv1.Access{User: "webhook " + e.Name, Call: "Webhook", Id: event.Id, Table: queryv1.Table_TABLE_EVENTS, Rows: 1}, event); err != nil {
		return outcome{}, err
	}
	return w.post(ctx, e, p, event.Id, body)
}

// encode is an event as CloudEvents JSON; a fact that is not what its kind says, as it was recorded. It says nothing of how far this
// node has other journals.
func encode(event *queryv1.RecordedEvent) ([]byte, error) {
	shown, err := cloudevent.NewJSON(event, "")
	if err != nil {
		shown, err = cloudevent.New(event, "")
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(shown)
}

// settle keeps what came of posting the event that an endpoint was due.
func (w *Webhooks) settle(e *endpoint, event *queryv1.RecordedEvent, after string, o outcome) error {
	e.Tried++
	e.Last = &try{Event: event.Id, Number: e.Tried, At: w.Now(), outcome: o}
	done := func() { e.Token, e.Tried, e.NextAt = after, 0, time.Time{} }
	switch v := w.judge(e.Tries, e.Tried, o, rand.Float64()); {
	case v.taken:
		w.count(e)
		done()
		return w.note(e, func(tx *bolt.Tx) error { return unpark(tx, e.Name, event.Id) })
	case v.gone:
		e.Tried = 0
		w.turnOff(e, "the receiver answered 410: it wants no more")
		return w.note(e, nil)
	case v.parked:
		done()
		w.Logger.Warn("webhook delivery is parked", "agency", w.Agency, "webhook", e.Name, "event_id", event.Id, "tries", e.Last.Number, "status", o.Status)
		return w.note(e, func(tx *bolt.Tx) error { return w.park(tx, e, event) })
	default:
		e.NextAt = w.Now().Add(v.wait)
		return w.note(e, nil)
	}
}

// count counts an event that was taken.
func (w *Webhooks) count(e *endpoint) {
	e.Delivered++
	w.delivered.Add(1)
}

func (w *Webhooks) turnOff(e *endpoint, why string) {
	e.Off, e.OffByPerson = why, false
	w.Logger.Warn("webhook is off", "agency", w.Agency, "webhook", e.Name, "reason", why)
}

func (w *Webhooks) park(tx *bolt.Tx, e *endpoint, event *queryv1.RecordedEvent) error {
	if parkedOf(tx, e.Name)+1 >= maxParked {
		w.turnOff(e, fmt.Sprintf("%d deliveries are parked", maxParked))
	}
	return park(tx, e.Name, &parked{Event: event.Id, Journal: event.Journal, Number: event.Number, Kind: event.Kind, At: w.Now(), Last: *e.Last})
}

// postAgain posts once more what is parked. What was withdrawn meanwhile is forgotten.
func (w *Webhooks) postAgain(ctx context.Context, e *endpoint, p *poster, is *parked) error {
	id, err := uuid.Parse(is.Event)
	if err != nil {
		return fmt.Errorf("read parked delivery %s: %w", is.Event, err)
	}
	var event *queryv1.RecordedEvent
	if err := w.Ledger.View(func(v ledger.View) (err error) {
		event, err = v.EventByID(id)
		return err
	}); err != nil {
		return err
	}
	if event == nil {
		return w.note(e, func(tx *bolt.Tx) error { return unpark(tx, e.Name, is.Event) })
	}
	o, err := w.send(ctx, e, p, event)
	if err != nil {
		return err
	}
	is.Again, is.Last = false, try{Event: event.Id, Number: is.Last.Number + 1, At: w.Now(), outcome: o}
	e.Last = &is.Last
	switch v := w.judge(e.Tries, is.Last.Number, o, 0); {
	case v.taken:
		w.count(e)
		return w.note(e, func(tx *bolt.Tx) error { return unpark(tx, e.Name, is.Event) })
	case v.gone:
		w.turnOff(e, "the receiver answered 410: it wants no more")
	}
	return w.note(e, func(tx *bolt.Tx) error { return park(tx, e.Name, is) })
}
