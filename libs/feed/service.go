package feed

import (
	"context"

	"connectrpc.com/connect/v2"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// service answers for a feed; nil: the node has none.
type service struct{ feed *Feed }

// Register serves what is asked about a feed; nil is that of a node that has none.
func Register(server *connect.Server, f *Feed) {
	queryv1connect.RegisterFeedServiceHandler(server, service{f})
}

func (s service) FeedStatus(ctx context.Context, _ *queryv1.FeedStatusRequest) (*queryv1.FeedStatusResponse, error) {
	if s.feed == nil {
		return &queryv1.FeedStatusResponse{}, nil
	}
	return s.feed.Status(ctx)
}
