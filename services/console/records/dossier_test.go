package records

import (
	"bufio"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}

// What is left is what was authorized without what was committed, corrected and restored, and without what is reserved and was neither
// committed nor released, whatever order the entries come in.
func TestSummed(t *testing.T) {
	line := &transferv1.Line{Number: 2, Quantity: pieces(10_000)}
	rapid.Check(t, func(t *rapid.T) {
		var entries []*ledgerv1.WriteOff
		var used, reserved int64
		for i := range rapid.IntRange(0, 8).Draw(t, "items") {
			n := rapid.Int64Range(1, 500).Draw(t, "pieces")
			e := func(effect ledgerv1.Effect) *ledgerv1.WriteOff {
				return &ledgerv1.WriteOff{DeclarationId: fmt.Sprint("customs/", i/2), Item: uint32(i % 2), LicenceLine: 2, Effect: effect, Quantity: pieces(n)}
			}
			entries = append(entries, e(ledgerv1.Effect_EFFECT_RESERVED))
			switch rapid.SampledFrom([]string{"reserved", "committed", "released", "corrected", "restored"}).Draw(t, "what became of it") {
			case "reserved":
				reserved += n
			case "committed":
				entries, used = append(entries, e(ledgerv1.Effect_EFFECT_COMMITTED)), used+n
			case "released":
				entries = append(entries, e(ledgerv1.Effect_EFFECT_RELEASED))
			case "corrected":
				c := e(ledgerv1.Effect_EFFECT_CORRECTED)
				c.Quantity, c.Change = nil, &customsv1.Change{Thousandths: -n * 500, Unit: "H87"}
				entries, used = append(entries, e(ledgerv1.Effect_EFFECT_COMMITTED), c), used+n
				used -= n / 2
				if n%2 == 1 {
					c.Change.Thousandths = -(n / 2) * 1000
				}
			case "restored":
				entries = append(entries, e(ledgerv1.Effect_EFFECT_COMMITTED), e(ledgerv1.Effect_EFFECT_RESTORED))
			}
		}
		other := &ledgerv1.WriteOff{DeclarationId: "customs/other", LicenceLine: 1, Effect: ledgerv1.Effect_EFFECT_COMMITTED, Quantity: pieces(7)}
		entries = rapid.Permutation(append(entries, other)).Draw(t, "order")
		got := summed([]*transferv1.Line{line}, entries)[0]
		want := []string{"10000 H87", fmt.Sprintf("%d H87", used), fmt.Sprintf("%d H87", reserved), fmt.Sprintf("%d H87", 10_000-used-reserved)}
		if have := []string{got.Authorized, got.Used, got.Reserved, got.Left}; !slices.Equal(have, want) {
			t.Fatalf("%q, want %q", have, want)
		}
		if got.UsedWidth+got.ReservedWidth > 1000 || got.ReservedFrom != got.UsedWidth {
			t.Fatalf("a bar of %d and %d from %d", got.UsedWidth, got.ReservedWidth, got.ReservedFrom)
		}
	})
}

func TestMeasured(t *testing.T) {
	line := &transferv1.Line{Number: 1, Quantity: pieces(500)}
	for name, tt := range map[string]struct {
		authorized, used, reserved, tolerance int64
		want                                  string
		overdrawn                             bool
		width                                 int64
	}{
		"some is used":        {500, 300, 50, 0, "150 / 500 H87", false, 600},
		"with tolerance":      {500, 510, 0, 25, "15 / 500 H87", false, 1000},
		"more than there was": {500, 700, 0, 0, "0 / 500 H87", true, 1000},
	} {
		m := measured(line, inQuantity(line.Quantity), tt.authorized*1000, tt.used*1000, tt.reserved*1000, 0, tt.tolerance*1000)
		if m.OfAll() != tt.want || m.Overdrawn != tt.overdrawn || m.UsedWidth != tt.width {
			t.Errorf("%s: %s, overdrawn %v, %d", name, m.OfAll(), m.Overdrawn, m.UsedWidth)
		}
	}
	if m := measured(line, inQuantity(line.Quantity), 0, 5000, 0, 0, 0); !m.Unlimited || m.Left != "" {
		t.Errorf("%+v", m)
	}
}

