package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newExplainCommand(env *Env) *cobra.Command {
	var ask audienceFlags
	var then horizonFlags
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Show the signed events behind a row, and what else touches it; or who reads it",
		Example: "counterfoil explain licensing/L-2026-000001\n" +
			"counterfoil explain licensing/L-2026-000001 --at 2026-03-01\n" +
			"counterfoil explain --audience licensing/L-2026-000001\n" +
			"counterfoil explain --audience --kind LicenceGranted --marking border",
		Args: ask.arguments,
	}
	ask.add(cmd)
	then.add(cmd)
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		if ask.audience {
			return env.explainAudience(ctx, c, ask.request(args))
		}
		then.alias()
		h, err := then.horizon()
		if err != nil {
			return err
		}
		res, err := c.Query.Explain(ctx, &queryv1.ExplainRequest{Id: args[0], Horizon: h})
		if err != nil {
			return doing("explain "+args[0], "", err)
		}
		doc, err := explainDocument(res)
		if err != nil {
			return err
		}
		conditions, err := env.conditionsOf(ctx, c, res.Row, h)
		if err != nil {
			return doing("list the conditions of "+args[0], "", err)
		}
		doc.Sections = append(doc.Sections, conditions...)
		env.adviseHorizon(h)
		env.adviseBasis(res.Basis)
		return env.Print(doc)
	})
	return cmd
}

// explainDocument shows the events one after the other; as lines and records, the events are the items.
func explainDocument(res *queryv1.ExplainResponse) (output.Document, error) {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.RecordedEvent{}}
	if row := content(res.Row); row != nil {
		doc.Sections = append(doc.Sections, output.Section{Grid: output.Grid{Heads: heads(res.Table), Rows: [][]string{cells(res.Row)}}})
	}
	for _, event := range res.Events {
		doc.Items = append(doc.Items, event)
		section, err := eventSection(event)
		if err != nil {
			return doc, err
		}
		doc.Sections = append(doc.Sections, section)
	}
	related := map[queryv1.Table]*output.Grid{}
	var order []queryv1.Table
	for _, row := range res.Related {
		table := tableOf(row)
		if related[table] == nil {
			related[table] = &output.Grid{Heads: heads(table)}
			order = append(order, table)
		}
		related[table].Add(cells(row)...)
	}
	for i, table := range order {
		section := output.Section{Grid: *related[table]}
		if i == 0 {
			section.Title = "see also"
		}
		doc.Sections = append(doc.Sections, section)
	}
	return doc, nil
}

// eventSection shows one event: what it states, where it stands, who signed it.
func eventSection(e *queryv1.RecordedEvent) (output.Section, error) {
	s := output.Section{
		Title: fmt.Sprintf("%s  %s  event %d, block %d", shortKind(e.Kind), e.Journal, e.Number, e.Block),
		Grid:  output.Grid{Heads: []string{"field", "value"}},
	}
	add := func(name, value string) {
		if value != "" {
			s.Grid.Add(name, value)
		}
	}
	add("id", e.Id)
	add("occurred", date(e.OccurredAt))
	add("recorded", date(e.RecordedAt))
	add("written", date(e.WrittenAt))
	add("received", date(e.ReceivedAt))
	add("signed by", strings.TrimSpace(e.Signer+" "+e.KeyId))
	add("officer", strings.TrimSpace(e.Officer.GetRole()+" "+e.Officer.GetPerson()))
	add("purpose", e.Purpose)
	add("correlation", e.Correlation)
	if e.Origin != nil {
		add("shared later", fmt.Sprintf("it is event %d of %s", e.Origin.Number, e.Origin.Journal))
	}
	add("widening", e.WideningId)
	for _, cause := range e.Causes {
		add("rests on", fmt.Sprintf("%s/%d", cause.Journal, cause.Number))
	}
	if fact, err := e.Fact.UnmarshalNew(); e.Fact != nil && err == nil {
		fields, err := output.Pairs(fact)
		if err != nil {
			return s, err
		}
		for _, field := range fields.Rows {
			add("fact: "+field[0], field[1])
		}
		return s, nil
	}
	add("kind", e.Kind+", which this program does not know")
	add("raw", base64.StdEncoding.EncodeToString(e.Raw))
	return s, nil
}

// tableOf returns the table that a row is of. The numbers of the tables are those of the row's fields.
func tableOf(row *queryv1.Row) queryv1.Table {
	m := row.ProtoReflect()
	set := m.WhichOneof(m.Descriptor().Oneofs().ByName("row"))
	if set == nil {
		return queryv1.Table_TABLE_UNSPECIFIED
	}
	return queryv1.Table(set.Number())
}
