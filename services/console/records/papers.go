package records

import (
	"slices"
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// partiesOf are the parties of what a row states.
func partiesOf(row proto.Message) []*transferv1.Party {
	switch r := row.(type) {
	case *ledgerv1.Declaration:
		return r.GetAccepted().GetParties()
	case *ledgerv1.Alert:
		return r.GetRaised().GetParties()
	}
	return dealOf(row).GetParties()
}

// condition is what an agency asked to be kept, and what became of it.
type condition struct {
	ID, AskedBy string
	// Text is as it stands; Asked as it was asked for, where that was changed since.
	Text, Asked, Reason string
	// State is kept, asked, changed, dropped or let-go.
	State string
}

// conditionsOf are the conditions that were asked for in a case, with what its licence keeps of them; nil: there is none yet.
func conditionsOf(v *web.Visit, licence *ledgerv1.Licence, attribute, of string, horizon *queryv1.Horizon) ([]condition, error) {
	rows, _, err := web.Every(v.R.Context(), v.API, &queryv1.ListRequest{Table: queryv1.Table_TABLE_CONDITIONS, Filter: with(attribute, of), Horizon: horizon})
	if err != nil {
		return nil, err
	}
	var asked []*ledgerv1.Condition
	for _, r := range rows {
		asked = append(asked, r.GetCondition())
	}
	return stand(asked, licence), nil
}

// stand says what became of each condition: kept on the licence as it stands, changed since it was asked for, dropped by its agency, or let
// go by the licence. Where there is no licence they are asked, changed or dropped.
func stand(asked []*ledgerv1.Condition, licence *ledgerv1.Licence) (all []condition) {
	kept := licence.GetKept()
	for _, c := range asked {
		one := condition{ID: c.Id, AskedBy: c.Agency, Text: c.Text, Asked: c.Asked, Reason: c.Reason, State: "asked"}
		i := slices.IndexFunc(kept, func(k *licensingv1.ConditionKept) bool { return k.ConditionId == c.Id })
		gone := slices.ContainsFunc(licence.GetLetGo(), func(k *licensingv1.ConditionLetGo) bool { return k.ConditionId == c.Id })
		switch {
		case i >= 0:
			one.State = "kept"
			if text := kept[i].Text; text != c.Text {
				one.Text, one.Asked, one.State = text, c.Text, "changed"
			} else if c.Asked != "" && c.Asked != c.Text {
				one.State = "changed"
			}
		case gone:
			one.State = "let-go"
		case c.Dropped:
			one.State = "dropped"
		case c.Asked != "" && c.Asked != c.Text:
			one.State = "changed"
		}
		all = append(all, one)
	}
	for _, k := range kept {
		if !slices.ContainsFunc(all, func(c condition) bool { return c.ID == k.ConditionId }) {
			all = append(all, condition{ID: k.ConditionId, AskedBy: k.AskedBy, Text: k.Text, State: "kept"})
		}
	}
	return all
}

// paper is a document of a deal, with what was found when it was checked.
type paper struct {
	*licensingv1.Document
	Checks []*licensingv1.DocumentVerified
}

// papersOf are a deal's documents. What was checked stands on the application, which may not be here.
func papersOf(v *web.Visit, row proto.Message, application string, horizon *queryv1.Horizon) (all []paper, err error) {
	of, _ := row.(*ledgerv1.Application)
	documents := dealOf(row).GetDocuments()
	if of == nil && len(documents) > 0 {
		res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_APPLICATIONS, Id: application, Horizon: horizon})
		if err != nil && connect.CodeOf(err) != connect.CodeNotFound {
			return nil, err
		}
		of = res.GetRow().GetApplication()
	}
	for _, d := range documents {
		p := paper{Document: d}
		for _, checked := range of.GetVerified() {
			if checked.Number == d.Number && (checked.Kind == d.Kind || checked.Kind == "") {
				p.Checks = append(p.Checks, checked)
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// Spaced is a kind such as "end_user_certificate" as people read it.
func Spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// Called is what kind of document it is.
func (p paper) Called() string { return Spaced(p.Kind) }

// matches is what a record's parties were compared with, and what came near to them.
type matches struct {
	Screenings []*ledgerv1.Screening
	Findings   []*ledgerv1.Finding
}

func matchesOf(v *web.Visit, subjects []string, horizon *queryv1.Horizon) (m matches, err error) {
	subjects = slices.DeleteFunc(subjects, func(s string) bool { return s == "" })
	for _, table := range []queryv1.Table{queryv1.Table_TABLE_SCREENINGS, queryv1.Table_TABLE_FINDINGS} {
		rows, _, err := web.Every(v.R.Context(), v.API, &queryv1.ListRequest{Table: table, Filter: with("subject", subjects...), Horizon: horizon})
		if err != nil {
			return m, err
		}
		for _, r := range rows {
			if s := r.GetScreening(); s != nil {
				m.Screenings = append(m.Screenings, s)
			}
			if f := r.GetFinding(); f != nil {
				m.Findings = append(m.Findings, f)
			}
		}
	}
	return m, nil
}

func with(attribute string, values ...string) *queryv1.Filter {
	return &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: attribute, Values: values}}}
}
