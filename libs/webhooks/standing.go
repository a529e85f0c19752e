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
	list, err := w.List()
	if err != nil {
		return s, err
	}
	for _, of := range list {
		if of.Off == "" {
			s.On++
		} else {
			s.Off++
		}
		s.Left, s.Parked = s.Left+of.Left, s.Parked+of.Parked
	}
	s.Sent, s.Delivered, s.Failed = w.sent.Load(), w.delivered.Load(), w.failed.Load()
	return s, nil
}

// Examine looks, for the doctor, for endpoints that are off, that gave deliveries up, or to which the last try was in vain.
func (w *Webhooks) Examine(context.Context) (*queryv1.Check, error) {
	list, err := w.List()
	if err != nil {
		return nil, fmt.Errorf("read the webhooks: %w", err)
	}
	var wrong []string
	check := &queryv1.Check{Ok: true, Detail: fmt.Sprintf("%d webhooks, each takes what it is posted", len(list))}
	if len(list) == 0 {
		check.Detail = "there is none"
	}
	for _, of := range list {
		switch {
		case of.Off != "":
			wrong = append(wrong, fmt.Sprintf("%s is off: %s", of.Name, of.Off))
		case of.Parked > 0:
			wrong = append(wrong, fmt.Sprintf("%s gave %d deliveries up", of.Name, of.Parked))
		case of.Last.GetFailed() != "":
			wrong = append(wrong, fmt.Sprintf("%s did not take the last event: %s", of.Name, of.Last.Failed))
		}
	}
	if len(wrong) > 0 {
		check.Ok, check.Detail, check.Next = false, strings.Join(wrong, "; "), "counterfoil webhook list"
	}
	return check, nil
}
