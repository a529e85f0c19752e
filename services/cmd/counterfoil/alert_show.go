package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newShowAlertCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:         "show ALERT",
		Short:       "Show an alert with how each agency sees it, who acknowledged when, what was done, and what it led to",
		Args:        takes("ALERT"),
		Annotations: readsOnly,
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Link.AlertFile(ctx, &queryv1.AlertFileRequest{AlertId: args[0]})
		if err != nil {
			return doing("alert show "+args[0], "counterfoil list alerts", err)
		}
		doc, err := alertDocument(res)
		if err != nil {
			return err
		}
		env.adviseBasis(res.Basis)
		return env.Print(doc)
	})
	return cmd
}

func alertDocument(res *queryv1.AlertFileResponse) (output.Document, error) {
	row := &queryv1.Row{Row: &queryv1.Row_Alert{Alert: res.Alert}}
	doc := output.Document{Value: res, ItemType: res}
	doc.Sections = []output.Section{{Grid: output.Grid{Heads: heads(queryv1.Table_TABLE_ALERTS), Rows: [][]string{cells(row)}}}}
	fields, err := output.Pairs(res.Alert.GetRaised())
	if err != nil {
		return doc, err
	}
	doc.Sections = append(doc.Sections, output.Section{Title: "as raised", Grid: fields}, standingsOf(res), addresseesOf(res))
	for _, more := range []output.Section{endOf(res), actionsOf(res), offersOf(res), audiencesOf(res)} {
		if len(more.Grid.Rows) > 0 {
			doc.Sections = append(doc.Sections, more)
		}
	}
	return doc, nil
}

func standingsOf(res *queryv1.AlertFileResponse) output.Section {
	grid := output.Grid{Heads: []string{"agency", "verdict", "stage", "noticed at", "type", "confidence", "red flags", "since", "reason"}}
	for _, s := range res.Standings {
		grid.Add(s.Agency, s.Verdict, known(s.Stage), known(s.DetectedStage), s.Type, confidence(s.Confidence), strings.Join(s.Indicators, " "), date(s.At), s.Reason)
	}
	return output.Section{Title: "how agencies see it", Grid: grid}
}

// known is a stage as people read it; empty where it is not known.
func known(s enforcementv1.Stage) string {
	if s == enforcementv1.Stage_STAGE_UNSPECIFIED {
		return ""
	}
	return enum(s)
}

func confidence(c enforcementv1.Confidence) string {
	if c == enforcementv1.Confidence_CONFIDENCE_UNSPECIFIED {
		return ""
	}
	return enum(c)
}

func addresseesOf(res *queryv1.AlertFileResponse) output.Section {
	grid := output.Grid{Heads: []string{"addressee", "acknowledged", "took", "escalated", "note"}}
	for _, a := range res.Addressees {
		took := ""
		if a.AcknowledgedAt != nil {
			took = age(float64(a.TookSeconds))
		}
		grid.Add(a.Agency, orElse(date(a.AcknowledgedAt), "not yet"), took, yesNo(a.Escalated), a.Note)
	}
	text := ""
	if by := res.Alert.GetRaised().GetAcknowledgeBy(); by != nil {
		text = "to be acknowledged by " + date(by)
	}
	return output.Section{Title: "who must answer", Grid: grid, Text: text}
}

func endOf(res *queryv1.AlertFileResponse) output.Section {
	grid := output.Grid{Heads: []string{"outcome", "lessons", "for a report"}}
	if c := res.Alert.GetClosed(); c != nil {
		grid.Add(c.GetOutcome(), c.GetLessons(), yesNo(c.GetForReport()))
	}
	return output.Section{Title: "closed", Grid: grid}
}

func actionsOf(res *queryv1.AlertFileResponse) output.Section {
	grid := output.Grid{Heads: []string{"action", "agency", "what", "text", "shows in", "at"}}
	for _, a := range res.Actions {
		acted := a.GetActed()
		grid.Add(a.GetId(), a.GetAgency(), acted.GetAction(), acted.GetText(), strings.Join(acted.GetReferences(), " "), date(acted.GetAt()))
	}
	return output.Section{Title: "what was done", Grid: grid}
}

func offersOf(res *queryv1.AlertFileResponse) output.Section {
	grid := output.Grid{Heads: append(heads(queryv1.Table_TABLE_CONSEQUENCES), "reason")}
	for _, o := range res.Consequences {
		row := &queryv1.Row{Row: &queryv1.Row_ConsequenceOffer{ConsequenceOffer: o}}
		grid.Add(append(cells(row), o.GetOffered().GetReason())...)
	}
	return output.Section{Title: "what it may lead to", Grid: grid}
}

func audiencesOf(res *queryv1.AlertFileResponse) output.Section {
	grid := output.Grid{Heads: []string{"group", "events", "of"}}
	for _, a := range res.Audiences {
		grid.Add(a.Group, count(int(a.Events)), count(int(res.Version)))
	}
	return output.Section{Title: "who has it", Grid: grid}
}
