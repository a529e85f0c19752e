package citations

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Least is the smallest class that is told; smaller ones wait until they have grown.
const Least = 3

// ToTell returns the uses before a moment that this agency's reports have not told yet, of the classes that have grown to
// Least since they were last told, ordered by publisher, kind and decision. What is left out is carried: it is counted again
// the next time, from the ledger alone.
//
// The reports of an agency tell of decisions that no other report of it told of, at least Least in each class. So what a
// class comes to over any span of reports is nothing or at least Least, and the difference of two such sums too: no
// subtraction leaves one or two decisions.
func ToTell(view ledger.View, until time.Time) ([]*reportingv1.FactUse, error) {
	counted, err := Count(view, time.Time{}, until)
	if err != nil {
		return nil, err
	}
	told, err := Told(view, view.Agency())
	if err != nil {
		return nil, err
	}
	var uses []*reportingv1.FactUse
	for class, count := range counted {
		if count >= told[class]+Least {
			uses = append(uses, &reportingv1.FactUse{
				Publisher: class.Publisher, Kind: class.Kind, Decision: class.Decision, Count: uint32(count - told[class]),
			})
		}
	}
	slices.SortFunc(uses, func(a, b *reportingv1.FactUse) int {
		return cmp.Or(cmp.Compare(a.GetPublisher(), b.GetPublisher()), cmp.Compare(a.GetKind(), b.GetKind()), cmp.Compare(a.GetDecision(), b.GetDecision()))
	})
	return uses, nil
}

// Told is what an agency's reports on record here say in all, by class.
func Told(view ledger.View, agency string) (map[Class]uint64, error) {
	rows, err := view.AllFactsUsedWith("agency", agency)
	if err != nil {
		return nil, fmt.Errorf("read what %s told of facts it used: %w", agency, err)
	}
	told := map[Class]uint64{}
	for _, r := range rows {
		for _, u := range r.GetUsed().GetUses() {
			told[Class{u.GetPublisher(), u.GetKind(), u.GetDecision()}] += uint64(u.GetCount())
		}
	}
	return told, nil
}
