// Package output prints what a command has to say as a table, JSON, JSON lines, YAML or CSV.
package output

import (
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
)

// Format is how data is printed.
type Format string

const (
	Table Format = "table"
	JSON  Format = "json"
	JSONL Format = "jsonl"
	YAML  Format = "yaml"
	CSV   Format = "csv"
)

// Formats are all there are, the default first.
var Formats = []Format{Table, JSON, JSONL, YAML, CSV}

// String, Set and Type make a Format a flag; Set refuses a format that does not exist.
func (f *Format) String() string { return string(*f) }

func (f *Format) Set(s string) error {
	for _, known := range Formats {
		if s == string(known) {
			*f = known
			return nil
		}
	}
	return fmt.Errorf("must be one of table, json, jsonl, yaml and csv")
}

func (f *Format) Type() string { return "format" }

// Grid is rows of text under heads. Every row has as many cells as there are heads.
type Grid struct {
	Heads []string
	Rows  [][]string
}

// Add appends a row.
func (g *Grid) Add(cells ...string) { g.Rows = append(g.Rows, cells) }

// Section is a part of what a person reads: a title, a grid, then text; each may be absent.
type Section struct {
	Title string
	Grid  Grid
	Text  string
}

// Document is what a command has to say, in the shapes that the formats need. Printing may change the messages that
// it holds.
type Document struct {
	// Value is the whole, printed as json and yaml: a proto.Message, or what encoding/json takes.
	Value any
	// Items are printed one a line as jsonl, and one a record as csv. Nil: Value is the only one.
	Items []any
	// ItemType gives csv its columns, when Flat is nil.
	ItemType proto.Message
	// Flat is printed as csv when the columns of the items are not those of one message.
	Flat *Grid
	// Sections are printed as a table.
	Sections []Section
}

// Print writes the document. width is the terminal's, in columns; 0 when it is no terminal.
func Print(w io.Writer, format Format, width int, doc Document) error {
	switch format {
	case JSON:
		return writeJSON(w, doc.Value, "  ")
	case YAML:
		return writeYAML(w, doc.Value)
	case JSONL, CSV:
		return printLines(w, format, doc)
	}
	return writeSections(w, width, doc.Sections)
}

func printLines(w io.Writer, format Format, doc Document) error {
	if format == CSV && doc.Flat != nil {
		return writeCSV(w, doc.Flat.Heads, doc.Flat.Rows)
	}
	items := doc.Items
	if items == nil {
		items = []any{doc.Value}
	}
	lines, err := NewLines(w, format, doc.ItemType)
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := lines.Write(item); err != nil {
			return err
		}
	}
	return nil
}

// Lines prints items as they come, as jsonl or csv.
type Lines struct {
	w       io.Writer
	columns []column // nil for jsonl
}

// NewLines starts with the header, for csv: one column for each field that itemType's message and the messages in it have.
func NewLines(w io.Writer, format Format, itemType proto.Message) (*Lines, error) {
	if format != CSV {
		return &Lines{w: w}, nil
	}
	if itemType == nil {
		return nil, fmt.Errorf("this cannot be printed as csv; use -o json")
	}
	columns := columnsOf(itemType.ProtoReflect().Descriptor())
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = c.name
	}
	return &Lines{w: w, columns: columns}, writeCSV(w, heads, nil)
}

// Write prints one item: for csv a message of the type that NewLines was given.
func (l *Lines) Write(item any) error {
	if l.columns == nil {
		return writeJSON(l.w, item, "")
	}
	m, isMessage := item.(proto.Message)
	if !isMessage {
		return fmt.Errorf("print %T as csv: it is not a message", item)
	}
	record := make([]string, len(l.columns))
	for i, c := range l.columns {
		cell, err := c.text(m.ProtoReflect())
		if err != nil {
			return err
		}
		record[i] = cell
	}
	return writeCSV(l.w, nil, [][]string{record})
}
