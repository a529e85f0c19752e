package query

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	arrived  = queryv1.HolderState_HOLDER_STATE_ARRIVED
	withheld = queryv1.HolderState_HOLDER_STATE_WITHHELD
	behind   = queryv1.HolderState_HOLDER_STATE_BEHIND
	failed   = queryv1.HolderState_HOLDER_STATE_FAILED
)

func TestHolderHas(t *testing.T) {
	written, agreed := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	event := &queryv1.RecordedEvent{Number: 10, WrittenAt: timestamppb.New(written)}
	reads := &queryv1.Reader{Agency: "x", Reads: true, Rule: "it is a member"}
	not := &queryv1.Reader{Agency: "x", Rule: "it was removed"}
	from := func(n uint64) *ledgerv1.Release {
		return &ledgerv1.Release{Start: &directoryv1.JournalStart{Events: n}, Since: timestamppb.New(agreed)}
	}
	said := func(r *directoryv1.JournalReceipt) *ledgerv1.Receipt {
		return &ledgerv1.Receipt{Receipt: r, At: timestamppb.New(agreed)}
	}
	for name, tt := range map[string]struct {
		holder holder
		want   queryv1.HolderState
		reason string
		since  time.Time
	}{
		"said that it has it":             {holder{reader: reads, release: nil, said: said(&directoryv1.JournalReceipt{Events: 10})}, arrived, "it is a member", time.Time{}},
		"one event short":                 {holder{reader: reads, release: nil, said: said(&directoryv1.JournalReceipt{Events: 9})}, behind, "has not said", written},
		"no receipt":                      {holder{reader: reads, release: nil, said: nil}, behind, "no receipt", written},
		"newcomer without one":            {holder{reader: reads, release: from(3), said: nil}, behind, "no receipt", agreed},
		"newcomer from after it":          {holder{reader: reads, release: from(10), said: nil}, withheld, "with event 11", time.Time{}},
		"its copy says so":                {holder{reader: reads, release: nil, said: said(&directoryv1.JournalReceipt{Events: 20, StartEvents: 10})}, withheld, "with event 11", time.Time{}},
		"its copy begins with it":         {holder{reader: reads, release: from(9), said: said(&directoryv1.JournalReceipt{Events: 20, StartEvents: 9})}, arrived, "it is a member", time.Time{}},
		"not entitled":                    {holder{reader: not, release: nil, said: nil}, withheld, "it was removed", time.Time{}},
		"left before it had it":           {holder{reader: not, release: nil, said: said(&directoryv1.JournalReceipt{Events: 9})}, withheld, "it was removed", time.Time{}},
		"left with it":                    {holder{reader: not, release: nil, said: said(&directoryv1.JournalReceipt{Events: 10})}, arrived, "it has left since: it was removed", time.Time{}},
		"stopped before it":               {holder{reader: reads, release: nil, said: said(&directoryv1.JournalReceipt{Block: 4, Events: 9, Stopped: "altered"})}, failed, "after block 4: altered", time.Time{}},
		"stopped after it":                {holder{reader: reads, release: nil, said: said(&directoryv1.JournalReceipt{Events: 10, Stopped: "altered"})}, arrived, "it is a member", time.Time{}},
		"could not apply something":       {holder{reader: reads, release: nil, said: said(&directoryv1.JournalReceipt{Events: 10, Failed: 2})}, failed, "2 events", time.Time{}},
		"failed, and begins after it":     {holder{reader: reads, release: nil, said: said(&directoryv1.JournalReceipt{Events: 12, StartEvents: 10, Failed: 2})}, withheld, "with event 11", time.Time{}},
		"left after something had failed": {holder{reader: not, release: nil, said: said(&directoryv1.JournalReceipt{Events: 10, Failed: 2})}, failed, "2 events", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := tt.holder.has(event)
			if got.State != tt.want || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("%v: %s; want %v: … %s …", got.State, got.Reason, tt.want, tt.reason)
			}
			if tt.since.IsZero() != (got.BehindSince == nil) || !tt.since.IsZero() && !got.BehindSince.AsTime().Equal(tt.since) {
				t.Errorf("behind since %v, want %s", got.BehindSince, tt.since)
			}
		})
	}
}

