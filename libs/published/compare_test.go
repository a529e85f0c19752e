package published_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/published"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func entry(date, country string, ratings ...string) *licensingv1.Entry {
	e := &licensingv1.Entry{Date: date, Destination: &licensingv1.Place{Name: country}}
	for i, r := range ratings {
		e.Lines = append(e.Lines, &transferv1.Line{Number: uint32(i + 1), Rating: r, Licences: 1, Value: &transferv1.Money{Minor: 100, Currency: "GBP"}})
	}
	e.Digest = published.Digest(e)
	return e
}

func with(e *licensingv1.Entry, change func(*licensingv1.Entry)) *licensingv1.Entry {
	e = proto.CloneOf(e)
	change(e)
	e.Digest = published.Digest(e)
	return e
}

func onward(e *licensingv1.Entry, names ...string) *licensingv1.Entry {
	return with(e, func(e *licensingv1.Entry) {
		for _, n := range names {
			e.Onward = append(e.Onward, &licensingv1.Place{Name: n})
		}
	})
}

func TestDigest(t *testing.T) {
	e := onward(entry("2008-01", "Xebia", "ML1", "ML2"), "Xanadu", "Xochi")
	same := map[string]func(*licensingv1.Entry){
		"order of lines":        func(e *licensingv1.Entry) { slices.Reverse(e.Lines) },
		"order of destinations": func(e *licensingv1.Entry) { slices.Reverse(e.Onward) },
		"line numbers":          func(e *licensingv1.Entry) { e.Lines[0].Number = 9 },
		"country code":          func(e *licensingv1.Entry) { e.Destination.Country = "XB" },
		"category":              func(e *licensingv1.Entry) { e.Lines[0].Category = 9 },
		"0 licences are 1":      func(e *licensingv1.Entry) { e.Lines[0].Licences = 0 },
	}
	for name, change := range same {
		if !bytes.Equal(with(e, change).Digest, e.Digest) {
			t.Errorf("%s changes the digest", name)
		}
	}
	other := map[string]func(*licensingv1.Entry){
		"date":           func(e *licensingv1.Entry) { e.Date = "2008-01-01" },
		"decision":       func(e *licensingv1.Entry) { e.Refused = true },
		"country":        func(e *licensingv1.Entry) { e.Destination.Name = "xebia" },
		"rating":         func(e *licensingv1.Entry) { e.Lines[0].Rating = "ML1.a" },
		"licences":       func(e *licensingv1.Entry) { e.Lines[0].Licences = 2 },
		"value":          func(e *licensingv1.Entry) { e.Lines[0].Value.Minor++ },
		"no value":       func(e *licensingv1.Entry) { e.Lines[0].Value = nil },
		"value 0":        func(e *licensingv1.Entry) { e.Lines[0].Value.Minor = 0 },
		"line twice":     func(e *licensingv1.Entry) { e.Lines = append(e.Lines, e.Lines[0]) },
		"criterion":      func(e *licensingv1.Entry) { e.Criteria = []string{"7"} },
		"destination":    func(e *licensingv1.Entry) { e.Onward = e.Onward[:1] },
		"source":         func(e *licensingv1.Entry) { e.Sources = e.Onward[:1] },
		"onward, source": func(e *licensingv1.Entry) { e.Onward, e.Sources = nil, e.Onward },
	}
	seen := map[string]string{string(e.Digest): "the entry itself"}
	for name, change := range other {
		d := string(with(e, change).Digest)
		if seen[d] != "" {
			t.Errorf("%s has the digest of %s", name, seen[d])
		}
		seen[d] = name
	}
}

// The digest is a promise: what is on record was found by it.
func TestDigestStays(t *testing.T) {
	e := onward(entry("2008-01", "Xebia", "ML1"), "Xanadu")
	if got, want := fmt.Sprintf("%x", e.Digest), "6fcaa8060fa33ceaa4854c7ba6a3f2b917dff9279bca7fd7eee70d25e921e234"; got != want {
		t.Errorf("digest %s; want %s", got, want)
	}
	if got, want := fmt.Sprintf("%x", published.LineDigest(e, e.Lines[0])), "ddb2df652048169bcab34311b56d0005"; got != want {
		t.Errorf("line digest %s; want %s", got, want)
	}
}

func TestEditionDigest(t *testing.T) {
	a, b := entry("2008-01", "Xebia", "ML1"), entry("2008-02", "Xebia", "ML1")
	one, other := published.EditionDigest([]*licensingv1.Entry{a, b}), published.EditionDigest([]*licensingv1.Entry{b, a})
	if !bytes.Equal(one, other) || len(one) != 32 {
		t.Errorf("digests %x and %x", one, other)
	}
	if bytes.Equal(one, published.EditionDigest([]*licensingv1.Entry{a, b, b})) {
		t.Error("an entry more has the same digest")
	}
}

