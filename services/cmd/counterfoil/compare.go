package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/descent"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newCompareLedgersCommand(env *Env) *cobra.Command {
	var o descent.Options
	cmd := &cobra.Command{
		Use:   "compare-ledgers A B",
		Short: "Find the rows in which the ledgers of two agencies differ, by hashes",
		Long: "A and B are contexts, or folders of ledgers such as replay --into makes. Of the journals that both hold, one hash over\n" +
			"all rows is compared; where it differs, a hash tree leads to the rows. What a row states is not sent. Rows differ when a file was damaged, or a program folded otherwise.\n\n" +
			"A journal that one of them has read further than the other is compared with --level: as it was after the last block that both have.\n" +
			"The exit code is 3 where a row differs, or a journal could not be compared.",
		Example: "counterfoil compare-ledgers licensing customs\n" +
			"counterfoil compare-ledgers licensing customs --journal licensing/border --level",
		Args:              takes("A", "B"),
		ValidArgsFunction: env.completeTwoContexts,
	}
	cmd.Flags().StringSliceVar(&o.Journals, "journal", nil, "only this journal, as agency/group; may be given more than once (default: all that both hold)")
	cmd.Flags().BoolVar(&o.Level, "level", false, "compare journals that stand at different blocks as they were after the last block that both have")
	cmd.Flags().IntVar(&o.Limit, "limit", 20, "how many rows are looked for at most, up to 1000")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.Limit < 1 || o.Limit > 1000 {
			return usage("--limit is from 1 to 1000")
		}
		return doing("compare the ledgers of "+args[0]+" and "+args[1], "", env.compareLedgers(cmd.Context(), args[0], args[1], o))
	}
	return cmd
}

func (env *Env) completeTwoContexts(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return env.contextNames(), cobra.ShellCompDirectiveNoFileComp
}

func (env *Env) compareLedgers(ctx context.Context, a, b string, o descent.Options) error {
	one, err := env.side(a)
	if err != nil {
		return err
	}
	other, err := env.side(b)
	if err != nil {
		return err
	}
	found, err := descent.Compare(ctx, one, other, o)
	if err != nil {
		return err
	}
	c := compared{a, b, found}
	doc, err := c.document()
	if err != nil {
		return err
	}
	if err := env.Print(doc); err != nil {
		return err
	}
	if why, next := c.wrong(); why != "" {
		if c.uneven() {
			next = env.again() + " --level"
		}
		return problems("", why, next)
	}
	return nil
}

// side is the ledger that a name on the command line means: that of the node of a context, or in a folder.
func (env *Env) side(name string) (descent.Side, error) {
	if _, err := os.Stat(ledgerIn(name)); err == nil {
		clients, err := env.connectFolder(name)
		if err != nil {
			return nil, err
		}
		return side{clients.Compare, *env, env.in}, nil
	}
	contexts, err := env.contexts()
	if err != nil {
		return nil, err
	}
	picked, err := contexts.Pick(name)
	if err != nil {
		return nil, err
	}
	clients, err := env.connectTo(contexts, picked)
	if err != nil {
		return nil, err
	}
	return side{clients.Compare, *env, picked}, nil
}

// side is one of two nodes; what goes wrong says at which.
type side struct {
	descent.Side
	env Env
	of  config.Context
}

func (s side) failed(err error) error {
	if err == nil {
		return nil
	}
	s.env.in = s.of
	exit, why := s.env.judge(err)
	return &failure{exit: exit, why: s.of.Name + ": " + why, err: err}
}

func (s side) HeldJournals(ctx context.Context, req *queryv1.HeldJournalsRequest) (*queryv1.HeldJournalsResponse, error) {
	res, err := s.Side.HeldJournals(ctx, req)
	return res, s.failed(err)
}

func (s side) RowTree(ctx context.Context, req *queryv1.RowTreeRequest) (*queryv1.RowTreeResponse, error) {
	res, err := s.Side.RowTree(ctx, req)
	return res, s.failed(err)
}

func (s side) RowEvents(ctx context.Context, req *queryv1.RowEventsRequest) (*queryv1.RowEventsResponse, error) {
	res, err := s.Side.RowEvents(ctx, req)
	return res, s.failed(err)
}

// compared is what a comparison of the ledgers of two contexts came to.
type compared struct {
	a, b string
	*descent.Result
}

// comparedRow is a row that differs, as JSON.
type comparedRow struct {
	*descent.Row
	A    json.RawMessage `json:"a"`
	B    json.RawMessage `json:"b"`
	Next []string        `json:"next"`
}

// wrong says what was found wrong, if something was, and what to run next.
func (c compared) wrong() (why, next string) {
	var apart []string
	more := "counterfoil status --all"
	for _, j := range c.Journals {
		if j.State == descent.NotCompared {
			apart = append(apart, j.Name+": "+j.Why)
		}
		if j.Parted {
			more = "counterfoil doctor " + ofLedger(c.a)
		}
	}
	switch {
	case len(c.Rows) > 0:
		return fmt.Sprintf("%d rows differ; the first: %s %s, %s", uint64(len(c.Rows))+c.More, c.Rows[0].Table, c.Rows[0].ID, c.what(c.Rows[0])), c.next(c.Rows[0])[0]
	case len(apart) > 0:
		return fmt.Sprintf("%d journals were not compared; the first: %s", len(apart), apart[0]), more
	case len(c.Journals) == 0:
		return "they hold no journal in common", "counterfoil status --all"
	}
	return "", ""
}

