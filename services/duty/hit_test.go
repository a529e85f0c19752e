package duty_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

// A record's owner is told of an item that is traced, of each record once; what comes near in part only is no hit (RF27). The rifle
// was delivered on 1 April and found on 1 October, 183 days later.
func TestHits(t *testing.T) {
	world := func(of proto.Message, more ...proto.Message) []proto.Message {
		return append(append([]proto.Message{of}, shipped...), more...)
	}
	typed := marked(func(m *transferv1.Mark) { m.Serial, m.Maker, m.Model = "ka 12340", "TARNHOLM ARSENAL", "M-12" })
	read := marked(func(m *transferv1.Mark) { m.Serial = "KA-I2340" })
	nameless := marked(func(m *transferv1.Mark) { m.Maker = "" })
	alone := &transferv1.Mark{Serial: rifle.Serial}
	foreign := marked(func(m *transferv1.Mark) { m.Maker, m.Country = "Opsterveld", "XD" })
	told := ledgertest.By("customs", &enforcementv1.TraceHit{HitId: "customs/H-2026-000007", TraceId: traceID, RecordId: "customs/E-1"})
	both := []string{"customs/E-1 same 183", "customs/V-1 same 183"}
	unsure := []string{"customs/E-1 ambiguous 183", "customs/V-1 ambiguous 183"}
	early := tracing(rifle)
	early.RecoveredAt = on(3, 15)
	tests := []struct {
		name, agency string
		given        []proto.Message
		want         []string
	}{
		{"who cleared it", "customs", world(opened), both},
		{"who licensed it", "licensing", world(opened), []string{"licensing/L-1 same 183"}},
		{"who has nothing to do with it", "defence", world(opened), nil},
		{"who traces it", "enforcement", world(opened), nil},
		{"typed otherwise", "customs", world(tracing(typed)), both},
		{"another reading", "customs", world(tracing(read)), unsure},
		{"without its maker", "customs", world(tracing(nameless)), unsure},
		{"the serial alone", "customs", world(tracing(alone)), nil},
		{"another maker's", "customs", world(tracing(foreign)), nil},
		{"two marks of one record", "customs", world(tracing(rifle, marked(func(m *transferv1.Mark) { m.Serial = "KA-12339" }))), both},
		{"told of one record", "customs", world(opened, told), []string{"customs/V-1 same 183"}},
		{"told of another agency's", "customs", world(opened, ledgertest.By("licensing", &enforcementv1.TraceHit{HitId: "licensing/H-1", TraceId: traceID, RecordId: "licensing/L-1"})), both},
		{"found before it was delivered", "customs", world(early), []string{"customs/E-1 same 0", "customs/V-1 same 0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.GivenAs(t, tt.agency, tt.given...)
			trace, err := view.Trace(traceID)
			if err != nil {
				t.Fatal(err)
			}
			facts, err := duty.Hits(view, []*ledgerv1.Trace{trace}, ledgertest.Start)
			if err != nil {
				t.Fatal(err)
			}
			hitsAre(t, facts, tt.want...)
			for i, f := range facts {
				facts[i] = ledgertest.By(tt.agency, f)
			}
			again, err := duty.Hits(ledgertest.GivenAs(t, tt.agency, append(tt.given, facts...)...), []*ledgerv1.Trace{trace}, ledgertest.Start)
			if err != nil || len(again) > 0 {
				t.Errorf("told again: %v, %v", again, err)
			}
		})
	}
}

// Each kind of record that comes later has its open traces matched, and not those that ended.
func TestWhatComesLaterIsMatched(t *testing.T) {
	ended := &enforcementv1.TraceWithdrawn{TraceId: traceID, Reason: "read wrongly"}
	saw := ledgertest.By("customs", &enforcementv1.SightingAdded{SightingId: "customs/G-1", Serials: serialsWith(rifle), SeenAt: on(9, 1)})
	checked := &customsv1.PostDeliveryCheckDone{CheckId: "customs/K-1", At: on(8, 1), Seen: []*customsv1.DeliveredItem{{Serials: serialsWith(rifle)}}}
	planned := &customsv1.PostDeliveryCheckPlanned{CheckId: "customs/K-1", LicenceId: "licensing/L-1", DeliveryId: "customs/V-1"}
	tests := []struct {
		name  string
		given []proto.Message
		fact  proto.Message
		want  []string
	}{
		{"a declaration", []proto.Message{opened}, declaredWith(rifle), []string{"customs/E-1 same 0"}},
		{"a declaration of others", []proto.Message{opened}, declaredWith(marked(func(m *transferv1.Mark) { m.Serial = "ZZ-1" })), nil},
		{"a declaration, of a trace that ended", []proto.Message{opened, ended}, declaredWith(rifle), nil},
		{"a sighting", []proto.Message{opened}, saw, []string{"customs/G-1 same 0"}},
		{"a check", []proto.Message{opened, planned}, checked, []string{"customs/K-1 same 0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.GivenAs(t, "customs", append(tt.given, tt.fact)...)
			facts := react(t, view, tt.fact.ProtoReflect().Interface())
			hitsAre(t, facts, tt.want...)
			if len(facts) > 0 && len(facts[0].(ledger.Dated).Causes) != 1 {
				t.Errorf("%v says not what it follows from", facts[0])
			}
		})
	}
}

// react has the reaction decide that a fact is for.
func react(t *testing.T, view ledger.View, fact proto.Message) []proto.Message {
	t.Helper()
	kind := fact.ProtoReflect().Descriptor().FullName()
	for _, r := range duty.MatchTraces() {
		if r.Kind == kind {
			facts, err := r.React(view, journal.ID{Agency: "customs", Group: "all"}, journal.Entry{Number: 1, Fact: fact, Event: &eventv1.Event{RecordedAt: timestamppb.New(ledgertest.Start)}})
			if err != nil {
				t.Fatal(err)
			}
			return facts
		}
	}
	t.Fatalf("nothing reacts to %s", kind)
	return nil
}

// hitsAre compares hits by record, match and days.
func hitsAre(t *testing.T, facts []proto.Message, want ...string) {
	t.Helper()
	var got []string
	for _, f := range facts {
		h := f.ProtoReflect().Interface().(*enforcementv1.TraceHit)
		if h.TraceId != traceID || !strings.Contains(h.HitId, "/H-2026-") || len(h.Reasons) == 0 {
			t.Errorf("hit %v", h)
		}
		got = append(got, fmt.Sprintf("%s %s %d", h.RecordId, h.Match, h.Days))
	}
	if !slices.Equal(got, want) {
		t.Errorf("hits %q, want %q", got, want)
	}
}
