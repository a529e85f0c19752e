package refdata_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestParseRating(t *testing.T) {
	for _, tt := range []struct {
		in     string
		want   refdata.Rating
		text   string
		letter string
	}{
		{"ML1", refdata.Rating{Number: 1}, "ML1", "ML1"},
		{"ML22", refdata.Rating{Number: 22}, "ML22", "ML22"},
		{"ML1.a", refdata.Rating{Number: 1, Path: "a"}, "ML1.a", "ML1.a"},
		{"ML6.b.1", refdata.Rating{Number: 6, Path: "b.1"}, "ML6.b.1", "ML6.b"},
		{"ML10.c.12.a", refdata.Rating{Number: 10, Path: "c.12.a"}, "ML10.c.12.a", "ML10.c"},
		{"ML6b", refdata.Rating{Number: 6, Path: "b"}, "ML6.b", "ML6.b"},
		{"ML11A", refdata.Rating{Number: 11, Path: "a"}, "ML11.a", "ML11.a"},
		{" ml8c5a1 ", refdata.Rating{Number: 8, Path: "c.5.a.1"}, "ML8.c.5.a.1", "ML8.c"},
		{"WA-2023:ML1.a.2", refdata.Rating{List: "WA-2023", Number: 1, Path: "a.2"}, "WA-2023:ML1.a.2", "ML1.a"},
		{"eu-2024:ML1.a", refdata.Rating{List: "EU-2024", Number: 1, Path: "a"}, "EU-2024:ML1.a", "ML1.a"},
		{"US-USML:I(a)", refdata.Rating{List: "US-USML", Path: "I(a)"}, "US-USML:I(a)", "I(a)"},
		{"NAT-XA-2026:5017.b", refdata.Rating{List: "NAT-XA-2026", Path: "5017.b"}, "NAT-XA-2026:5017.b", "5017.b"},
		{"NAT-XA-2026:ML4", refdata.Rating{List: "NAT-XA-2026", Number: 4}, "NAT-XA-2026:ML4", "ML4"},
	} {
		got, err := refdata.ParseRating(tt.in)
		tt.want.Raw = tt.in
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("ParseRating(%q): %v\n%s", tt.in, err, diff)
		}
		if got.String() != tt.text || got.AtLetter() != tt.letter {
			t.Errorf("ParseRating(%q) is %s, at its letter %s; want %s, %s", tt.in, got, got.AtLetter(), tt.text, tt.letter)
		}
	}
	for _, in := range []string{"", "ML", "ML0", "ML01", "ML23", "ML110", "ML1.", "ML1..a", "ML1.1", "ML1.a.b", "ML1.a.123", "MLc", "M1",
		"PL5017", "5A002", "End Use", "12", "WA-2023:", "WA-2023:I(a)", "WA:ML1", "EU-2024:5A002", ":ML1", "US-USML:", "US-USML:I a",
		"US-USML:WA-2023:ML1", "ML1\n.a", "ML１"} {
		if got, err := refdata.ParseRating(in); err == nil {
			t.Errorf("ParseRating(%q) = %+v; want none", in, got)
		}
	}
}

func FuzzParseRating(f *testing.F) {
	for _, s := range []string{"ML1.a", "ML8c5a1", "WA-2023:ML1.a.2", "US-USML:I(a)", "NAT-XA-2026:ML4", "PL5017"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := refdata.ParseRating(s)
		if err != nil {
			return
		}
		again, err := refdata.ParseRating(r.String())
		again.Raw = r.Raw
		if err != nil || again != r || r.Raw != s || r.Number < 0 || r.Number > 22 {
			t.Errorf("ParseRating(%q) = %+v, and of %s = %+v, %v", s, r, r, again, err)
		}
	})
}

// Ratings of published registers are read, but for those listed here: items of dual-use and national lists, catch-all controls,
// and what the publisher wrote in place of a rating.
func TestRatingsOfRegisters(t *testing.T) {
	others := map[string]int{}
	read := 0
	count := func(rating string) {
		if _, err := refdata.ParseRating(rating); err != nil {
			others[rating]++
			return
		}
		read++
	}
	for _, row := range readCSV(t, "caat-eu-brokering-2014", "broker.csv") {
		for rating := range strings.SplitSeq(row[8], ";") {
			count(strings.TrimSpace(rating))
		}
	}
	for _, folder := range []string{"caat-uk-licences-2012-06", "caat-uk-licences-editions-2012/2012-07-12", "caat-uk-licences-editions-2012/2012-10-11"} {
		for _, row := range readCSV(t, folder, "ratings.csv")[1:] {
			count(row[0])
		}
	}
	unread := map[string]int{}
	for rating, n := range others {
		switch {
		case len(rating) == 5 && strings.ContainsAny(rating[1:2], "ABCDE"): // the dual-use list
			unread["dual-use"] += n
		default:
			unread[rating] = n
		}
	}
	var told []string
	for _, rating := range slices.Sorted(maps.Keys(unread)) {
		told = append(told, fmt.Sprintf("%q %d", rating, unread[rating]))
	}
	t.Logf("%d ratings read; not read: %s", read, strings.Join(told, ", "))
	for rating := range unread {
		if strings.HasPrefix(strings.ToUpper(rating), "ML") && rating != "MLc" {
			t.Errorf("%q is not read", rating)
		}
	}
}

func readCSV(t *testing.T, elem ...string) [][]string {
	t.Helper()
	f, err := os.Open(publishedtest.Data(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
