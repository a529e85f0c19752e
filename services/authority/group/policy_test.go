package group_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/authority/group"
)

const written = "name: export\nversion: 2\ntitle: Exports\nlegal_basis: fictional\nvalid_from: 2026-03-01\ndecider: licensing\n"

// policy is a policy as it is on record, with its content replaced in parts.
func policy(id string, replace ...string) *directoryv1.PolicyAdopted {
	return &directoryv1.PolicyAdopted{
		PolicyId: id, Title: "Exports", LegalBasis: "fictional", ValidFrom: timestamppb.New(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)),
		Content: []byte(strings.NewReplacer(replace...).Replace(written)),
	}
}

// founding is a directory of a few agencies, of which justice was removed, and one calendar.
func founding(more ...proto.Message) []proto.Message {
	var facts []proto.Message
	for _, name := range []string{"authority", "licensing", "foreign", "justice"} {
		facts = append(facts, &directoryv1.AgencyRegistered{Agency: name, State: "XA"})
	}
	facts = append(facts, &directoryv1.AgencyRemoved{Agency: "justice"}, &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}})
	return append(facts, more...)
}

func TestAdoptPolicy(t *testing.T) {
	second := policy("export/2")
	third := policy("export/3", "version: 2", "version: 3")
	plain := func(content string) *directoryv1.PolicyAdopted {
		return &directoryv1.PolicyAdopted{Content: []byte(content)}
	}
	asks := func(agency, more string) *directoryv1.PolicyAdopted {
		return policy("export/2", "decider: licensing\n", "decider: licensing\nconsultees:\n  - {agency: "+agency+", part: mandatory, serves: ATT 7(1)}\n"+more)
	}
	tests := []struct {
		name     string
		given    []proto.Message
		adopt    *directoryv1.PolicyAdopted
		want     *directoryv1.PolicyAdopted
		warnings []string
		refused  string // with this sentence, or part of it
		wantErr  error
	}{
		{"as its content says", nil, plain(written), second, nil, "", nil},
		{"all of it said", nil, second, second, nil, "", nil},
		{"with a deadline", nil, asks("foreign", "deadline: {working_days: 10, calendar: XA}\n"), asks("foreign", "deadline: {working_days: 10, calendar: XA}\n"), nil, "", nil},
		{"worth a look", nil, asks("foreign", ""), asks("foreign", ""),
			[]string{"export/2:8: warning: consultees[0]: foreign has to answer and there is no deadline: its silence blocks for ever"}, "", nil},
		{"the next version", []proto.Message{second}, third, third, nil, "", nil},
		{"a version beside another name", []proto.Message{policy("import/7", "export", "import", "2\n", "7\n")}, second, second, nil, "", nil},
		{"the same again", []proto.Message{second}, plain(written), nil, nil, "", nil},
		{"an earlier one again", []proto.Message{second, third}, second, nil, nil, "", nil},
		{"another content", []proto.Message{second}, policy("export/2", "Exports", "Exports of arms"), nil, nil, "by its content the title", fault.Invalid},
		{"another content under its name", []proto.Message{second}, plain(strings.Replace(written, "Exports", "Exports of arms", 1)), nil, nil,
			"policy export/2 is on record with another content", fault.Conflict},
		{"an earlier version", []proto.Message{third}, second, nil, nil, "version 3 of policy export was adopted before; give the new one version 4", fault.Conflict},
		{"nothing", nil, plain(""), nil, nil, "the policy: it is empty", fault.Invalid},
		{"no policy", nil, nil, nil, nil, "the policy: it is empty", fault.Invalid},
		{"unreadable", nil, policy("export/2", "decider", "decides"), nil, nil, "export/2:6: decides: unknown field", fault.Invalid},
		{"another id", nil, policy("export/3"), nil, nil, `by its content the policy_id of the policy is "export/2" and not "export/3"`, fault.Invalid},
		{"another beginning", nil, policy("export/2", "2026-03-01", "2026-04-01"), nil, nil, "by its content policy export/2 is valid from 2026-04-01", fault.Invalid},
		{"never in force", nil, plain(strings.Replace(written, "valid_from: 2026-03-01\n", "", 1)), nil, nil, "the policy:1: error: valid_from: it is missing", fault.Invalid},
		{"an agency that is none", nil, asks("ministry", ""), nil, nil, "export/2:8: error: consultees[0].agency: there is no agency ministry", fault.Invalid},
		{"an agency that was removed", nil, asks("justice", ""), nil, nil, "there is no agency justice", fault.Invalid},
		{"a calendar that is none", nil, asks("foreign", "deadline: {working_days: 10, calendar: XB}\n"), nil, nil,
			"export/2:9: error: deadline.calendar: there is no calendar XB", fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.GivenAs(t, "authority", founding(tt.given...)...)
			facts, warnings, err := group.AdoptPolicy(view, &directoryv1.AdoptPolicyRequest{Policy: tt.adopt})
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			if diff := cmp.Diff(want, facts, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("%v\n%s", err, diff)
			}
			if err != nil && !strings.Contains(err.Error(), tt.refused) {
				t.Errorf("refused with %q, want %q", err, tt.refused)
			}
			if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Errorf("warnings: %s", diff)
			}
		})
	}
}

