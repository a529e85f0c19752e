package webhooks

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/cloudevent"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// TestType is the type of the event that TestWebhook posts.
const TestType = "counterfoil.webhook.test"

func (s service) TestWebhook(ctx context.Context, req *queryv1.TestWebhookRequest) (*queryv1.TestWebhookResponse, error) {
	e, _, err := s.load(req.Name)
	if err != nil {
		return nil, err
	}
	if err := s.by(ctx, "TestWebhook", req.Name); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	at := s.Now().UTC()
	body, err := json.Marshal(&cloudevent.Event{ID: id.String(), Source: "/counterfoil/" + s.Agency, Type: TestType, Time: at})
	if err != nil {
		return nil, err
	}
	var p poster
	defer p.close()
	o, err := s.post(ctx, e, &p, id.String(), body)
	if err != nil {
		return nil, err
	}
	return &queryv1.TestWebhookResponse{Try: try{Event: id.String(), Number: 1, At: at, outcome: o}.shown()}, nil
}

func (s service) ParkedDeliveries(_ context.Context, req *queryv1.ParkedDeliveriesRequest) (*queryv1.ParkedDeliveriesResponse, error) {
	limit := int(cmp.Or(req.PageSize, pageSize))
	res := &queryv1.ParkedDeliveriesResponse{}
	err := s.db.View(func(tx *bolt.Tx) error {
		if _, err := get(tx, req.Name); err != nil {
			return err
		}
		return eachParked(tx, req.Name, req.PageToken, func(p parked) bool {
			if len(res.Deliveries) == limit {
				res.NextPageToken = res.Deliveries[limit-1].EventId
				return false
			}
			res.Deliveries = append(res.Deliveries, &queryv1.ParkedDelivery{
				EventId: p.Event, Journal: p.Journal, Number: p.Number, Kind: p.Kind, ParkedAt: timestamppb.New(p.At), Last: p.Last.shown(), Again: p.Again,
			})
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (s service) RetryDeliveries(ctx context.Context, req *queryv1.RetryDeliveriesRequest) (*queryv1.RetryDeliveriesResponse, error) {
	wanted := map[string]bool{}
	for _, id := range req.EventIds {
		wanted[id] = true
	}
	res := &queryv1.RetryDeliveriesResponse{}
	_, err := s.changed(ctx, "RetryDeliveries", req.Name, func(tx *bolt.Tx, e *endpoint) error {
		e.NextAt = time.Time{}
		var again []parked
		err := eachParked(tx, e.Name, "", func(p parked) bool {
			if len(wanted) == 0 || wanted[p.Event] {
				p.Again = true
				again = append(again, p)
			}
			return true
		})
		if err != nil {
			return err
		}
		for _, p := range again {
			if err := park(tx, e.Name, &p); err != nil {
				return err
			}
		}
		res.Again = uint64(len(again))
		return nil
	})
	return res, err
}