// shared is what is on record at customs: a declaration of two events, read by licensing and enforcement.
func shared() []proto.Message {
	facts := []proto.Message{}
	for _, a := range []string{"customs", "enforcement", "licensing", "observer", "reporting"} {
		facts = append(facts, &directoryv1.AgencyRegistered{Agency: a})
	}
	has := func(reader string, events uint64) proto.Message {
		return ledgertest.By(reader, &directoryv1.ReceiptGiven{Journals: []*directoryv1.JournalReceipt{{Journal: "customs/border", Block: events, Events: events}}})
	}
	facts = append(facts, &directoryv1.GroupDefined{
		Group: "border", Purpose: "declarations", LegalBasis: "ATT 9", Members: []string{"customs", "enforcement", "licensing", "reporting"},
	}, &directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{
		{Group: "all"}, {Agency: "customs", Group: "border"}, {Kind: "counterfoil.customs.v1.ExitConfirmed", Marking: "secret", Group: "committee"},
	}})
	for _, reader := range []string{"enforcement", "licensing"} {
		facts = append(facts, ledgertest.By("customs", &directoryv1.ReleaseAgreed{Group: "border", Reader: reader}))
	}
	return append(facts,
		ledgertest.In("border", &customsv1.DeclarationAccepted{DeclarationId: "customs/D-1", LicenceId: "licensing/L-1"}),
		ledgertest.By("customs", &directoryv1.ReleaseAgreed{Group: "border", Reader: "reporting", Start: &directoryv1.JournalStart{Block: 1, Events: 1}}),
		ledgertest.In("border", &customsv1.ExitConfirmed{DeclarationId: "customs/D-1"}),
		has("enforcement", 2), has("licensing", 1),
	)
}

func TestReceipts(t *testing.T) {
	v := ledgertest.GivenAs(t, "customs", shared()...)
	second := "customs/border/2"
	e, err := eventCalled(v, second)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]struct {
		events int
		counts [4]uint64 // arrived, withheld, failed, behind
	}{
		"customs/D-1":      {2, [4]uint64{1, 1, 0, 2}}, // reporting was not given the first and is behind with the second
		"customs/border/1": {1, [4]uint64{2, 2, 0, 0}},
		second:             {1, [4]uint64{1, 1, 0, 2}},
		e.Id:               {1, [4]uint64{1, 1, 0, 2}},
		"customs/border":   {1, [4]uint64{1, 1, 0, 2}},
	} {
		t.Run(id, func(t *testing.T) {
			res, err := receipts(v, id)
			if err != nil {
				t.Fatal(err)
			}
			if got := [4]uint64{res.Arrived, res.Withheld, res.Failed, res.Behind}; got != want.counts || len(res.Events) != want.events {
				t.Errorf("%d events, %v; want %d, %v", len(res.Events), got, want.events, want.counts)
			}
			for _, one := range res.Events {
				if len(one.Holders) != 4 || one.WrittenAt == nil {
					t.Errorf("event %d: %v; want every agency but customs", one.Number, one.Holders)
				}
			}
		})
	}
	for id, want := range map[string]error{"customs/D-2": fault.NotFound, "nothing at all": fault.NotFound, "customs/directory": fault.Precondition} {
		if _, err := receipts(v, id); !errors.Is(err, want) {
			t.Errorf("receipts of %q: %v, want %v", id, err, want)
		}
	}
}

