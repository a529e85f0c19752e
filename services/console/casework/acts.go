package casework

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/clients"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// act is a command whose form is made from the contract: it asks for the fields that the command has. Its words are "act.NAME", and
// "act.NAME-about", which says what follows from it.
type act struct {
	Name string
	// Class is its button's: "warning" where it takes something away from somebody.
	Class string
	// not is the message that says why it cannot be done with a record as it stands; empty: it can. The node decides that anew.
	not func(row proto.Message) string
	// beside is as not, of what is on record about it.
	beside func(related []*queryv1.Row) string
	// fill puts into the command what stands already. Of partly, what was left as it stands is not sent.
	fill   func(row, command proto.Message)
	partly bool

	// What follows from its call: the procedure, the field that names the record (none: it makes one), an empty command, and sending it.
	procedure, about string
	command          func() proto.Message
	send             func(context.Context, *clients.Clients, proto.Message) (recorded, error)
}

type message[Q any] interface {
	*Q
	proto.Message
}

// licensing is an act that a call of LicensingService does.
func licensing[Q any, C message[Q], R recorded](a act, call func(licensingv1connect.LicensingServiceClient, context.Context, C) (R, error)) act {
	return by(a, licensingv1connect.LicensingServiceName, func(c *clients.Clients) licensingv1connect.LicensingServiceClient { return c.Licensing }, call)
}

// opinion is an act that a call of OpinionService does.
func opinion[Q any, C message[Q], R recorded](a act, call func(licensingv1connect.OpinionServiceClient, context.Context, C) (R, error)) act {
	return by(a, licensingv1connect.OpinionServiceName, func(c *clients.Clients) licensingv1connect.OpinionServiceClient { return c.Opinion }, call)
}

func by[S, Q any, C message[Q], R recorded](a act, service string, client func(*clients.Clients) S, call func(S, context.Context, C) (R, error)) act {
	a.command = func() proto.Message { return C(new(Q)) }
	a.send = func(ctx context.Context, api *clients.Clients, command proto.Message) (recorded, error) {
		return call(client(api), ctx, command.(C))
	}
	of := a.command().ProtoReflect().Descriptor()
	a.procedure = "/" + service + "/" + strings.TrimSuffix(string(of.Name()), "Request")
	if name := string(of.Fields().ByNumber(2).Name()); strings.HasSuffix(name, "_id") { // after the particulars
		a.about = name
	}
	return a
}

// standing is what is said of a record of a table before something is done with it, and what can be done, in this order.
type standing struct {
	columns []web.Column
	acts    []act
}

var standings = map[queryv1.Table]standing{
	queryv1.Table_TABLE_APPLICATIONS: {
		[]web.Column{"status", "status_reason", "deal.kind", "deal.destination", "deal.end_user", "deal.end_use", "submitted_at"},
		[]act{amendApplication, returnApplication, withdrawApplication},
	},
	queryv1.Table_TABLE_LICENCES: {
		[]web.Column{"status", "status_reason", "deal.kind", "deal.destination", "deal.end_user", "valid_from", "valid_until", "conditions"},
		[]act{suspend, reinstate, amendLicence, revoke, appeal},
	},
	queryv1.Table_TABLE_DENIALS: {
		[]web.Column{"status", "status_reason", "criteria", "reason", "deal.destination", "deal.end_user", "decided_at"},
		[]act{appeal},
	},
	queryv1.Table_TABLE_APPEALS: {
		[]web.Column{"lodged.decision_id", "lodged.grounds", "lodged_at", "decided.outcome", "decided.reason"},
		[]act{decideAppeal},
	},
	queryv1.Table_TABLE_OBLIGATIONS: {
		[]web.Column{"set.text", "set.owner", "set.due", "set.days", "set.after", "set.subject", "met.how", "met_at"},
		[]act{meet},
	},
	queryv1.Table_TABLE_REASSESSMENTS: {
		[]web.Column{"licence_id", "alert_id", "reason", "opened_at", "outcome"},
		[]act{conclude},
	},
	queryv1.Table_TABLE_CONDITIONS: {
		[]web.Column{"text", "asked", "application_id", "asked_at", "reason"},
		[]act{changeCondition, dropCondition},
	},
}

