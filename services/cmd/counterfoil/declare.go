package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newDeclareCommand(env *Env) *cobra.Command {
	return family("declare", "Take customs declarations in, accept them, and follow their goods",
		newLodgeDeclarationCommand(env), newCheckCommand(env), newAcceptCommand(env), newAmendDeclarationCommand(env), newNoteCommand(env), newOverrideCommand(env), newSettleCommand(env),
		newReleaseGoodsCommand(env), newHoldCommand(env), newLiftCommand(env), newExitCommand(env), newArriveCommand(env), newTransitCommand(env), newCancelCommand(env))
}

func newLodgeDeclarationCommand(env *Env) *cobra.Command {
	req := &customsv1.LodgeDeclarationRequest{}
	cmd := &cobra.Command{
		Use:     "lodge -f FILE",
		Short:   "Put a declaration on record that is not accepted yet, with every discrepancy that it has",
		Example: "counterfoil declare lodge -f deploy/example/cases/declaration.yaml",
		Args:    takes(),
	}
	fromFile(cmd, "the declaration")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		res, err := c.Customs.LodgeDeclaration(ctx, req)
		return res, doing("", "counterfoil declare check "+quote(c.Context.Agency+"/"+req.Number), err)
	}, whereGoodsAre)
}

// newAcceptCommand accepts a declaration from a file, or one that was lodged. The idempotency key and the other particulars are the
// request's that is sent.
func newAcceptCommand(env *Env) *cobra.Command {
	req := &customsv1.AcceptDeclarationRequest{}
	later := &customsv1.AcceptLodgedRequest{}
	var lines map[string]string
	cmd := &cobra.Command{
		Use:     "accept DECLARATION | -f FILE",
		Short:   "Accept a declaration, reserve its quantities on the licence, and release the goods or hold them",
		Example: "counterfoil declare accept customs/26XA0001\ncounterfoil declare accept -f deploy/example/cases/declaration.yaml",
		Args:    cobra.MaximumNArgs(1),
	}
	fromFile(cmd, "a declaration that was not lodged")
	cmd.Flags().StringVar(&later.LicenceId, "licence", "", "the licence, where the declaration does not name it")
	cmd.Flags().StringToStringVar(&lines, "line", nil, "licence line of an item, as ITEM=LINE, where it is not the declared one; may be given more than once")
	cmd.Flags().BoolVar(&later.Examine, "examine", false, "hold the goods for examination")
	cmd.MarkFlagsMutuallyExclusive("file", "licence")
	cmd.MarkFlagsMutuallyExclusive("file", "line")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		switch file := cmd.Flag("file").Changed; {
		case file == (len(args) == 1):
			return nil, usage("name a declaration that was lodged, or give one with -f")
		case file:
			req.Examine = req.Examine || later.Examine
			res, err := c.Customs.AcceptDeclaration(ctx, req)
			return res, doing("", "counterfoil declare check "+quote(orElse(req.LicenceId, req.LicenceReference)), err)
		}
		later.DeclarationId, later.Particulars = args[0], req.Particulars
		var err error
		if later.Lines, err = parseLines(lines); err != nil {
			return nil, err
		}
		res, err := c.Customs.AcceptLodged(ctx, later)
		return res, doing("", "counterfoil declare check "+quote(args[0]), err)
	}, whereGoodsAre)
}

// parseLines reads licence lines by item.
func parseLines(texts map[string]string) (map[uint32]uint32, error) {
	lines := map[uint32]uint32{}
	for item, line := range texts {
		i, errItem := strconv.ParseUint(item, 10, 32)
		l, errLine := strconv.ParseUint(line, 10, 32)
		if errItem != nil || errLine != nil {
			return nil, usage("--line is two numbers such as 1=2, not %s=%s", item, line)
		}
		lines[uint32(i)] = uint32(l)
	}
	return lines, nil
}

func newAmendDeclarationCommand(env *Env) *cobra.Command {
	req := &customsv1.AmendDeclarationRequest{}
	var reason string
	cmd := &cobra.Command{
		Use:   "amend DECLARATION -f FILE",
		Short: "Restate a declaration whose goods have not moved: parties, destination, items and consignment",
		Args:  takes("DECLARATION"),
	}
	fromFile(cmd, "what it says now, all of it")
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	require(cmd, "file", "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId, req.Reason = args[0], reason
		return c.Customs.AmendDeclaration(ctx, req)
	}, whereGoodsAre)
}

func newCancelCommand(env *Env) *cobra.Command {
	req := &customsv1.CancelDeclarationRequest{}
	cmd := &cobra.Command{
		Use:   "cancel DECLARATION",
		Short: "Cancel a declaration and give its quantities back",
		Args:  takes("DECLARATION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Customs.CancelDeclaration(ctx, req)
	})
}

// whereGoodsAre shows where a declaration stands after a command.
func whereGoodsAre(res recorded) []output.Section {
	of, ok := res.(interface{ GetStanding() *customsv1.Standing })
	if !ok || of.GetStanding() == nil {
		return nil
	}
	s := of.GetStanding()
	var sections []output.Section
	switch {
	case s.Released:
		sections = append(sections, output.Section{Text: "the goods are released"})
	case s.Held != nil:
		sections = append(sections, output.Section{Text: fmt.Sprintf("the goods are held (%s): %s", enum(s.Held.Reason), s.Held.Text)})
	}
	return append(sections, openDiscrepancies(s.Open)...)
}

// openDiscrepancies are those that nobody has settled; ones that are not on record have no id.
func openDiscrepancies(open []*customsv1.DiscrepancyRaised) []output.Section {
	if len(open) == 0 {
		return nil
	}
	grid := output.Grid{Heads: []string{"discrepancy", "code", "severity", "item", "expected", "found", "text"}}
	for _, d := range open {
		grid.Add(orElse(d.DiscrepancyId, "not on record"), d.Code, enum(d.Severity), number(uint64(d.Item)), d.Expected, d.Found, d.Text)
	}
	return []output.Section{{Title: "open discrepancies", Grid: grid}}
}
