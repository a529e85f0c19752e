package web

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/clients"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Every reads all rows that a list has, page after page: what belongs to a record or waits for somebody, not a table as it grows. The basis
// is that of the last page.
func Every(ctx context.Context, api *clients.Clients, ask *queryv1.ListRequest) (rows []*queryv1.Row, basis *queryv1.Basis, err error) {
	ask = proto.CloneOf(ask)
	for ask.PageSize = 1000; ; {
		res, err := api.Query.List(ctx, ask)
		if err != nil {
			return nil, nil, err
		}
		rows, basis = append(rows, res.Rows...), res.Basis
		if ask.PageToken = res.NextPageToken; ask.PageToken == "" {
			return rows, basis, nil
		}
	}
}
