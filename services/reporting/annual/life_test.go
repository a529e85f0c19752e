package annual_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

// kinds are what facts are of.
func kinds(facts []proto.Message) (list []string) {
	for _, f := range plain(facts) {
		list = append(list, string(f.ProtoReflect().Descriptor().Name()))
	}
	return list
}

func TestCirculate(t *testing.T) {
	nobody := "procedure: XA-reports\nversion: 1\nstate: XA\nauthority: Ministry\nreports: [{report: att-annual, owner: reporting}]\n"
	change := func(fn func(*reportingv1.CirculateReportRequest)) *reportingv1.CirculateReportRequest {
		return with(circulate, fn)
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *reportingv1.CirculateReportRequest
		want    *reportingv1.DraftCirculated
		wantErr error
	}{
		{"to the procedure's approvers, by its date", []proto.Message{adopted("1", asked)}, circulate,
			&reportingv1.DraftCirculated{ReportId: reportID, Draft: 1, Agencies: []string{"customs", "licensing"}, Due: due}, nil},
		{"to one, by a day", []proto.Message{adopted("1", asked)}, change(func(c *reportingv1.CirculateReportRequest) {
			c.Agencies, c.Due, c.Note = []string{"customs"}, occurredLater, "please"
		}), &reportingv1.DraftCirculated{ReportId: reportID, Draft: 1, Agencies: []string{"customs"}, Due: occurredLater, Note: "please"}, nil},
		{"to nobody", []proto.Message{adopted("1", nobody)}, circulate, nil, fault.Invalid},
		{"by no day", []proto.Message{adopted("1", nobody)}, change(func(c *reportingv1.CirculateReportRequest) { c.Agencies = []string{"customs"} }), nil, fault.Invalid},
		{"by a day that is over", []proto.Message{adopted("1", asked)}, change(func(c *reportingv1.CirculateReportRequest) { c.Due = occurred.OccurredAt }), nil, fault.Invalid},
		{"to one that nobody knows", []proto.Message{adopted("1", asked)}, change(func(c *reportingv1.CirculateReportRequest) { c.Agencies = []string{"police"} }), nil, fault.Invalid},
		{"to one that does not read it", []proto.Message{adopted("1", asked)}, change(func(c *reportingv1.CirculateReportRequest) { c.Agencies = []string{"foreign"} }), nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := begin(t, append(tt.given, rifles("1", "XB", 10))...)
			got, err := annual.Circulate(w.view(), w.annualDraft(), tt.command)
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("Circulate: %v, want %v", err, tt.wantErr)
			}
			if tt.want == nil {
				return
			}
			if diff := cmp.Diff([]string{"ReportOpened", "ReportPartKept", "ReportDrafted", "DraftCirculated"}, kinds(got)); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(tt.want, got[3], protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			w.do(got, err)
			if again, err := annual.Circulate(w.view(), w.annualDraft(), tt.command); len(again) > 0 || err != nil {
				t.Errorf("the same again decides %v, %v", kinds(again), err)
			}
		})
	}
}

// A draft that says the same as the last is that one; one that does not is the next.
func TestCirculateAgain(t *testing.T) {
	w := begin(t, adopted("1", asked), rifles("1", "XB", 10))
	w.circulate()
	live := w.annualDraft().Content
	if diff := cmp.Diff(live.Rows, w.read(reportID, 0).Rows, protocmp.Transform()); diff != "" {
		t.Errorf("the draft on record (-live +recorded):\n%s", diff)
	}
	to := with(circulate, func(c *reportingv1.CirculateReportRequest) { c.Agencies = []string{"reporting"} })
	if got := w.do(annual.Circulate(w.view(), w.annualDraft(), to)); cmp.Diff([]string{"DraftCirculated"}, kinds(got)) != "" {
		t.Errorf("asking one more decides %v", kinds(got))
	}
	w.on(rifles("2", "XB", 5))
	w.circulate()
	first, second := w.read(reportID, 1), w.read(reportID, 2)
	if first.Rows[0].Amounts.Lines != 1 || second.Rows[0].Amounts.Lines != 2 {
		t.Errorf("drafts have %v and %v", first.Rows, second.Rows)
	}
}

const alone = `
procedure: XA-reports
version: 1
state: XA
authority: Ministry of XA
reports: [{report: att-annual, owner: reporting}, {report: national, owner: reporting}]
`