// Every template is adopted where its agencies and calendar are there, and none is without them.
func TestAdoptTemplates(t *testing.T) {
	files, err := filepath.Glob("../../../deploy/example/policies/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	var there []proto.Message
	for _, name := range []string{"audit", "cabinet", "customs", "defence", "enforcement", "foreign", "intelligence", "interior", "justice", "licensing", "reporting", "transport"} {
		there = append(there, &directoryv1.AgencyRegistered{Agency: name, State: "XA"})
	}
	there = append(there, &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}})
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cmd := &directoryv1.AdoptPolicyRequest{Policy: &directoryv1.PolicyAdopted{Content: content}}
		if facts, warnings, err := group.AdoptPolicy(ledgertest.GivenAs(t, "authority", there...), cmd); len(facts) != 1 || len(warnings) > 0 || err != nil {
			t.Errorf("%s: %d facts, %q, %v", file, len(facts), warnings, err)
		}
		if _, _, err := group.AdoptPolicy(ledgertest.GivenAs(t, "authority"), cmd); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s where nobody is: %v", file, err)
		}
	}
}

func TestAdoptCalendar(t *testing.T) {
	calendar := &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{5, 6}, Holidays: []string{"2026-12-25"}, TimeZone: "Africa/Nairobi"}
	tests := []struct {
		name    string
		given   []proto.Message
		adopt   *directoryv1.CalendarAdopted
		want    []proto.Message
		wantErr error
	}{
		{"days and a zone", nil, calendar, []proto.Message{calendar}, nil},
		{"the same again", []proto.Message{calendar}, proto.CloneOf(calendar), nil, nil},
		{"other days", []proto.Message{calendar}, &directoryv1.CalendarAdopted{CalendarId: "XA"}, []proto.Message{&directoryv1.CalendarAdopted{CalendarId: "XA"}}, nil},
		{"a holiday that is no day", nil, &directoryv1.CalendarAdopted{CalendarId: "XA", Holidays: []string{"Christmas"}}, nil, fault.Invalid},
		{"a week of eight days", nil, &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{8}}, nil, fault.Invalid},
		{"no working day", nil, &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{1, 2, 3, 4, 5, 6, 7}}, nil, fault.Invalid},
		{"a zone that is none", nil, &directoryv1.CalendarAdopted{CalendarId: "XA", TimeZone: "Africa/Atlantis"}, nil, fault.Invalid},
		{"the zone of the machine", nil, &directoryv1.CalendarAdopted{CalendarId: "XA", TimeZone: "Local"}, nil, fault.Invalid},
		{"no id", nil, &directoryv1.CalendarAdopted{}, nil, fault.Invalid},
		{"none", nil, nil, nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := group.AdoptCalendar(ledgertest.GivenAs(t, "authority", tt.given...), &directoryv1.AdoptCalendarRequest{Calendar: tt.adopt})
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}
