package lab_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// commanded are the files of the contract with the commands of every agency but the authority.
var commanded = []protoreflect.FileDescriptor{
	licensingv1.File_counterfoil_licensing_v1_service_proto, licensingv1.File_counterfoil_licensing_v1_consultation_proto,
	licensingv1.File_counterfoil_licensing_v1_denial_proto, screeningv1.File_counterfoil_screening_v1_service_proto,
	customsv1.File_counterfoil_customs_v1_customs_proto, customsv1.File_counterfoil_customs_v1_delivery_proto,
	customsv1.File_counterfoil_customs_v1_chief_proto, customsv1.File_counterfoil_customs_v1_writeoff_proto,
	customsv1.File_counterfoil_customs_v1_allowance_proto, customsv1.File_counterfoil_customs_v1_release_proto, enforcementv1.File_counterfoil_enforcement_v1_enforcement_proto,
	enforcementv1.File_counterfoil_enforcement_v1_tracing_proto, enforcementv1.File_counterfoil_enforcement_v1_incident_proto,
	reportingv1.File_counterfoil_reporting_v1_reporting_proto, reportingv1.File_counterfoil_reporting_v1_national_proto,
	reportingv1.File_counterfoil_reporting_v1_reconciliation_proto,
	reportingv1.File_counterfoil_reporting_v1_report_service_proto,
	reportingv1.File_counterfoil_reporting_v1_procedure_proto,
}

// rehearsed puts commands to nodes, each first as a dry run.
type rehearsed struct {
	*testing.T
	lab   *lab.Lab
	plan  *lab.Plan
	tried map[protoreflect.FullName]bool // methods

	person    string // who commands, where that matters
	described described
	desk      visitor // an officer at the border desk of customs
}

