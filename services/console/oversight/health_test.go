package oversight

import (
	"maps"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/query"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/words"
)

func TestTroubles(t *testing.T) {
	stopped := &queryv1.JournalStatus{Journal: "customs/all", Stopped: &ledgerv1.Stop{Reason: "the signature does not match"}}
	tests := []struct {
		name   string
		status *queryv1.StatusResponse
		checks []*queryv1.Check
		want   []string
	}{
		{"all is well", &queryv1.StatusResponse{HubConnected: true}, []*queryv1.Check{{Name: "hub", Ok: true}}, nil},
		{"a check failed", &queryv1.StatusResponse{HubConnected: true}, []*queryv1.Check{{Name: "hub", Ok: true}, {Name: "disk"}}, []string{"doctor.disk"}},
		{"the checks say it, and not the status again", &queryv1.StatusResponse{Journals: []*queryv1.JournalStatus{stopped}}, []*queryv1.Check{{Name: "journals"}}, []string{"doctor.journals"}},
		{"no checks are shown", &queryv1.StatusResponse{Journals: []*queryv1.JournalStatus{stopped, {Parked: 2}, {Parked: 1}}}, nil, []string{"doctor.hub", "doctor.journals", "doctor.parked"}},
	}
	for _, tt := range tests {
		var got []string
		for _, trouble := range troublesOf(tt.status, tt.checks) {
			got = append(got, trouble.Key)
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			}
		}
	}
}

// Every check of the doctor has words of its own, and a place where it is looked at unless the page of the node's health says all.
func TestEveryCheckHasWordsAndAPlace(t *testing.T) {
	here := []string{"ledger", "hub", "sent", "clocks", "disk", "secrets", "credentials", "permissions", "streams", "settings"}
	catalogs, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	english, checks := catalogs.Speaker("en", ""), query.Checks()
	for _, name := range checks {
		if !english.Has("doctor." + name) {
			t.Errorf("there are no words for doctor.%s", name)
		}
		if (troublePlaces[name] == "") != slices.Contains(here, name) {
			t.Errorf("check %s is looked at %q", name, troublePlaces[name])
		}
	}
	for _, name := range slices.AppendSeq(here, maps.Keys(troublePlaces)) {
		if !slices.Contains(checks, name) {
			t.Errorf("the doctor has no check %s", name)
		}
	}
}

func TestWideningStands(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	at := func(hours int) *timestamppb.Timestamp {
		return timestamppb.New(now.Add(time.Duration(hours) * time.Hour))
	}
	opened := func(until, review int) *directoryv1.AudienceWidened {
		return &directoryv1.AudienceWidened{Until: at(until), ReviewBy: at(review)}
	}
	tests := []struct {
		name  string
		of    *ledgerv1.Widening
		state string
		late  bool
	}{
		{"in force", &ledgerv1.Widening{Widened: opened(1, 99)}, "open", false},
		{"over now", &ledgerv1.Widening{Widened: opened(0, 99)}, "review", false},
		{"ended early", &ledgerv1.Widening{Widened: opened(1, 99), EndedAt: at(-1)}, "review", false},
		{"its review is late", &ledgerv1.Widening{Widened: opened(-9, -1)}, "review", true},
		{"reviewed late", &ledgerv1.Widening{Widened: opened(-9, -1), Review: &directoryv1.WideningReviewed{}}, "reviewed", false},
	}
	for _, tt := range tests {
		if got := wideningAt(tt.of, now); got.State != tt.state || got.Late != tt.late {
			t.Errorf("%s: %s, late %v", tt.name, got.State, got.Late)
		}
	}
}

// A duty leads to the page where it is done; one that its record explains leads nowhere else.
func TestPlaces(t *testing.T) {
	for what, want := range map[string]string{
		"verify": "/console/deliveries/licensing/DV-2026-000001", "release": "/console/border?q=licensing/DV-2026-000001", "agree": "/console/sharing#asked", "decide": "",
		"judge": "/console/screening/licensing/DV-2026-000001", "approve-draft": "/console/reports/licensing/DV-2026-000001", "answer-request": "/console/requests/licensing/DV-2026-000001", "decide-appeal": "/console/act/licensing/DV-2026-000001/decide-appeal",
	} {
		if got := (duty{Duty: &directoryv1.Duty{What: what, Subject: "licensing/DV-2026-000001"}}).Place(); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	if group, reader := releaseOf("customs/border>observer"); group != "border" || reader != "observer" {
		t.Errorf("releaseOf: %q, %q", group, reader)
	}
}
