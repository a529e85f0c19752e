package reports

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/refdata"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// pieces is the unit that items are counted in (UN/ECE Recommendation 20).
const pieces = "H87"

// blankLines is how many rows can be added to a return at a time.
const blankLines = 3

// sealed is a figure as it was prepared, for the form that it is corrected in: what is submitted says what it was prepared with, and the
// rule compares that with the ledger.
func sealed(f *reportingv1.Figure) (string, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(f)
	return base64.RawURLEncoding.EncodeToString(data), err
}

func unsealed(text string) (*reportingv1.Figure, error) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	f := &reportingv1.Figure{}
	if err == nil {
		err = proto.Unmarshal(data, f)
	}
	if err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, "the form did not arrive whole; prepare the return again")
	}
	return f, nil
}

// parseFigures reads the figures of a return from its form: those that were prepared, as they were corrected, and those that were added. All
// that is wrong is said.
func parseFigures(form url.Values) (list []*reportingv1.Figure, err error) {
	var wrong []string
	for i, text := range form["figure"] {
		f, err := unsealed(text)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, correct(f, form, fmt.Sprint(i))...)
		list = append(list, f)
	}
	for i := range blankLines {
		at := fmt.Sprint("new-", i)
		text := func(name string) string { return strings.TrimSpace(form.Get(name + "." + at)) }
		if text("row") == "" && text("counterpart") == "" && text("items") == "" && text("value") == "" {
			continue
		}
		f := &reportingv1.Figure{Table: text("table"), Row: text("row"), Basis: text("basis"), Destination: strings.ToUpper(text("counterpart")), Description: text("description")}
		if text("items") != "" {
			f.Quantity = &transferv1.Quantity{Unit: pieces}
		}
		if text("value") != "" {
			f.Currency = strings.ToUpper(text("currency"))
		}
		wrong = append(wrong, correct(f, form, at)...)
		list = append(list, f)
	}
	if len(wrong) > 0 {
		return nil, connect.NewError(connect.CodeInvalidArgument, strings.Join(wrong, "; "))
	}
	return list, nil
}

// correct puts into a figure what its line of the form says, and returns what is wrong there.
func correct(f *reportingv1.Figure, form url.Values, at string) (wrong []string) {
	f.Reason = strings.TrimSpace(form.Get("reason." + at))
	number := func(name string, scale int) int64 {
		text := strings.TrimSpace(form.Get(name + "." + at))
		n, ok := plain.ParseDecimal(text, scale)
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s %s: “%s” is no number without separators and with at most %d decimals; write 0 where there is none", f.GetTable(), f.GetRow(), text, scale))
		}
		return n
	}
	if q := f.GetQuantity(); q != nil {
		q.Thousandths = number("items", 3)
		if text := strings.TrimSpace(form.Get("items." + at)); len(wrong) == 0 {
			if _, ok := plain.ParseQuantity(text, q.GetUnit()); !ok { // pieces with a dot between thousands
				wrong = append(wrong, fmt.Sprintf("%s %s: “%s” may be thousands of %s; write them without separators", f.GetTable(), f.GetRow(), text, q.GetUnit()))
			}
		}
	}
	if f.GetCurrency() != "" {
		f.Value = number("value", decimals(f.GetCurrency()))
	}
	return wrong
}

// decimals is how many a currency has; 2 where it is not known.
func decimals(currency string) int {
	if scale, known := refdata.CurrencyExponent(currency); known {
		return scale
	}
	return 2
}

// nilOf says of which tables a return confirms that there is nothing: all of it where it has no figures and every table was ticked, or the
// one box of a report without tables.
func nilOf(form url.Values, figures int) (none bool, tables []string) {
	ticked := form["nil"]
	if figures == 0 && len(ticked) > 0 && !slices.ContainsFunc(form["without"], func(t string) bool { return !slices.Contains(ticked, t) }) {
		return true, nil
	}
	return false, ticked
}
