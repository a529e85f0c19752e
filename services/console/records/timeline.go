package records

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// entry is an event in a record's timeline.
type entry struct {
	Journal, Kind string
	Number        uint64
	RecordedAt    *timestamppb.Timestamp
	OccurredAt    *timestamppb.Timestamp
	Signer, Role  string
	Person        string
	// Of is the record that the event made or changed, where it is another one.
	Of string
	// Says are what the event states in a line each; of events of other records none.
	Fact   proto.Message
	Says   []web.Column
	Causes []*eventv1.Cause
}

// Late reports whether it was stated more than a day after it was true.
func (e entry) Late() bool {
	return e.OccurredAt != nil && e.RecordedAt.AsTime().Sub(e.OccurredAt.AsTime()) > 24*time.Hour
}

// maxRows is how many related rows' events are asked for.
const maxRows = 500

// storyOf is the record's events and those of the rows that touch it, the earliest first, each once.
func storyOf(v *web.Visit, of *queryv1.ExplainResponse, horizon *queryv1.Horizon) (all []entry, err error) {
	known := map[string]bool{}
	for _, e := range of.Events {
		known[fmt.Sprint(e.Journal, e.Number)] = true
		all = append(all, entryOf(e))
	}
	var names []*queryv1.RowName
	for _, r := range of.Related {
		table, row := web.Inner(r)
		if made, ok := row.(interface{ GetId() string }); ok && len(names) < maxRows {
			names = append(names, &queryv1.RowName{Table: strings.ReplaceAll(web.TableName(table), "-", "_"), Id: made.GetId()})
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	res, err := v.API.Compare.RowEvents(v.R.Context(), &queryv1.RowEventsRequest{Rows: names, Horizon: horizon})
	if err != nil {
		return nil, err
	}
	for _, row := range res.Rows {
		for _, n := range row.Events {
			if key := fmt.Sprint(n.Journal, n.Number); !known[key] {
				known[key] = true
				all = append(all, entry{
					Journal: n.Journal, Kind: n.Kind, Number: n.Number, RecordedAt: n.RecordedAt, OccurredAt: n.OccurredAt, Signer: n.Signer, Role: n.Officer, Of: row.Row.Id,
				})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(a.RecordedAt.AsTime().Compare(b.RecordedAt.AsTime()), strings.Compare(a.Journal, b.Journal), cmp.Compare(a.Number, b.Number))
	})
	return all, nil
}

func entryOf(e *queryv1.RecordedEvent) entry {
	one := entry{
		Journal: e.Journal, Kind: e.Kind, Number: e.Number, RecordedAt: e.RecordedAt, OccurredAt: e.OccurredAt, Signer: e.Signer,
		Role: e.GetOfficer().GetRole(), Person: e.GetOfficer().GetPerson(), Causes: e.Causes,
	}
	if fact, err := e.Fact.UnmarshalNew(); err == nil {
		one.Fact, one.Says = fact, says(fact)
	}
	return one
}

// says are the fields of a fact that are told in a line: what is not the id of the record itself, nor a part with parts of its own.
func says(fact proto.Message) (all []web.Column) {
	m := fact.ProtoReflect()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		plain := f.Message() == nil || f.Message().ParentFile().Package() == "google.protobuf"
		if i > 0 && m.Has(f) && plain && f.Kind() != protoreflect.BytesKind && !f.IsMap() {
			all = append(all, web.Column(f.Name()))
		}
	}
	return all
}

// asOf is the control that shows a record as it was: it stops at the moments at which events were recorded.
type asOf struct {
	Stops []stop
	// At is which of them is shown; len(Stops): as it is now.
	At int
	// Now: all that is on record is shown.
	Now bool
	// Words say which moment is shown, and what happened then.
	Words string
}

// stop is a moment at which something changed.
type stop struct {
	// At is the moment as addresses write it, Shown as people read it: to the second, and finer where two stops share one.
	At, Shown string
	// Kinds are those of the events then.
	Kinds []string
}

// stopsOf are the moments of a story from when the record came to be.
func stopsOf(story []entry, own []*queryv1.RecordedEvent) (a asOf) {
	if len(own) == 0 {
		return a
	}
	begin := own[0].RecordedAt.AsTime()
	var times []time.Time
	for _, e := range story {
		at := e.RecordedAt.AsTime().UTC()
		switch {
		case at.Before(begin):
			continue
		case len(times) == 0 || !times[len(times)-1].Equal(at):
			times = append(times, at)
			a.Stops = append(a.Stops, stop{At: at.Format(time.RFC3339Nano)})
		}
		last := &a.Stops[len(a.Stops)-1]
		if !slices.Contains(last.Kinds, e.Kind) {
			last.Kinds = append(last.Kinds, e.Kind)
		}
	}
	for i, at := range times {
		a.Stops[i].Shown = shownAmong(times, i, at)
	}
	return a
}

// shownAmong is the i-th of some times, as fine as it takes to tell it from the ones beside it.
func shownAmong(times []time.Time, i int, at time.Time) string {
	for _, fine := range []struct {
		unit   time.Duration
		layout string
	}{{time.Second, time.DateTime}, {time.Millisecond, "2006-01-02 15:04:05.000"}, {time.Microsecond, "2006-01-02 15:04:05.000000"}} {
		same := func(j int) bool {
			return j >= 0 && j < len(times) && times[j].Truncate(fine.unit).Equal(at.Truncate(fine.unit))
		}
		if !same(i-1) && !same(i+1) {
			return at.Format(fine.layout)
		}
	}
	return at.Format("2006-01-02 15:04:05.000000000")
}

// at is the control at a moment as the address has it: at the last stop that is not later. elsewhere says that another part of history
// is shown.
func (a asOf) at(moment string, elsewhere bool) asOf {
	a.At, a.Now = len(a.Stops), !elsewhere
	shown, err := web.ParseTime(moment)
	if err != nil || shown == nil {
		return a
	}
	a.At = 0
	for i, s := range a.Stops {
		if t, err := time.Parse(time.RFC3339Nano, s.At); err == nil && !t.After(shown.AsTime()) {
			a.At = i
		}
	}
	return a
}

// chosen is where the stop that the slider was moved to is shown.
func (a asOf) chosen(v *web.Visit) (path string, chosen bool) {
	n, err := strconv.Atoi(v.R.URL.Query().Get("stop"))
	if err != nil {
		return "", false
	}
	path = strings.TrimPrefix(v.R.URL.EscapedPath(), web.Root)
	if n >= 0 && n < len(a.Stops) {
		path += "?as_of=" + a.Stops[n].At
	}
	return path, true
}

// Stop is the stop that is shown; nil: none, as it is now.
func (a asOf) Stop() *stop {
	if a.At >= len(a.Stops) {
		return nil
	}
	return &a.Stops[a.At]
}

// Earlier is the stop before the one that is shown; nil where there is none.
func (a asOf) Earlier() *stop {
	if a.At == 0 || len(a.Stops) == 0 {
		return nil
	}
	return &a.Stops[a.At-1]
}

// Later is the stop after the one that is shown; nil where that is the last or now.
func (a asOf) Later() *stop {
	if a.At+1 >= len(a.Stops) {
		return nil
	}
	return &a.Stops[a.At+1]
}

// words are which moment is shown.
func (a asOf) words(v *web.Visit) (string, error) {
	stop := a.Stop()
	switch {
	case stop != nil:
		var kinds []string
		for _, k := range stop.Kinds {
			name, err := v.Kind(k)
			if err != nil {
				return "", err
			}
			kinds = append(kinds, name)
		}
		return v.T("records.asof-stop", "place", a.At+1, "count", len(a.Stops), "moment", stop.Shown, "event", strings.Join(kinds, ", "))
	case a.Now:
		return v.T("records.asof-now", "n", len(a.Stops))
	}
	return v.T("records.asof-elsewhere")
}
