package uklicences

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/refdata"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// group is what a licence_group number ties together in one edition: one decision. The number itself says nothing.
type group struct {
	name                      string
	rows                      []row
	criteria, onward, sources []string
}

func errNoRows(dir string) error {
	return fault.Errorf(fault.Invalid, "%s has no rows; an edition with no licences would withdraw everything on record", filepath.Join(dir, valuesFile))
}

func (g *group) refused() bool { return g.rows[0].refused }

// decision is what all rows of a group must agree on.
type decision struct {
	date, country string
	refused       bool
}

func (r row) decision() decision { return decision{r.date, r.country, r.refused} }

func (d decision) compare(other decision) int {
	return cmp.Or(strings.Compare(d.date, other.date), strings.Compare(d.country, other.country), strings.Compare(d.String(), other.String()))
}

func (d decision) String() string {
	if d.refused {
		return fmt.Sprintf("refused for %s on %s", d.country, d.date)
	}
	return fmt.Sprintf("granted for %s on %s", d.country, d.date)
}

// settle leaves the group with one decision: the one that most of its rows are of or, of several, the first by date,
// country and outcome, so that the order of rows does not matter. It returns the rows that are of another.
func (g *group) settle() []lost {
	counts := map[decision]int{}
	for _, r := range g.rows {
		counts[r.decision()]++
	}
	if len(counts) == 1 {
		return nil
	}
	main := g.rows[0].decision()
	for d, n := range counts {
		if n > counts[main] || n == counts[main] && d.compare(main) < 0 {
			main = d
		}
	}
	var bad []lost
	g.rows = slices.DeleteFunc(g.rows, func(r row) bool {
		if r.decision() == main {
			return false
		}
		bad = append(bad, lost{g.name, r.line, fmt.Sprintf("%s, but the licence group was %s", r.decision(), main)})
		return true
	})
	return bad
}

// entry turns the group into the entry that is recorded.
func (g *group) entry(place func(name string) *licensingv1.Place) *licensingv1.Entry {
	places := func(names []string) (all []*licensingv1.Place) {
		for _, n := range slices.Sorted(slices.Values(names)) {
			all = append(all, place(n))
		}
		return all
	}
	first := g.rows[0]
	e := &licensingv1.Entry{
		Date:        first.date,
		Refused:     first.refused,
		Destination: place(first.country),
		Onward:      places(g.onward),
		Sources:     places(g.sources),
		Criteria:    slices.Sorted(slices.Values(g.criteria)),
	}
	lines := make([]*transferv1.Line, len(g.rows))
	for i, r := range g.rows {
		lines[i] = &transferv1.Line{Rating: r.rating, Category: refdata.RatingCategory(r.rating), Licences: r.count}
		if r.pence >= 0 {
			lines[i].Value = &transferv1.Money{Minor: r.pence, Currency: "GBP"}
		}
	}
	e.Lines = published.SortLines(lines)
	for i, l := range e.Lines {
		l.Number = uint32(i + 1)
	}
	e.Digest = published.Digest(e)
	return e
}

func (r *reader) place(name string) *licensingv1.Place {
	return &licensingv1.Place{Country: r.code(name), Name: name}
}

// code is refdata.Country, asked once per name.
func (r *reader) code(name string) string {
	code, ok := r.codes[name]
	if !ok {
		code, _ = refdata.Country(name)
		r.codes[r.keep(name)] = code
	}
	return code
}

// remarkRows says what is doubtful about the rows of values.csv, in their order.
func (r *reader) remarkRows() {
	type doubt struct {
		line   int
		reason string
	}
	var doubts []doubt
	for _, g := range r.groups {
		seen := map[row]bool{}
		for _, w := range g.rows {
			if reason := r.doubtfulCountry(w.country); reason != "" {
				doubts = append(doubts, doubt{w.line, reason})
			}
			if !r.noRatings && !r.known[w.rating] {
				doubts = append(doubts, doubt{w.line, fmt.Sprintf("rating %q is not in %s; kept", w.rating, ratingsFile)})
			}
			if w.pence < 0 && !w.refused {
				doubts = append(doubts, doubt{w.line, "granted without a value; kept without"})
			}
			if w.pence >= 0 && w.refused {
				doubts = append(doubts, doubt{w.line, "refused with a value; kept"})
			}
			same := w
			if same.line = 0; seen[same] {
				doubts = append(doubts, doubt{w.line, "twice in its licence group; kept twice"})
			}
			seen[same] = true
		}
	}
	slices.SortFunc(doubts, func(a, b doubt) int {
		return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.reason, b.reason))
	})
	for _, d := range doubts {
		r.remarks.Add(valuesFile, d.line, d.reason)
	}
}

// doubtfulCountry says why a name has no country code; empty when it has one.
func (r *reader) doubtfulCountry(name string) string {
	if r.code(name) != "" {
		return ""
	}
	if why, ok := refdata.NoState(name); ok {
		return fmt.Sprintf("%q has no country code (%s); kept by name", name, why)
	}
	return fmt.Sprintf("%q is no country known here; kept by name", name)
}
