package incident

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// tooCommon is how many declarations may have a value of an alert in common before it says nothing of any of them.
const tooCommon = 50

// Declarations returns the declarations on record that have goods, papers, a container or a vessel of an alert, each with how, as
// the end of a sentence; by id. A value that more than 50 declarations have is left out.
func Declarations(view ledger.View, alert *enforcementv1.DiversionAlertRaised) (map[string]Touched, error) {
	touched := map[string]Touched{}
	for _, v := range valuesOf(alert) {
		common, err := isCommon(view, v)
		if err != nil {
			return nil, err
		}
		if common {
			continue
		}
		rows, err := view.DeclarationsWith(v.attribute, v.value)
		if err != nil {
			return nil, fmt.Errorf("read declarations by %s: %w", v.attribute, err)
		}
		for _, d := range rows {
			if _, known := touched[d.GetId()]; !known && (v.attribute != "serial" || sharesSerial(d, alert)) {
				touched[d.GetId()] = Touched{d, "has " + v.says + " of it"}
			}
		}
	}
	return touched, nil
}

func isCommon(view ledger.View, v value) (bool, error) {
	of := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: v.attribute, Values: []string{v.value}}}}
	n, _, err := view.Count(queryv1.Table_TABLE_DECLARATIONS, of, "")
	if err != nil {
		return false, fmt.Errorf("count declarations by %s: %w", v.attribute, err)
	}
	return n > tooCommon, nil
}

// Touched is a declaration that an alert touches, and how.
type Touched struct {
	Declaration *ledgerv1.Declaration
	How         string
}

type value struct{ attribute, value, says string }

// valuesOf are what an alert is about beside parties, as declarations are found by it.
func valuesOf(a *enforcementv1.DiversionAlertRaised) (all []value) {
	for _, s := range a.GetSerials() {
		for _, serial := range s.GetSerials() {
			if key := marks.Normalize(serial); key != "" {
				all = append(all, value{"serial", key, "serial " + serial})
			}
		}
		if lot := ledger.FoldName(s.GetLot()); lot != "" {
			all = append(all, value{"lot", lot, "lot " + s.GetLot()})
		}
	}
	l := a.GetLinks()
	for _, one := range []struct {
		attribute, says string
		values          []string
	}{
		{"certificate", "certificate", l.GetCertificates()}, {"ucr", "consignment reference", l.GetUcrs()}, {"container", "container", l.GetContainers()},
		{"document", "transport document", l.GetTransportDocuments()}, {"vessel", "vessel", l.GetVessels()},
	} {
		for _, v := range one.values {
			all = append(all, value{one.attribute, v, one.says + " " + v})
		}
	}
	return all
}

// sharesSerial reports whether a declared item may be one of an alert: a serial alone is never unique, so their other marks must
// not contradict (docs/tracing.md).
func sharesSerial(d *ledgerv1.Declaration, a *enforcementv1.DiversionAlertRaised) bool {
	for _, item := range d.GetAccepted().GetItems() {
		for _, declared := range item.GetSerials() {
			for _, sought := range a.GetSerials() {
				if meet(declared, sought) {
					return true
				}
			}
		}
	}
	return false
}

func meet(a, b *transferv1.Serials) bool {
	for _, x := range a.GetSerials() {
		for _, y := range b.GetSerials() {
			if marks.Normalize(x) == marks.Normalize(y) && marks.Compare(markOf(a, x), markOf(b, y)).Level != marks.Different {
				return true
			}
		}
	}
	return false
}

// markOf is the mark of one item of some that share all but the serial.
func markOf(s *transferv1.Serials, serial string) marks.Mark {
	m := marks.Of(s.GetMark())
	m.Serial = serial
	return m
}