func TestSortLines(t *testing.T) {
	gbp := func(minor int64) *transferv1.Money { return &transferv1.Money{Minor: minor, Currency: "GBP"} }
	sorted := []*transferv1.Line{
		{Rating: "ML1", Licences: 9},
		{Rating: "ML1", Licences: 2, Value: gbp(0)},
		{Rating: "ML1", Licences: 0, Value: gbp(5)},
		{Rating: "ML1", Licences: 2, Value: gbp(5)},
		{Rating: "ML1", Licences: 1, Value: &transferv1.Money{Minor: 5, Currency: "XXX"}},
		{Rating: "ML10"},
		{Rating: "ML2"},
	}
	rapid.Check(t, func(t *rapid.T) {
		got := published.SortLines(rapid.Permutation(sorted).Draw(t, "lines"))
		if diff := cmp.Diff(sorted, got, protocmp.Transform()); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	})
}

func TestCompare(t *testing.T) {
	a, b, c := entry("2008-01", "Xebia", "ML1", "ML2"), entry("2008-01", "Xebia", "ML1", "ML3"), entry("2008-02", "Xanadu", "ML4")
	id := func(e *licensingv1.Entry, ordinal uint32) string {
		return published.EntryID("licensing", "register", e.Digest, ordinal)
	}
	on := func(e *licensingv1.Entry, ordinal uint32) *licensingv1.EntryOnRecord {
		return published.OnRecord(id(e, ordinal), e)
	}
	type record = []*licensingv1.EntryOnRecord
	type entries = []*licensingv1.Entry
	refused := with(a, func(e *licensingv1.Entry) { e.Refused = true })
	more := with(a, func(e *licensingv1.Entry) { e.Lines = append(e.Lines, &transferv1.Line{Number: 3, Rating: "ML9"}) })
	renamed := on(onward(a, "Xochi"), 7)
	renamed.Id = id(a, 1)
	tests := []struct {
		name   string
		record record
		next   entries
		want   published.Changes
	}{
		{"nothing", nil, nil, published.Changes{}},
		{"equal", record{on(a, 1), on(a, 2), on(c, 1)}, entries{c, a, a}, published.Changes{}},
		{"added, an equal one on record", record{on(a, 1)}, entries{a, c, a}, published.Changes{
			Added: []*licensingv1.Addition{{Entry: a, Ordinal: 2}, {Entry: c, Ordinal: 1}}, LinesAdded: 3}},
		{"a gap in the ordinals", record{on(a, 2)}, entries{a, a, a}, published.Changes{
			Added: []*licensingv1.Addition{{Entry: a, Ordinal: 1}, {Entry: a, Ordinal: 3}}, LinesAdded: 4}},
		{"one of equals withdrawn", record{on(a, 1), on(a, 2)}, entries{a}, published.Changes{
			Withdrawn: []string{id(a, 2)}, LinesWithdrawn: 2}},
		{"destinations changed", record{on(a, 1), on(c, 1)}, entries{c, onward(a, "Xochi")}, published.Changes{
			Changed: []*licensingv1.Change{{Id: id(a, 1), Entry: onward(a, "Xochi")}}}},
		{"a line more", record{on(a, 1)}, entries{more}, published.Changes{
			Changed: []*licensingv1.Change{{Id: id(a, 1), Entry: more}}, LinesAdded: 1}},
		{"most shared lines first", record{on(b, 1), on(a, 1)}, entries{more}, published.Changes{
			Changed: []*licensingv1.Change{{Id: id(a, 1), Entry: more}}, Withdrawn: []string{id(b, 1)}, LinesAdded: 1, LinesWithdrawn: 2}},
		{"granted after all", record{on(refused, 1)}, entries{a}, published.Changes{
			Added: []*licensingv1.Addition{{Entry: a, Ordinal: 1}}, Withdrawn: []string{id(refused, 1)}, LinesAdded: 2, LinesWithdrawn: 2}},
		{"nothing shared", record{on(c, 1)}, entries{a}, published.Changes{
			Added: []*licensingv1.Addition{{Entry: a, Ordinal: 1}}, Withdrawn: []string{id(c, 1)}, LinesAdded: 2, LinesWithdrawn: 1}},
		// The entry that was a when it came keeps a's id, so a new a needs another.
		{"an id in use", record{renamed}, entries{a, onward(a, "Xochi")}, published.Changes{
			Added: []*licensingv1.Addition{{Entry: a, Ordinal: 2}}, LinesAdded: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, published.Compare(tt.record, tt.next), protocmp.Transform()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func anEntry(t *rapid.T) *licensingv1.Entry {
	sample := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	ratings := rapid.SliceOfN(rapid.SampledFrom([]string{"ML1", "ML2", "ML3"}), 1, 3).Draw(t, "ratings")
	slices.Sort(ratings)
	e := entry(sample("date", "2008-01", "2008-02"), sample("country", "Xebia", "Xanadu"), ratings...)
	return with(e, func(e *licensingv1.Entry) {
		e.Refused = rapid.Bool().Draw(t, "refused")
		for _, n := range [][]string{nil, {"Xochi"}, {"Xyz"}, {"Xochi", "Xyz"}}[rapid.IntRange(0, 3).Draw(t, "onward")] {
			e.Onward = append(e.Onward, &licensingv1.Place{Name: n})
		}
	})
}

// book is a record by id, as a ledger keeps it.
type book map[string]*licensingv1.EntryOnRecord

func (b book) apply(t *rapid.T, c published.Changes) {
	for _, ch := range c.Changed {
		was := b[ch.Id]
		if was == nil || was.Refused != ch.Entry.Refused {
			t.Fatalf("change of %s, which is %v on record", ch.Id, was)
		}
		b[ch.Id] = published.OnRecord(ch.Id, ch.Entry)
	}
	for _, a := range c.Added {
		id := published.EntryID("licensing", "register", a.Entry.Digest, a.Ordinal)
		if b[id] != nil {
			t.Fatalf("%s is added and is on record", id)
		}
		b[id] = published.OnRecord(id, a.Entry)
	}
	for _, id := range c.Withdrawn {
		if b[id] == nil {
			t.Fatalf("%s is withdrawn and not on record", id)
		}
		delete(b, id)
	}
}

func (b book) entries() (all []*licensingv1.EntryOnRecord) {
	for _, e := range b {
		all = append(all, e)
	}
	return all
}

func digests[E interface{ GetDigest() []byte }](entries []E) []string {
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = fmt.Sprintf("%x", e.GetDigest())
	}
	slices.Sort(all)
	return all
}

func lineCount(b book) (n int) {
	for _, e := range b {
		n += len(e.Lines)
	}
	return n
}

// Applying what Compare says to any record gives exactly the edition, after any number of editions; then there
// is nothing more to say; and the order of either input does not matter.
func TestCompareLeadsToTheEdition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		record := book{}
		for range rapid.IntRange(1, 4).Draw(t, "editions") {
			edition := rapid.SliceOfN(rapid.Custom(anEntry), 0, 20).Draw(t, "edition")
			c := published.Compare(record.entries(), edition)
			shuffled := published.Compare(record.entries(), rapid.Permutation(edition).Draw(t, "shuffled"))
			if diff := cmp.Diff(c, shuffled, protocmp.Transform()); diff != "" {
				t.Fatalf("the order matters:\n%s", diff)
			}
			lines := lineCount(record)
			record.apply(t, c)
			if got := lineCount(record); got != lines+c.LinesAdded-c.LinesWithdrawn {
				t.Fatalf("%d lines, %d added, %d withdrawn, but %d on record", lines, c.LinesAdded, c.LinesWithdrawn, got)
			}
			if diff := cmp.Diff(digests(edition), digests(record.entries())); diff != "" {
				t.Fatalf("-edition +record:\n%s", diff)
			}
			if again := published.Compare(record.entries(), edition); !again.Empty() || again.LinesAdded+again.LinesWithdrawn > 0 {
				t.Fatalf("an edition differs from itself: %+v", again)
			}
		}
	})
}

// Many entries that share one line and differ otherwise do not make the comparison slow.
func TestCompareManyAlike(t *testing.T) {
	const n = 5_000
	edition := func(suffix string) (all []*licensingv1.Entry) {
		for i := range n {
			all = append(all, entry("2008-01", "Xebia", "ML1", fmt.Sprintf("%s%d", suffix, i)))
		}
		return all
	}
	var record []*licensingv1.EntryOnRecord
	for _, e := range edition("PL") {
		record = append(record, published.OnRecord(published.EntryID("licensing", "register", e.Digest, 1), e))
	}
	c := published.Compare(record, edition("ML"))
	if len(c.Changed) == 0 || len(c.Added)+len(c.Changed) != n || len(c.Withdrawn)+len(c.Changed) != n || c.LinesAdded != n || c.LinesWithdrawn != n {
		t.Errorf("%d added, %d changed, %d withdrawn, lines %d and %d", len(c.Added), len(c.Changed), len(c.Withdrawn), c.LinesAdded, c.LinesWithdrawn)
	}
}
