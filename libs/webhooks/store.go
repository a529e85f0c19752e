package webhooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// The file: "endpoints": name -> endpoint; "parked": name -> UUID -> parked; "again": name, "/", UUID of what is parked and to be
// tried once more. Values are JSON.
var (
	endpointsBucket = []byte("endpoints")
	parkedBucket    = []byte("parked")
	againBucket     = []byte("again")
)

// endpoint is where events are posted, with all that is known of how far.
type endpoint struct {
	Name       string    `json:"name"`
	URL        string    `json:"url"`
	Kinds      []string  `json:"kinds,omitempty"`
	Agencies   []string  `json:"agencies,omitempty"`
	Groups     []string  `json:"groups,omitempty"`
	Tries      int       `json:"tries"`
	AnyAddress bool      `json:"any_address,omitempty"`
	CA         string    `json:"ca,omitempty"`
	AddedAt    time.Time `json:"added_at"`
	// Off is why nothing is posted, and OffByPerson that a person said so.
	Off         string `json:"off,omitempty"`
	OffByPerson bool   `json:"off_by_person,omitempty"`
	// Keys sign, the newest first.
	Keys []key `json:"keys"`

	// Token is the ledger's watch token after the last event that is done with, and Since keeps what came before it from being posted
	// again during a replay.
	Token     string    `json:"token"`
	Since     time.Time `json:"since,omitzero"`
	Delivered uint64    `json:"delivered"`
	// Tried is how often the event after Token was posted in vain, and NextAt when it is posted again.
	Tried  int       `json:"tried,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
	Last   *try      `json:"last,omitempty"`
	// Revision changes with everything but what posting itself changes.
	Revision uint64 `json:"revision"`
}

// try is one request.
type try struct {
	Event  string    `json:"event"`
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	outcome
}

// parked is an event that was tried in vain.
type parked struct {
	Event   string    `json:"event"`
	Journal string    `json:"journal"`
	Number  uint64    `json:"number"`
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Last    try       `json:"last"`
	// Again: it is to be tried once more.
	Again bool `json:"again,omitempty"`
}

func noEndpoint(name string) error {
	return fault.Errorf(fault.NotFound, "there is no webhook %s here; see: counterfoil webhook list", name)
}

func get(tx *bolt.Tx, name string) (*endpoint, error) {
	raw := tx.Bucket(endpointsBucket).Get([]byte(name))
	if raw == nil {
		return nil, noEndpoint(name)
	}
	e := &endpoint{}
	if err := json.Unmarshal(raw, e); err != nil {
		return nil, fmt.Errorf("read webhook %s: %w", name, err)
	}
	return e, nil
}

func put(tx *bolt.Tx, e *endpoint) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write webhook %s: %w", e.Name, err)
	}
	return tx.Bucket(endpointsBucket).Put([]byte(e.Name), raw)
}

// load returns an endpoint and the first of its parked deliveries that is to be tried again.
func (w *Webhooks) load(name string) (e *endpoint, again *parked, err error) {
	err = w.db.View(func(tx *bolt.Tx) (err error) {
		if e, err = get(tx, name); err != nil {
			return err
		}
		prefix := againKey(name, "")
		k, _ := tx.Bucket(againBucket).Cursor().Seek(prefix)
		event, found := bytes.CutPrefix(k, prefix)
		if !found {
			return nil
		}
		again = &parked{}
		return json.Unmarshal(tx.Bucket(parkedBucket).Bucket([]byte(name)).Get(event), again)
	})
	return e, again, err
}

// all are the endpoints by name.
func (w *Webhooks) all() (all []*endpoint, err error) {
	err = w.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(endpointsBucket).ForEach(func(name, _ []byte) error {
			e, err := get(tx, string(name))
			all = append(all, e)
			return err
		})
	})
	return all, err
}

// edit changes an endpoint, and with it what is being done for it.
func (w *Webhooks) edit(name string, change func(*bolt.Tx, *endpoint) error) (e *endpoint, err error) {
	err = w.db.Update(func(tx *bolt.Tx) (err error) {
		if e, err = get(tx, name); err != nil {
			return err
		}
		if err := change(tx, e); err != nil {
			return err
		}
		if e.Revision, err = tx.Bucket(endpointsBucket).NextSequence(); err != nil {
			return err
		}
		return put(tx, e)
	})
	if err == nil {
		w.change()
	}
	return e, err
}

// note keeps what came of a request, unless the endpoint was changed meanwhile: then the event is posted again.
func (w *Webhooks) note(e *endpoint, keep func(*bolt.Tx) error) error {
	return w.db.Update(func(tx *bolt.Tx) error {
		is, err := get(tx, e.Name)
		if err != nil || is.Revision != e.Revision {
			return err
		}
		if keep != nil {
			if err := keep(tx); err != nil {
				return err
			}
		}
		return put(tx, e)
	})
}

// eachParked calls fn with the parked deliveries after an event, by UUID, until it returns false.
func eachParked(tx *bolt.Tx, name, after string, fn func(parked) bool) error {
	b := tx.Bucket(parkedBucket).Bucket([]byte(name))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	k, raw := c.Seek([]byte(after))
	if after != "" && string(k) == after {
		k, raw = c.Next()
	}
	for ; k != nil; k, raw = c.Next() {
		var p parked
		if err := json.Unmarshal(raw, &p); err != nil {
			return fmt.Errorf("read parked delivery %s of webhook %s: %w", k, name, err)
		}
		if !fn(p) {
			return nil
		}
	}
	return nil
}

// parkedOf counts the parked deliveries of an endpoint.
func parkedOf(tx *bolt.Tx, name string) uint64 {
	b := tx.Bucket(parkedBucket).Bucket([]byte(name))
	if b == nil {
		return 0
	}
	return b.Sequence()
}

// park keeps a delivery, or what is known of it now.
func park(tx *bolt.Tx, name string, p *parked) error {
	b, err := tx.Bucket(parkedBucket).CreateBucketIfNotExists([]byte(name))
	if err != nil {
		return err
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if p.Again {
		err = tx.Bucket(againBucket).Put(againKey(name, p.Event), nil)
	} else {
		err = tx.Bucket(againBucket).Delete(againKey(name, p.Event))
	}
	if err != nil {
		return err
	}
	if b.Get([]byte(p.Event)) == nil {
		if err := b.SetSequence(b.Sequence() + 1); err != nil {
			return err
		}
	}
	return b.Put([]byte(p.Event), raw)
}

// unpark forgets a delivery that may be parked.
func unpark(tx *bolt.Tx, name, event string) error {
	b := tx.Bucket(parkedBucket).Bucket([]byte(name))
	if b == nil || b.Get([]byte(event)) == nil {
		return nil
	}
	if err := b.SetSequence(b.Sequence() - 1); err != nil {
		return err
	}
	return errors.Join(tx.Bucket(againBucket).Delete(againKey(name, event)), b.Delete([]byte(event)))
}

func againKey(name, event string) []byte { return []byte(name + "/" + event) }

// remove forgets an endpoint.
func remove(tx *bolt.Tx, name string) error {
	if _, err := get(tx, name); err != nil {
		return err
	}
	if b := tx.Bucket(parkedBucket); b.Bucket([]byte(name)) != nil {
		if err := b.DeleteBucket([]byte(name)); err != nil {
			return err
		}
	}
	c, prefix := tx.Bucket(againBucket).Cursor(), againKey(name, "")
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Seek(prefix) {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return tx.Bucket(endpointsBucket).Delete([]byte(name))
}
