package calendar_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/calendar"
)

type due func(view ledger.View, plan []calendar.Planned, now time.Time) ([]proto.Message, time.Time, error)

// keepsTime lets a clock run, stand, leap and be set back, restarts the ledger and has the step done, in any order. Each thing is said at
// most once and none before its time, reminders come nearer and nearer and none after the date, nothing is said once it is done; and what
// has to be said at a moment is on record after it.
func keepsTime(t *rapid.T, dir string, rule due) (broken string) {
	folder, err := os.MkdirTemp(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "ledger")
	open := func() *ledger.Ledger {
		l, err := ledger.Open(path, ledger.Options{Agency: "reporting"})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l, w := open(), ledgertest.NewWriter()
	defer func() { l.Close() }()
	record := func(facts ...proto.Message) {
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, b := range w.Blocks(facts...) {
			if err := tx.Apply(b.ID, b.Entries...); err != nil {
				t.Fatal(err)
			}
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	record(weekdays, adopted(1, "05-31"))
	end := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)
	now, latest, told, isDone := end.AddDate(0, 0, -rapid.IntRange(0, 60).Draw(t, "begin")), time.Time{}, []string{}, false
	for range rapid.IntRange(1, 15).Draw(t, "steps") {
		switch rapid.SampledFrom([]string{"tick", "tick", "tick", "back", "restart", "done"}).Draw(t, "what") {
		case "tick":
			now = later(t, now)
		case "back":
			now = now.Add(-time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours back")) * time.Hour)
		case "restart":
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = open()
		case "done":
			if !isDone && rapid.IntRange(0, 2).Draw(t, "really") == 0 {
				isDone = true
				record(&reportingv1.StepDone{StepId: stepID, Report: "iti", Year: 2026, Step: "submit", Agency: "reporting"})
			}
		}
		if now.After(latest) {
			latest = now
		}
		for turn := 0; ; turn++ {
			var facts []proto.Message
			if err := l.View(func(v ledger.View) error {
				dates, err := duedates.Dates(v, 2026, 2028)
				if err == nil {
					facts, _, err = rule(v, calendar.Plan(dates), now)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if len(facts) == 0 {
				break
			}
			if isDone || turn > 5 {
				return fmt.Sprintf("%v is said for the %d. time, of what is done: %v", facts, turn, isDone)
			}
			for _, f := range facts {
				told = append(told, said(f))
				if dated, ok := f.(ledger.Dated); ok {
					f = dated.Message
				}
				record(f)
			}
		}
		if why := rightly(told, now, latest, isDone); why != "" {
			return fmt.Sprintf("%s; at %s was said %v", why, now, told)
		}
	}
	return ""
}

// later draws a time that is no earlier: some hours on, or just about one at which something is said.
func later(t *rapid.T, now time.Time) time.Time {
	mark := times[rapid.SampledFrom(order).Draw(t, "mark")].Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "about")) * time.Second)
	if rapid.Bool().Draw(t, "at a mark") && !mark.Before(now) {
		return mark
	}
	return now.Add(time.Duration(rapid.IntRange(0, 15*24).Draw(t, "hours")) * time.Hour)
}

var order = []string{"reminded 30", "reminded 7", "reminded 1", "overdue", "told reporting head", "told licensing"}

// times are when each may be said first.
var times = map[string]time.Time{
	"reminded 30": time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC), "reminded 7": time.Date(2027, 5, 24, 0, 0, 0, 0, time.UTC),
	"reminded 1": time.Date(2027, 5, 30, 0, 0, 0, 0, time.UTC), "overdue": time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC),
	"told reporting head": time.Date(2027, 6, 2, 0, 0, 0, 0, time.UTC), "told licensing": time.Date(2027, 6, 8, 0, 0, 0, 0, time.UTC),
}

// rightly says what is wrong with what was said until now. latest is the latest that the clock ever showed.
func rightly(told []string, now, latest time.Time, isDone bool) string {
	at, last := map[string]int{}, -1
	for _, s := range told {
		at[s]++
		i := slices.Index(order, s)
		switch {
		case at[s] > 1:
			return s + " is said twice"
		case latest.Before(times[s]):
			return s + " is said before its time"
		case i < last:
			return s + " is said too late"
		}
		last = i
	}
	if isDone {
		return ""
	}
	for i, name := range order { // of reminders only the last has to be, of what comes after each
		missed := i < 3 && !now.Before(times[order[i+1]]) || last > i
		if !now.Before(times[name]) && at[name] == 0 && (i >= 3 || !missed) {
			return name + " is not said"
		}
	}
	return ""
}

func TestEachIsSaidOnce(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		if why := keepsTime(t, dir, calendar.Due); why != "" {
			t.Fatal(why)
		}
	})
}

// The property notices a rule that forgets what was said, one that forgets only reminders, one that goes on after it is done, one that is
// early, and one that says nothing when it is over.
func TestWrongAlarmsAreNoticed(t *testing.T) {
	of := func(change func(*ledgerv1.ReportStep), shift time.Duration, looks bool, keep func(proto.Message) bool) due {
		return func(v ledger.View, plan []calendar.Planned, now time.Time) (kept []proto.Message, next time.Time, err error) {
			row, err := v.ReportStep(stepID)
			if err != nil {
				return nil, next, err
			}
			at, err := duedates.NewRecord(v).Done(plan[0].Date)
			if err != nil || looks && at != nil {
				return nil, next, err
			}
			if row != nil {
				change(row)
			}
			facts, next := calendar.Come(plan[0], row, now.Add(shift))
			for _, f := range facts {
				if keep(f) {
					kept = append(kept, f)
				}
			}
			return kept, next, nil
		}
	}
	none, all := func(*ledgerv1.ReportStep) {}, func(proto.Message) bool { return true }
	for name, rule := range map[string]due{
		"forgets": of(func(r *ledgerv1.ReportStep) { r.Alarms = nil }, 0, true, all),
		"forgets nearer reminders": of(func(r *ledgerv1.ReportStep) {
			if n := len(r.Alarms); n > 0 && r.Alarms[n-1].Days < 30 {
				r.Alarms = r.Alarms[:n-1]
			}
		}, 0, true, all),
		"goes on when it is done": of(none, 0, false, all),
		"is early":                of(none, time.Hour, true, all),
		"says nothing when over":  of(none, 0, true, func(f proto.Message) bool { return said(f) != "overdue" }),
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
