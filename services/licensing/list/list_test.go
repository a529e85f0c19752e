package list_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/screening"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/licensing/list"
)

const (
	march, april = "2025-03-01", "2025-04-01"
	firstID      = "licensing/un-XAi.001"
	listID       = "licensing/list-un"
	embargoID    = "licensing/E-2026-000001"
)

var particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}

func entry(key string, names ...string) *screeningv1.ListEntry {
	e := &screeningv1.ListEntry{Key: key, Type: "entity"}
	for _, n := range names {
		e.Names = append(e.Names, &screeningv1.ListName{Text: n, Kind: "primary"})
	}
	return e
}

// recorded is the entry as it is put on record.
func recorded(e *screeningv1.ListEntry) *screeningv1.ListEntry {
	e = proto.CloneOf(e)
	e.Source, e.EntryId, e.Digest = "un", list.EntryID("licensing", "un", e.Key), screening.EntryDigest(e)
	return e
}

func added(e *screeningv1.ListEntry, edition string) proto.Message {
	e = recorded(e)
	return &screeningv1.ListEntryAdded{EntryId: e.EntryId, Entry: e, Edition: edition}
}

func amended(e *screeningv1.ListEntry, edition string) proto.Message {
	e = recorded(e)
	return &screeningv1.ListEntryAmended{EntryId: e.EntryId, Entry: e, Edition: edition}
}

func closed(edition string, entries ...*screeningv1.ListEntry) *screeningv1.ListEditionRecorded {
	return &screeningv1.ListEditionRecorded{ListId: listID, Source: "un", Edition: edition, Entries: uint64(len(entries)), Digest: digest(entries...)}
}

func digest(entries ...*screeningv1.ListEntry) []byte {
	var all [][]byte
	for _, e := range entries {
		all = append(all, recorded(e).Digest)
	}
	return screening.ListDigest(all)
}

func given(t *testing.T, facts ...proto.Message) ledger.View {
	for i, f := range facts {
		facts[i] = ledgertest.By("licensing", f)
	}
	return ledgertest.Given(t, facts...)
}

