package reconciliation_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/reporting/reconciliation"
)

const (
	bothRight = reportingv1.Finding_FINDING_BOTH_RIGHT
	taskID    = "reporting/X-2026-000001"
)

var opening = &reportingv1.OpenDifferencesRequest{Particulars: today, Comparison: customsLicensing, Year: year, Due: inAMonth}

// overdrawn has more leave than a licence allows: two figures differ.
func overdrawn() []proto.Message {
	return append(shipped("E-1", "licensing/L-1", 1, 120, "XB"), licence("L-1", rifles(1, 100)))
}

// opened are the tasks of what is given.
func opened(t *testing.T, facts ...proto.Message) (tasks []proto.Message) {
	t.Helper()
	got, err := reconciliation.Open(view(t, facts...), opening)
	if err != nil || len(got) == 0 {
		t.Fatalf("%v, %v", got, err)
	}
	for _, f := range got {
		tasks = append(tasks, ledgertest.By("reporting", f.(ledger.Dated).Message))
	}
	return tasks
}

func TestOpen(t *testing.T) {
	tasks := opened(t, overdrawn()...)
	if len(tasks) != 2 {
		t.Fatalf("tasks %v", tasks)
	}
	closed := &reportingv1.DifferenceClosed{DifferenceId: taskID, Finding: bothRight, Reason: "agreed"}
	of := func(change func(*reportingv1.OpenDifferencesRequest)) *reportingv1.OpenDifferencesRequest {
		c := proto.CloneOf(opening)
		change(c)
		return c
	}
	more := join(overdrawn(), shipped("E-2", "licensing/L-1", 1, 1, "XB"))
	unheard := append(overdrawn(), &directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "reporting"}, Publishers: []string{"licensing", "reporting"}})
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *reportingv1.OpenDifferencesRequest
		want    int
		wantErr error
	}{
		{"again", append(overdrawn(), tasks...), opening, 0, nil},
		{"one is left", append(overdrawn(), tasks[0]), opening, 1, nil},
		{"closed on these figures", append(append(overdrawn(), tasks...), ledgertest.By("reporting", closed)), opening, 0, nil},
		{"closed on other figures", append(append(more, tasks...), ledgertest.By("reporting", closed)), opening, 1, nil},
		{"within the tolerance", overdrawn(), of(func(c *reportingv1.OpenDifferencesRequest) { c.TolerancePermille = 500 }), 0, nil},
		{"without a date", overdrawn(), of(func(c *reportingv1.OpenDifferencesRequest) { c.Due = nil }), 0, fault.Invalid},
		{"due before", overdrawn(), of(func(c *reportingv1.OpenDifferencesRequest) { c.Due = timestamppb.New(ledgertest.Start) }), 0, fault.Invalid},
		{"the owner does not hear of it", unheard, opening, 0, fault.Precondition},
		{"of nothing", overdrawn(), of(func(c *reportingv1.OpenDifferencesRequest) { c.Comparison = 0 }), 0, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := reconciliation.Open(view(t, tt.given...), tt.cmd)
			if len(got) != tt.want || (err == nil) != (tt.wantErr == nil) || err != nil && fault.As(err).Kind != tt.wantErr {
				t.Errorf("%d tasks, %v; want %d, %v", len(got), err, tt.want, tt.wantErr)
			}
			for _, f := range got {
				if reconciliation.TaskOf(f) == "" || f.(ledger.Dated).Group != "all" {
					t.Errorf("task %v", f)
				}
			}
		})
	}
	res := reconcile(t, view(t, append(overdrawn(), tasks...)...), customsLicensing, 0)
	for _, d := range res.Differences {
		if d.DifferenceId == "" {
			t.Errorf("%v has no task", d.Keys)
		}
	}
}

func TestCloseTask(t *testing.T) {
	tasks := opened(t, overdrawn()...)
	answered := ledgertest.By("customs", &reportingv1.DifferenceAnswered{DifferenceId: taskID, Finding: bothRight, Text: "weighed again"})
	cmd := &reportingv1.CloseDifferenceRequest{Particulars: today, DifferenceId: taskID, Finding: bothRight, Reason: "as customs says"}
	closed := &reportingv1.DifferenceClosed{DifferenceId: taskID, Finding: bothRight, Reason: cmd.Reason}
	of := func(change func(*reportingv1.CloseDifferenceRequest)) *reportingv1.CloseDifferenceRequest {
		c := proto.CloneOf(cmd)
		change(c)
		return c
	}
	speechless := of(func(c *reportingv1.CloseDifferenceRequest) { c.Reason = " " })
	elsewhere := ledgertest.By("enforcement", &reportingv1.DifferenceFound{DifferenceId: "enforcement/X-1", Difference: &reportingv1.Difference{Owner: "customs"}})
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *reportingv1.CloseDifferenceRequest
		want    []proto.Message
		wantErr error
	}{
		{"on the answer", append(tasks, answered), cmd, []proto.Message{closed}, nil},
		{"with a reason why there is none", tasks, cmd, []proto.Message{closed}, nil},
		{"without either", tasks, speechless, nil, fault.Precondition},
		{"again", append(tasks, ledgertest.By("reporting", closed)), cmd, nil, nil},
		{"otherwise", append(tasks, ledgertest.By("reporting", closed)), of(func(c *reportingv1.CloseDifferenceRequest) { c.Reason = "no" }), nil, fault.Precondition},
		{"without a finding", tasks, of(func(c *reportingv1.CloseDifferenceRequest) { c.Finding = 0 }), nil, fault.Invalid},
		{"never opened", nil, cmd, nil, fault.NotFound},
		{"another's", append(tasks, elsewhere), of(func(c *reportingv1.CloseDifferenceRequest) { c.DifferenceId = "enforcement/X-1" }), nil, fault.NotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := reconciliation.CloseTask(view(t, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestAnyCommand(t *testing.T) {
	figure := partner(4, "ML3", func(f *reportingv1.PartnerFigure) { f.Licences, f.LicensedMinor = ptr(uint64(1)), ptr(int64(5)) })
	facts := given(append(append(overdrawn(), recorded(partner(2, "ML1", nil))[0]), opened(t, overdrawn()...)[:1]...)...)
	anycommand.Check(t, "reporting", facts, []string{source, edition, taskID, "XB", "EUR", "total-row", ""}, map[string]anycommand.Rule{
		"record": anycommand.Of(reconciliation.Record, record(figure)),
		"close edition": anycommand.Of(reconciliation.Close, &reportingv1.ClosePartnerEditionRequest{
			Particulars: today, Source: source, Edition: edition, Digest: make([]byte, 32), Figures: 1, Unread: []*reportingv1.UnreadLine{{Line: 9, Text: "x", Reason: "no"}},
		}),
		"open":       anycommand.Of(reconciliation.Open, opening),
		"close task": anycommand.Of(reconciliation.CloseTask, &reportingv1.CloseDifferenceRequest{Particulars: today, DifferenceId: taskID, Finding: bothRight, Reason: "agreed"}),
	})
}
