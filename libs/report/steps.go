package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// StepDate is the day of a step as a procedure writes it (StepTerms.day), at midnight UTC and before it is moved to a working day:
// "mm-dd" and "mm-last" are of the year after the one that is reported on, and "+1y" and the like lie so long after the Treaty entered
// into force. The last day of February is written "02-last": "02-29" is refused in other years than leap years.
func StepDate(day string, year int, inForce time.Time) (time.Time, error) {
	if after, ok := strings.CutPrefix(day, "+"); ok && after != "" {
		return afterEntry(day, after, inForce)
	}
	month, rest, _ := strings.Cut(day, "-")
	if rest == "last" {
		first, err := time.Parse(time.DateOnly, fmt.Sprintf("%04d-%s-01", year+1, month))
		if err != nil {
			return time.Time{}, fault.Errorf(fault.Invalid, "there is no day %q; write mm-dd, mm-last or +1y", day)
		}
		return first.AddDate(0, 1, -1), nil
	}
	date, err := time.Parse(time.DateOnly, fmt.Sprintf("%04d-%s", year+1, day))
	if err != nil {
		return time.Time{}, fault.Errorf(fault.Invalid, "there is no day %q in %d; write mm-dd, mm-last or +1y", day, year+1)
	}
	return date, nil
}

func afterEntry(day, after string, inForce time.Time) (time.Time, error) {
	n, err := strconv.Atoi(after[:len(after)-1])
	if inForce.IsZero() || err != nil {
		return time.Time{}, fault.Errorf(fault.Invalid, "%q counts from when the Treaty entered into force, which the procedure does not say: in_force", day)
	}
	switch after[len(after)-1] {
	case 'd':
		return inForce.AddDate(0, 0, n), nil
	case 'm':
		return inForce.AddDate(0, n, 0), nil
	case 'y':
		return inForce.AddDate(n, 0, 0), nil
	}
	return time.Time{}, fault.Errorf(fault.Invalid, "there is no day %q; write mm-dd, mm-last or +1y", day)
}