var (
	amendApplication = licensing(act{Name: "amend-application", not: unlessSubmitted, fill: func(row, command proto.Message) {
		command.(*licensingv1.AmendApplicationRequest).Deal = stated(row.(*ledgerv1.Application).GetDeal())
	}}, licensingv1connect.LicensingServiceClient.AmendApplication)
	returnApplication   = licensing(act{Name: "return", Class: "warning", not: unlessSubmitted}, licensingv1connect.LicensingServiceClient.ReturnApplication)
	withdrawApplication = licensing(act{Name: "withdraw", Class: "warning", not: unlessSubmitted}, licensingv1connect.LicensingServiceClient.WithdrawApplication)

	suspend      = licensing(act{Name: "suspend", Class: "warning", not: unless("act.not-in-force", inForce)}, licensingv1connect.LicensingServiceClient.SuspendLicence)
	reinstate    = licensing(act{Name: "reinstate", not: unless("act.not-suspended", suspended)}, licensingv1connect.LicensingServiceClient.ReinstateLicence)
	revoke       = licensing(act{Name: "revoke", Class: "warning", not: unless("act.licence-ended", inForce, suspended)}, licensingv1connect.LicensingServiceClient.RevokeLicence)
	amendLicence = licensing(act{Name: "amend-licence", partly: true, not: unless("act.licence-ended", inForce, suspended), fill: func(row, command proto.Message) {
		l, q := row.(*ledgerv1.Licence), command.(*licensingv1.AmendLicenceRequest)
		q.Lines, q.Parties, q.ValidUntil = l.GetDeal().GetLines(), l.GetDeal().GetParties(), l.GetValidUntil()
	}}, licensingv1connect.LicensingServiceClient.AmendLicence)

	appeal       = licensing(act{Name: "appeal", not: unless("act.nothing-to-appeal", refused, suspended, revoked), beside: appealed}, licensingv1connect.LicensingServiceClient.LodgeAppeal)
	decideAppeal = licensing(act{Name: "decide-appeal", not: when("act.decided", func(row *ledgerv1.Appeal) bool { return row.GetDecided() != nil })}, licensingv1connect.LicensingServiceClient.DecideAppeal)
	meet         = licensing(act{Name: "meet", not: when("act.met", func(row *ledgerv1.Obligation) bool { return row.GetMet() != nil })}, licensingv1connect.LicensingServiceClient.MeetObligation)
	conclude     = licensing(act{Name: "conclude", not: when("act.concluded", func(row *ledgerv1.Reassessment) bool { return row.GetOutcome() != 0 })}, licensingv1connect.LicensingServiceClient.ConcludeReassessment)

	changeCondition = opinion(act{Name: "change-condition", not: when("act.let-go", (*ledgerv1.Condition).GetDropped), fill: func(row, command proto.Message) {
		command.(*licensingv1.ChangeConditionRequest).Text = row.(*ledgerv1.Condition).GetText()
	}}, licensingv1connect.OpinionServiceClient.ChangeCondition)
	dropCondition = opinion(act{Name: "drop-condition", Class: "warning", not: when("act.let-go", (*ledgerv1.Condition).GetDropped)}, licensingv1connect.OpinionServiceClient.DropCondition)

	submit = licensing(act{Name: "submit", fill: func(_, command proto.Message) {
		command.(*licensingv1.SubmitApplicationRequest).Deal = newDeal()
	}}, licensingv1connect.LicensingServiceClient.SubmitApplication)
)

const (
	inForce   = ledgerv1.Status_STATUS_GRANTED
	suspended = ledgerv1.Status_STATUS_SUSPENDED
	revoked   = ledgerv1.Status_STATUS_REVOKED
	refused   = ledgerv1.Status_STATUS_REFUSED
)

var unlessSubmitted = unless("act.case-ended", ledgerv1.Status_STATUS_SUBMITTED)

// appealed says that there is an appeal that is open, or one by which a decision fell that is made once: a suspension can come again.
func appealed(related []*queryv1.Row) string {
	for _, r := range related {
		a := r.GetAppeal()
		switch {
		case a == nil:
		case a.GetDecided() == nil:
			return "act.appeal-open"
		case a.GetDecided().GetOutcome() != licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED:
		case a.GetLodged().GetContested() == licensingv1.Contested_CONTESTED_DENIAL, a.GetLodged().GetContested() == licensingv1.Contested_CONTESTED_REVOCATION:
			return "act.appeal-overturned"
		}
	}
	return ""
}

// unless says that something cannot be done unless a record has one of some states.
func unless(why string, states ...ledgerv1.Status) func(proto.Message) string {
	return func(row proto.Message) string {
		if of, is := row.(interface{ GetStatus() ledgerv1.Status }); is && slices.Contains(states, of.GetStatus()) {
			return ""
		}
		return why
	}
}

// when says that something cannot be done with a row of which is holds.
func when[R proto.Message](why string, is func(R) bool) func(proto.Message) string {
	return func(row proto.Message) string {
		if r, of := row.(R); of && is(r) {
			return why
		}
		return ""
	}
}
