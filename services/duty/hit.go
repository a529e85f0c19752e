package duty

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// MatchTraces are reactions that tell this agency that a record of its own has an item that is traced (RF27): when a trace is
// opened, and when a record comes that has the item of an open one. Each record is told of once for each trace.
func MatchTraces() []desk.Reaction {
	all := []desk.Reaction{matching(&enforcementv1.TraceOpened{}, func(view ledger.View, fact proto.Message) ([]*ledgerv1.Trace, error) {
		id := fact.(*enforcementv1.TraceOpened).GetTraceId()
		t, err := view.Trace(id)
		if t == nil || err != nil {
			return nil, err
		}
		return []*ledgerv1.Trace{t}, nil
	})}
	for _, kind := range []proto.Message{
		&customsv1.DeclarationAccepted{}, &customsv1.DeclarationAmended{}, &customsv1.DeliveryVerificationRequested{}, &customsv1.DeliveryVerified{},
		&customsv1.DeliveryConfirmed{}, &customsv1.PostDeliveryCheckDone{}, &enforcementv1.SightingAdded{},
	} {
		all = append(all, matching(kind, tracesOf))
	}
	return all
}

// matching reacts to events of a kind that have to do with traces.
func matching(of proto.Message, traces func(ledger.View, proto.Message) ([]*ledgerv1.Trace, error)) desk.Reaction {
	kind := of.ProtoReflect().Descriptor()
	return desk.Reaction{
		Name: "match traces on " + string(kind.Name()),
		Kind: kind.FullName(),
		React: func(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
			if e.Fact == nil || e.Fact.ProtoReflect().Descriptor().FullName() != kind.FullName() {
				return nil, fmt.Errorf("event %d of %s is a %s and no %s", e.Number, id, e.Event.GetKind(), kind.Name())
			}
			all, err := traces(view, e.Fact)
			if err != nil {
				return nil, err
			}
			facts, err := Hits(view, all, e.Event.GetRecordedAt().AsTime())
			for i, f := range facts {
				facts[i] = ledger.Dated{Message: f, Causes: []*eventv1.Cause{e.Cause(id)}}
			}
			return facts, err
		},
	}
}

// tracesOf are the open traces of an item that a fact lists.
func tracesOf(view ledger.View, fact proto.Message) (open []*ledgerv1.Trace, err error) {
	seen := map[string]bool{}
	for _, s := range serialsOf(fact) {
		for _, serial := range s.GetSerials() {
			key := marks.Normalize(serial)
			if key == "" || seen[key] {
				continue
			}
			seen[key] = true
			found, err := view.TracesWith("serial", key)
			if err != nil {
				return nil, fmt.Errorf("read traces by serial: %w", err)
			}
			for _, t := range found {
				if !ledger.TraceEnded(t) && !slices.ContainsFunc(open, func(o *ledgerv1.Trace) bool { return o.GetId() == t.GetId() }) {
					open = append(open, t)
				}
			}
		}
	}
	return open, nil
}

func serialsOf(fact proto.Message) []*transferv1.Serials {
	switch f := fact.(type) {
	case *customsv1.DeclarationAccepted:
		return declaredSerials(f.GetItems())
	case *customsv1.DeclarationAmended:
		return declaredSerials(f.GetItems())
	case *customsv1.DeliveryVerificationRequested:
		return deliveredSerials(f.GetExpected())
	case *customsv1.DeliveryVerified:
		return deliveredSerials(f.GetProof().GetReceived())
	case *customsv1.DeliveryConfirmed:
		return deliveredSerials(f.GetProof().GetReceived())
	case *customsv1.PostDeliveryCheckDone:
		return deliveredSerials(f.GetSeen())
	case *enforcementv1.SightingAdded:
		return f.GetSerials()
	}
	return nil
}

func declaredSerials(items []*customsv1.Item) (all []*transferv1.Serials) {
	for _, i := range items {
		all = append(all, i.GetSerials()...)
	}
	return all
}

func deliveredSerials(items []*customsv1.DeliveredItem) (all []*transferv1.Serials) {
	for _, i := range items {
		all = append(all, i.GetSerials()...)
	}
	return all
}

// Hits are the agency's own records that have the items of traces, the same or in a reading that is taken for it, and were not
// told of: a declaration or licence of its own, what it verified, checked or saw. What comes near in part only is no hit.
func Hits(view ledger.View, traces []*ledgerv1.Trace, at time.Time) ([]proto.Message, error) {
	var facts []proto.Message
	for _, t := range traces {
		told, err := view.TraceHitsWith("trace", t.GetId())
		if err != nil {
			return nil, fmt.Errorf("read hits of trace %s: %w", t.GetId(), err)
		}
		known := map[string]bool{}
		for _, h := range told {
			known[h.GetHit().GetRecordId()] = known[h.GetHit().GetRecordId()] || h.GetAgency() == view.Agency()
		}
		found, err := hitsOf(view, t, known)
		if err != nil {
			return nil, err
		}
		facts = append(facts, found...)
	}
	ids, err := view.NextIDs("H-"+at.UTC().Format("2006"), len(facts))
	if err != nil {
		return nil, err
	}
	for i, f := range facts {
		f.(*enforcementv1.TraceHit).HitId = ids[i]
	}
	return facts, nil
}

// hitsOf are those of one trace, without ids; known are the records that were told of.
func hitsOf(view ledger.View, t *ledgerv1.Trace, known map[string]bool) (facts []proto.Message, err error) {
	for _, m := range t.GetOpened().GetMarks() {
		hits, err := custody.Hits(view, m)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			record := ownRecord(view, h)
			if record == "" || known[record] || h.Match.Level != marks.Same && h.Match.Level != marks.Ambiguous {
				continue
			}
			known[record] = true
			hit := &enforcementv1.TraceHit{TraceId: t.GetId(), RecordId: record, Match: string(h.Match.Level), Reasons: h.Match.Reasons}
			if since := t.GetOpened().GetRecoveredAt().AsTime().Sub(h.At); !h.At.IsZero() && since > 0 {
				hit.Days = uint32(since / (24 * time.Hour))
			}
			facts = append(facts, hit)
		}
	}
	return facts, nil
}

// ownRecord is the agency's own record in a hit: the record itself, or the licence that it is under.
func ownRecord(view ledger.View, h custody.Hit) string {
	for _, id := range []string{h.RecordID, h.LicenceID} {
		if view.Owns(id) {
			return id
		}
	}
	return ""
}
