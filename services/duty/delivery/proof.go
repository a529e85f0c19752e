package delivery

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	"github.com/counterfoil/counterfoil/libs/names"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// complete refuses a proof that says too little to be compared, or tells of what has not happened yet.
func complete(p *customsv1.Proof, now time.Time) error {
	switch {
	case p.GetNumber() == "":
		return fault.Errorf(fault.Invalid, "give the number of the certificate or paper that proves the delivery")
	case len(p.GetReceived()) == 0:
		return fault.Errorf(fault.Invalid, "say what was received, by licence line")
	case p.GetArrivedAt() == nil || p.GetPlace() == "":
		return fault.Errorf(fault.Invalid, "say when and where the goods of proof %s arrived", p.GetNumber())
	case dayOf(p.GetArrivedAt()).After(now):
		return fault.Errorf(fault.Invalid, "proof %s has the goods arrive on %s, which is yet to come; correct the date", p.GetNumber(), day(p.GetArrivedAt()))
	}
	for _, i := range p.GetReceived() {
		if i.GetLicenceLine() == 0 {
			return fault.Errorf(fault.Invalid, "name the licence line of everything that was received")
		}
		if q := i.GetQuantity(); q.GetThousandths() < 0 || q != nil && q.GetUnit() == "" {
			return fault.Errorf(fault.Invalid, "give what was received of line %d as a quantity of 0 or more, with its unit", i.GetLicenceLine())
		}
	}
	return nil
}

// differences are what a proof does not bear out of a delivery, in sentences; none when all that should have arrived arrived.
// What a proof does not state is not held against it, but for quantities and, where it was asked for, the import declaration.
func differences(view ledger.View, d *ledgerv1.Delivery, p *customsv1.Proof) ([]string, error) {
	asked := d.GetRequested()
	list := append(quantitiesDiffer(asked.GetExpected(), p.GetReceived()), serialsDiffer(asked.GetExpected(), p.GetReceived())...)
	l, err := view.Licence(asked.GetLicenceId())
	if err != nil {
		return nil, fmt.Errorf("read licence %s: %w", asked.GetLicenceId(), err)
	}
	numbers := certificates(l)
	if n := asked.GetCertificate(); n != "" && !slices.Contains(numbers, n) {
		numbers = append(numbers, n)
	}
	if c := p.GetCertificate(); c != "" && len(numbers) > 0 && !slices.Contains(numbers, c) {
		list = append(list, fmt.Sprintf("it is for end-user certificate %s and the licence rests on %s", c, strings.Join(numbers, ", ")))
	}
	if r := p.GetRecipient(); r != "" && !isRecipient(l, r) {
		list = append(list, fmt.Sprintf("%q took the goods over and is neither end user nor consignee of licence %s", r, asked.GetLicenceId()))
	}
	if asked.GetImportDeclaration() && p.GetImportDeclaration() == "" {
		list = append(list, "it names no import declaration")
	}
	if dayOf(p.GetArrivedAt()).Before(dayOf(asked.GetFrom())) {
		list = append(list, fmt.Sprintf("it has the goods arrive on %s, before they left on %s", day(p.GetArrivedAt()), day(asked.GetFrom())))
	}
	return list, nil
}

// quantitiesDiffer compares line by line and unit by unit (DX18).
func quantitiesDiffer(expected, received []*customsv1.DeliveredItem) (list []string) {
	want, got := amountsOf(expected), amountsOf(received)
	limitless := func(line uint32) bool { _, found := want[amount{line, ""}]; return found }
	for _, k := range want.keys() {
		switch {
		case k.unit == "":
		case got[k] < want[k]:
			list = append(list, fmt.Sprintf("DX18: line %d is short: %s received of %s", k.line, units(got[k], k.unit), units(want[k], k.unit)))
		case got[k] > want[k]:
			list = append(list, fmt.Sprintf("DX18: line %d is over: %s received of %s", k.line, units(got[k], k.unit), units(want[k], k.unit)))
		}
	}
	for _, k := range got.keys() {
		if _, found := want[k]; !found && k.unit != "" && !limitless(k.line) {
			list = append(list, fmt.Sprintf("DX18: %s of line %d were received, which were not expected", units(got[k], k.unit), k.line))
		}
	}
	return list
}

// serialsDiffer compares the serials of each line of which a proof gives any. One that is missing counts where every serial
// that was declared is of an item that left.
func serialsDiffer(expected, received []*customsv1.DeliveredItem) (list []string) {
	want, got, pieces := serialsOf(expected), serialsOf(received), amountsOf(expected)
	for _, line := range sortedLines(got) {
		if len(want[line]) == 0 {
			continue
		}
		if strange := without(got[line], want[line]); len(strange) > 0 {
			list = append(list, fmt.Sprintf("DX18: line %d has serials that were not declared: %s", line, some(strange)))
		}
		left := pieces[amount{line, "H87"}]
		if missing := without(want[line], got[line]); len(missing) > 0 && left >= int64(len(want[line]))*1000 {
			list = append(list, fmt.Sprintf("DX18: line %d lacks serials that were declared: %s", line, some(missing)))
		}
	}
	return list
}

// serialsOf are serials as they were written by their keys, by line.
func serialsOf(items []*customsv1.DeliveredItem) map[uint32]map[string]string {
	lines := map[uint32]map[string]string{}
	for _, i := range items {
		for _, s := range i.GetSerials() {
			for _, serial := range s.GetSerials() {
				if lines[i.GetLicenceLine()] == nil {
					lines[i.GetLicenceLine()] = map[string]string{}
				}
				lines[i.GetLicenceLine()][marks.Normalize(serial)] = serial
			}
		}
	}
	return lines
}

func sortedLines(m map[uint32]map[string]string) (lines []uint32) {
	for line := range m {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// without are the serials of a whose keys b lacks, sorted.
func without(a, b map[string]string) (list []string) {
	for key, serial := range a {
		if _, in := b[key]; !in {
			list = append(list, serial)
		}
	}
	slices.Sort(list)
	return list
}

// some names the first few of a list.
func some(list []string) string {
	const few = 5
	if len(list) <= few {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:few], ", "), len(list)-few)
}

// isRecipient reports whether a name comes near an end user's or a consignee's of a licence; without either there is nothing to
// compare with.
func isRecipient(l *ledgerv1.Licence, name string) bool {
	named := false
	for _, p := range l.GetDeal().GetParties() {
		if p.GetRole() != transferv1.Role_ROLE_END_USER && p.GetRole() != transferv1.Role_ROLE_CONSIGNEE {
			continue
		}
		named = true
		if names.Score(names.Parse(name), names.Parse(p.GetName())) >= names.ReviewLine {
			return true
		}
	}
	return !named
}

// dayOf is the beginning of a time's day, UTC: papers give arrivals to the day.
func dayOf(t *timestamppb.Timestamp) time.Time { return t.AsTime().Truncate(24 * time.Hour) }