// uneven reports whether nothing is wrong but that journals stand at different blocks.
func (c compared) uneven() bool {
	for _, j := range c.Journals {
		if j.State == descent.NotCompared && !j.Uneven {
			return false
		}
	}
	return len(c.Rows) == 0 && len(c.Journals) > 0
}

func (c compared) what(r *descent.Row) string {
	switch {
	case r.A.GetUnreadable() != "":
		return "unreadable at " + c.a
	case r.B.GetUnreadable() != "":
		return "unreadable at " + c.b
	case r.What == descent.OnlyA:
		return "only at " + c.a
	case r.What == descent.OnlyB:
		return "only at " + c.b
	}
	return string(r.What)
}

// next are the commands that say more of a row: which ledger follows from its journals, then what each has of it.
func (c compared) next(r *descent.Row) (commands []string) {
	verify := []string{c.a, c.b}
	switch {
	case r.A.GetUnreadable() != "":
		verify = []string{c.a}
	case r.B.GetUnreadable() != "":
		verify = []string{c.b}
	}
	for _, context := range verify {
		commands = append(commands, "counterfoil verify "+ofLedger(context))
	}
	for i, made := range []*queryv1.RowMade{r.A, r.B} {
		if made.GetOnRecord() && made.GetUnreadable() == "" {
			commands = append(commands, fmt.Sprintf("counterfoil explain %s %s", quote(r.ID), ofLedger([]string{c.a, c.b}[i])))
		}
	}
	return commands
}

// ofLedger is the flag by which a command reads that ledger.
func ofLedger(name string) string {
	if _, err := os.Stat(ledgerIn(name)); err == nil {
		return "--ledger " + quote(name)
	}
	return "--context " + quote(name)
}

func (c compared) document() (output.Document, error) {
	journals := output.Grid{Heads: []string{"journal", "state", "block at " + c.a, "at " + c.b, "rows at " + c.a, "at " + c.b, "why"}}
	for _, j := range c.Journals {
		journals.Add(j.Name, string(j.State), number(j.BlockA), number(j.BlockB), number(j.RowsA), number(j.RowsB), j.Why)
	}
	rows := output.Grid{Heads: []string{"journal", "table", "record", "differs", "events at " + c.a, "events at " + c.b}}
	items, next := []comparedRow{}, []string{}
	doc := output.Document{Items: []any{}, Flat: &rows}
	for _, r := range c.Rows {
		rows.Add(r.Journal, r.Table, r.ID, c.what(r), madeBy(r.A), madeBy(r.B))
		item, err := c.item(r)
		if err != nil {
			return doc, err
		}
		items, doc.Items = append(items, item), append(doc.Items, item)
		if len(items) == 1 {
			next = item.Next
		}
	}
	doc.Value = struct {
		*descent.Result
		Rows []comparedRow `json:"rows"`
	}{c.Result, items}
	doc.Sections = []output.Section{{Grid: journals, Text: c.roots()}}
	if len(items) == 0 {
		return doc, nil
	}
	found := output.Section{Title: "rows that differ", Grid: rows}
	if c.More > 0 {
		found.Text = fmt.Sprintf("and at least %d more: raise --limit to see more of them", c.More)
	}
	doc.Sections = append(doc.Sections, found, output.Section{Title: "which ledger is wrong, and what made the first row", Text: strings.Join(next, "\n")})
	return doc, nil
}

func (c compared) item(r *descent.Row) (item comparedRow, err error) {
	item = comparedRow{Row: r, A: json.RawMessage("null"), B: json.RawMessage("null"), Next: c.next(r)}
	if r.A != nil {
		if item.A, err = output.Proto(r.A); err != nil {
			return item, err
		}
	}
	if r.B != nil {
		item.B, err = output.Proto(r.B)
	}
	return item, err
}

func (c compared) roots() string {
	exchanged := fmt.Sprintf("%d bytes went to and fro", c.Bytes)
	if c.EventBytes > 0 {
		exchanged += fmt.Sprintf(", and %d to name the events", c.EventBytes)
	}
	switch {
	case c.RootA == "":
		return "nothing was compared; " + exchanged
	case c.RootA == c.RootB:
		return fmt.Sprintf("the rows of the journals that were compared are the same: root %s; %s", c.RootA, exchanged)
	}
	return fmt.Sprintf("root %s at %s, %s at %s; %s", short(c.RootA), c.a, short(c.RootB), c.b, exchanged)
}

// madeBy are the events of a row.
func madeBy(made *queryv1.RowMade) string {
	var parts []string
	if made.GetEarlier() > 0 {
		parts = append(parts, fmt.Sprintf("%d before, then", made.Earlier))
	}
	for _, e := range made.GetEvents() {
		parts = append(parts, note(e))
	}
	return orElse(made.GetUnreadable(), strings.Join(parts, " "))
}

// note is an event by its kind and where it stands, as "get event" takes it.
func note(e *queryv1.EventNote) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s/%d", shortKind(e.Kind), e.Journal, e.Number))
}
