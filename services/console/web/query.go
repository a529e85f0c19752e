package web

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// TableName is a table's name in addresses, such as "licences".
func TableName(t queryv1.Table) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(t.String(), "TABLE_")), "_", "-")
}

// ParseTable returns the table of that name.
func ParseTable(name string) (queryv1.Table, error) {
	t, ok := queryv1.Table_value["TABLE_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))]
	if !ok || t == 0 {
		return 0, connect.NewError(connect.CodeNotFound, "there is no table "+name)
	}
	return queryv1.Table(t), nil
}

// ParseTime reads a day or a moment as forms and addresses write it: "2026-11-26", "2026-11-26 13:00", "2026-11-26T13:00:05Z"; UTC. Nothing is
// read of nothing.
func ParseTime(text string) (*timestamppb.Timestamp, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return timestamppb.New(at), nil
		}
	}
	return nil, connect.NewError(connect.CodeInvalidArgument, "“"+text+"” is no date; write 2026-11-26, or 2026-11-26 13:00")
}

// Horizon reads the part of history that an address names: as_of, true_at, known_to and at. Nil: all of it.
func Horizon(q url.Values) (*queryv1.Horizon, error) {
	h := &queryv1.Horizon{KnownTo: strings.TrimSpace(q.Get("known_to"))}
	for name, to := range map[string]**timestamppb.Timestamp{"as_of": &h.AsOf, "true_at": &h.TrueAt, "at": &h.At} {
		at, err := ParseTime(q.Get(name))
		if err != nil {
			return nil, err
		}
		*to = at
	}
	if h.AsOf == nil && h.TrueAt == nil && h.At == nil && h.KnownTo == "" {
		return nil, nil
	}
	return h, nil
}

// Filter reads the rows that an address asks for: "f.ATTRIBUTE" (several values, or one with commas, are alternatives), from, until and
// withdrawn. A party is an identifier, "lei:213800KUD8LAJWSQ9D15", or a name, which may have commas.
func Filter(q url.Values) (*queryv1.Filter, error) {
	f := &queryv1.Filter{Withdrawn: q.Get("withdrawn") != ""}
	var names []string
	for name := range q {
		if strings.HasPrefix(name, "f.") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		var values []string
		for _, given := range q[name] {
			values = append(values, alternatives(name, given)...)
		}
		if len(values) > 0 {
			f.Conditions = append(f.Conditions, &queryv1.Condition{Attribute: strings.TrimPrefix(name, "f."), Values: values})
		}
	}
	var err error
	if f.From, err = ParseTime(q.Get("from")); err != nil {
		return nil, err
	}
	f.Until, err = ParseTime(q.Get("until"))
	return f, err
}

// alternatives are the values of a filter as the ledger has them.
func alternatives(name, given string) (values []string) {
	for one := range strings.SplitSeq(given, ",") {
		if one = strings.TrimSpace(one); one != "" {
			values = append(values, one)
		}
	}
	identifies := func(party string) bool { return strings.Contains(party, ":") && !strings.HasPrefix(party, "name:") }
	if name == "f.party" && !slices.ContainsFunc(values, identifies) && len(values) > 0 {
		return []string{"name:" + ledger.FoldName(strings.TrimPrefix(strings.TrimSpace(given), "name:"))}
	}
	return values
}

// Applied is a part of an address that leaves rows out: its name, what it is set to, and the message that names it.
type Applied struct{ Name, Value, Key string }

// AppliedFilters are the parts of an address that leave rows out, so that an empty list can name them.
func AppliedFilters(q url.Values) (all []Applied) {
	var names []string
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := strings.Join(q[name], ", ")
		attribute, filter := strings.CutPrefix(name, "f.")
		switch {
		case value == "":
		case filter:
			all = append(all, Applied{name, value, "attribute." + attribute})
		case slices.Contains([]string{"from", "until", "as_of", "true_at", "known_to", "at"}, name):
			all = append(all, Applied{name, value, "filter." + name})
		}
	}
	return all
}
