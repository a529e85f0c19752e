package report_test

import (
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/report"
)

func TestDay(t *testing.T) {
	date := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct {
		text string
		year int
		want string
	}{
		{"05-31", 2027, "2027-05-31"}, {"02-28", 2028, "2028-02-28"}, {"02-29", 2028, "2028-02-29"}, {"02-29", 2027, "2027-02-28"}, {"02-29", 2100, "2100-02-28"},
		{"02-last", 2028, "2028-02-29"}, {"02-last", 2029, "2029-02-28"}, {"12-last", 2027, "2027-12-31"}, {"04-last", 2027, "2027-04-30"}, {"01-01", 2000, "2000-01-01"},
	} {
		d, err := report.ParseDay(tt.text)
		if err != nil || d.AfterEntry() || !d.In(tt.year).Equal(date(tt.want)) {
			t.Errorf("%s of %d is %s, %v; want %s", tt.text, tt.year, d.In(tt.year), err, tt.want)
		}
	}
	for _, tt := range []struct{ text, entry, want string }{
		{"+1y", "2026-09-01", "2027-09-01"}, {"+1y", "2028-02-29", "2029-02-28"}, {"+4y", "2028-02-29", "2032-02-29"}, {"+1m", "2027-01-31", "2027-02-28"},
		{"+1m", "2028-01-31", "2028-02-29"}, {"+12m", "2028-02-29", "2029-02-28"}, {"+13m", "2026-11-30", "2027-12-30"}, {"+90d", "2026-12-01", "2027-03-01"},
		{"+0d", "2026-12-01", "2026-12-01"}, {"+365d", "2027-03-01", "2028-02-29"}, {"+999y", "2026-01-01", "3025-01-01"},
	} {
		d, err := report.ParseDay(tt.text)
		if err != nil || !d.AfterEntry() || !d.After(date(tt.entry)).Equal(date(tt.want)) {
			t.Errorf("%s after %s is %s, %v; want %s", tt.text, tt.entry, d.After(date(tt.entry)), err, tt.want)
		}
	}
	for _, text := range []string{"", "13-01", "00-10", "02-30", "04-31", "01-00", "01-32", "1-1", "2027-01-01", "01-first", "+1w", "+", "+1000d", "1y", "-1y", " 01-01"} {
		if d, err := report.ParseDay(text); err == nil {
			t.Errorf("%q is read as %+v", text, d)
		}
	}
}

// What is read is a day of every year, or of none.
func FuzzParseDay(f *testing.F) {
	for _, text := range []string{"05-31", "02-29", "02-last", "+1y", "+999d", "13-01", "é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := report.ParseDay(text)
		if err != nil {
			return
		}
		for year := 2024; year < 2032; year++ {
			if d.AfterEntry() {
				entry := time.Date(year, 2, 28, 0, 0, 0, 0, time.UTC)
				if d.After(entry).Before(entry) {
					t.Errorf("%q after %s is %s", text, entry, d.After(entry))
				}
				continue
			}
			if got := d.In(year); got.Year() != year || got.Format("01-")[:3] != text[:3] {
				t.Errorf("%q of %d is %s", text, year, got)
			}
		}
	})
}