func TestFreeze(t *testing.T) {
	all := []proto.Message{adopted("1", asked), requested, submitted, rifles("1", "XB", 10)}
	odd := deal("XB", 3)
	odd.Lines[0].Category, odd.Lines[0].Row, odd.Lines[0].Rating = 0, "", "ML6"
	tests := []struct {
		name    string
		given   []proto.Message
		then    []proto.Message // once a draft was circulated; nil: none is
		reason  string
		want    *reportingv1.ReportFrozen
		wantErr error
	}{
		{"approved by all", all, []proto.Message{answers("customs", 1, ""), answers("licensing", 1, "")}, "", &reportingv1.ReportFrozen{ReportId: reportID, Draft: 1}, nil},
		{"a reason that is not needed", all, []proto.Message{answers("customs", 1, ""), answers("licensing", 1, "")}, "haste", &reportingv1.ReportFrozen{ReportId: reportID, Draft: 1}, nil},
		{"one objects", all, []proto.Message{answers("customs", 1, "one is missing"), answers("licensing", 1, "")}, "", nil, fault.Precondition},
		{"one objects, and a reason is given", all, []proto.Message{answers("customs", 1, "one is missing"), answers("licensing", 1, "")}, "the date",
			&reportingv1.ReportFrozen{ReportId: reportID, Draft: 1, Without: []string{"customs"}, Reason: "the date"}, nil},
		{"one objected and then approved", all, []proto.Message{answers("customs", 1, "one is missing"), answers("customs", 1, ""), answers("licensing", 1, "")}, "",
			&reportingv1.ReportFrozen{ReportId: reportID, Draft: 1}, nil},
		{"one is silent", all, []proto.Message{answers("customs", 1, "")}, "", nil, fault.Precondition},
		{"an answer to another draft", all, []proto.Message{answers("customs", 2, ""), answers("licensing", 1, "")}, "", nil, fault.Precondition},
		{"a return is awaited", all[:1:1], []proto.Message{answers("customs", 1, ""), answers("licensing", 1, "")}, "", nil, fault.Precondition},
		{"a return is awaited, and a reason is given", all[:1:1], []proto.Message{answers("customs", 1, ""), answers("licensing", 1, "")}, "the date",
			&reportingv1.ReportFrozen{ReportId: reportID, Draft: 1, Reason: "the date"}, nil},
		{"goods that nobody classified", append(all[:4:4], in2025(&licensingv1.LicenceGranted{LicenceId: "licensing/2", Deal: odd})),
			[]proto.Message{answers("customs", 1, ""), answers("licensing", 1, "")}, "", nil, fault.Precondition},
		{"nothing was circulated", all, nil, "the date", nil, fault.Precondition},
		{"nobody has to approve", []proto.Message{adopted("1", alone), rifles("1", "XB", 10)}, nil, "no imports on record", &reportingv1.ReportFrozen{ReportId: reportID, Draft: 1, Reason: "no imports on record"}, nil},
		{"nobody has to approve, and a table is not nil", []proto.Message{adopted("1", alone), rifles("1", "XB", 10)}, nil, "", nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := begin(t, tt.given...)
			if tt.then != nil {
				w.circulate()
				w.on(tt.then...)
			}
			cmd := with(freeze, func(c *reportingv1.FreezeReportRequest) { c.Reason = tt.reason })
			got, err := annual.Freeze(w.view(), w.annualDraft(), cmd)
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("Freeze: %v, want %v", err, tt.wantErr)
			}
			if tt.want == nil {
				return
			}
			if got = plain(got); len(got) == 0 {
				t.Fatal("nothing was decided")
			}
			if diff := cmp.Diff(tt.want, got[len(got)-1], protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			w.do(got, nil)
			if again, err := annual.Freeze(w.view(), w.annualDraft(), cmd); len(again) > 0 || err != nil {
				t.Errorf("frozen again: %v, %v", kinds(again), err)
			}
		})
	}
}

// What is frozen is the draft on record, whatever came since; then nothing changes it.
func TestFrozenStays(t *testing.T) {
	w := begin(t, adopted("1", asked), requested, submitted, rifles("1", "XB", 10))
	w.circulate()
	drafted := w.read(reportID, 1)
	w.on(answers("customs", 1, ""), answers("licensing", 1, ""), rifles("2", "XB", 5))
	w.freeze("")
	if diff := cmp.Diff(drafted, w.read(reportID, 0), protocmp.Transform()); diff != "" {
		t.Errorf("frozen otherwise than drafted:\n%s", diff)
	}
	if _, err := annual.Circulate(w.view(), w.annualDraft(), circulate); !errors.Is(err, fault.Precondition) {
		t.Errorf("a frozen report was circulated: %v", err)
	}
	if _, err := w.annualDraft().Keep(w.view(), 1); !errors.Is(err, fault.Precondition) {
		t.Errorf("a part was added to a frozen report: %v", err)
	}
}

