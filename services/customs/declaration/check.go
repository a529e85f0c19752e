package declaration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
	"github.com/counterfoil/counterfoil/services/customs/release"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// check gathers what there is to say of a declaration or a licence at a moment.
type check struct {
	*customsv1.CheckDeclarationResponse
	view         ledger.View
	now          time.Time
	stops, holds []string
}

// Check says whether goods may go on now, of a declaration or under a licence, which may be named by its number, and what is in the
// way. It decides as Accept, AcceptLodged and the release do, and records nothing.
func Check(view ledger.View, id string, now time.Time) (*customsv1.CheckDeclarationResponse, error) {
	c := &check{CheckDeclarationResponse: &customsv1.CheckDeclarationResponse{}, view: view, now: now}
	row, err := view.Declaration(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read declaration %s: %w", id, err)
	case row != nil:
		err = c.declaration(row)
	default:
		err = c.number(id)
	}
	if err != nil {
		return nil, err
	}
	c.Reasons = slices.Concat(c.stops, c.holds)
	switch {
	case len(c.stops) > 0:
		c.Advice = customsv1.Advice_ADVICE_STOP
	case len(c.holds) > 0:
		c.Advice = customsv1.Advice_ADVICE_HOLD
	default:
		c.Advice = customsv1.Advice_ADVICE_GO
	}
	return c.CheckDeclarationResponse, nil
}

// refused takes a refusal for a reason to stop; any other error it returns.
func (c *check) refused(err error) error {
	if r := fault.As(err); r != nil {
		c.stops = append(c.stops, r.Error())
		return nil
	}
	return err
}

func (c *check) declaration(row *ledgerv1.Declaration) (err error) {
	c.DeclarationId, c.LicenceId = row.GetId(), row.GetAccepted().GetLicenceId()
	if c.Open, err = openOf(c.view, row.GetId()); err != nil {
		return err
	}
	switch row.GetStatus() {
	case cancelled:
		c.stops = append(c.stops, fmt.Sprintf("declaration %s was cancelled: %s", row.GetId(), row.GetStatusReason()))
	case exited, arrived:
		c.stops = append(c.stops, fmt.Sprintf("the goods of declaration %s have moved", row.GetId()))
	case lodged:
		return c.lodged(row)
	case held:
		c.holds = append(c.holds, row.GetHeld().GetText())
	}
	l, err := licenceOf(c.view, row)
	if err != nil {
		return c.refused(err)
	}
	return c.under(l, row.GetAccepted())
}

// lodged looks at a declaration as its acceptance would.
func (c *check) lodged(row *ledgerv1.Declaration) error {
	d := proto.CloneOf(row.GetAccepted())
	found, err := matching.Match(c.view, d, c.now)
	if err != nil {
		return err
	}
	c.Suggestions = found.Suggestions
	onRecord := c.Open
	c.Open = slices.DeleteFunc(slices.Clone(onRecord), byMatching)
	for _, f := range found.Discrepancies {
		if i := slices.IndexFunc(onRecord, func(o *customsv1.DiscrepancyRaised) bool { return same(o, f) }); i >= 0 {
			f = onRecord[i]
		}
		c.Open = append(c.Open, f)
	}
	if err := acceptable(d, found, c.now); err != nil {
		return c.refused(err)
	}
	c.LicenceId = found.Licence.GetId()
	d.LicenceId = c.LicenceId
	_, err = reserve(c.view, d, found, row.GetVersion())
	if err := c.refused(err); err != nil {
		return err
	}
	return c.under(found.Licence, d)
}

// number looks at what is no declaration: a licence's id, or its number as a paper has it.
func (c *check) number(id string) error {
	found, err := matching.ByReference(c.view, id, "")
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		c.stops = append(c.stops, fmt.Sprintf("DX01: neither a declaration nor a licence %s is on record here", id))
		return nil
	case len(found) > 1:
		c.holds = append(c.holds, fmt.Sprintf("several licences have the number %s; say whose it is", id))
		for _, l := range found {
			c.Suggestions = append(c.Suggestions, &customsv1.Suggestion{LicenceId: l.GetId(), Reasons: []string{"it has the number"}})
		}
		return nil
	}
	c.LicenceId = found[0].GetId()
	if err := c.refused(writeoff.InForce(found[0], c.now)); err != nil {
		return err
	}
	return c.under(found[0], nil)
}

// under says what the licence leaves, how old its copy is, and whether goods under it would be released.
func (c *check) under(l *ledgerv1.Licence, d *customsv1.DeclarationAccepted) error {
	balance, err := writeoff.Balance(c.view, l.GetId())
	if err := c.refused(err); err != nil {
		return err
	}
	c.Lines = balance.GetLines()
	if d == nil && len(c.Lines) > 0 && !slices.ContainsFunc(c.Lines, leaves) {
		c.stops = append(c.stops, fmt.Sprintf("DX03: nothing is left of licence %s", l.GetId()))
	}
	next, err := release.Decide(c.view, d.GetDeclarationId(), l, c.Open, c.now)
	if err := c.refused(err); err != nil {
		return err
	}
	switch fact := next.(type) {
	case *customsv1.GoodsReleased:
		c.Freshness = fact.GetFreshness()
	case *customsv1.GoodsHeld:
		c.Freshness = fact.GetFreshness()
		said := func(reason string) bool { return strings.HasSuffix(reason, fact.GetText()) }
		if !slices.ContainsFunc(c.stops, said) && !slices.ContainsFunc(c.holds, said) {
			c.holds = append(c.holds, fact.GetText())
		}
	}
	return nil
}

// leaves reports whether something of a line is left for this agency to write off, or the line sets no limit.
func leaves(l *customsv1.LineBalance) bool {
	return (l.GetAuthorized() == nil || l.GetLeftHere().GetThousandths() > 0) && (l.GetAuthorizedValue() == nil || l.GetLeftHereValue().GetMinor() > 0)
}
