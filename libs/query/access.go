package query

import (
	"context"
	"slices"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/rpc"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// accessPage is how many accesses are returned when the caller does not say.
const accessPage = 100

// Access lists who read what, the newest first. The first page says whether the chain of entries is whole.
func (s *service) Access(_ context.Context, req *queryv1.AccessRequest) (*queryv1.AccessResponse, error) {
	if s.Accesses == nil {
		return &queryv1.AccessResponse{}, nil
	}
	q := access.Query{Owner: req.Owner, ID: req.Id, Calls: req.Calls, Limit: int(req.PageSize), Token: req.PageToken}
	if q.Limit == 0 {
		q.Limit = accessPage
	}
	if req.Since != nil {
		q.Since = req.Since.AsTime()
	}
	list, next, err := s.Accesses.List(q)
	if err != nil {
		return nil, err
	}
	res := &queryv1.AccessResponse{Accesses: list, NextPageToken: next}
	if req.PageToken == "" {
		chain, err := s.Accesses.Check(access.Noted{Entries: req.NotedEntries, Head: req.NotedHead})
		if err != nil {
			return nil, err
		}
		res.Broken, res.Entries, res.Head = chain.Broken, chain.Entries, chain.Head
	}
	return res, nil
}

// accessed puts on record that the caller of ctx reads rows. What cannot be put on record is not answered.
func (s *service) accessed(ctx context.Context, e *queryv1.Access, rows ...*queryv1.Row) error {
	if s.Accesses == nil {
		return nil
	}
	for _, row := range rows {
		if of, ok := inner(row).(interface{ GetJournal() string }); ok {
			e.Owners = addOwner(e.Owners, of.GetJournal())
		}
	}
	slices.Sort(e.Owners)
	if caller := rpc.Caller(ctx); caller != nil {
		e.User, e.Officer = caller.User, rpc.Officer(ctx)
	}
	return s.Accesses.Add(e)
}

// accessedEvents is accessed for events.
func (s *service) accessedEvents(ctx context.Context, e *queryv1.Access, events []*queryv1.RecordedEvent, rows ...*queryv1.Row) error {
	for _, event := range events {
		e.Owners = addOwner(e.Owners, event.Journal)
	}
	return s.accessed(ctx, e, rows...)
}

func addOwner(owners []string, of string) []string {
	id, err := journal.ParseID(of)
	if err != nil || slices.Contains(owners, id.Agency) {
		return owners
	}
	return append(owners, id.Agency)
}
