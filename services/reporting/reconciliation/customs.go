package reconciliation

import (
	"fmt"
	"strconv"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	"github.com/counterfoil/counterfoil/libs/refdata"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// account is a licence line that entries stand against.
type account struct {
	licence string
	number  uint32
}

func (a account) keys() []string {
	return []string{"licence=" + a.licence, "line=" + strconv.FormatUint(uint64(a.number), 10)}
}

// customsLicensing holds the entries of customs, of goods that moved in the year, against the licences on record.
func (c *comparing) customsLicensing() error {
	movements, err := c.movements(c.request.GetYear(), c.request.GetYear())
	if err != nil {
		return err
	}
	accounts := map[account][]movement{}
	for _, m := range movements {
		a := account{m.entry.GetLicenceId(), m.entry.GetLicenceLine()}
		accounts[a] = append(accounts[a], m)
	}
	until := map[string]bool{} // declarations and usages that moved until the end of the year, of licences that are looked at
	if err := c.movedUntil(until); err != nil {
		return err
	}
	for a, list := range accounts {
		if c.known(a, list) && c.units(a, list) {
			if err := c.within(a, list, until); err != nil {
				return err
			}
		}
	}
	c.destinations(movements)
	return c.usages()
}

// movedUntil notes what moved until the end of the year.
func (c *comparing) movedUntil(until map[string]bool) error {
	movements, err := c.movements(firstYear, c.request.GetYear())
	for _, m := range movements {
		until[m.entry.GetDeclarationId()] = true
	}
	return err
}

func idsOf(list []movement) (ids []string) {
	for _, m := range list {
		ids = append(ids, m.entry.GetId())
	}
	return ids
}

// known holds entries against the licence and the line that they name being on record.
func (c *comparing) known(a account, list []movement) bool {
	p := pairing{measure: "entries of an unknown licence", keys: a.keys(), exact: true, owner: ledger.AgencyOf(list[0].entry.GetJournal())}
	switch {
	case list[0].licence == nil:
		p.text = "licence " + a.licence + " is not on record here: customs may name another, or its licensing agency does not share it"
	case list[0].line == nil:
		p.measure = "entries of an unknown line"
		p.text = fmt.Sprintf("licence %s has no line %d as it stands now", a.licence, a.number)
		p.ours.subjects = []string{a.licence}
	default:
		c.compared++
		return true
	}
	p.theirs = figure{int64(len(list)), idsOf(list)}
	c.hold(p)
	return false
}

// units holds the units and currencies of entries against those of their line.
func (c *comparing) units(a account, list []movement) (same bool) {
	line := list[0].line
	units := pairing{measure: "entries in another unit", keys: a.keys(), exact: true, owner: ledger.AgencyOf(list[0].entry.GetJournal())}
	currencies := units
	currencies.measure = "entries in another currency"
	for _, m := range list {
		_, unit, _, currency := used(m.entry)
		if of := line.GetQuantity().GetUnit(); unit != "" && of != "" && unit != of {
			if _, converts := refdata.Convert(1000, unit, of); !converts {
				units.theirs.add(1, m.entry.GetId())
				units.text = fmt.Sprintf("the line is in %s, entries are in %s", of, unit)
			}
		}
		if of := line.GetValue().GetCurrency(); currency != "" && of != "" && currency != of {
			currencies.theirs.add(1, m.entry.GetId())
			currencies.text = fmt.Sprintf("the line is in %s, entries are in %s", of, currency)
		}
	}
	units.ours.subjects, currencies.ours.subjects = []string{a.licence}, []string{a.licence}
	c.hold(units)
	c.hold(currencies)
	return units.theirs.amount+currencies.theirs.amount == 0
}

// within holds all that was used of a line until the end of the year against what it allows with its tolerance.
func (c *comparing) within(a account, list []movement, until map[string]bool) error {
	entries, err := c.view.WriteOffsWith("licence", a.licence)
	if err != nil {
		return fmt.Errorf("read entries against licence %s: %w", a.licence, err)
	}
	line := list[0].line
	of := []string{a.licence}
	quantity := pairing{keys: a.keys(), measure: "quantity " + line.GetQuantity().GetUnit(), only: true, owner: ledger.AgencyOf(list[0].entry.GetJournal()), text: "more was used of the line than it allows with its tolerance"}
	quantity.ours = figure{limit(line.GetQuantity().GetThousandths(), line.GetTolerancePermille()), of}
	value := quantity
	value.measure, value.ours = "value "+line.GetValue().GetCurrency(), figure{limit(line.GetValue().GetMinor(), line.GetTolerancePermille()), of}
	for _, e := range entries {
		if e.GetLicenceLine() != a.number || !counts(e) || !until[e.GetDeclarationId()] {
			continue
		}
		thousandths, unit, minor, _ := used(e)
		converted, ok := refdata.Convert(thousandths, unit, line.GetQuantity().GetUnit())
		if !ok && line.GetQuantity() != nil && unit != "" {
			c.skip("entries of earlier years in another unit")
		}
		quantity.theirs.add(converted, e.GetId())
		value.theirs.add(minor, e.GetId())
	}
	if line.GetQuantity() != nil {
		c.hold(quantity)
	}
	if line.GetValue() != nil {
		c.hold(value)
	}
	return nil
}

// destinations holds where goods were declared to go against where their licence lets them.
func (c *comparing) destinations(movements []movement) {
	seen := map[string]bool{}
	for _, m := range movements {
		id := m.entry.GetDeclarationId()
		licensed := placeOf(m.licence.GetDeal().GetDestination())
		at := id + " " + m.entry.GetLicenceId()
		if m.licence == nil || licensed == "" || m.destination == "" || seen[at] {
			continue
		}
		seen[at] = true
		if len(m.licence.GetOnFile().GetCountries()) > 0 {
			c.skip("licences of several destinations")
			continue
		}
		p := pairing{
			keys: []string{"declaration=" + id, "licence=" + m.licence.GetId()}, measure: "goods to another destination", exact: true, owner: ledger.AgencyOf(m.entry.GetJournal()),
			ours: figure{0, []string{m.licence.GetId()}}, theirs: figure{0, []string{id}},
		}
		if m.destination != licensed {
			p.theirs.amount = 1
			p.text = fmt.Sprintf("the licence is for %s, the goods were declared for %s", licensed, m.destination)
		}
		c.hold(p)
	}
}

// usages holds the total that the last usage file of the year states of a line against what is written off on it.
func (c *comparing) usages() error {
	last := map[string]*ledgerv1.Usage{}
	filter := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "year", Values: []string{strconv.FormatUint(uint64(c.request.GetYear()), 10)}}}}
	err := each(c.view, queryv1.Table_TABLE_USAGES, filter, func(r *queryv1.Row) error {
		u := r.GetUsage()
		of := u.GetReported().GetLicenceId()
		if before := last[of]; before == nil || u.GetAt().AsTime().After(before.GetAt().AsTime()) || u.GetAt().AsTime().Equal(before.GetAt().AsTime()) && u.GetId() > before.GetId() {
			last[of] = u
		}
		return nil
	})
	if err != nil {
		return err
	}
	for licence, u := range last {
		row, err := c.view.Licence(licence)
		if err != nil {
			return fmt.Errorf("read licence %s: %w", licence, err)
		}
		entries, err := c.view.WriteOffsWith("licence", licence)
		if err != nil {
			return fmt.Errorf("read entries against licence %s: %w", licence, err)
		}
		for _, l := range u.GetReported().GetTransaction().GetLines() {
			number, err := strconv.ParseUint(l.GetLine().GetNumber(), 10, 32)
			if err != nil {
				continue
			}
			if line := lineOf(row, uint32(number)); line.GetQuantity() != nil {
				c.usage(u, account{licence, uint32(number)}, l.GetLine().GetQuantity(), line.GetQuantity(), entries)
			}
		}
	}
	return nil
}

func (c *comparing) usage(u *ledgerv1.Usage, a account, stated string, limited *transferv1.Quantity, entries []*ledgerv1.WriteOff) {
	total, err := chief.Quantity(stated).Thousandths()
	if stated == "" || err != nil {
		c.skip("usages that state no total of a line")
		return
	}
	p := pairing{
		keys: a.keys(), measure: "quantity " + limited.GetUnit() + " in the usage file", owner: ledger.AgencyOf(u.GetJournal()),
		theirs: figure{total, []string{u.GetId()}}, text: "all that was ever used, as the other computer has it, is not what is written off here",
	}
	for _, e := range entries {
		if e.GetLicenceLine() == a.number && counts(e) {
			thousandths, _, _, _ := used(e)
			p.ours.add(thousandths, e.GetId())
		}
	}
	c.hold(p)
}
