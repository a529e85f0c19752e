package delivery

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// amount is what a delivery has of a licence line in one unit, in thousandths; a line without quantities has the unit "".
type amount struct {
	line uint32
	unit string
}

// amounts are sums of quantities; a sum beyond what a number holds is the largest number.
type amounts map[amount]int64

func (a amounts) add(line uint32, unit string, thousandths int64) {
	k := amount{line, unit}
	switch sum := a[k] + thousandths; {
	case thousandths > 0 && sum < a[k]:
		a[k] = math.MaxInt64
	case thousandths < 0 && sum > a[k]:
		a[k] = math.MinInt64
	default:
		a[k] = sum
	}
}

// keys are in the order of lines and units.
func (a amounts) keys() []amount {
	var keys []amount
	for k := range a {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y amount) int {
		return cmp.Or(cmp.Compare(x.line, y.line), strings.Compare(x.unit, y.unit))
	})
	return keys
}

func amountsOf(items []*customsv1.DeliveredItem) amounts {
	sums := amounts{}
	for _, i := range items {
		sums.add(i.GetLicenceLine(), i.GetQuantity().GetUnit(), i.GetQuantity().GetThousandths())
	}
	return sums
}

// expected is what should arrive of goods that left: by licence line, what was written off as corrected since, less what came
// back; and the serials that were declared.
func expected(view ledger.View, gone []*ledgerv1.Declaration) ([]*customsv1.DeliveredItem, error) {
	sums, serials := amounts{}, map[uint32][]*transferv1.Serials{}
	for _, d := range gone {
		entries, err := view.WriteOffsWith("declaration", d.GetId())
		if err != nil {
			return nil, fmt.Errorf("read write-offs of declaration %s: %w", d.GetId(), err)
		}
		for _, e := range entries {
			q := e.GetQuantity()
			switch e.GetEffect() {
			case ledgerv1.Effect_EFFECT_COMMITTED:
				sums.add(e.GetLicenceLine(), q.GetUnit(), q.GetThousandths())
			case ledgerv1.Effect_EFFECT_CORRECTED:
				if c := e.GetChange(); c.GetThousandths() != 0 {
					sums.add(e.GetLicenceLine(), c.GetUnit(), c.GetThousandths())
				}
			case ledgerv1.Effect_EFFECT_RESTORED:
				sums.add(e.GetLicenceLine(), q.GetUnit(), -q.GetThousandths())
			}
		}
		for _, i := range d.GetAccepted().GetItems() {
			serials[i.GetLicenceLine()] = append(serials[i.GetLicenceLine()], i.GetSerials()...)
		}
	}
	var items []*customsv1.DeliveredItem
	for _, k := range sums.keys() {
		item := &customsv1.DeliveredItem{LicenceLine: k.line, Serials: serials[k.line]}
		delete(serials, k.line) // with the first unit of a line
		if k.unit != "" {
			item.Quantity = &transferv1.Quantity{Thousandths: max(0, sums[k]), Unit: k.unit}
		}
		items = append(items, item)
	}
	return items, nil
}

// units is a quantity as sentences say it: "12.5 KGM".
func units(thousandths int64, unit string) string {
	whole := strconv.FormatInt(thousandths/1000, 10)
	if rest := thousandths % 1000; rest != 0 {
		whole += "." + strings.TrimRight(fmt.Sprintf("%03d", rest), "0")
	}
	return strings.TrimSpace(whole + " " + unit)
}
