package webhooks

import (
	"context"
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/metrics"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Standing is how all endpoints together are, for the node's metrics.
func (w *Webhooks) Standing() (s metrics.Webhooks, err error) {
	all, err := w.all()
	if err != nil {
		return s, err
	}
	for _, e := range all {
		of, err := w.shown(e)
		if err != nil {
			return s, err
		}
		if e.Off == "" {
			s.On++
		} else {
			s.Off++
		}
		if trouble(e, of.Parked) != "" {
			s.Troubled++
		}
		s.Left, s.Parked = s.Left+of.Left, s.Parked+of.Parked
	}
	s.Sent, s.Delivered, s.Failed = w.sent.Load(), w.delivered.Load(), w.failed.Load()
	return s, nil
}

// trouble is what somebody has to see to at an endpoint, with so many deliveries parked: it turned itself off, or gave deliveries up.
// Nothing is at one that a person turned off: they know.
func trouble(e *endpoint, parked uint64) string {
	switch {
	case e.OffByPerson:
		return ""
	case e.Off != "":
		return "turned itself off: " + e.Off
	case parked > 0:
		return fmt.Sprintf("gave %d deliveries up", parked)
	}
	return ""
}

// Examine looks, for the doctor, for endpoints that are in trouble, or to which the last try was in vain, and names those that a person
// turned off.
func (w *Webhooks) Examine(context.Context) (*queryv1.Check, error) {
	all, err := w.all()
	if err != nil {
		return nil, fmt.Errorf("read the webhooks: %w", err)
	}
	var wrong, off []string
	for _, e := range all {
		of, err := w.shown(e)
		if err != nil {
			return nil, fmt.Errorf("read the webhooks: %w", err)
		}
		is := trouble(e, of.Parked)
		switch {
		case is != "":
			wrong = append(wrong, e.Name+" "+is)
		case e.Off != "":
			off = append(off, fmt.Sprintf("%s was turned off: %s", e.Name, e.Off))
		case of.Last.GetFailed() != "":
			wrong = append(wrong, fmt.Sprintf("%s did not take the last event: %s", e.Name, of.Last.Failed))
		}
	}
	check := &queryv1.Check{Ok: true, Detail: "there is none"}
	if on := len(all) - len(off); on > 0 {
		off = append([]string{fmt.Sprintf("%d webhooks, each takes what it is posted", on)}, off...)
	}
	if len(off) > 0 {
		check.Detail = strings.Join(off, "; ")
	}
	if len(wrong) > 0 {
		check.Ok, check.Detail, check.Next = false, strings.Join(wrong, "; "), "counterfoil webhook list"
	}
	return check, nil
}
