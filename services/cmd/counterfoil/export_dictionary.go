package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/columns"
	"github.com/counterfoil/counterfoil/libs/whole"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newExportDictionaryCommand(env *Env) *cobra.Command {
	var tables, kinds []string
	cmd := &cobra.Command{
		Use:   "dictionary",
		Short: "Say what every column of the exported tables is, and what events of a kind state",
		Long:  "Prints, without asking a node, each column's type, unit and meaning, and the words that it may have, as the contract says it. In CSV what is within a list is one column, JSON.",
		Example: "counterfoil export dictionary --table lines\n" +
			"counterfoil export dictionary --kind LicenceGranted -o json",
		Args: takes(),
		RunE: func(*cobra.Command, []string) error {
			entries, err := dictionary(tables, kinds)
			if err != nil {
				return doing("export dictionary", "", refused(err))
			}
			return env.Print(dictionaryDocument(entries))
		},
	}
	cmd.Flags().StringSliceVar(&tables, "table", nil, "only these tables (default: every table)")
	cmd.Flags().StringSliceVar(&kinds, "kind", nil, "what events of these kinds state, such as LicenceGranted")
	complete(cmd, "table", tableNames()...)
	return cmd
}

// dictionary is the entries of tables, then of kinds of events; of all tables when nothing is named.
func dictionary(tables, kinds []string) (entries []columns.Entry, err error) {
	if tables == nil && kinds == nil {
		tables = tableNames()
	}
	for _, name := range tables {
		table, err := parseTable(name)
		if err != nil {
			return nil, err
		}
		entries = append(entries, columns.Of(table).Entries(tableName(table.String()))...)
	}
	for _, kind := range kinds {
		fact, err := columns.OfKind(kind)
		if err != nil {
			return nil, err
		}
		entries = append(entries, fact.FactEntries(tableName(queryv1.Table_TABLE_EVENTS.String()))...)
	}
	return entries, nil
}

// dictionaryOf is the whole of it. Its keys are stable.
type dictionaryOf struct {
	Columns []columns.Entry `json:"columns"`
}

func dictionaryDocument(entries []columns.Entry) output.Document {
	doc := output.Document{
		Value: dictionaryOf{entries}, Items: []any{},
		Flat: &output.Grid{Heads: []string{"table", "column", "type", "absent", "unit", "meaning", "words"}},
	}
	grid := output.Grid{Heads: []string{"table", "column", "type", "unit", "meaning"}}
	for _, e := range entries {
		doc.Items = append(doc.Items, e)
		words := make([]string, len(e.Words))
		for i, w := range e.Words {
			words[i] = strings.TrimSuffix(w.Word+": "+w.Meaning, ": ")
		}
		doc.Flat.Add(e.Table, e.Column, e.Type, strconv.FormatBool(e.Absent), e.Unit, e.Meaning, strings.Join(words, "; "))
		grid.Add(e.Table, e.Column, e.Type, e.Unit, e.Meaning)
	}
	doc.Sections = []output.Section{{Grid: grid}}
	return doc
}

// dictionary writes the dictionary of the tables that were written, and of the kinds of their events.
func (ex *tableExporter) dictionary(ctx context.Context, c *Clients, plan []planned) error {
	tables := []string{}
	var kinds []string
	for _, p := range plan {
		tables = append(tables, tableName(p.table.String()))
		if p.table != queryv1.Table_TABLE_EVENTS {
			continue
		}
		res, err := c.Query.Count(ctx, &queryv1.CountRequest{Table: p.table, Filter: ex.filter, By: "kind", Horizon: ex.horizon})
		if err != nil {
			return fmt.Errorf("count events by kind: %w", err)
		}
		for _, g := range res.Groups {
			if _, err := columns.OfKind(g.Key); err == nil { // of another kind the program knows only the bytes
				kinds = append(kinds, g.Key)
			}
		}
		slices.Sort(kinds)
	}
	entries, err := dictionary(tables, kinds)
	if err != nil {
		return err
	}
	full, err := json.MarshalIndent(dictionaryOf{entries}, "", "  ")
	if err != nil {
		return fmt.Errorf("write the dictionary: %w", err)
	}
	var flat bytes.Buffer
	if err := output.Print(&flat, output.CSV, 0, dictionaryDocument(entries)); err != nil {
		return fmt.Errorf("write the dictionary: %w", err)
	}
	if err := whole.Write(filepath.Join(ex.dir, "dictionary.json"), append(full, '\n'), 0o600); err != nil {
		return err
	}
	return whole.Write(filepath.Join(ex.dir, "dictionary.csv"), flat.Bytes(), 0o600)
}