func rehearse(t *testing.T) rehearsed {
	t.Helper()
	plan, err := lab.ReadPlan(filepath.Join("testdata", "rehearsal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	l := startPlan(t, lab.Folder(t.TempDir()), plan, lab.Options{})
	return rehearsed{t, l, plan, map[protoreflect.FullName]bool{}, "", newDescribed(t), visits(t, l.Agencies["customs"].Node)}
}

// commandable are the methods of a file that take particulars.
func commandable(file protoreflect.FileDescriptor) (methods []protoreflect.MethodDescriptor) {
	for i := range file.Services().Len() {
		all := file.Services().Get(i).Methods()
		for j := range all.Len() {
			if m := all.Get(j); m.Input().Fields().ByName("particulars") != nil {
				methods = append(methods, m)
			}
		}
	}
	return methods
}

func (r rehearsed) node(agency string) *node.Node { return r.lab.Agencies[agency].Node }

// events are how many an agency's officers made, not those that followed by themselves.
func (r rehearsed) events(n *node.Node) (count int) {
	r.Helper()
	var journals []string
	for _, g := range r.plan.Groups {
		journals = append(journals, n.Agency+"/"+g.Group)
	}
	err := n.Ledger.View(func(v ledger.View) error {
		filter := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "journal", Values: journals}}}
		events, _, more, err := v.EventsAfter("", filter, 10_000)
		if more {
			r.Error("there are more events than were counted")
		}
		for _, e := range events {
			if !slices.Contains([]string{"reaction", "clock", "keeper"}, e.GetOfficer().GetRole()) {
				count++
			}
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return count
}

// but says the same of what is decided, whatever else a node has come to know meanwhile, and however old its copy of a licence
// is by its clock when goods go.
var but = cmp.Options{
	protocmp.Transform(), protocmp.IgnoreMessages(&eventv1.Knowledge{}, &customsv1.Freshness{}, &reportingv1.Extent{}),
	protocmp.IgnoreFields(&customsv1.GoodsReleased{}, "at"), protocmp.IgnoreFields(&reportingv1.Title{}, "cut_off"),
	protocmp.IgnoreFields(&reportingv1.ReportDrafted{}, "digest"),
}

// as has another person command.
func (r rehearsed) as(person string) rehearsed {
	r.person = person
	return r
}

// do puts a command to an agency, as a dry run and then in earnest, and returns what it made: the dry run records nothing
// and says what the other records, and where.
func (r rehearsed) do(agency string, req desk.Request) string {
	r.Helper()
	n, method := r.node(agency), r.methodOf(req)
	name := method.Name()
	r.tried[method.FullName()] = true
	dry := proto.Clone(req).(desk.Request)
	particulars := &eventv1.Particulars{DryRun: true, IdempotencyKey: "k-" + string(name), OccurredAt: timestamppb.Now()}
	dry.ProtoReflect().Set(dry.ProtoReflect().Descriptor().Fields().ByName("particulars"), protoreflect.ValueOfMessage(particulars.ProtoReflect()))

	before := r.events(n)
	said := r.call(n, method, dry)
	if diff := cmp.Diff(said, r.plainly(n, method, dry), but); diff != "" {
		r.Errorf("%s: two dry runs said (-first +second, as JSON):\n%s", name, diff)
	}
	if now := r.events(n); now != before {
		r.Fatalf("%s: a dry run recorded %d events", name, now-before)
	}
	run := said.DryRun
	if run == nil || said.Events != 0 || said.Journal != "" {
		r.Fatalf("%s: a dry run was answered with %v", name, said)
	}
	made := r.call(n, method, req)
	id, err := journal.ParseID(made.Journal)
	if err != nil {
		r.Fatalf("%s recorded nothing: %v", name, made)
	}
	if run.Journal != made.Journal || len(run.Facts) != int(made.Events) || said.Subject != made.Subject {
		r.Errorf("%s: the dry run said %v, recorded was %v", name, said, made)
	}
	r.recordedAs(n, id, made, run)
	if !strings.Contains(fmt.Sprint(run.Readers), agency) || len(run.Readers)+len(run.Withheld) != len(r.lab.Agencies)+1 {
		r.Errorf("%s: the dry run says that %v read it and %v do not", name, run.Readers, run.Withheld)
	}
	for _, reader := range run.Readers {
		wait(r.T, r.node(reader), id, made.FirstEvent)
	}
	return made.Subject
}

// recordedAs compares what was recorded with the facts that the dry run said, but for the moment.
func (r rehearsed) recordedAs(n *node.Node, id journal.ID, made *eventv1.Receipt, run *eventv1.DryRun) {
	r.Helper()
	err := n.Ledger.View(func(v ledger.View) error {
		for i, fact := range run.Facts {
			e, err := v.Event(id, made.FirstEvent+uint64(i))
			if err != nil {
				return err
			}
			if diff := cmp.Diff(fact, e.GetFact(), but, protocmp.IgnoreMessages(&timestamppb.Timestamp{})); diff != "" {
				r.Errorf("event %d of %s is (-said +recorded):\n%s", e.GetNumber(), id, diff)
			}
		}
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
}

func (r rehearsed) call(n *node.Node, method protoreflect.MethodDescriptor, req proto.Message) *eventv1.Receipt {
	r.Helper()
	receipt, err := r.put(n, method, req)
	if err != nil {
		r.Fatalf("%s: %v", method.Name(), err)
	}
	return receipt
}

// try puts a command to an agency and returns how it is refused.
func (r rehearsed) try(agency string, req desk.Request) error {
	r.Helper()
	_, err := r.put(r.node(agency), r.methodOf(req), req)
	return err
}

func (r rehearsed) put(n *node.Node, method protoreflect.MethodDescriptor, req proto.Message) (*eventv1.Receipt, error) {
	r.Helper()
	res := message(r.T, method.Output())
	spec := connect.Spec{Schema: method, Procedure: fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())}
	if err := as(n, tokenOf(r.T, n), "officer", r.person).CallUnary(r.Context(), spec, req, res); err != nil {
		return nil, err
	}
	return res.(interface{ GetReceipt() *eventv1.Receipt }).GetReceipt(), nil
}

// methodOf is the method that takes a request.
func (r rehearsed) methodOf(req proto.Message) protoreflect.MethodDescriptor {
	r.Helper()
	for _, file := range commanded {
		for _, m := range commandable(file) {
			if m.Input().FullName() == req.ProtoReflect().Descriptor().FullName() {
				return m
			}
		}
	}
	r.Fatalf("no method takes a %T", req)
	return nil
}

var inTwoYears = time.Now().AddDate(2, 0, 0)
