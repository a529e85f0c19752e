package knowledge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// sorting puts facts into the lists of an answer.
type sorting struct {
	*reach
	res    *queryv1.KnewResponse
	shared map[string]bool
	// ahead are facts that the decision cites and had not received by what is known otherwise; again those of stated positions whose
	// block this copy has only since.
	ahead, again []*fact
}

func (s *sorting) sort(f *facts) error {
	for _, x := range f.all {
		places := append([]*queryv1.RecordedEvent{x.event}, x.elsewhere...)
		had := slices.ContainsFunc(places, s.had)
		if !had && x.use == queryv1.KnownUse_KNOWN_USE_CITED {
			s.ahead = append(s.ahead, x)
			had = true
		}
		switch {
		case had:
			s.res.Received = append(s.res.Received, s.known(x))
			if s.source(x.event.GetJournal()) == stated && s.agency == s.view.Agency() && x.event.GetReceivedAt().AsTime().After(s.moment) {
				s.again = append(s.again, x)
			}
		case s.late(x):
			k := s.known(x)
			k.Use = queryv1.KnownUse_KNOWN_USE_UNSPECIFIED
			k.StatedLater = existed(x.event).After(s.moment)
			k.SharedLater = x.event.GetOrigin() != nil && !k.StatedLater
			is, err := s.anyShared(places)
			if err != nil {
				return err
			}
			k.NotShared = !is
			s.res.NotArrived = append(s.res.NotArrived, k)
		}
	}
	for _, list := range [][]*queryv1.KnownEvent{s.res.Received, s.res.NotArrived} {
		slices.SortFunc(list, func(a, b *queryv1.KnownEvent) int {
			return cmp.Or(cmp.Compare(a.Relation, b.Relation), a.RecordedAt.AsTime().Compare(b.RecordedAt.AsTime()), strings.Compare(a.Journal, b.Journal), cmp.Compare(a.Number, b.Number))
		})
	}
	return nil
}

// late reports whether something that the agency had not received existed when it decided, or had happened and was stated later. What
// it recorded itself in the same breath, and what rests on the decision, came of it.
func (s *sorting) late(x *fact) bool {
	e := x.event
	if !existed(e).After(s.moment) {
		return ledger.AgencyOf(e.GetJournal()) != s.agency
	}
	for _, c := range e.GetCauses() {
		if id, err := uuid.FromBytes(c.GetId()); err == nil && id.String() == s.event.GetId() {
			return false
		}
	}
	return e.GetOccurredAt().AsTime().Before(s.event.GetOccurredAt().AsTime())
}

func (s *sorting) anyShared(places []*queryv1.RecordedEvent) (bool, error) {
	for _, e := range places {
		if is, err := s.shares(e.GetJournal(), s.shared); is || err != nil {
			return is, err
		}
	}
	return false, nil
}

// known is a fact as it is told.
func (s *sorting) known(x *fact) *queryv1.KnownEvent {
	e := x.event
	k := &queryv1.KnownEvent{
		Journal: e.GetJournal(), Number: e.GetNumber(), Id: e.GetId(), Kind: e.GetKind(), Words: phrase(e.GetKind()), Agency: ledger.AgencyOf(e.GetJournal()),
		Role: e.GetOfficer().GetRole(), OccurredAt: e.GetOccurredAt(), RecordedAt: e.GetRecordedAt(), WrittenAt: e.GetWrittenAt(),
		Relation: x.relation, Why: x.why, Use: x.use, Parked: x.parked,
	}
	if e.GetOrigin() != nil {
		k.WrittenAt = nil
	}
	if x.made != nil {
		k.RecordId = x.GetId()
		k.Words += ": " + k.RecordId
	}
	for _, at := range append([]*queryv1.RecordedEvent{e}, x.elsewhere...) {
		if t := s.received(at); t != nil && (k.ReceivedAt == nil || t.AsTime().Before(k.ReceivedAt.AsTime())) {
			k.ReceivedAt = t
		}
	}
	if k.ReceivedAt != nil {
		k.CameAfterSeconds = int64(k.ReceivedAt.AsTime().Sub(s.moment) / time.Second)
	}
	return k
}

// findings are what does not fit together, beside the positions.
func (s *sorting) findings(f *facts) (all []*queryv1.Finding) {
	say := func(journal string, next, format string, args ...any) {
		all = append(all, &queryv1.Finding{Journal: journal, Next: next, What: fmt.Sprintf(format, args...)})
	}
	for _, c := range f.missing {
		say(c.GetJournal(), "", "the decision cites event %d of %s, which is not on record here: it was withdrawn, or was not given to this agency", c.GetNumber(), c.GetJournal())
	}
	for _, x := range s.ahead {
		say(x.event.GetJournal(), "", "the decision cites event %d of %s, which by what is known otherwise had not been received; it is taken as received", x.event.GetNumber(), x.event.GetJournal())
	}
	for _, x := range s.again {
		say(x.event.GetJournal(), "", "the decision states that it had event %d of %s, which this copy has only since %s: the copy was made again, or a clock was wrong", x.event.GetNumber(), x.event.GetJournal(), stamp(x.event.GetReceivedAt()))
	}
	e := s.event
	if e.GetOrigin() != nil {
		say(e.GetJournal(), "", "the decision was shared with this agency later; the block that it was written in is not here, and it counts from when it was stated")
	}
	if gap := s.moment.Sub(e.GetOccurredAt().AsTime()); gap >= longBefore {
		say(e.GetJournal(), "", "it was decided at %s and written down %s later; what had been received is told for when it was written down", stamp(e.GetOccurredAt()), span(gap))
	}
	return all
}

// longBefore is from when on a decision was written down so much later that it matters.
const longBefore = 24 * time.Hour

func stamp(t *timestamppb.Timestamp) string {
	return t.AsTime().UTC().Format("2006-01-02 15:04:05 MST")
}
