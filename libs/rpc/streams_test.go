package rpc_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/rpc"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// endless is a watch that says it began, and goes on until it is given up.
type endless struct {
	queryv1connect.UnimplementedQueryServiceHandler
}

func (endless) Watch(ctx context.Context, _ *queryv1.WatchRequest, stream queryv1connect.QueryServiceWatchServerStream) error {
	if err := stream.Send(&queryv1.WatchResponse{Token: "begun"}); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// A user has so many watches and no more, whatever others have, and one that ends makes room for another.
func TestWatchesOfAUser(t *testing.T) {
	dir := t.TempDir()
	officer := people.User{Name: "officer", Person: "p-1", Roles: []people.Role{people.Officer}}
	_, token := officer.AddToken(time.Now())
	if err := people.UsersFile(dir).Edit(func(us *people.Users) error { return us.Add(officer) }); err != nil {
		t.Fatal(err)
	}
	door, err := people.Open(people.Config{Agency: "customs", Dir: dir, NodeToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := rpc.Config{Agency: "customs", Door: door, Logger: slog.New(slog.DiscardHandler)}
	server := rpc.NewServer(cfg)
	queryv1connect.RegisterQueryServiceHandler(server, endless{})
	handler, err := rpc.Handler(server, cfg)
	if err != nil {
		t.Fatal(err)
	}
	over, end := rpc.Within(rpc.HTTPServer(handler))
	t.Cleanup(func() { _ = end() })
	watch := func(token string) (giveUp func(), err error) {
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := clients.Over(over, "http://node", clients.Identity{Token: token}).Query.Watch(ctx, &queryv1.WatchRequest{})
		if err == nil {
			_, err = stream.Receive()
		}
		if err != nil {
			cancel()
		}
		return cancel, err
	}
	for _, token := range []string{token, "token"} {
		var giveUp func()
		for i := range 50 {
			if giveUp, err = watch(token); err != nil {
				t.Fatalf("watch %d: %v", i, err)
			}
		}
		if _, err := watch(token); connect.CodeOf(err) != connect.CodeUnavailable || !strings.Contains(err.Error(), "has 50 calls that go on") {
			t.Fatalf("one more watch: %v", err)
		}
		giveUp()
		for { // until the node has noticed
			if _, err := watch(token); err == nil {
				break
			} else if connect.CodeOf(err) != connect.CodeUnavailable {
				t.Fatal(err)
			}
		}
	}
}
