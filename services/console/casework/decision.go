package casework

import (
	"context"
	"strings"

	"github.com/counterfoil/counterfoil/libs/clients"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// fillDecision offers the criteria that the assessment found overriding as grounds of a denial.
func fillDecision(t *taskPage) {
	var against []string
	if t.Check().GetChecked().GetResult() == licensingv1.GateResult_GATE_RESULT_PROHIBITED {
		for _, f := range t.Check().GetChecked().GetFindings() {
			if f.GetResult() == licensingv1.GateResult_GATE_RESULT_PROHIBITED {
				against = append(against, f.GetParagraph())
			}
		}
	}
	for _, f := range t.Assessment().GetAssessed().GetFindings() {
		if overriding(f) {
			against = append(against, f.GetCriterion())
		}
	}
	t.Form.set("criteria", strings.Join(against, "\n"))
}

// Outcomes are what can be decided.
func (t *taskPage) Outcomes() []option {
	return []option{{Value: "grant", Key: "decide.grant"}, {Value: "deny", Key: "decide.deny"}}
}

// sendDecision decides or proposes. Before that it also finds who will read the decision, once all have signed it.
func sendDecision(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	res, err := decide(ctx, api, t, by)
	if err != nil || !by.GetDryRun() {
		return res, err
	}
	kind := (&licensingv1.LicenceGranted{}).ProtoReflect().Descriptor().FullName()
	if t.Form.Get("outcome") == "deny" {
		kind = (&licensingv1.LicenceDenied{}).ProtoReflect().Descriptor().FullName()
	}
	audience, err := api.Query.Audience(ctx, &queryv1.AudienceRequest{Kind: string(kind)})
	t.After = audience.GetAudiences()
	return res, err
}

func decide(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	in, application := t.Form, t.Application.GetId()
	switch in.Get("outcome") {
	case "deny":
		if len(in.lines("criteria")) == 0 {
			return nil, &lack{Field: "criteria", Key: "lack.criteria"}
		}
		return api.Licensing.DenyLicence(ctx, &licensingv1.DenyLicenceRequest{Particulars: by, ApplicationId: application, Criteria: in.lines("criteria"), Reason: in.Get("reason")})
	case "grant":
	default:
		return nil, &lack{Field: "outcome", Key: "lack.outcome"}
	}
	req := &licensingv1.GrantLicenceRequest{
		Particulars: by, ApplicationId: application, Conditions: in.lines("conditions"), Reason: in.Get("reason"),
		AgainstAdvice: in.Get("against_advice"), Emergency: in.Get("emergency"),
	}
	var err error
	if req.ValidFrom, err = web.ParseTime(in.Get("valid_from")); err != nil {
		return nil, &lack{Field: "valid_from", Key: "lack.date", Of: in.Get("valid_from")}
	}
	if req.ValidUntil, err = web.ParseTime(in.Get("valid_until")); err != nil {
		return nil, &lack{Field: "valid_until", Key: "lack.date", Of: in.Get("valid_until")}
	}
	return api.Licensing.GrantLicence(ctx, req)
}

func sendSignature(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	id := t.Proposal().GetId()
	if t.Form.Get("do") == "drop" {
		if t.Form.Get("reason") == "" {
			return nil, &lack{Field: "reason", Key: "lack.drop"}
		}
		return api.Licensing.DropProposal(ctx, &licensingv1.DropProposalRequest{Particulars: by, ProposalId: id, Reason: t.Form.Get("reason")})
	}
	return api.Licensing.SignDecision(ctx, &licensingv1.SignDecisionRequest{Particulars: by, ProposalId: id})
}

// Standing are the conditions that others asked for and have not let go.
func (f *file) Standing() (all []*ledgerv1.Condition) {
	for _, c := range f.Conditions {
		if !c.GetDropped() {
			all = append(all, c)
		}
	}
	return all
}