// An agency that left and came back to a copy that begins later still has what it had.
func TestReceiptsOfOneThatCameBack(t *testing.T) {
	facts := shared()
	for n := range 4 {
		facts = append(facts, ledgertest.In("border", &customsv1.DeclarationAccepted{DeclarationId: fmt.Sprintf("customs/E-%d", n), LicenceId: "licensing/L-1"}))
	}
	has := func(start, events uint64) proto.Message {
		return ledgertest.By("enforcement", &directoryv1.ReceiptGiven{Journals: []*directoryv1.JournalReceipt{{Journal: "customs/border", Block: events, Events: events, StartEvents: start}}})
	}
	facts = append(facts,
		has(0, 3), ledgertest.By("customs", &directoryv1.ReleaseEnded{Group: "border", Reader: "enforcement"}),
		ledgertest.By("customs", &directoryv1.ReleaseAgreed{Group: "border", Reader: "enforcement", Start: &directoryv1.JournalStart{Block: 5, Events: 5}}),
		has(5, 6))
	v := ledgertest.GivenAs(t, "customs", facts...)
	for number, want := range []queryv1.HolderState{1: arrived, 2: arrived, 3: arrived, 4: withheld, 5: withheld, 6: arrived} {
		if number == 0 {
			continue
		}
		res, err := receipts(v, fmt.Sprintf("customs/border/%d", number))
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(res.Events[0].Holders, func(h *queryv1.HolderReceipt) bool { return h.Agency == "enforcement" })
		if got := res.Events[0].Holders[i]; got.State != want {
			t.Errorf("event %d: %v, want %v", number, got, want)
		}
	}
}

func TestAudience(t *testing.T) {
	v := ledgertest.GivenAs(t, "customs", shared()...)
	for name, tt := range map[string]struct {
		req     *queryv1.AudienceRequest
		journal string
		rule    string
		readers string
		err     error
	}{
		"a row":               {&queryv1.AudienceRequest{Id: "customs/D-1"}, "customs/border", "every event of customs, unmarked, goes to group border", "customs enforcement licensing reporting", nil},
		"an event before one": {&queryv1.AudienceRequest{Id: "customs/border/1"}, "customs/border", "every event of customs", "customs enforcement licensing", nil},
		"the directory":       {&queryv1.AudienceRequest{Id: "authority/directory"}, "authority/directory", "said in the directory", "", nil},
		"a kind":              {&queryv1.AudienceRequest{Kind: "counterfoil.customs.v1.ExitConfirmed"}, "customs/border", "every event of customs", "customs enforcement licensing reporting", nil},
		"a kind by its name":  {&queryv1.AudienceRequest{Kind: "ExitConfirmed", Marking: "secret"}, "customs/committee", "every ExitConfirmed, marked secret, goes to group committee", "customs", nil},
		"no rule":             {&queryv1.AudienceRequest{Kind: "ExitConfirmed", Marking: "other"}, "", "", "", fault.Precondition},
		"no such kind":        {&queryv1.AudienceRequest{Kind: "ExitDreamt"}, "", "", "", fault.Invalid},
		"both":                {&queryv1.AudienceRequest{Id: "customs/D-1", Kind: "ExitConfirmed"}, "", "", "", fault.Invalid},
		"neither":             {&queryv1.AudienceRequest{}, "", "", "", fault.Invalid},
		"not on record":       {&queryv1.AudienceRequest{Id: "customs/D-9"}, "", "", "", fault.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := audiences(v, tt.req)
			if !errors.Is(err, tt.err) {
				t.Fatalf("audiences: %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			got := all[0]
			var reading []string
			for _, r := range got.Readers {
				if r.Rule == "" {
					t.Errorf("%s: no rule", r.Agency)
				}
				if r.Reads {
					reading = append(reading, r.Agency)
				}
			}
			if got.Journal != tt.journal || !strings.Contains(got.Rule, tt.rule) || strings.Join(reading, " ") != tt.readers {
				t.Errorf("%s, read by %v, by %q; want %s, %s, … %s …", got.Journal, reading, got.Rule, tt.journal, tt.readers, tt.rule)
			}
		})
	}
}