func TestStand(t *testing.T) {
	asked := func(id, text, was string, dropped bool) *ledgerv1.Condition {
		return &ledgerv1.Condition{Id: id, Agency: "foreign", Text: text, Asked: was, Dropped: dropped}
	}
	kept := func(id, text string) *licensingv1.ConditionKept {
		return &licensingv1.ConditionKept{ConditionId: id, AskedBy: "foreign", Text: text}
	}
	licence := &ledgerv1.Licence{
		Kept:  []*licensingv1.ConditionKept{kept("K1", "proof of arrival"), kept("K2", "as it was"), kept("K9", "not released here")},
		LetGo: []*licensingv1.ConditionLetGo{{ConditionId: "K3"}},
	}
	var got []string
	conditions := []*ledgerv1.Condition{
		asked("K1", "proof of arrival", "", false), asked("K2", "as it is now", "", false), asked("K3", "gone", "", true),
		asked("K4", "dropped before", "", true), asked("K5", "softer", "harder", false), asked("K6", "new", "", false),
	}
	for _, c := range stand(conditions, licence) {
		got = append(got, strings.Join([]string{c.ID, c.State, c.Text, c.Asked}, "|"))
	}
	want := []string{"K1|kept|proof of arrival|", "K2|changed|as it was|as it is now", "K3|let-go|gone|", "K4|dropped|dropped before|", "K5|changed|softer|harder", "K6|asked|new|", "K9|kept|not released here|"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestHolders(t *testing.T) {
	got := holders([]*queryv1.Audience{
		{Readers: []*queryv1.Reader{{Agency: "customs", Rule: "not a member"}, {Agency: "licensing", Reads: true, Rule: "it records the journal"}}},
		{Readers: []*queryv1.Reader{{Agency: "customs", Reads: true, Rule: "a member"}}},
	}, []*queryv1.EventReceipts{
		{Holders: []*queryv1.HolderReceipt{{Agency: "customs", State: queryv1.HolderState_HOLDER_STATE_BEHIND, Reason: "late"}}},
		{Holders: []*queryv1.HolderReceipt{{Agency: "customs", State: queryv1.HolderState_HOLDER_STATE_ARRIVED}}},
	})
	want := []holder{
		{Agency: "customs", Reads: true, Rule: "a member", State: queryv1.HolderState_HOLDER_STATE_BEHIND, Reason: "late"},
		{Agency: "licensing", Reads: true, Rule: "it records the journal"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// Moments are told to the second, and finer where two share one.
func TestStops(t *testing.T) {
	begin := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	at := func(after time.Duration, kind string) entry {
		return entry{RecordedAt: timestamppb.New(begin.Add(after)), Kind: kind}
	}
	story := []entry{at(-time.Hour, "before"), at(0, "a"), at(0, "b"), at(100*time.Millisecond, "c"), at(100*time.Millisecond+5, "d"), at(time.Minute, "e")}
	a := stopsOf(story, []*queryv1.RecordedEvent{{RecordedAt: timestamppb.New(begin)}})
	var shown []string
	for _, s := range a.Stops {
		shown = append(shown, s.Shown+" "+strings.Join(s.Kinds, "+"))
	}
	want := []string{"2026-01-15 12:00:00.000 a+b", "2026-01-15 12:00:00.100000000 c", "2026-01-15 12:00:00.100000005 d", "2026-01-15 12:01:00 e"}
	if !slices.Equal(shown, want) {
		t.Fatalf("%q", shown)
	}
	for moment, place := range map[string]int{"": 4, a.Stops[0].At: 0, a.Stops[2].At: 2, "2026-01-15T12:00:30Z": 2, "2030-01-01": 3, "2020-01-01": 0, "nonsense": 4} {
		if got := a.at(moment, false); got.At != place {
			t.Errorf("%q: at %d, want %d", moment, got.At, place)
		}
	}
}

func TestSplitPath(t *testing.T) {
	for path, want := range map[string][]string{
		"status": {"status"}, "deal.lines[number=2].rating": {"deal", "lines[number=2]", "rating"}, "kept[condition_id=x/K-1.2].text": {"kept", "kept"},
	} {
		if strings.HasPrefix(path, "kept") {
			want = []string{"kept[condition_id=x/K-1.2]", "text"}
		}
		if got := splitPath(path); !slices.Equal(got, want) {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// A dossier is that of the moment in its address, and says what changed since.
func TestAsOf(t *testing.T) {
	s := serve(t)
	s.Record(granted(1), &licensingv1.LicenceSuspended{LicenceId: licenceID(1), Reason: "forged certificate"})
	path := "/console/records/" + licenceID(1)
	now := s.Read(path)
	if !strings.Contains(now, "forged certificate") || !strings.Contains(now, `max="2" value="2"`) {
		t.Error("the present is not shown")
	}
	res := s.Open(path + "?stop=0")
	if res.Request.URL.Query().Get("as_of") == "" || res.StatusCode != http.StatusOK {
		t.Fatalf("the slider leads to %s: %s", res.Request.URL, res.Status)
	}
	if then := s.Read(strings.TrimPrefix(res.Request.URL.String(), s.At.URL)); strings.Contains(then, "forged certificate") || !strings.Contains(then, `max="2" value="0"`) || !strings.Contains(then, "Granted") {
		t.Error("what came later is shown")
	}
	if diff := s.Read(path + "/diff"); !strings.Contains(diff, "Suspended") || !strings.Contains(diff, "forged certificate") {
		t.Error("the difference is not told")
	}
	for _, typed := range []string{"licensing/all/1", " " + licenceID(1)} {
		if res := s.Open("/console/records?id=" + strings.ReplaceAll(typed, " ", "+")); res.StatusCode != http.StatusOK {
			t.Errorf("%q leads to %s: %s", typed, res.Request.URL, res.Status)
		}
	}
}

// A page whose proof cannot be had says so in its place, and not that it holds.
func TestEventIsNotProved(t *testing.T) {
	s := serve(t)
	s.Record(granted(1))
	if page := s.Read("/console/events/licensing/all/1"); strings.Contains(page, "the proof holds") {
		t.Error("a block that nobody signed is said to be proved")
	}
}

// What comes while a page is shown is announced once it touches it, on from where a browser was, and to nobody who has logged out.
func TestLive(t *testing.T) {
	s := serve(t)
	s.Record(licences(3)...)
	stream := func(path, last string) *bufio.Scanner {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.At.URL+path, nil)
		s.Must(err)
		r.AddCookie(&http.Cookie{Name: "counterfoil-session-licensing", Value: s.Session})
		r.Header.Set("Last-Event-ID", last)
		res, err := s.At.Client().Do(r)
		s.Must(err)
		t.Cleanup(func() { res.Body.Close() })
		return bufio.NewScanner(res.Body)
	}
	line := func(of *bufio.Scanner, prefix string) string {
		for of.Scan() {
			if found, is := strings.CutPrefix(of.Text(), prefix); is {
				return found
			}
		}
		t.Fatalf("the stream ended before %q: %v", prefix, of.Err())
		return ""
	}
	address := func(page string) string {
		return strings.ReplaceAll(between(s.Read(page), `hx-sse:connect="`, `"`), "&amp;", "&")
	}
	record, list := address("/console/records/"+licenceID(1)), address("/console/list/licences")
	s.Record(&licensingv1.LicenceSuspended{LicenceId: licenceID(2), Reason: "another"}) // between the page and its stream
	onRecord, onList := stream(record, ""), stream(list, "")
	if got := line(onList, "data: "); !strings.Contains(got, "1 new event") {
		t.Errorf("on the list: %s", got)
	}
	s.Record(&licensingv1.LicenceSuspended{LicenceId: licenceID(1), Reason: "this one"})
	last := line(onRecord, "id: ")
	if got := line(onRecord, "data: "); !strings.Contains(got, "1 new event") {
		t.Errorf("on the record: %s", got)
	}
	again := stream(record, last)
	s.Record(&licensingv1.LicenceReinstated{LicenceId: licenceID(1), Reason: "checked"})
	if got := line(again, "data: "); !strings.Contains(got, "2 new events") {
		t.Errorf("on from where it was: %s", got)
	}
	s.Door.Logout(s.Session)
	s.Record(&licensingv1.LicenceRevoked{LicenceId: licenceID(1), Reason: "in the end"})
	if got := line(again, "event: "); got != "end" {
		t.Errorf("after the logout: %s", got)
	}
}

func TestTouches(t *testing.T) {
	declared := &customsv1.DeclarationAccepted{DeclarationId: "customs/D1", LicenceId: "licensing/L-1"}
	for _, tt := range []struct {
		table queryv1.Table
		id    string
		fact  proto.Message
		want  bool
	}{
		{queryv1.Table_TABLE_LICENCES, "", declared, true},
		{queryv1.Table_TABLE_DENIALS, "", declared, false},
		{queryv1.Table_TABLE_LICENCES, "licensing/L-1", declared, true},
		{queryv1.Table_TABLE_LICENCES, "licensing/L-11", declared, false},
		{queryv1.Table_TABLE_LICENCES, "licensing/L-1", &customsv1.DeclarationAccepted{DeclarationId: "customs/D2", LicenceId: "licensing/L-1#2"}, true},
		{queryv1.Table_TABLE_EVENTS, "", &licensingv1.Heartbeat{}, false},
		{queryv1.Table_TABLE_EVENTS, "", declared, true},
		{queryv1.Table_TABLE_AGENCIES, "", &directoryv1.AgencySuspended{Agency: "customs"}, true},
		{queryv1.Table_TABLE_AGENCIES, "", &directoryv1.ReleaseAgreed{Group: "all", Reader: "customs"}, false},
		{queryv1.Table_TABLE_RELEASES, "", &directoryv1.ReleaseAgreed{Group: "all", Reader: "customs"}, true},
		{queryv1.Table_TABLE_AGENCIES, "customs", &directoryv1.AgencySuspended{Agency: "customs"}, true},
		{queryv1.Table_TABLE_AGENCIES, "customs", &directoryv1.AgencySuspended{Agency: "reporting"}, false},
	} {
		w := watching{table: tt.table, id: tt.id}
		if got := w.touches(tt.fact); got != tt.want {
			t.Errorf("%v of %s %q: %v", tt.fact, tt.table, tt.id, got)
		}
	}
}

// What is watched for a record or a list fits into a filter.
func TestKindsThatAreWatched(t *testing.T) {
	for number := range queryv1.Table_name {
		table := queryv1.Table(number)
		if number == 0 || table == queryv1.Table_TABLE_EVENTS {
			continue
		}
		for _, deep := range []int{0, 3} {
			n := 0
			for _, k := range ledger.Kinds() {
				if mayName(k, namedAs(table), deep) {
					n++
				}
			}
			if n > maxKinds {
				t.Errorf("%d kinds for %s", n, table)
			}
		}
	}
}
