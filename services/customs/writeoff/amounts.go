package writeoff

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// amounts are thousandths of a line's unit and minor units of its currency; 0 where the line sets no limit.
type amounts struct {
	quantity, value uint64
}

// plus adds; a sum beyond what a number holds is the largest number, which is above any limit.
func (a amounts) plus(b amounts) amounts {
	return amounts{plus(a.quantity, b.quantity), plus(a.value, b.value)}
}

// less takes away, down to nothing.
func (a amounts) less(b amounts) amounts {
	return amounts{left(a.quantity, b.quantity), left(a.value, b.value)}
}

// most is the larger of each.
func (a amounts) most(b amounts) amounts {
	return amounts{max(a.quantity, b.quantity), max(a.value, b.value)}
}

// least is the smaller of each.
func (a amounts) least(b amounts) amounts {
	return amounts{min(a.quantity, b.quantity), min(a.value, b.value)}
}

func plus(a, b uint64) uint64 {
	if b > math.MaxUint64-a {
		return math.MaxUint64
	}
	return a + b
}

// authorized returns what a line states; a limit below 0 allows nothing.
func authorized(l *transferv1.Line) amounts {
	return amounts{uint64(max(0, l.GetQuantity().GetThousandths())), uint64(max(0, l.GetValue().GetMinor()))}
}

// tolerance is how much more than stated may be shipped: so many thousandths of it, rounded down, of quantity and value alike.
func tolerance(l *transferv1.Line) amounts {
	of := func(limit uint64) uint64 {
		permille := uint64(l.GetTolerancePermille())
		return limit/1000*permille + limit%1000*permille/1000
	}
	a := authorized(l)
	return amounts{of(a.quantity), of(a.value)}
}

// left is what a limit leaves, and never below 0.
func left(limit, taken uint64) uint64 {
	return limit - min(limit, taken)
}

// units is a quantity as sentences say it: "12.5 KGM".
func units(thousandths uint64, unit string) string {
	whole := strconv.FormatUint(thousandths/1000, 10)
	if rest := thousandths % 1000; rest != 0 {
		whole += "." + strings.TrimRight(fmt.Sprintf("%03d", rest), "0")
	}
	return whole + " " + unit
}
