package casework

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// file is what is on record of a case, each list the latest last.
type file struct {
	Application *ledgerv1.Application
	// StatedAt is when the deal was last stated: submitted or amended. What was found before says nothing of it any more.
	StatedAt      time.Time
	Checks        []*ledgerv1.ProhibitionCheck
	Assessments   []*ledgerv1.Assessment
	Screenings    []*ledgerv1.Screening
	Undercuts     []*ledgerv1.Undercut
	Blind         []*ledgerv1.BlindConclusion
	Consultations []*ledgerv1.Consultation
	Opinions      []*ledgerv1.Opinion
	Conditions    []*ledgerv1.Condition
	Proposals     []*ledgerv1.Proposal
	Licences      []*ledgerv1.Licence
	Denials       []*ledgerv1.Denial
	// Overturned are decisions that fell on appeal.
	Overturned []string
	Basis      *queryv1.Basis
}

// add puts a row on the file where it belongs.
func (f *file) add(row *queryv1.Row) {
	_, inner := ledger.Unwrap(row)
	switch r := inner.(type) {
	case *ledgerv1.ProhibitionCheck:
		f.Checks = append(f.Checks, r)
	case *ledgerv1.Assessment:
		f.Assessments = append(f.Assessments, r)
	case *ledgerv1.Screening:
		f.Screenings = append(f.Screenings, r)
	case *ledgerv1.Undercut:
		f.Undercuts = append(f.Undercuts, r)
	case *ledgerv1.BlindConclusion:
		f.Blind = append(f.Blind, r)
	case *ledgerv1.Consultation:
		f.Consultations = append(f.Consultations, r)
	case *ledgerv1.Opinion:
		f.Opinions = append(f.Opinions, r)
	case *ledgerv1.Condition:
		f.Conditions = append(f.Conditions, r)
	case *ledgerv1.Proposal:
		f.Proposals = append(f.Proposals, r)
	case *ledgerv1.Licence:
		f.Licences = append(f.Licences, r)
	case *ledgerv1.Denial:
		f.Denials = append(f.Denials, r)
	case *ledgerv1.Appeal:
		if r.GetDecided().GetOutcome() == licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED && r.GetLodged().GetContested() != licensingv1.Contested_CONTESTED_SUSPENSION {
			f.Overturned = append(f.Overturned, r.GetLodged().GetDecisionId())
		}
	}
}

// last is the latest of what was found of the deal as it is stated; the zero value when there is none.
func last[R any](rows []R, at func(R) *timestamppb.Timestamp, since time.Time) (latest R) {
	for _, r := range rows {
		if !at(r).AsTime().Before(since) {
			latest = r
		}
	}
	return latest
}

// Check is the last check of Article 6 of the deal as it is stated; nil when there is none.
func (f *file) Check() *ledgerv1.ProhibitionCheck {
	return last(f.Checks, (*ledgerv1.ProhibitionCheck).GetAt, f.StatedAt)
}

// Assessment is the last one of the deal as it is stated; nil when there is none.
func (f *file) Assessment() *ledgerv1.Assessment {
	return last(f.Assessments, (*ledgerv1.Assessment).GetAt, f.StatedAt)
}

// Screening is the last one; nil when there is none.
func (f *file) Screening() *ledgerv1.Screening {
	return last(f.Screenings, (*ledgerv1.Screening).GetAt, time.Time{})
}

// Consultation is the last one; nil when nobody was asked.
func (f *file) Consultation() *ledgerv1.Consultation {
	if len(f.Consultations) == 0 {
		return nil
	}
	return f.Consultations[len(f.Consultations)-1]
}

// Decision is the licence or denial that stands; nil while there is none.
func (f *file) Decision() decided {
	for _, l := range f.Licences {
		if l.GetStatus() != ledgerv1.Status_STATUS_REVOKED || !slices.Contains(f.Overturned, l.GetId()) {
			return l
		}
	}
	for _, d := range f.Denials {
		if !slices.Contains(f.Overturned, d.GetId()) {
			return d
		}
	}
	return nil
}