func TestSubmit(t *testing.T) {
	frozen := func(t *testing.T) *world {
		w := begin(t, adopted("1", alone), rifles("1", "XB", 10))
		w.freeze("no imports")
		return w
	}
	secretariat := &reportingv1.SubmitReportRequest{Particulars: occurred, ReportId: reportID, To: "ATT Secretariat", Audience: reportingv1.Audience_AUDIENCE_PUBLIC, Reference: "2026/17"}
	w := frozen(t)
	got := w.do(annual.Submit(w.view(), secretariat))
	want := &reportingv1.ReportSubmitted{ReportId: reportID, To: "ATT Secretariat", Audience: reportingv1.Audience_AUDIENCE_PUBLIC, Reference: "2026/17", At: occurred.OccurredAt}
	if diff := cmp.Diff([]proto.Message{want}, plain(got), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	later := with(secretariat, func(c *reportingv1.SubmitReportRequest) { c.Particulars.OccurredAt = occurredLater })
	if again, err := annual.Submit(w.view(), later); len(again) > 0 || err != nil {
		t.Errorf("the same again decides %v, %v", kinds(again), err)
	}
	if got := w.do(annual.Submit(w.view(), with(secretariat, func(c *reportingv1.SubmitReportRequest) { c.To = "UN Register" }))); len(got) != 1 {
		t.Errorf("another receiver: %v", kinds(got))
	}
	if _, err := annual.Submit(w.view(), with(secretariat, func(c *reportingv1.SubmitReportRequest) { c.ReportId = "reporting/none.1" })); !errors.Is(err, fault.NotFound) {
		t.Errorf("an unknown report: %v", err)
	}
	open := begin(t, adopted("1", asked), rifles("1", "XB", 10))
	open.circulate()
	if _, err := annual.Submit(open.view(), secretariat); !errors.Is(err, fault.Precondition) {
		t.Errorf("one that is not frozen: %v", err)
	}
}

func TestRevise(t *testing.T) {
	revise := &reportingv1.ReviseReportRequest{Particulars: occurred, ReportId: reportID, Reason: "late data"}
	w := begin(t, adopted("1", alone))
	if _, err := annual.Revise(w.view(), revise); !errors.Is(err, fault.NotFound) {
		t.Errorf("an unknown report: %v", err)
	}
	w.on(rifles("1", "XB", 10))
	w.freeze("no imports")
	got := w.do(annual.Revise(w.view(), revise))
	want := &reportingv1.ReportOpened{ReportId: revisionID, Report: report.Annual, Year: 2025, Revision: 2, Revises: reportID, Reason: "late data"}
	if diff := cmp.Diff([]proto.Message{want}, plain(got), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if again, err := annual.Revise(w.view(), revise); len(again) > 0 || err != nil {
		t.Errorf("the same again decides %v, %v", kinds(again), err)
	}
	for name, cmd := range map[string]*reportingv1.ReviseReportRequest{
		"another while one is open": with(revise, func(c *reportingv1.ReviseReportRequest) { c.Reason = "other" }),
		"the open one":              with(revise, func(c *reportingv1.ReviseReportRequest) { c.ReportId = revisionID }),
		"without a reason":          with(revise, func(c *reportingv1.ReviseReportRequest) { c.Reason = "" }),
	} {
		if facts, err := annual.Revise(w.view(), cmd); fault.As(err) == nil || len(facts) > 0 {
			t.Errorf("%s: %v, %v", name, kinds(facts), err)
		}
	}
	first := w.read(reportID, 0)
	w.on(rifles("2", "XB", 5))
	w.freeze("no imports")
	second := w.read(revisionID, 0)
	if second.Title.Revises != reportID || second.Title.RevisionReason != "late data" || second.Rows[0].Amounts.Lines != 2 {
		t.Errorf("the revision is %v", second)
	}
	if diff := cmp.Diff(first, w.read(reportID, 0), protocmp.Transform()); diff != "" {
		t.Errorf("the first report changed:\n%s", diff)
	}
	if _, err := annual.Revise(w.view(), revise); !errors.Is(err, fault.Conflict) {
		t.Errorf("one that was revised: %v", err)
	}
}
