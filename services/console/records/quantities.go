package records

import (
	"slices"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/plain"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// quantities is what is left of a licence, line by line.
type quantities struct {
	Lines []measure
	// Counted says that customs counted, which knows of allowances and tolerances; else it is summed from the write-offs that are here.
	Counted bool
}

// measure is how much of a line is used, by its quantity, or by its value where that is what limits it. Of amounts it has the text; the
// widths of the bar are in thousandths of it, from its beginning.
type measure struct {
	Line                                   *transferv1.Line
	Authorized, Used, Reserved, Left       string
	Lent, Tolerance                        string
	UsedWidth, ReservedFrom, ReservedWidth int64
	Overdrawn, Unlimited                   bool
}

// quantitiesOf asks customs where this node serves it, of the present; else it sums what is here.
func quantitiesOf(v *web.Visit, id string, lines []*transferv1.Line, rows []*queryv1.Row, now bool) (quantities, error) {
	if now && v.Site().Service == "customs" && v.May("/counterfoil.customs.v1.CustomsService/Balance") == "" {
		res, err := v.API.Customs.Balance(v.R.Context(), &customsv1.BalanceRequest{LicenceId: id})
		if err == nil {
			return quantities{counted(lines, res), true}, nil
		}
		if connect.CodeOf(err) != connect.CodeUnimplemented {
			return quantities{}, err
		}
	}
	var entries []*ledgerv1.WriteOff
	for _, r := range rows {
		if w := r.GetWriteOff(); w != nil && w.LicenceId == id {
			entries = append(entries, w)
		}
	}
	return quantities{Lines: summed(lines, entries)}, nil
}

func counted(lines []*transferv1.Line, res *customsv1.BalanceResponse) (all []measure) {
	for _, l := range lines {
		i := slices.IndexFunc(res.Lines, func(b *customsv1.LineBalance) bool { return b.LicenceLine == l.Number })
		if i < 0 {
			continue
		}
		b := res.Lines[i]
		var m measure
		if b.Authorized != nil || b.AuthorizedValue == nil {
			m = measured(l, inQuantity(l.Quantity), b.Authorized.GetThousandths(), b.Used.GetThousandths(), b.Reserved.GetThousandths(), b.Lent.GetThousandths(), b.Tolerance.GetThousandths())
		} else {
			m = measured(l, inMoney(l.Value), b.AuthorizedValue.GetMinor(), b.UsedValue.GetMinor(), b.ReservedValue.GetMinor(), b.LentValue.GetMinor(), b.ToleranceValue.GetMinor())
		}
		m.Overdrawn = m.Overdrawn || b.Overdrawn
		all = append(all, m)
	}
	return all
}

// summed is what the entries come to: of a declaration item's version, its commitment stands in place of its reservation, and a release
// ends that.
func summed(lines []*transferv1.Line, entries []*ledgerv1.WriteOff) (all []measure) {
	type of struct {
		declaration   string
		item, version uint32
	}
	ended := map[of]bool{}
	for _, e := range entries {
		if e.Effect == ledgerv1.Effect_EFFECT_COMMITTED || e.Effect == ledgerv1.Effect_EFFECT_RELEASED {
			ended[of{e.DeclarationId, e.Item, e.Version}] = true
		}
	}
	for _, l := range lines {
		inValue := l.Quantity == nil && l.Value != nil
		var used, reserved int64
		for _, e := range entries {
			amount, change := e.GetQuantity().GetThousandths(), e.GetChange().GetThousandths()
			if inValue {
				amount, change = e.GetValue().GetMinor(), e.GetChange().GetMinor()
			}
			switch {
			case e.LicenceLine != l.Number:
			case e.Effect == ledgerv1.Effect_EFFECT_COMMITTED:
				used += amount
			case e.Effect == ledgerv1.Effect_EFFECT_CORRECTED:
				used += change
			case e.Effect == ledgerv1.Effect_EFFECT_RESTORED:
				used -= amount
			case e.Effect == ledgerv1.Effect_EFFECT_RESERVED && !ended[of{e.DeclarationId, e.Item, e.Version}]:
				reserved += amount
			}
		}
		if inValue {
			all = append(all, measured(l, inMoney(l.Value), l.Value.GetMinor(), used, reserved, 0, 0))
		} else {
			all = append(all, measured(l, inQuantity(l.Quantity), l.Quantity.GetThousandths(), used, reserved, 0, 0))
		}
	}
	return all
}

func inQuantity(q *transferv1.Quantity) func(int64) string {
	return func(n int64) string {
		return strings.TrimSpace(plain.Quantity(&transferv1.Quantity{Thousandths: n, Unit: q.GetUnit()}))
	}
}

func inMoney(m *transferv1.Money) func(int64) string {
	return func(n int64) string { return plain.Amount(n, m.GetCurrency()) }
}

func measured(l *transferv1.Line, text func(int64) string, authorized, used, reserved, lent, tolerance int64) measure {
	m := measure{Line: l, Used: text(used), Reserved: text(reserved), Unlimited: authorized == 0}
	if lent != 0 {
		m.Lent = text(lent)
	}
	if tolerance != 0 {
		m.Tolerance = text(tolerance)
	}
	if m.Unlimited {
		return m
	}
	left := authorized + tolerance - used - reserved - lent
	m.Authorized, m.Left, m.Overdrawn = text(authorized), text(max(0, left)), left < 0
	whole := max(authorized, used+reserved)
	m.UsedWidth = max(0, used) * 1000 / whole
	m.ReservedFrom = m.UsedWidth
	m.ReservedWidth = max(0, reserved) * 1000 / whole
	return m
}

// OfAll is what is left of what is authorized, such as "350 / 500 H87".
func (m measure) OfAll() string {
	left, _, _ := strings.Cut(m.Left, " ")
	return left + " / " + m.Authorized
}
