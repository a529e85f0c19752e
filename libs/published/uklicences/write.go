package uklicences

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Columns are the publisher's, of values.csv, in its order and without licence_group, which is numbered anew in every edition
// and identifies nothing.
var Columns = [6]string{"date", "rating", "count", "value", "country", "refused"}

// Row is a row of values.csv under Columns, each as the publisher spells it. Equal rows can occur more than once: an edition
// is a multiset of them.
type Row [len(Columns)]string

// Compare orders rows by their columns, from the first to the last, each by its bytes.
func (r Row) Compare(other Row) int { return slices.Compare(r[:], other[:]) }

// Rows returns the rows that Read made an entry of: the date to the day or to the month as it was published, names and ratings
// letter by letter, whole pounds, and no value where none was given. It refuses an entry that the publisher's columns cannot
// state, such as one with a value in pence.
func Rows(e *licensingv1.Entry) ([]Row, error) {
	rows := make([]Row, len(e.GetLines()))
	refused := "0"
	if e.GetRefused() {
		refused = "1"
	}
	for i, l := range e.GetLines() {
		pounds, err := pounds(l.GetValue())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", l.GetNumber(), err)
		}
		rows[i] = Row{e.GetDate(), l.GetRating(), strconv.FormatUint(uint64(max(l.GetLicences(), 1)), 10), pounds, e.GetDestination().GetName(), refused}
	}
	return rows, nil
}

func pounds(m *transferv1.Money) (string, error) {
	switch {
	case m == nil:
		return "", nil
	case m.GetCurrency() != "GBP" || m.GetMinor() < 0 || m.GetMinor()%100 != 0:
		return "", fault.Errorf(fault.Precondition, "a value of %d in the smallest unit of %s is no number of whole pounds", m.GetMinor(), m.GetCurrency())
	}
	return strconv.FormatInt(m.GetMinor()/100, 10), nil
}

// Between returns the rows that only the later of two editions has, and those that only the earlier has, each as often as it
// has it more often, in order.
func Between(earlier, later []Row) (added, gone []Row) {
	balance := map[Row]int{}
	for _, r := range later {
		balance[r]++
	}
	for _, r := range earlier {
		balance[r]--
	}
	for r, n := range balance {
		added = append(added, slices.Repeat([]Row{r}, max(n, 0))...)
		gone = append(gone, slices.Repeat([]Row{r}, max(-n, 0))...)
	}
	slices.SortFunc(added, Row.Compare)
	slices.SortFunc(gone, Row.Compare)
	return added, gone
}

// Write writes a header and records as the publisher does: ended by a line feed, and a field in quotes where it is empty or has a comma, a
// quote, a space or the end of a line.
func Write(w io.Writer, header []string, records func(yield func([]string) bool)) error {
	out := bufio.NewWriter(w)
	writeRecord(out, header)
	for record := range records {
		writeRecord(out, record)
	}
	return out.Flush() // what went wrong before is kept until here
}

func writeRecord(out *bufio.Writer, fields []string) {
	for i, f := range fields {
		if i > 0 {
			out.WriteByte(',')
		}
		if f == "" || strings.ContainsAny(f, ", \"\\\n\r\t") {
			f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
		out.WriteString(f)
	}
	out.WriteByte('\n')
}
