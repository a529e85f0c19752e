package field

import (
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/plain"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// pieces is the unit of a quantity that names none (UN/ECE Recommendation 20).
const pieces = "H87"

// quantity reads "40", "40 H87" or "12.5KGM"; nil of nothing.
func quantity(text string) (*transferv1.Quantity, error) {
	if text == "" {
		return nil, nil
	}
	q, ok := plain.ParseQuantity(text, pieces)
	if !ok {
		return nil, wrong("“%s” is no quantity; write 40, or 12.5 KGM, without separators between thousands and with three decimals at most", text)
	}
	return q, nil
}

// money reads "1200.50 EUR"; nil of nothing.
func money(text string) (*transferv1.Money, error) {
	if text == "" {
		return nil, nil
	}
	m, ok := plain.ParseMoney(text, "")
	if !ok {
		return nil, wrong("“%s” is no value; write 1200.50 and a currency such as EUR", text)
	}
	return m, nil
}

// received reads what arrived or was seen: on each line a licence line and a quantity, such as "1=100" or "2=12.5 KGM". Serials belong to
// the line that they name, "1=QX-7001", or to the only one.
func received(text, serials string) (items []*customsv1.DeliveredItem, err error) {
	for _, one := range lines(text) {
		number, amount, _ := strings.Cut(one, "=")
		line, err := strconv.ParseUint(strings.TrimSpace(number), 10, 32)
		if err != nil || line == 0 {
			return nil, wrong("“%s” is no licence line and quantity; write 1=100, or 2=12.5 KGM, each on a line of its own", one)
		}
		q, err := quantity(strings.TrimSpace(amount))
		if err != nil {
			return nil, err
		}
		if q == nil {
			return nil, wrong("“%s” says no quantity; write %d=100", one, line)
		}
		items = append(items, &customsv1.DeliveredItem{LicenceLine: uint32(line), Quantity: q})
	}
	for _, serial := range several(serials) {
		of, text := itemOfSerial(items, serial)
		if of == nil {
			return nil, wrong("serial “%s” does not say of which line that was received it is; write 1=%s", serial, text)
		}
		if len(of.Serials) == 0 {
			of.Serials = []*transferv1.Serials{{}}
		}
		of.Serials[0].Serials = append(of.Serials[0].Serials, text)
	}
	return items, nil
}

// itemOfSerial is the item that a serial is of, and the serial without its line; nil where that is not clear.
func itemOfSerial(items []*customsv1.DeliveredItem, serial string) (*customsv1.DeliveredItem, string) {
	if before, after, found := strings.Cut(serial, "="); found {
		if line, err := strconv.ParseUint(before, 10, 32); err == nil {
			for _, i := range items {
				if uint64(i.LicenceLine) == line {
					return i, after
				}
			}
			return nil, after
		}
	}
	if len(items) == 1 {
		return items[0], serial
	}
	return nil, serial
}

// share reads how many of how many, "98/100"; nothing of nothing.
func share(text string) (some, all uint32, err error) {
	if text == "" {
		return 0, 0, nil
	}
	before, after, _ := strings.Cut(text, "/")
	first, err := strconv.ParseUint(strings.TrimSpace(before), 10, 32)
	second, err2 := strconv.ParseUint(strings.TrimSpace(after), 10, 32)
	if err != nil || err2 != nil {
		return 0, 0, wrong("“%s” is not how many of how many; write 98/100", text)
	}
	return uint32(first), uint32(second), nil
}
