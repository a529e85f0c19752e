package observer_test

import (
	"slices"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	"github.com/counterfoil/counterfoil/services/observer"
)

// An observer takes no command and reacts to nothing; it says when reports are due.
func TestObserver(t *testing.T) {
	if _, err := observer.New(observer.Config{}); err == nil {
		t.Error("a service was made without a node")
	}
	service, err := observer.New(observer.Config{Node: &node.Node{Agency: "observer"}})
	if err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer()
	service.Register(server)
	specs := slices.Collect(server.Specs())
	if len(specs) != 1 || specs[0].Procedure != reportingv1connect.CalendarServiceCalendarProcedure || len(service.Reactions()) > 0 {
		t.Errorf("an observer serves %v and reacts to %v", specs, service.Reactions())
	}
}
