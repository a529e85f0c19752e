package delivery_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

func reminded(percent uint32) *customsv1.DeliveryReminded {
	return &customsv1.DeliveryReminded{DeliveryId: deliveryID, Percent: percent}
}

var overdue = &customsv1.DeliveryOverdue{DeliveryId: deliveryID}

// The period of 60 days is half over after 30, is over to nine tenths after 54, and overdue when it has passed.
func TestDue(t *testing.T) {
	half, most, end := exit.AddDate(0, 0, 30), exit.AddDate(0, 0, 54), exit.AddDate(0, 0, 60)
	before := func(t time.Time) time.Time { return t.Add(-time.Nanosecond) }
	after := func(t time.Time) time.Time { return t.Add(time.Nanosecond) }
	known := func(facts ...proto.Message) []proto.Message {
		return ofLicensing(append([]proto.Message{asked}, facts...)...)
	}
	tests := []struct {
		name  string
		given []proto.Message
		now   time.Time
		want  []proto.Message
		next  time.Time
	}{
		{"at the exit", known(), exit, nil, half},
		{"before 50 percent", known(), before(half), nil, half},
		{"at 50 percent", known(), half, []proto.Message{reminded(50)}, time.Time{}},
		{"reminded", known(reminded(50)), after(half), nil, most},
		{"before 90 percent", known(reminded(50)), before(most), nil, most},
		{"at 90 percent", known(reminded(50)), most, []proto.Message{reminded(90)}, time.Time{}},
		{"reminded twice", known(reminded(50), reminded(90)), after(most), nil, after(end)},
		{"at 100 percent", known(reminded(50), reminded(90)), end, nil, after(end)},
		{"past it", known(reminded(50), reminded(90)), after(end), []proto.Message{overdue}, time.Time{}},
		{"overdue", known(reminded(50), reminded(90), overdue), end.AddDate(1, 0, 0), nil, time.Time{}},
		{"nobody looked for long", known(), after(end), []proto.Message{reminded(50), reminded(90), overdue}, time.Time{}},
		{"verified", known(verified(proof)), after(end), nil, time.Time{}},
		{"disputed", known(isShort), half, []proto.Message{reminded(50)}, time.Time{}},
		{"disputed, past it", known(isShort, reminded(50), reminded(90)), after(end), []proto.Message{overdue}, time.Time{}},
		{"disputed and overdue", known(isShort, reminded(50), reminded(90), overdue), after(end), nil, time.Time{}},
		{"of another agency", []proto.Message{with(asked, func(r *customsv1.DeliveryVerificationRequested) { r.DeliveryId = "customs/DV-1" })}, after(end), nil, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, next, err := delivery.Due(given(t, "licensing", tt.given), tt.now)
			expect(t, got, err, tt.want, nil)
			if !next.Equal(tt.next) {
				t.Errorf("next at %v, want %v", next, tt.next)
			}
		})
	}
}

// A rule for what is due, which the property below holds or does not.
type due func(ledger.View, time.Time) ([]proto.Message, time.Time, error)

// keepsTime draws deliveries of different periods, and ticks, proofs, disputes and restarts in any order; each reminder and
// each end of a period is recorded once, not before its time, and none after the delivery was verified.
func keepsTime(t *rapid.T, dir string, rule due) (broken string) {
	folder, err := os.MkdirTemp(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "ledger")
	open := func() *ledger.Ledger {
		l, err := ledger.Open(path, ledger.Options{Agency: "licensing"})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := open()
	defer func() { l.Close() }()
	w := ledgertest.NewWriter()
	var facts []proto.Message // on record, in their order
	apply := func(new ...proto.Message) string {
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, b := range w.Blocks(ofLicensing(plain(new)...)...) {
			if err := tx.Apply(b.ID, b.Entries...); err != nil {
				return err.Error()
			}
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
		facts = append(facts, plain(new)...)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		return ""
	}
	days := rapid.SliceOfN(rapid.IntRange(1, 100), 1, 3).Draw(t, "days")
	idOf := func(i int) string { return fmt.Sprintf("licensing/DV-2026-%06d", i+1) }
	for i, n := range days {
		apply(with(asked, func(r *customsv1.DeliveryVerificationRequested) {
			r.DeliveryId, r.Due = idOf(i), timestamppb.New(exit.AddDate(0, 0, n))
		}))
	}
	at := exit
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		i := rapid.IntRange(0, len(days)-1).Draw(t, "delivery")
		status := ledgerv1.DeliveryStatus_DELIVERY_STATUS_UNSPECIFIED
		if err := l.View(func(v ledger.View) error {
			d, err := v.Delivery(idOf(i))
			status = d.GetStatus()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		isOpen := status != ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED
		switch what := rapid.SampledFrom([]string{"tick", "tick", "tick", "verify", "dispute", "restart"}).Draw(t, "what"); {
		case what == "verify" && isOpen:
			apply(&customsv1.DeliveryVerified{DeliveryId: idOf(i), Proof: proof})
		case what == "dispute" && isOpen:
			apply(&customsv1.DeliveryDisputed{DeliveryId: idOf(i), Reason: "forged"})
		case what == "restart":
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = open()
		case what == "tick":
			at = later(t, at, days[i])
			for turn := 0; ; turn++ {
				var decided []proto.Message
				if err := l.View(func(v ledger.View) (err error) { decided, _, err = rule(v, at); return err }); err != nil {
					t.Fatal(err)
				}
				if len(decided) == 0 {
					break
				}
				if turn > 3*len(days) {
					return "the same is due again and again"
				}
				if no := apply(decided...); no != "" {
					return no
				}
			}
			if why := upTo(facts, days, idOf, at); why != "" {
				return why
			}
		}
	}
	return ""
}

// later draws a time that is no earlier: some hours on, or just about a mark of a delivery's period.
func later(t *rapid.T, at time.Time, days int) time.Time {
	mark := exit.Add(time.Duration(days) * 24 * time.Hour / 100 * time.Duration(rapid.SampledFrom([]int{50, 90, 100}).Draw(t, "mark")))
	mark = mark.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "about")))
	if rapid.Bool().Draw(t, "at a mark") && !mark.Before(at) {
		return mark
	}
	return at.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours")) * time.Hour)
}

