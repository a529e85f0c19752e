package duty

import (
	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
)

// answers takes the answers that an agency owes others.
type answers struct {
	node    *node.Node
	subject Subject // nil: it has none
}

// Register adds to an agency's server what other agencies may ask of it.
func Register(server *connect.Server, n *node.Node) { RegisterScreening(server, n, nil) }

// RegisterCalendar adds to an agency's server only what an agency that records nothing answers too: when reports are due.
func RegisterCalendar(server *connect.Server, n *node.Node) {
	reportingv1connect.RegisterCalendarServiceHandler(server, &answers{node: n})
}

// RegisterScreening is Register for an agency that has applications and licences, which it screens.
func RegisterScreening(server *connect.Server, n *node.Node, subject Subject) {
	a := &answers{node: n, subject: subject}
	RegisterCalendar(server, n)
	reportingv1connect.RegisterDraftServiceHandler(server, a)
	reportingv1connect.RegisterDifferenceServiceHandler(server, a)
	enforcementv1connect.RegisterAlertAnswerServiceHandler(server, a)
	enforcementv1connect.RegisterTraceReplyServiceHandler(server, a)
	enforcementv1connect.RegisterIncidentServiceHandler(server, a)
	reportingv1connect.RegisterReturnServiceHandler(server, a)
	licensingv1connect.RegisterOpinionServiceHandler(server, a)
	screeningv1connect.RegisterScreeningServiceHandler(server, a)
	customsv1connect.RegisterDeliveryServiceHandler(server, a)
}
