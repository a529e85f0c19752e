package annual

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// terms says which terms of the later procedure are others for a row: its basis, small arms as one row, voluntary categories, the
// State.
func terms(earlier, now report.Spec, row *reportingv1.Row) string {
	table, _, _ := now.Form.Table(row.GetTable())
	category := key(table, row, "category")
	a, b := earlier.TableTerms(table.Name), now.TableTerms(table.Name)
	var texts []string
	if slices.Contains(table.Dimensions, "basis") {
		if was, is := earlier.Basis(table.Name, category), now.Basis(table.Name, category); was != is {
			texts = append(texts, fmt.Sprintf("category %s is reported as %s, no longer as %s", category, is, was))
		}
	}
	if a.GetAggregateSmallArms() != b.GetAggregateSmallArms() && strings.HasPrefix(category, "VIII ") {
		texts = append(texts, map[bool]string{true: "small arms and light weapons are one row each", false: "small arms and light weapons are told apart"}[b.GetAggregateSmallArms()])
	}
	if names := voluntaryChanged(a.GetVoluntary(), b.GetVoluntary()); slices.Contains(names, category) || len(texts) == 0 && len(names) > 0 {
		texts = append(texts, "voluntary categories are others: "+strings.Join(names, ", "))
	}
	if was, is := earlier.Procedure.GetState(), now.Procedure.GetState(); was != is {
		texts = append(texts, fmt.Sprintf("the State is %s, no longer %s", is, was))
	}
	by := fmt.Sprintf("procedure %s in place of %s", orNone(now.ProcedureID), orNone(earlier.ProcedureID))
	return strings.Join(append([]string{by}, texts...), ": ")
}

func orNone(id string) string {
	if id == "" {
		return "none"
	}
	return id
}

func key(t report.Table, r *reportingv1.Row, dimension string) string {
	if i := slices.Index(t.Dimensions, dimension); i >= 0 && i < len(r.GetKeys()) {
		return r.GetKeys()[i]
	}
	return ""
}

// voluntaryChanged are the voluntary categories that only one of two procedures has, or that take in other ratings.
func voluntaryChanged(a, b []*reportingv1.VoluntaryCategory) (names []string) {
	ratings := func(list []*reportingv1.VoluntaryCategory, category string) *reportingv1.VoluntaryCategory {
		for _, v := range list {
			if v.GetCategory() == category {
				return &reportingv1.VoluntaryCategory{Ratings: v.GetRatings()}
			}
		}
		return nil
	}
	for _, v := range slices.Concat(a, b) {
		if c := v.GetCategory(); !slices.Contains(names, c) && !proto.Equal(ratings(a, c), ratings(b, c)) {
			names = append(names, c)
		}
	}
	return names
}