type decided interface {
	proto.Message
	GetId() string
	GetStatus() ledgerv1.Status
	GetDecidedAt() *timestamppb.Timestamp
	GetBasis() *licensingv1.Basis
}

// Proposal is the decision that waits for signatures; nil when none does. What was proposed before the application was decided does not,
// also where an appeal opened it again.
func (f *file) Proposal() *ledgerv1.Proposal {
	var last time.Time
	latest := func(at *timestamppb.Timestamp) {
		if at.AsTime().After(last) {
			last = at.AsTime()
		}
	}
	for _, l := range f.Licences {
		latest(l.GetDecidedAt())
	}
	for _, d := range f.Denials {
		latest(d.GetDecidedAt())
	}
	for _, p := range slices.Backward(f.Proposals) {
		if p.GetDropped() == "" && p.GetAt().AsTime().After(last) {
			return p
		}
	}
	return nil
}

// Ended reports whether the application was sent back, taken back or routed on.
func (f *file) Ended() bool { return f.Application.GetStatus() != ledgerv1.Status_STATUS_SUBMITTED }

// Closed reports whether there is nothing left to decide.
func (f *file) Closed() bool { return f.Ended() || f.Decision() != nil }

// Waited is for how many days the case has waited.
func (f *file) Waited(v *web.Visit) int {
	return days(f.Application.GetSubmittedAt().AsTime(), v.Site().Now())
}

// with asks for the rows of a table that have one of some values in an attribute.
func with(table queryv1.Table, attribute string, values ...string) *queryv1.ListRequest {
	return &queryv1.ListRequest{Table: table, Filter: &queryv1.Filter{
		Withdrawn: true, Conditions: []*queryv1.Condition{{Attribute: attribute, Values: values}},
	}}
}

// readFile reads a case: the application with what names it, and what was found and said of it.
func readFile(ctx context.Context, api *clients.Clients, application string) (*file, error) {
	explained, err := api.Query.Explain(ctx, &queryv1.ExplainRequest{Id: application})
	if err != nil {
		return nil, err
	}
	f := &file{Application: explained.Row.GetApplication(), Basis: explained.Basis}
	if f.Application == nil {
		return nil, noApplication(application)
	}
	for _, e := range explained.Events {
		if e.GetFact().MessageIs(&licensingv1.ApplicationSubmitted{}) || e.GetFact().MessageIs(&licensingv1.ApplicationAmended{}) {
			f.StatedAt = e.GetOccurredAt().AsTime()
		}
	}
	for _, r := range explained.Related {
		f.add(r)
	}
	asks := []*queryv1.ListRequest{
		with(queryv1.Table_TABLE_SCREENINGS, "subject", application), with(queryv1.Table_TABLE_UNDERCUTS, "application", application),
		with(queryv1.Table_TABLE_CONDITIONS, "application", application), with(queryv1.Table_TABLE_BLIND_CONCLUSIONS, "application", application),
	}
	if c := f.Consultation(); c != nil {
		asks = append(asks, with(queryv1.Table_TABLE_OPINIONS, "consultation", c.GetId()))
	}
	if decisions := f.contested(); len(decisions) > 0 {
		asks = append(asks, with(queryv1.Table_TABLE_APPEALS, "decision", decisions...))
	}
	return f, f.read(ctx, api, asks)
}

func (f *file) read(ctx context.Context, api *clients.Clients, asks []*queryv1.ListRequest) error {
	for _, ask := range asks {
		rows, _, err := web.Every(ctx, api, ask)
		if err != nil {
			return err
		}
		for _, r := range rows {
			f.add(r)
		}
	}
	return nil
}

// contested are the decisions that an appeal may have overturned.
func (f *file) contested() (all []string) {
	for _, l := range f.Licences {
		if l.GetStatus() == ledgerv1.Status_STATUS_REVOKED {
			all = append(all, l.GetId())
		}
	}
	for _, d := range f.Denials {
		all = append(all, d.GetId())
	}
	return all
}
