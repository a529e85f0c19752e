package ministry_test

import (
	"slices"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/ministry"
)

// A ministry answers what it is asked, and reacts as every agency does.
func TestMinistry(t *testing.T) {
	if _, err := ministry.New(ministry.Config{}); err == nil {
		t.Error("a service was made without a node")
	}
	service, err := ministry.New(ministry.Config{Node: &node.Node{Agency: "foreign"}})
	if err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer()
	service.Register(server)
	opinions := slices.ContainsFunc(slices.Collect(server.Specs()), func(s connect.Spec) bool {
		return s.Procedure == "/"+licensingv1connect.OpinionServiceName+"/GiveOpinion"
	})
	if !opinions || len(service.Reactions()) != len(duty.Reactions()) {
		t.Errorf("it takes opinions: %v; it reacts to %v", opinions, service.Reactions())
	}
}
