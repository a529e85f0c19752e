package feed

import (
	"context"

	"connectrpc.com/connect/v2"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// service answers for a feed; nil: the node serves none, because of trouble where agency.json has one.
type service struct {
	feed    *Feed
	trouble string
}

// Register serves what is asked about a feed; nil is that of a node that serves none: agency.json has none, or it could not start because
// of trouble.
func Register(server *connect.Server, f *Feed, trouble string) {
	queryv1connect.RegisterFeedServiceHandler(server, service{f, trouble})
}

func (s service) FeedStatus(ctx context.Context, _ *queryv1.FeedStatusRequest) (*queryv1.FeedStatusResponse, error) {
	if s.feed == nil {
		return &queryv1.FeedStatusResponse{Trouble: s.trouble}, nil
	}
	return s.feed.Status(ctx)
}