// upTo compares what is on record with what had to be there after a tick.
func upTo(facts []proto.Message, days []int, idOf func(int) string, at time.Time) string {
	for i, n := range days {
		id, times, isVerified := idOf(i), map[string]int{}, false
		for _, f := range facts {
			what := ""
			switch f := f.(type) {
			case *customsv1.DeliveryReminded:
				if f.DeliveryId == id {
					what = fmt.Sprint(f.Percent)
				}
			case *customsv1.DeliveryOverdue:
				if f.DeliveryId == id {
					what = "overdue"
				}
			case *customsv1.DeliveryVerified:
				isVerified = isVerified || f.DeliveryId == id
			}
			if times[what]++; what != "" && (times[what] > 1 || isVerified) {
				return fmt.Sprintf("%s: %s for the %d. time; it is verified: %v", id, what, times[what], isVerified)
			}
		}
		for what, share := range map[string]int{"50": 50, "90": 90, "overdue": 100} {
			mark := exit.Add(time.Duration(n) * 24 * time.Hour / 100 * time.Duration(share))
			passed := !at.Before(mark) && what != "overdue" || at.After(mark)
			switch {
			case times[what] > 0 && !passed:
				return fmt.Sprintf("%s: %s came before its time", id, what)
			case times[what] == 0 && passed && !isVerified:
				return fmt.Sprintf("%s: %s did not come", id, what)
			}
		}
	}
	return ""
}

func TestRemindersComeOnce(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		if why := keepsTime(t, dir, delivery.Due); why != "" {
			t.Fatal(why)
		}
	})
}

// The property notices a rule that forgets what was reminded of, one that looks at what is verified, one that takes no notice of
// disputed deliveries, and one that is early.
func TestWrongRemindersAreNoticed(t *testing.T) {
	of := func(statuses []string, change func(*ledgerv1.Delivery), shift time.Duration) due {
		return func(v ledger.View, now time.Time) (facts []proto.Message, next time.Time, err error) {
			for _, status := range statuses {
				rows, err := v.DeliveriesWith("status", status)
				if err != nil {
					return nil, next, err
				}
				for _, d := range rows {
					change(d)
					if facts, _ := delivery.Passed(d, now.Add(shift)); len(facts) > 0 {
						return facts, next, nil
					}
				}
			}
			return nil, next, nil
		}
	}
	open := []string{"requested", "disputed"}
	for name, rule := range map[string]due{
		"forgets":            of(open, func(d *ledgerv1.Delivery) { d.Reminded = nil }, 0),
		"looks at verified":  of(append(slices.Clone(open), "verified"), func(*ledgerv1.Delivery) {}, 0),
		"forgets disputed":   of(open[:1], func(*ledgerv1.Delivery) {}, 0),
		"forgets an overdue": of(append(slices.Clone(open), "overdue"), func(d *ledgerv1.Delivery) { d.OverdueAt = nil }, 0),
		"is early":           of(open, func(*ledgerv1.Delivery) {}, time.Nanosecond),
	} {
		t.Run(name, func(t *testing.T) {
			noticed, dir := false, t.TempDir()
			rapid.Check(t, func(t *rapid.T) { noticed = noticed || keepsTime(t, dir, rule) != "" })
			if !noticed {
				t.Error("the property does not notice it")
			}
		})
	}
}
