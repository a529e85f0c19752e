package duty_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

// using is licensing's ledger with an opinion of customs, and decisions that cite it.
type using struct {
	facts []proto.Message
	cited *eventv1.Cause
	made  int
}

func newUsing(facts ...proto.Message) *using {
	given := ledgertest.By("customs", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-1"})
	u := &using{facts: append(facts, given)}
	blocks := ledgertest.NewWriter().Blocks(u.facts...)
	last := blocks[len(blocks)-1]
	u.cited = &eventv1.Cause{Journal: last.ID.String(), Number: 1, Id: last.Entries[0].Event.GetId()}
	return u
}

// decided adds decisions that were recorded at a time.
func (u *using) decided(n int, at time.Time) *using {
	for range n {
		u.made++
		u.facts = append(u.facts, ledger.Dated{
			Message: &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", u.made)}, OccurredAt: at, RecordedAt: at, Causes: []*eventv1.Cause{u.cited},
		})
	}
	return u
}

func used(month time.Time, count uint32) *reportingv1.FactsUsed {
	until := month.AddDate(0, 1, 0)
	return &reportingv1.FactsUsed{
		ReportId: "licensing/use-" + until.AddDate(0, 0, -1).Format(time.DateOnly), From: timestamppb.New(month), Until: timestamppb.New(until),
		Uses: []*reportingv1.FactUse{{Publisher: "customs", Kind: "counterfoil.licensing.v1.OpinionGiven", Decision: "counterfoil.licensing.v1.LicenceGranted", Count: count}},
	}
}

func TestTellUse(t *testing.T) {
	east, err := time.LoadLocation("Africa/Nairobi")
	if err != nil {
		t.Fatal(err)
	}
	first := func(m time.Month, zone *time.Location) time.Time { return time.Date(2026, m, 1, 0, 0, 0, 0, zone) }
	march, april, may := first(time.March, time.UTC), first(time.April, time.UTC), first(time.May, time.UTC)
	nairobi := []proto.Message{
		&directoryv1.AgencyRegistered{Agency: "licensing", State: "XA"},
		&directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{7}, TimeZone: "Africa/Nairobi"},
	}
	tests := []struct {
		name  string
		given *using
		now   time.Time
		want  proto.Message // nil: nothing
		next  time.Time
	}{
		{"three in a month that has ended", newUsing().decided(3, march), april, used(march, 3), may},
		{"its last moment", newUsing().decided(3, april.Add(-time.Millisecond)), april, used(march, 3), may},
		{"the month lasts", newUsing().decided(3, march), april.Add(-time.Millisecond), nil, april},
		{"after its end", newUsing().decided(3, april), april.Add(time.Hour), nil, may},
		{"two", newUsing().decided(2, march), april, nil, may},
		{"two, and one more a month later", newUsing().decided(2, march).decided(1, april), may, used(april, 3), first(time.June, time.UTC)},
		{"a node that was off for a month", newUsing().decided(4, march), may, used(april, 4), first(time.June, time.UTC)},
		{"nothing at all", newUsing(), april, nil, may},
		{"midnight in Nairobi", newUsing(nairobi...).decided(3, march), first(time.April, east), used(first(time.March, east), 3), first(time.May, east)},
		{"a moment before", newUsing(nairobi...).decided(3, march), first(time.April, east).Add(-1), nil, first(time.April, east)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reaction := duty.TellUse()
			tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"), tt.given.facts...)
			for range 2 { // what was found to be quiet is quiet
				got, next, err := reaction.Due(tx.View, tt.now)
				var want []proto.Message
				if tt.want != nil {
					want = []proto.Message{tt.want}
				}
				expect(t, got, err, want, nil)
				if !next.Equal(tt.next) {
					t.Errorf("the next time is %s, want %s", next, tt.next)
				}
			}
			if tt.want == nil {
				return
			}
			told := ledgertest.Given(t, append(tt.given.facts, ledgertest.By("licensing", ledgertest.At(tt.now, tt.want)))...)
			for name, again := range map[string]func(ledger.View, time.Time) ([]proto.Message, time.Time, error){"the same": reaction.Due, "after a restart": duty.TellUse().Due} {
				if got, _, err := again(told, tt.now); len(got) > 0 || err != nil {
					t.Errorf("%s: told again %v, %v", name, got, err)
				}
			}
		})
	}
}

// What was told is told no more, and what was left out comes with the month in which it is enough.
func TestTellUseCarries(t *testing.T) {
	march, april, may := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	u := newUsing().decided(3, march)
	u.facts = append(u.facts, ledgertest.By("licensing", ledgertest.At(april, used(march, 3))))
	u.decided(2, april)
	view := ledgertest.Given(t, u.facts...)
	if got, _, err := duty.TellUse().Due(view, may); len(got) > 0 || err != nil {
		t.Errorf("of two that nobody was told of: %v, %v", got, err)
	}
	view = ledgertest.Given(t, u.decided(1, may).facts...)
	got, _, err := duty.TellUse().Due(view, may.AddDate(0, 1, 0))
	if diff := cmp.Diff([]proto.Message{used(may, 3)}, got, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
