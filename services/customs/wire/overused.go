package wire

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// overused raises DX03 and DX04 for the lines of a licence that a usage brings above their limits, each once while it is open. It
// is beside the licence. Where the balance cannot be drawn (DX05), that is a remark of the usage.
func (r *receiving) overused(row *ledgerv1.Licence, e *customsv1.LicenceUsageReported) ([]proto.Message, error) {
	balance, err := writeoff.Balance(r.view, row.GetId())
	if refusal := fault.As(err); refusal != nil {
		e.Remarks = append(e.Remarks, refusal.Sentence)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known, err := r.view.DiscrepanciesWith("licence", row.GetId())
	if err != nil {
		return nil, fmt.Errorf("read discrepancies of licence %s: %w", row.GetId(), err)
	}
	var raised []*customsv1.DiscrepancyRaised
	for _, l := range balance.GetLines() {
		var more used
		item := uint32(0)
		for _, entry := range e.GetEntries() {
			if entry.GetLicenceLine() == l.GetLicenceLine() {
				more.quantity += entry.GetQuantity().GetThousandths() + entry.GetChange().GetThousandths()
				more.value += entry.GetValue().GetMinor() + entry.GetChange().GetMinor()
				item = entry.GetItem()
			}
		}
		if limit, sum := l.GetAuthorized(), l.GetUsed().GetThousandths()+more.quantity; limit != nil && more.quantity > 0 && sum > limit.GetThousandths() {
			raised = append(raised, excess(e, item, "DX03", customsv1.Severity_SEVERITY_HIGH, l.GetLicenceLine(),
				thousandths(limit.GetThousandths())+" "+limit.GetUnit(), thousandths(sum)+" "+limit.GetUnit()))
		}
		if limit, sum := l.GetAuthorizedValue(), l.GetUsedValue().GetMinor()+more.value; limit != nil && more.value > 0 && sum > limit.GetMinor() {
			raised = append(raised, excess(e, item, "DX04", customsv1.Severity_SEVERITY_MEDIUM, l.GetLicenceLine(),
				fmt.Sprintf("%d minor units of %s", limit.GetMinor(), limit.GetCurrency()), fmt.Sprintf("%d minor units of %s", sum, limit.GetCurrency())))
		}
	}
	raised = slices.DeleteFunc(raised, func(d *customsv1.DiscrepancyRaised) bool {
		return slices.ContainsFunc(known, func(k *ledgerv1.Discrepancy) bool {
			return k.GetSettled() == nil && k.GetRaised().GetCode() == d.GetCode() && k.GetRaised().GetExpected() == d.GetExpected()
		})
	})
	ids, err := r.view.NextIDs("DX-"+r.cmd.GetParticulars().GetOccurredAt().AsTime().Format("2006"), len(raised))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for i, d := range raised {
		d.DiscrepancyId = ids[i]
		facts = append(facts, ledger.Beside(row, d))
	}
	return facts, nil
}

func excess(e *customsv1.LicenceUsageReported, item uint32, code string, severity customsv1.Severity, line uint32, limit, sum string) *customsv1.DiscrepancyRaised {
	return &customsv1.DiscrepancyRaised{
		DeclarationId: e.GetUsageId(), Item: item, Code: code, Severity: severity, LicenceId: e.GetLicenceId(),
		Expected: fmt.Sprintf("line %d: %s", line, limit), Found: sum,
		Text: fmt.Sprintf("%s of line %d of licence %s were used, as another customs computer reports; %s are allowed: ask the licensing authority", sum, line, e.GetLicenceId(), limit),
	}
}

// thousandths writes a quantity without more decimals than it has.
func thousandths(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%s%d.%03d", sign, n/1000, n%1000)
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}
