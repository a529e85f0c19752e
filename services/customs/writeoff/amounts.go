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

func plus(a, b uint64) uint64 {
	if b > math.MaxUint64-a {
		return math.MaxUint64
	}
	return a + b
}

// limits returns what a line allows; a limit below 0 allows nothing.
func limits(l *transferv1.Line) amounts {
	return amounts{uint64(max(0, l.GetQuantity().GetThousandths())), uint64(max(0, l.GetValue().GetMinor()))}
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