// expect compares what a rule decided with what it should have: facts, nothing, or a refusal of a kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	for i, f := range got {
		if d, ok := f.(ledger.Dated); ok {
			if d.Group != "all" {
				t.Errorf("fact %d is recorded for %q", i, d.Group)
			}
			got[i] = d.Message
		}
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestRecord(t *testing.T) {
	one, other, two := entry("XAi.001", "Zarkovia Defence"), entry("XAi.001", "Zarkovia Defence", "ZD"), entry("XAe.002", "Blue Lantern")
	spoilt := entry("XAe.003", "Spoilt")
	spoilt.Digest = []byte("not it")
	removed := &screeningv1.ListEntryRemoved{EntryId: firstID, Edition: april}
	many := make([]*screeningv1.ListEntry, 1001)
	for i := range many {
		many[i] = entry(fmt.Sprint(i), "Somebody")
	}
	tests := []struct {
		name    string
		given   []proto.Message
		edition string
		entries []*screeningv1.ListEntry
		removed []string
		want    []proto.Message
		wantErr error
	}{
		{"the first", nil, march, []*screeningv1.ListEntry{one, two}, nil, []proto.Message{added(one, march), added(two, march)}, nil},
		{"cut off, and sent again", []proto.Message{added(one, march)}, march, []*screeningv1.ListEntry{one, two}, nil, []proto.Message{added(two, march)}, nil},
		{"all again", []proto.Message{added(one, march), closed(march, one)}, march, []*screeningv1.ListEntry{one}, nil, nil, nil},
		{"stated otherwise", []proto.Message{added(one, march), closed(march, one)}, april, []*screeningv1.ListEntry{other}, nil, []proto.Message{amended(other, april)}, nil},
		{"left out", []proto.Message{added(one, march), closed(march, one)}, april, nil, []string{"XAi.001"}, []proto.Message{removed}, nil},
		{"left out, again", []proto.Message{added(one, march), removed}, april, nil, []string{"XAi.001"}, nil, nil},
		{"listed anew", []proto.Message{added(one, march), removed}, "2025-05-01", []*screeningv1.ListEntry{one}, nil, []proto.Message{added(one, "2025-05-01")}, nil},
		{"never listed, left out", nil, april, nil, []string{"XAi.001"}, nil, fault.NotFound},
		{"an older edition", []proto.Message{closed(april)}, march, []*screeningv1.ListEntry{one}, nil, nil, fault.Precondition},
		{"an older part", []proto.Message{added(one, april)}, march, []*screeningv1.ListEntry{other}, nil, nil, fault.Precondition},
		{"more of one that was closed", []proto.Message{closed(march)}, march, []*screeningv1.ListEntry{one}, nil, nil, fault.Precondition},
		{"twice in one command", nil, march, []*screeningv1.ListEntry{one, one}, nil, nil, fault.Invalid},
		{"added and left out", []proto.Message{added(one, march)}, april, []*screeningv1.ListEntry{one}, []string{"XAi.001"}, nil, fault.Invalid},
		{"without a key", nil, march, []*screeningv1.ListEntry{entry("", "Zarkovia")}, nil, nil, fault.Invalid},
		{"without a name", nil, march, []*screeningv1.ListEntry{entry("XAi.001")}, nil, nil, fault.Invalid},
		{"of another list", nil, march, []*screeningv1.ListEntry{{Key: "1", Source: "csl", Names: one.Names}}, nil, nil, fault.Invalid},
		{"with another digest", nil, march, []*screeningv1.ListEntry{spoilt}, nil, nil, fault.Invalid},
		{"no date", nil, "spring", []*screeningv1.ListEntry{one}, nil, nil, fault.Invalid},
		{"of the future", nil, "2031-01-01", []*screeningv1.ListEntry{one}, nil, nil, fault.Invalid},
		{"too many at once", nil, march, many, nil, nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := list.Record(given(t, tt.given...), &screeningv1.RecordListRequest{
				Particulars: particulars, Source: "un", Edition: tt.edition, Entries: tt.entries, Removed: tt.removed,
			})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestClose(t *testing.T) {
	one, two := entry("XAi.001", "Zarkovia Defence"), entry("XAe.002", "Blue Lantern")
	tests := []struct {
		name    string
		given   []proto.Message
		edition string
		entries []*screeningv1.ListEntry
		want    []proto.Message
		wantErr error
	}{
		{"whole", []proto.Message{added(one, march), added(two, march)}, march, []*screeningv1.ListEntry{two, one}, []proto.Message{closed(march, one, two)}, nil},
		{"a later one that changes nothing", []proto.Message{added(one, march), closed(march, one)}, april, []*screeningv1.ListEntry{one}, []proto.Message{closed(april, one)}, nil},
		{"empty", nil, march, nil, []proto.Message{closed(march)}, nil},
		{"again", []proto.Message{added(one, march), closed(march, one)}, march, []*screeningv1.ListEntry{one}, nil, nil},
		{"again, with another content", []proto.Message{added(one, march), closed(march, one)}, march, []*screeningv1.ListEntry{two}, nil, fault.Conflict},
		{"something is missing", []proto.Message{added(one, march)}, march, []*screeningv1.ListEntry{one, two}, nil, fault.Precondition},
		{"something is too much", []proto.Message{added(one, march), added(two, march)}, march, []*screeningv1.ListEntry{one}, nil, fault.Precondition},
		{"something is other", []proto.Message{added(one, march)}, march, []*screeningv1.ListEntry{two}, nil, fault.Precondition},
		{"older", []proto.Message{closed(april)}, march, nil, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := list.Close(given(t, tt.given...), &screeningv1.CloseListRequest{
				Particulars: particulars, Source: "un", Edition: tt.edition, Entries: uint64(len(tt.entries)), Digest: digest(tt.entries...),
			})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestContents(t *testing.T) {
	one, two, gone := entry("XAi.001", "Zarkovia Defence"), entry("XAe.002", "Blue Lantern"), entry("XAe.003", "Gone")
	theirs := &screeningv1.ListEntryAdded{EntryId: "licensing-b/un-1", Entry: recorded(entry("1", "Theirs"))}
	view := ledgertest.Given(t, ledgertest.By("licensing-b", theirs), ledgertest.By("licensing", added(one, march)), ledgertest.By("licensing", added(two, march)),
		ledgertest.By("licensing", added(gone, march)), ledgertest.By("licensing", &screeningv1.ListEntryRemoved{EntryId: "licensing/un-XAe.003"}), ledgertest.By("licensing", closed(march)))
	res, err := list.Contents(view, &screeningv1.ListContentsRequest{Source: "un"})
	if err != nil || res.Edition != march || res.More || len(res.Entries) != 2 || res.Entries[0].Key != "XAe.002" || len(res.Entries[1].Digest) != 32 {
		t.Errorf("%v, %v", res, err)
	}
	res, err = list.Contents(view, &screeningv1.ListContentsRequest{Source: "un", After: "licensing/un-XAe.002"})
	if err != nil || len(res.Entries) != 1 || res.Entries[0].EntryId != firstID {
		t.Errorf("after the first: %v, %v", res, err)
	}
}

func TestEmbargoes(t *testing.T) {
	arms := func(change ...func(*screeningv1.EmbargoRecorded)) *screeningv1.EmbargoRecorded {
		e := &screeningv1.EmbargoRecorded{Country: "XB", Measure: "arms", Resolution: "S/RES/9999", ValidFrom: march}
		for _, c := range change {
			c(e)
		}
		return e
	}
	withID := arms(func(e *screeningv1.EmbargoRecorded) { e.EmbargoId = embargoID })
	ended := &screeningv1.EmbargoEnded{EmbargoId: embargoID, On: april, Reason: "lifted"}
	record := func(t *testing.T, view ledger.View, e *screeningv1.EmbargoRecorded) ([]proto.Message, error) {
		return list.RecordEmbargo(view, &screeningv1.RecordEmbargoRequest{Particulars: particulars, Embargo: e})
	}
	for name, tt := range map[string]struct {
		given   []proto.Message
		embargo *screeningv1.EmbargoRecorded
		want    []proto.Message
		wantErr error
	}{
		"new":             {nil, arms(), []proto.Message{withID}, nil},
		"again":           {[]proto.Message{withID}, arms(), nil, nil},
		"again, ended":    {[]proto.Message{withID, ended}, arms(), []proto.Message{arms(func(e *screeningv1.EmbargoRecorded) { e.EmbargoId = "licensing/E-2026-000002" })}, nil},
		"nobody":          {nil, arms(func(e *screeningv1.EmbargoRecorded) { e.Country = "" }), nil, fault.Invalid},
		"no State's code": {nil, arms(func(e *screeningv1.EmbargoRecorded) { e.Country = "xb" }), nil, fault.Invalid},
		"nothing":         {nil, arms(func(e *screeningv1.EmbargoRecorded) { e.Measure = "" }), nil, fault.Invalid},
		"from no day":     {nil, arms(func(e *screeningv1.EmbargoRecorded) { e.ValidFrom = "" }), nil, fault.Invalid},
		"until before":    {nil, arms(func(e *screeningv1.EmbargoRecorded) { e.ValidUntil = "2025-02-01" }), nil, fault.Invalid},
		"with an id":      {nil, withID, nil, fault.Invalid},
		"none":            {nil, nil, nil, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := record(t, given(t, tt.given...), tt.embargo)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
	for name, tt := range map[string]struct {
		given      []proto.Message
		on, reason string
		want       []proto.Message
		wantErr    error
	}{
		"end":                {[]proto.Message{withID}, april, "lifted", []proto.Message{ended}, nil},
		"end again":          {[]proto.Message{withID, ended}, april, "lifted", nil, nil},
		"end on another day": {[]proto.Message{withID, ended}, "2025-05-01", "lifted", nil, fault.Conflict},
		"end before it is":   {[]proto.Message{withID}, "2025-02-01", "lifted", nil, fault.Invalid},
		"end on no day":      {[]proto.Message{withID}, "", "lifted", nil, fault.Invalid},
		"end without reason": {[]proto.Message{withID}, april, "", nil, fault.Invalid},
		"end what is not":    {nil, april, "lifted", nil, fault.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := list.EndEmbargo(given(t, tt.given...), &screeningv1.EndEmbargoRequest{Particulars: particulars, EmbargoId: embargoID, On: tt.on, Reason: tt.reason})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

var contractID = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}/[A-Za-z0-9._-]{1,100}$`)

// No two entries have one id, whatever their keys and lists are, and every id is one by the contract.
func TestEntryIDs(t *testing.T) {
	source := rapid.StringMatching(`[a-z][a-z0-9-]{1,8}`)
	key := rapid.OneOf(rapid.StringMatching(`[-_A-Za-z0-9. ]{1,6}`), rapid.StringN(1, 140, 140), rapid.Custom(func(t *rapid.T) string {
		return strings.Repeat("x", rapid.IntRange(80, 120).Draw(t, "long")) + rapid.StringMatching(`[-_a-z ]{0,3}`).Draw(t, "end")
	}))
	rapid.Check(t, func(t *rapid.T) {
		s1, s2, k1, k2 := source.Draw(t, "source"), source.Draw(t, "other source"), key.Draw(t, "key"), key.Draw(t, "other key")
		one, two := list.EntryID("licensing", s1, k1), list.EntryID("licensing", s2, k2)
		if (one == two) != (s1 == s2 && k1 == k2) {
			t.Errorf("%q of %q and %q of %q are %s and %s", k1, s1, k2, s2, one, two)
		}
		if !contractID.MatchString(one) {
			t.Errorf("%q of %q is %s", k1, s1, one)
		}
	})
	for _, pair := range [][4]string{{"csl", "x-1", "csl-x", "1"}, {"un", "a b", "un", "a_20b"}, {"un", "a_", "un", "a-"}} {
		if list.EntryID("licensing", pair[0], pair[1]) == list.EntryID("licensing", pair[2], pair[3]) {
			t.Errorf("%v have one id", pair)
		}
	}
}

func TestAnyCommand(t *testing.T) {
	one := entry("XAi.001", "Zarkovia Defence")
	given := []proto.Message{
		ledgertest.By("licensing", added(one, march)),
		ledgertest.By("licensing", &screeningv1.EmbargoRecorded{EmbargoId: embargoID, Country: "XB", Measure: "arms", ValidFrom: march}),
	}
	words := []string{"un", "csl", march, april, "XAi.001", embargoID, "XB", "arms", ""}
	anycommand.Check(t, "licensing", given, words, map[string]anycommand.Rule{
		"record": anycommand.Of(list.Record, &screeningv1.RecordListRequest{
			Particulars: particulars, Source: "un", Edition: april, Entries: []*screeningv1.ListEntry{entry("XAe.002", "Blue Lantern")}, Removed: []string{"XAi.001"},
		}),
		"close": anycommand.Of(list.Close, &screeningv1.CloseListRequest{Particulars: particulars, Source: "un", Edition: march, Entries: 1, Digest: digest(one)}),
		"record embargo": anycommand.Of(list.RecordEmbargo, &screeningv1.RecordEmbargoRequest{
			Particulars: particulars, Embargo: &screeningv1.EmbargoRecorded{Country: "XC", Measure: "arms", ValidFrom: march},
		}),
		"end embargo": anycommand.Of(list.EndEmbargo, &screeningv1.EndEmbargoRequest{Particulars: particulars, EmbargoId: embargoID, On: april, Reason: "lifted"}),
	})
}
