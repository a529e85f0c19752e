package reconciliation

import (
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// mostSubjects is how many records of either side a difference names.
const mostSubjects = 20

// figure is an amount and the records that it comes of.
type figure struct {
	amount   int64
	subjects []string
}

func (f *figure) add(amount int64, subject string) {
	f.amount = plus(f.amount, amount)
	f.subjects = append(f.subjects, subject)
}

// plus adds, and stays at what 63 bits hold.
func plus(a, b int64) int64 {
	const most = 1<<63 - 1
	switch sum := a + b; {
	case a > 0 && b > 0 && sum < 0:
		return most
	case a < 0 && b < 0 && sum >= 0:
		return -most
	default:
		return sum
	}
}

// apart reports whether two figures differ by more than so many thousandths of the larger one.
func apart(ours, theirs int64, permille uint32) bool {
	difference := uint64(max(ours, theirs)) - uint64(min(ours, theirs))
	larger := max(magnitude(ours), magnitude(theirs))
	dh, dl := bits.Mul64(difference, 1000)
	ah, al := bits.Mul64(larger, uint64(permille))
	return dh > ah || dh == ah && dl > al
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// pairing is two figures that are held against each other.
type pairing struct {
	keys         []string
	measure      string
	ours, theirs figure
	// only what theirs has beyond ours is a difference.
	only bool
	// exact: no tolerance.
	exact               bool
	owner, source, text string
}

// comparing gathers what a comparison finds.
type comparing struct {
	view    ledger.View
	request *reportingv1.ReconcileRequest
	// apart says whether two figures differ.
	apart   func(ours, theirs int64, permille uint32) bool
	found   []*reportingv1.Difference
	skipped map[string]uint64
	// compared counts figures, and editions are those of partners' figures.
	compared uint64
	editions []string
}

// hold holds two figures against each other.
func (c *comparing) hold(p pairing) {
	c.compared++
	tolerance := c.request.GetTolerancePermille()
	if p.exact {
		tolerance = 0
	}
	if !c.apart(p.ours.amount, p.theirs.amount, tolerance) || p.only && p.theirs.amount <= p.ours.amount {
		return
	}
	c.found = append(c.found, &reportingv1.Difference{
		Comparison: c.request.GetComparison(), Year: c.request.GetYear(), Keys: p.keys, Measure: p.measure, Ours: p.ours.amount, Theirs: p.theirs.amount,
		OurSubjects: some(p.ours.subjects), TheirSubjects: some(p.theirs.subjects), Text: p.text, Owner: p.owner, Source: p.source,
	})
}

// skip counts figures that are not compared.
func (c *comparing) skip(reason string) {
	if c.skipped == nil {
		c.skipped = map[string]uint64{}
	}
	c.skipped[reason]++
}

// result is what was found, in the order of what it is of.
func (c *comparing) result() *reportingv1.ReconcileResponse {
	slices.SortFunc(c.found, func(a, b *reportingv1.Difference) int { return strings.Compare(identity(a), identity(b)) })
	res := &reportingv1.ReconcileResponse{Differences: c.found, Compared: c.compared, Editions: c.editions}
	for _, reason := range slices.Sorted(maps.Keys(c.skipped)) {
		res.NotCompared = append(res.NotCompared, &reportingv1.NotCompared{Reason: reason, Figures: c.skipped[reason]})
	}
	return res
}

// some are the first records by id, each once.
func some(subjects []string) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(subjects)))
	return sorted[:min(len(sorted), mostSubjects)]
}
