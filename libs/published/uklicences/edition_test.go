package uklicences_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func read(t testing.TB, dir string) *uklicences.Edition {
	t.Helper()
	ed, err := uklicences.Read(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ed
}

// onRecord is what a ledger holds after an edition was recorded in it from nothing.
func onRecord(ed *uklicences.Edition) []*licensingv1.EntryOnRecord {
	var all []*licensingv1.EntryOnRecord
	for _, a := range uklicences.Diff(nil, ed).Added {
		id := published.EntryID("licensing", uklicences.Source, a.Entry.Digest, a.Ordinal)
		all = append(all, published.OnRecord(id, a.Entry))
	}
	return all
}

// criteriaOf counts how often each criterion stood against a licence.
func criteriaOf(ed *uklicences.Edition) map[string]int {
	counts := map[string]int{}
	for _, e := range ed.Entries {
		for _, c := range e.Criteria {
			counts[c]++
		}
	}
	return counts
}

// The figures that are known of three editions.
func TestReadEditions(t *testing.T) {
	criteria := map[string]int{"1": 602, "7": 160, "2": 146, "3": 118, "5": 49, "4": 45, "6": 3, "8": 1}
	tests := []struct {
		path                             []string
		entries, lines, refused, orphans int
		criteria                         map[string]int
	}{
		{[]string{"caat-uk-licences-2012-06"}, 32528, 49047, 753, 3755, criteria},
		{[]string{"caat-uk-licences-editions-2012", "2012-07-12"}, 34888, 52579, 791, 4679, nil},
		{[]string{"caat-uk-licences-editions-2012", "2012-10-11"}, 37062, 55931, 838, 5607, nil},
	}
	for _, tt := range tests {
		t.Run(filepath.Join(tt.path...), func(t *testing.T) {
			dir := publishedtest.Data(t, tt.path...)
			ed := read(t, dir)
			if diff := cmp.Diff([]int{tt.entries, tt.lines, tt.refused}, []int{len(ed.Entries), ed.Lines, ed.Refused}); diff != "" {
				t.Errorf("entries, lines, refused (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.criteria, criteriaOf(ed)); tt.criteria != nil && diff != "" {
				t.Errorf("criteria (-want +got):\n%s", diff)
			}
			if ed.ProblemRows != 0 {
				t.Errorf("%d problem rows: %v", ed.ProblemRows, ed.Problems)
			}
			// sources.csv speaks of licences that only the publisher's items.csv has, and that has no place here.
			orphans := uklicences.Problem{File: "sources.csv", Line: 2, Reason: "its licence group is not in values.csv: it says nothing of a licence that is here", Rows: tt.orphans}
			if !slices.Contains(ed.Remarks, orphans) {
				t.Errorf("no remark %+v", orphans)
			}
			for _, r := range ed.Remarks {
				if r != orphans && !strings.Contains(r.Reason, "has no country code (") && r.Reason != "said before of its licence group; kept once" {
					t.Errorf("remark %+v", r)
				}
			}
			if want, got := rowsOfFile(t, dir), rowsOf(ed); !maps.Equal(want, got) {
				t.Errorf("rows (-published +read):\n%s", cmp.Diff(want, got))
			}
		})
	}
}

// rowsOfFile counts the published rows by content, read by other means.
func rowsOfFile(t *testing.T, dir string) map[string]int {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "values.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, r := range all[1:] {
		rows[strings.Join(r[1:], "|")]++
	}
	return rows
}

func rowsOf(ed *uklicences.Edition) map[string]int {
	rows := map[string]int{}
	for _, e := range ed.Entries {
		for _, l := range e.Lines {
			value, refused := "", 0
			if l.Value != nil {
				value = fmt.Sprint(l.Value.Minor / 100)
			}
			if e.Refused {
				refused = 1
			}
			rows[fmt.Sprintf("%s|%s|%d|%s|%s|%d", e.Date, l.Rating, l.Licences, value, e.Destination.Name, refused)]++
		}
	}
	return rows
}

func TestDiffOfEditions(t *testing.T) {
	july := read(t, publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-07-12"))
	october := read(t, publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-10-11"))
	record, before := []*licensingv1.EntryOnRecord(nil), map[string]*licensingv1.Entry{}
	for _, a := range uklicences.Diff(nil, july).Added {
		id := published.EntryID("licensing", uklicences.Source, a.Entry.Digest, a.Ordinal)
		record, before[id] = append(record, published.OnRecord(id, a.Entry)), a.Entry
	}
	if same := uklicences.Diff(record, july); !same.Empty() || same.LinesAdded+same.LinesWithdrawn > 0 {
		t.Errorf("July differs from July: %d added, %d changed, %d withdrawn", len(same.Added), len(same.Changed), len(same.Withdrawn))
	}
	c := uklicences.Diff(record, october)
	got := []int{len(c.Added), len(c.Changed), len(c.Withdrawn), c.LinesAdded, c.LinesWithdrawn}
	if diff := cmp.Diff([]int{2183, 12, 9, 3361, 9}, got); diff != "" {
		t.Errorf("added, changed, withdrawn, lines added, lines withdrawn (-want +got):\n%s", diff)
	}
	for _, ch := range c.Changed {
		now, then := proto.CloneOf(ch.Entry), proto.CloneOf(before[ch.Id])
		for _, e := range []*licensingv1.Entry{now, then} {
			e.Digest, e.Onward = nil, nil
		}
		if diff := cmp.Diff(then, now, protocmp.Transform()); diff != "" {
			t.Errorf("%s changed in more than its destinations:\n%s", ch.Id, diff)
		}
	}
	for _, id := range c.Withdrawn {
		if name := before[id].Destination.Name; name != "Burkina" {
			t.Errorf("%s, for %s, is withdrawn; only Burkina was renamed", id, name)
		}
	}
}

// Neither the order of rows nor the numbers of groups say anything.
func TestShuffledEdition(t *testing.T) {
	dir := publishedtest.Data(t, "caat-uk-licences-2012-06")
	shuffled := t.TempDir()
	for _, name := range []string{"values.csv", "refusal-criteria.csv", "destinations.csv", "sources.csv", "ratings.csv"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		header, rows, _ := strings.Cut(string(raw), "\n")
		lines := strings.Split(strings.TrimSpace(rows), "\n")
		if name != "ratings.csv" { // the only one with quoted line ends
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			for i, l := range lines {
				lines[i] = "new-" + l
			}
		}
		if err := os.WriteFile(filepath.Join(shuffled, name), []byte(header+"\n"+strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, got := read(t, dir), read(t, shuffled)
	if string(want.Digest) != string(got.Digest) || len(want.Entries) != len(got.Entries) {
		t.Errorf("shuffled, the edition has another digest: %d entries, were %d", len(got.Entries), len(want.Entries))
	}
	for i := 0; i < len(want.Entries); i += 50 { // what the digest leaves out: codes, categories, line numbers
		if diff := cmp.Diff(want.Entries[i], got.Entries[i], protocmp.Transform()); diff != "" {
			t.Fatalf("entry %d (-plain +shuffled):\n%s", i, diff)
		}
	}
}

// The same for any rows, also for groups whose rows do not agree.
func TestShuffledRows(t *testing.T) {
	row := rapid.Custom(func(t *rapid.T) string {
		sample := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
		return strings.Join([]string{sample("date", "2008-01", "2008-02-01", "soon"), sample("rating", "ML1", "ML3"), sample("count", "1", "2"),
			sample("value", "", "0", "92233720368547758", "-1"), sample("country", "Italy", "Sarkhan"), sample("refused", "0", "1")}, ",")
	})
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		type member struct{ group, row string }
		var values, destinations []member
		for g := range rapid.IntRange(1, 8).Draw(rt, "groups") {
			for range rapid.IntRange(1, 4).Draw(rt, "rows") {
				values = append(values, member{fmt.Sprint(g), row.Draw(rt, "row")})
			}
			for range rapid.IntRange(0, 2).Draw(rt, "destinations") {
				destinations = append(destinations, member{fmt.Sprint(g), rapid.SampledFrom([]string{"Chile", "Peru"}).Draw(rt, "destination")})
			}
		}
		edition := func(prefix string) *uklicences.Edition {
			for name, rows := range map[string][]member{"values.csv": values, "destinations.csv": destinations} {
				var b strings.Builder
				for _, m := range rows {
					fmt.Fprintf(&b, "%s%s,%s\n", prefix, m.group, m.row)
				}
				columns := "destination"
				if name == "values.csv" {
					columns = "date,rating,count,value,country,refused"
				}
				write(name, "licence_group,"+columns+"\n"+b.String())
			}
			write("refusal-criteria.csv", "licence_group,criteria\n")
			write("sources.csv", "licence_group,source\n")
			return read(t, dir)
		}
		plain := edition("")
		values = rapid.Permutation(values).Draw(rt, "order of values")
		destinations = rapid.Permutation(destinations).Draw(rt, "order of destinations")
		shuffled := edition("x")
		if diff := cmp.Diff(plain.Entries, shuffled.Entries, protocmp.Transform()); diff != "" {
			rt.Fatalf("entries (-plain +shuffled):\n%s", diff)
		}
		if string(plain.Digest) != string(shuffled.Digest) || plain.ProblemRows != shuffled.ProblemRows || plain.Lines != shuffled.Lines {
			rt.Fatalf("plain %+v\nshuffled %+v", plain, shuffled)
		}
		if changes := uklicences.Diff(onRecord(plain), shuffled); !changes.Empty() {
			rt.Fatalf("changes %+v", changes)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	dir := publishedtest.Data(b, "caat-uk-licences-editions-2012", "2012-10-11")
	for b.Loop() {
		read(b, dir)
	}
}

func BenchmarkDiff(b *testing.B) {
	record := onRecord(read(b, publishedtest.Data(b, "caat-uk-licences-editions-2012", "2012-07-12")))
	october := read(b, publishedtest.Data(b, "caat-uk-licences-editions-2012", "2012-10-11"))
	for b.Loop() {
		uklicences.Diff(record, october)
	}
}
