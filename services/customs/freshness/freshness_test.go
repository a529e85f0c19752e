package freshness_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/customs/freshness"
)

const licenceID = "licensing/L-1"

var start = ledgertest.Start

func under(policies string) proto.Message {
	return ledgertest.At(start, &licensingv1.LicenceGranted{LicenceId: licenceID, Basis: &licensingv1.Basis{
		PolicyId: policies, Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR, Screening: &screeningv1.Certificate{Result: screeningv1.Result_RESULT_CLEAR},
	}})
}

func adopted(name, minutes string) proto.Message {
	return ledgertest.At(start, &directoryv1.PolicyAdopted{PolicyId: name + "/1", Content: []byte("{name: " + name +
		", version: 1, title: alone, legal_basis: fictional, valid_from: 2000-01-01, decider: licensing, signatures: 1, release: {max_age_minutes: " + minutes + "}}")})
}

func beat(at time.Time) proto.Message { return ledgertest.At(at, &licensingv1.Heartbeat{}) }

// own is something that customs recorded at a time.
func own(at time.Time) proto.Message {
	return ledgertest.At(at, &customsv1.DeclarationAccepted{DeclarationId: "customs/1", LicenceId: licenceID})
}

func TestOf(t *testing.T) {
	policies := []proto.Message{adopted("near", "20"), adopted("far", "120")}
	with := func(facts ...proto.Message) []proto.Message { return append(policies[:2:2], facts...) }
	tests := []struct {
		name  string
		given []proto.Message
		clock time.Time
		stale string // a part of why; empty: it is fresh
		age   time.Duration
		limit time.Duration
	}{
		{"just granted", with(under("")), start, "", 0, time.Hour},
		{"an hour old", with(under("")), start.Add(time.Hour), "", time.Hour, time.Hour},
		{"a nanosecond older", with(under("")), start.Add(time.Hour + 1), "60 minutes old at most", time.Hour + time.Second, time.Hour},
		{"a heartbeat since", with(under(""), beat(start.Add(time.Hour))), start.Add(2 * time.Hour), "", time.Hour, time.Hour},
		{"another of its licences since", with(under(""), ledgertest.At(start.Add(time.Hour), &licensingv1.LicenceGranted{LicenceId: "licensing/L-2"})), start.Add(2 * time.Hour), "", time.Hour, time.Hour},
		{"a heartbeat in another journal", with(under(""), ledgertest.In("border", beat(start.Add(time.Hour)))), start.Add(2 * time.Hour), "60 minutes", 2 * time.Hour, time.Hour},
		{"a strict policy", with(under("near/1")), start.Add(21 * time.Minute), "20 minutes", 21 * time.Minute, 20 * time.Minute},
		{"a mild policy", with(under("far/1")), start.Add(2 * time.Hour), "", 2 * time.Hour, 2 * time.Hour},
		{"the stricter of two", with(under("far/1 near/1")), start.Add(21 * time.Minute), "20 minutes", 21 * time.Minute, 20 * time.Minute},
		{"an unknown policy", with(under("odd/1")), start, "policy odd/1 is not on record", 0, 0},
		{"a clock that was stepped back", with(under("near/1"), own(start.Add(21*time.Minute))), start.Add(20 * time.Minute), "20 minutes", 21 * time.Minute, 20 * time.Minute},
		{"stepped back by as much as clocks differ", with(under(""), beat(start.Add(freshness.MaxSkew))), start, "", 0, time.Hour},
		{"a block from the future", with(under(""), beat(start.Add(freshness.MaxSkew+time.Second))), start, "one of the clocks is wrong", 0, time.Hour},
		{"another agency's block from the future", with(under(""), own(start.Add(freshness.MaxSkew+time.Second))), start, "one of the clocks is wrong", freshness.MaxSkew + time.Second, time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, ledgertest.GivenAs(t, "customs", tt.given...), tt.clock, tt.stale, tt.age, tt.limit)
		})
	}
	t.Run("its own", func(t *testing.T) {
		check(t, ledgertest.GivenAs(t, "licensing", with(under("near/1"))...), start.AddDate(1, 0, 0), "", 0, 20*time.Minute)
	})
}

func check(t *testing.T, v ledger.View, clock time.Time, stale string, age, limit time.Duration) {
	t.Helper()
	l, err := v.Licence(licenceID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := freshness.Of(v, l, clock)
	if err != nil {
		t.Fatal(err)
	}
	if (got.Stale == "") != (stale == "") || !strings.Contains(got.Stale, stale) {
		t.Errorf("stale: %q; want %q", got.Stale, stale)
	}
	if got.AgeSeconds != uint32(age/time.Second) || got.LimitSeconds != uint32(limit/time.Second) {
		t.Errorf("%d seconds old of %d, want %s of %s", got.AgeSeconds, got.LimitSeconds, age, limit)
	}
}

// A licence that was shared later is of a journal that its reader is not given, or only from later on. The suspension of it
// stays in that journal, so the copy is never fresh.
func TestSharedLater(t *testing.T) {
	closed, all := journal.ID{Agency: "licensing", Group: "closed"}, journal.ID{Agency: "licensing", Group: "all"}
	w := ledgertest.NewWriter()
	granted := w.Together(closed, ledgertest.At(start, &licensingv1.LicenceGranted{LicenceId: licenceID}))
	again := proto.CloneOf(granted.Entries[0].Event)
	again.Origin = &eventv1.Cause{Journal: closed.String(), Number: 1, Id: again.Id}
	repeated := w.Block(all, again)
	suspended := w.Together(closed, ledgertest.At(start.Add(time.Second), &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "looked at"}))
	late := w.Together(closed, beat(start.Add(2*time.Second)))

	tx := ledgertest.Begin(t, ledgertest.Open(t, "customs"))
	fold := func(b *journal.Block) {
		t.Helper()
		position := ledgertest.Position(b)
		if b.ID == closed && b != granted { // as it is given from its second block on
			position.StartBlock, position.StartEvents = 1, 1
		}
		if err := tx.Fold(b, position); err != nil {
			t.Fatal(err)
		}
	}
	fold(repeated)
	check(t, tx.View, start, "shared later", 0, time.Hour)
	start := ledgertest.Position(granted)
	if err := tx.BeginAt(closed, start); err != nil {
		t.Fatal(err)
	}
	fold(suspended)
	fold(late)
	check(t, tx.View, ledgertest.Start.Add(2*time.Second), "from before this copy", 0, time.Hour)

	whole := ledgertest.Begin(t, ledgertest.Open(t, "customs"))
	for _, b := range []*journal.Block{granted, repeated, suspended, late} {
		if err := whole.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	check(t, whole.View, ledgertest.Start.Add(2*time.Second), "", 0, time.Hour)
}
