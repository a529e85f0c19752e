package uklicences

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxGroupName = 64
	maxRating    = 64
	maxName      = 300
	maxCriterion = 20
	// What one entry can hold (licensing.v1.Entry).
	maxGroupLines    = 1000
	maxGroupPlaces   = 250
	maxGroupCriteria = 200
	// The first year of a decision that is taken for one; before it, a date is a slip.
	firstYear = 1900
)

func (r *reader) readRatings(ctx context.Context) error {
	if r.noRatings {
		return nil
	}
	_, err := r.table(ctx, ratingsFile, []string{"rating"}, func(f []string, _ int) error {
		r.known[f[0]] = true
		return nil
	})
	return err
}

// row is one row of values.csv that can be read.
type row struct {
	date, country string
	refused       bool
	rating        string
	count         uint32
	pence         int64 // -1: none
	line          int
}

// A lost row is named together with what becomes of the rest of its group, once that is known.
type lost struct {
	group  string
	line   int
	reason string
}

func (r *reader) readValues(ctx context.Context) error {
	var bad []lost
	names := []string{"licence_group", "date", "rating", "count", "value", "country", "refused"}
	rows, err := r.table(ctx, valuesFile, names, func(f []string, line int) error {
		name, err := groupName(f[0])
		if err != nil {
			return err
		}
		row, err := parseRow(f[1:], line)
		if reason := (*badRow)(nil); errors.As(err, &reason) {
			bad = append(bad, lost{name, line, reason.reason})
			return nil
		}
		if reason := respelt(f[1:], row); reason != "" {
			r.remarks.Add(valuesFile, line, reason)
		}
		g := r.groups[name]
		if g == nil {
			g = &group{name: strings.Clone(name)}
			r.groups[g.name] = g
		}
		if len(g.rows) == maxGroupLines {
			bad = append(bad, lost{name, line, fmt.Sprintf("licence group %s has more than %d rows", name, maxGroupLines)})
			return nil
		}
		row.date, row.rating, row.country = r.keep(row.date), r.keep(row.rating), r.keep(row.country)
		g.rows = append(g.rows, row)
		return nil
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		return errNoRows(r.dir)
	}
	for _, g := range r.groups {
		bad = append(bad, g.settle()...)
	}
	slices.SortFunc(bad, func(a, b lost) int { return a.line - b.line })
	for _, l := range bad {
		rest := "it was the only row of licence group " + l.group
		if r.groups[l.group] != nil {
			rest = "licence group " + l.group + " is recorded without it"
		}
		r.problems.Add(valuesFile, l.line, l.reason+"; "+rest)
	}
	r.remarkRows()
	return nil
}

func parseRow(f []string, line int) (row, error) {
	r := row{date: strings.TrimSpace(f[0]), rating: f[1], country: f[4], line: line}
	if err := checkDate(r.date); err != nil {
		return r, err
	}
	if err := checkText("rating", r.rating, maxRating); err != nil {
		return r, err
	}
	if err := checkText("country", r.country, maxName); err != nil {
		return r, err
	}
	var err error
	if r.count, err = parseCount(strings.TrimSpace(f[2])); err != nil {
		return r, err
	}
	if r.pence, err = parsePounds(strings.TrimSpace(f[3])); err != nil {
		return r, err
	}
	switch refused := strings.TrimSpace(f[5]); refused {
	case "0":
	case "1":
		r.refused = true
	default:
		return r, &badRow{fmt.Sprintf("refused is %q, not 0 or 1", short(refused))}
	}
	return r, nil
}

// respelt says what of a row is kept in another spelling than it was published in; empty when the row can be written again as it was.
func respelt(f []string, r row) string {
	count, value := strconv.FormatUint(uint64(r.count), 10), ""
	if r.pence >= 0 {
		value = strconv.FormatInt(r.pence/100, 10)
	}
	for i, kept := range []string{r.date, r.rating, count, value, r.country, strings.TrimSpace(f[5])} {
		if f[i] != kept {
			return fmt.Sprintf("%s %q is kept as %q", Columns[i], short(f[i]), kept)
		}
	}
	return ""
}

func groupName(s string) (string, error) {
	s = strings.TrimSpace(s)
	return s, checkText("licence_group", s, maxGroupName)
}

func checkDate(s string) error {
	layout := "2006-01-02"
	if len(s) == len("2006-01") {
		layout = "2006-01"
	}
	if t, err := time.Parse(layout, s); err != nil || t.Year() < firstYear {
		return &badRow{fmt.Sprintf("date %q is no yyyy-mm-dd or yyyy-mm since %d", short(s), firstYear)}
	}
	return nil
}

// checkText refuses what cannot be a name: nothing, too much, or bytes that are no text in the file's encoding.
func checkText(column, s string, longest int) error {
	switch {
	case strings.TrimSpace(s) == "":
		return &badRow{column + " is empty"}
	case len(s) > longest:
		return &badRow{fmt.Sprintf("%s is longer than %d bytes", column, longest)}
	case !utf8.ValidString(s), strings.ContainsRune(s, utf8.RuneError):
		return &badRow{fmt.Sprintf("%s %q has bytes that are no text", column, short(s))}
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		return &badRow{fmt.Sprintf("%s %q has control characters", column, short(s))}
	}
	return nil
}

func parseCount(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 0 {
		return 0, &badRow{fmt.Sprintf("count %q is no number of licences from 1 to %d", short(s), math.MaxUint32)}
	}
	return uint32(n), nil
}

// parsePounds returns whole pounds as pence, and -1 for none.
func parsePounds(s string) (int64, error) {
	if s == "" {
		return -1, nil
	}
	pounds, err := strconv.ParseInt(s, 10, 64)
	if err != nil || pounds < 0 || pounds > math.MaxInt64/100 || s[0] == '+' {
		return 0, &badRow{fmt.Sprintf("value %q is no number of pounds from 0 to %d", short(s), int64(math.MaxInt64/100))}
	}
	return pounds * 100, nil
}

// short keeps a reason readable when a field is not.
func short(s string) string {
	if len(s) <= 40 {
		return s
	}
	return s[:40] + "…"
}

func (r *reader) readCriteria(ctx context.Context) error {
	return r.attach(ctx, criteriaFile, "criteria", maxCriterion, func(g *group, criterion string) (bool, error) {
		if !g.refused() {
			return false, &badRow{"its licence group was granted; left out"}
		}
		if len(g.criteria) == maxGroupCriteria {
			return false, &badRow{fmt.Sprintf("its licence group has more than %d; left out", maxGroupCriteria)}
		}
		g.criteria = append(g.criteria, criterion) // once for each refusal that the group stands for
		return false, nil
	})
}

func (r *reader) readDestinations(ctx context.Context) error {
	return r.attach(ctx, destinationsFile, "destination", maxName, func(g *group, name string) (bool, error) {
		return say(&g.onward, name, maxGroupPlaces)
	})
}

func (r *reader) readSources(ctx context.Context) error {
	return r.attach(ctx, sourcesFile, "source", maxName, func(g *group, name string) (bool, error) {
		return say(&g.sources, name, maxGroupPlaces)
	})
}

// attach reads a file that says something more of groups.
func (r *reader) attach(ctx context.Context, file, column string, longest int, add func(*group, string) (again bool, err error)) error {
	_, err := r.table(ctx, file, []string{"licence_group", column}, func(f []string, line int) error {
		name, err := groupName(f[0])
		if err != nil {
			return err
		}
		if err := checkText(column, f[1], longest); err != nil {
			return err
		}
		g := r.groups[name]
		if g == nil {
			r.remarks.Add(file, line, "its licence group is not in "+valuesFile+": it says nothing of a licence that is here")
			return nil
		}
		if reason := r.doubtfulCountry(f[1]); column != "criteria" && reason != "" {
			r.remarks.Add(file, line, reason)
		}
		again, err := add(g, r.keep(f[1]))
		if again {
			r.remarks.Add(file, line, "said before of its licence group; kept once")
		}
		return err
	})
	return err
}

// say adds s to what is said of a group, once.
func say(list *[]string, s string, most int) (again bool, err error) {
	switch {
	case slices.Contains(*list, s):
		return true, nil
	case len(*list) == most:
		return false, &badRow{fmt.Sprintf("its licence group has more than %d; left out", most)}
	}
	*list = append(*list, s)
	return false, nil
}

func (r *reader) keep(s string) string {
	if kept, ok := r.kept[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	r.kept[s] = s
	return s
}
