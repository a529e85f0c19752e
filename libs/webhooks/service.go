package webhooks

import (
	"context"
	"slices"
	"time"

	"connectrpc.com/connect/v2"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/rpc"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

const (
	// pageSize is what a list of parked deliveries returns when the caller does not say.
	pageSize = 50
	// keepKey is how long a key signs beside a newer one when nothing is said, and maxKeys how many sign at once.
	keepKey = 24 * time.Hour
	maxKeys = 3
)

type service struct{ *Webhooks }

// Register serves the webhooks of a node.
func Register(server *connect.Server, w *Webhooks) {
	queryv1connect.RegisterWebhookServiceHandler(server, service{w})
}

func (s service) AddWebhook(ctx context.Context, req *queryv1.AddWebhookRequest) (*queryv1.AddWebhookResponse, error) {
	if _, err := parseURL(req.Url); err != nil {
		return nil, err
	}
	for _, kind := range req.Filter.GetKinds() {
		if !ledger.KnowsKind(kind) {
			return nil, fault.Errorf(fault.Invalid, "this program knows no event of kind %s, so that none would be posted; kinds are such as LicenceSuspended; see: counterfoil count events --by kind", kind)
		}
	}
	if req.CaPem != "" {
		if _, err := parseCA(req.CaPem); err != nil {
			return nil, err
		}
	}
	k, err := newKey(req.Secret)
	if err != nil {
		return nil, err
	}
	e := &endpoint{
		Name: req.Name, URL: req.Url, Kinds: req.Filter.GetKinds(), Agencies: req.Filter.GetAgencies(), Groups: req.Filter.GetGroups(),
		Tries: int(req.Tries), AnyAddress: req.AnyAddress, CA: req.CaPem, AddedAt: s.Now().UTC(), Keys: []key{k},
	}
	if e.Tries == 0 {
		e.Tries = defaultTries
	}
	if err := s.Ledger.View(func(v ledger.View) (err error) { e.Token, err = v.WatchToken(); return err }); err != nil {
		return nil, err
	}
	if err := s.by(ctx, "AddWebhook", e.Name); err != nil {
		return nil, err
	}
	if err := s.add(e); err != nil {
		return nil, err
	}
	shown, err := s.shown(e)
	if err != nil {
		return nil, err
	}
	shown.Url = e.URL // whoever gave it knows it
	return &queryv1.AddWebhookResponse{Webhook: shown}, nil
}

func (s service) add(e *endpoint) error {
	err := s.db.Update(func(tx *bolt.Tx) (err error) {
		b := tx.Bucket(endpointsBucket)
		switch {
		case b.Get([]byte(e.Name)) != nil:
			return fault.Errorf(fault.Conflict, "there is a webhook %s already: give this one another name, or remove that", e.Name)
		case b.Stats().KeyN >= MaxEndpoints:
			return fault.Errorf(fault.Precondition, "a node has at most %d webhooks; remove one that is not needed", MaxEndpoints)
		}
		if e.Revision, err = b.NextSequence(); err != nil {
			return err
		}
		return put(tx, e)
	})
	if err == nil {
		s.change()
	}
	return err
}

func (s service) ListWebhooks(_ context.Context, req *queryv1.ListWebhooksRequest) (*queryv1.ListWebhooksResponse, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	if req.Name == "" {
		return &queryv1.ListWebhooksResponse{Webhooks: list}, nil
	}
	i := slices.IndexFunc(list, func(w *queryv1.Webhook) bool { return w.Name == req.Name })
	if i < 0 {
		return nil, noEndpoint(req.Name)
	}
	return &queryv1.ListWebhooksResponse{Webhooks: list[i : i+1]}, nil
}

func (s service) SwitchWebhook(ctx context.Context, req *queryv1.SwitchWebhookRequest) (*queryv1.SwitchWebhookResponse, error) {
	shown, err := s.changed(ctx, "SwitchWebhook", req.Name, func(_ *bolt.Tx, e *endpoint) error {
		e.Off, e.OffByPerson, e.Tried, e.NextAt = req.Off, req.Off != "", 0, time.Time{}
		return nil
	})
	return &queryv1.SwitchWebhookResponse{Webhook: shown}, err
}

func (s service) RemoveWebhook(ctx context.Context, req *queryv1.RemoveWebhookRequest) (*queryv1.RemoveWebhookResponse, error) {
	if err := s.by(ctx, "RemoveWebhook", req.Name); err != nil {
		return nil, err
	}
	err := s.db.Update(func(tx *bolt.Tx) error { return remove(tx, req.Name) })
	if err != nil {
		return nil, err
	}
	s.change()
	return &queryv1.RemoveWebhookResponse{}, nil
}

func (s service) RotateWebhook(ctx context.Context, req *queryv1.RotateWebhookRequest) (*queryv1.RotateWebhookResponse, error) {
	k, err := newKey(req.Secret)
	if err != nil {
		return nil, err
	}
	keep := keepKey
	if req.Keep != nil {
		keep = req.Keep.AsDuration()
	}
	shown, err := s.changed(ctx, "RotateWebhook", req.Name, func(_ *bolt.Tx, e *endpoint) error {
		now := s.Now()
		for i, k := range e.Keys { // none that signed until now does so for longer than is said now
			if until := now.Add(keep); k.Until.IsZero() || until.Before(k.Until) {
				e.Keys[i].Until = until
			}
		}
		good := slices.DeleteFunc(e.Keys, func(k key) bool { return !now.Before(k.Until) })
		e.Keys = append([]key{k}, good[:min(len(good), maxKeys-1)]...)
		return nil
	})
	return &queryv1.RotateWebhookResponse{Webhook: shown}, err
}

func (s service) ReplayWebhook(ctx context.Context, req *queryv1.ReplayWebhookRequest) (*queryv1.ReplayWebhookResponse, error) {
	since := req.Since.AsTime()
	if since.After(s.Now()) {
		return nil, fault.Errorf(fault.Invalid, "nothing was received yet since %s; give a time that is past", since.Format(time.RFC3339))
	}
	shown, err := s.changed(ctx, "ReplayWebhook", req.Name, func(_ *bolt.Tx, e *endpoint) error {
		e.Token, e.Since, e.Tried, e.NextAt = "", since, 0, time.Time{}
		return nil
	})
	return &queryv1.ReplayWebhookResponse{Webhook: shown}, err
}

// changed changes an endpoint and puts on record who did.
func (s service) changed(ctx context.Context, call, name string, change func(*bolt.Tx, *endpoint) error) (*queryv1.Webhook, error) {
	if err := s.by(ctx, call, name); err != nil {
		return nil, err
	}
	e, err := s.edit(name, change)
	if err != nil {
		return nil, err
	}
	return s.shown(e)
}

// by puts on record who changed what is posted where.
func (s service) by(ctx context.Context, call, name string) error {
	a := &queryv1.Access{Call: call, Id: name}
	if caller := rpc.Caller(ctx); caller != nil {
		a.User, a.Officer = caller.User, rpc.Officer(ctx)
	}
	return s.accessed(a)
}

// accessed puts on record that events are handed out. What cannot be put on record is not.
func (w *Webhooks) accessed(a *queryv1.Access, events ...*queryv1.RecordedEvent) error {
	if w.Accesses == nil {
		return nil
	}
	for _, e := range events {
		if id, err := journal.ParseID(e.Journal); err == nil {
			a.Owners = append(a.Owners, id.Agency)
		}
	}
	return w.Accesses.Add(a)
}

// List says of every endpoint where it stands, by name.
func (w *Webhooks) List() ([]*queryv1.Webhook, error) {
	all, err := w.all()
	if err != nil {
		return nil, err
	}
	list := make([]*queryv1.Webhook, len(all))
	for i, e := range all {
		if list[i], err = w.shown(e); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (w *Webhooks) shown(e *endpoint) (*queryv1.Webhook, error) {
	res := &queryv1.Webhook{
		Name: e.Name, Url: place(e.URL), Filter: &queryv1.WebhookFilter{Kinds: e.Kinds, Agencies: e.Agencies, Groups: e.Groups}, Tries: uint32(e.Tries),
		AnyAddress: e.AnyAddress, OwnCa: e.CA != "", AddedAt: timestamppb.New(e.AddedAt), Off: e.Off, Delivered: e.Delivered,
		NextAt: stamp(e.NextAt), ReplayingSince: stamp(e.Since),
	}
	for _, k := range e.Keys {
		res.Keys = append(res.Keys, &queryv1.WebhookKey{PublicKey: k.public(), SecretId: k.secretID(), Until: stamp(k.Until)})
	}
	if e.Last != nil {
		res.Last = e.Last.shown()
	}
	err := w.db.View(func(tx *bolt.Tx) error {
		res.Parked = parkedOf(tx, e.Name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, w.Ledger.Committed(func(v ledger.View) (err error) {
		res.Left, err = v.EventsLeft(e.Token)
		return err
	})
}

func (t try) shown() *queryv1.DeliveryTry {
	return &queryv1.DeliveryTry{EventId: t.Event, Number: uint32(t.Number), At: timestamppb.New(t.At), Status: uint32(t.Status), Failed: t.Failed}
}

// stamp is a time that may be none.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
