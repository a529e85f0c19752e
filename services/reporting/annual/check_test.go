package annual_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

func TestCheck(t *testing.T) {
	early, late := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	whole := []proto.Message{adopted("1", asked), requested, submitted, rifles("1", "XB", 10)}
	odd, bare := deal("XB", 3), deal("XB", 3)
	odd.Lines[0].Category, odd.Lines[0].Row, odd.Lines[0].Rating = 0, "", "ML6"
	bare.Lines[0].Quantity, bare.Lines[0].Value, bare.Lines[0].Model = nil, nil, "other"
	licence := func(id string, d *licensingv1.Deal) proto.Message {
		return in2025(&licensingv1.LicenceGranted{LicenceId: "licensing/" + id, Deal: d})
	}
	hide := func(text string) func(*world) {
		return func(w *world) {
			rows := w.annualDraft().Content.Rows
			w.do(annual.Hide(w.view(), rows, &reportingv1.HideRowRequest{Report: report.Annual, Year: 2025, RowId: rows[0].Id, Hidden: &reportingv1.Hidden{Row: true, Reason: commercial}, Text: text}))
		}
	}
	circulated := func(then ...proto.Message) func(*world) { return func(w *world) { w.circulate(); w.on(then...) } }
	approved := []proto.Message{answers("customs", 1, ""), answers("licensing", 1, "")}
	tests := []struct {
		name    string
		given   []proto.Message
		do      func(*world)
		on      uint32 // draft on record that is checked; 0: as facts stand
		now     time.Time
		want    []string
		blocked bool
	}{
		{"nothing", whole, nil, 0, early, nil, false},
		{"an awaited return", whole[:1], nil, 0, early, []string{report.AwaitedReturn}, true},
		{"a table that nobody says is nil", []proto.Message{adopted("1", alone), rifles("1", "XB", 10)}, nil, 0, early, []string{annual.NotNil}, true},
		{"nobody classified it", append(whole[:4:4], licence("2", odd)), nil, 0, early, []string{report.NoCategory}, true},
		{"neither items nor value", append(whole[:4:4], licence("2", bare)), nil, 0, early, []string{annual.NoExtent}, false},
		{"hidden, and nobody wrote why", whole, hide(""), 0, early, []string{annual.HiddenWithoutText}, false},
		{"hidden for a reason", whole, hide("prices"), 0, early, nil, false},
		{"nobody has answered", whole, circulated(), 1, early, []string{annual.MissingApproval}, true},
		{"an objection", whole, circulated(answers("customs", 1, "one is missing"), answers("licensing", 1, "")), 1, early, []string{annual.Objection}, true},
		{"approved", whole, circulated(approved...), 1, early, nil, false},
		{"late data", whole, circulated(append(approved[:2:2], rifles("2", "XB", 5))...), 1, early, []string{annual.LateData}, false},
		{"late data, as facts stand", whole, circulated(append(approved[:2:2], rifles("2", "XB", 5))...), 0, early, []string{annual.LateData}, false},
		{"a draft that was replaced", whole, func(w *world) { w.circulate(); w.on(rifles("2", "XB", 5)); w.circulate() }, 1, early, []string{annual.LateData}, false},
		{"over every date", whole, nil, 0, late, []string{annual.Overdue, annual.Overdue, annual.Overdue, annual.Overdue, annual.Overdue}, false},
		{"over the last dates", whole, circulated(approved...), 1, late, []string{annual.Overdue, annual.Overdue}, false},
		{"frozen with an objection", whole, func(w *world) {
			w.circulate()
			w.on(answers("customs", 1, "one is missing"))
			w.freeze("the date")
		}, 1, early, nil, false},
		{"frozen while a return was awaited", whole[:1], func(w *world) { w.circulate(); w.on(approved...); w.freeze("the date") }, 1, early, []string{report.AwaitedReturn}, false},
		{"classified since, and the draft is the old one", append(whole[:4:4], licence("2", odd)), func(w *world) {
			w.circulate()
			w.on(append(approved[:2:2], &licensingv1.LicenceAmended{LicenceId: "licensing/2", Deal: deal("XC", 3)})...)
		}, 1, early, []string{report.NoCategory, annual.LateData}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := begin(t, tt.given...)
			if tt.do != nil {
				tt.do(w)
			}
			var on *report.Recorded
			if tt.on > 0 {
				kept, err := report.Read(w.view(), reportID, tt.on)
				if err != nil {
					t.Fatal(err)
				}
				on = &kept
			}
			problems, err := annual.Check(w.view(), w.annualDraft(), on, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			blocked := false
			for _, p := range problems {
				codes, blocked = append(codes, p.Code), blocked || p.Blocks
				if p.Text == "" || p.Next == "" || p.Count == 0 || len(p.Subjects) == 0 {
					t.Errorf("%v does not say what is wrong with what, and what to do", p)
				}
			}
			if diff := cmp.Diff(tt.want, codes); diff != "" || blocked != tt.blocked {
				t.Errorf("blocked %v, want %v; problems:\n%s", blocked, tt.blocked, diff)
			}
		})
	}
}
