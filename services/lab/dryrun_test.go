package lab_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/published"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// rehearsed puts commands to nodes, each first as a dry run.
type rehearsed struct {
	*testing.T
	lab   *lab.Lab
	tried map[protoreflect.FullName]bool // methods
}

var inTwoYears = time.Now().AddDate(2, 0, 0)

// agencyJournals are the groups that the example's agencies record for.
var agencyJournals = []string{"all", "border", "licensing-internal"}

func (r rehearsed) events(n *node.Node) int {
	var journals []string
	for _, group := range agencyJournals {
		journals = append(journals, n.Agency+"/"+group)
	}
	return eventsOf(r.T, n, journals...)
}

// do puts a command to an agency, as a dry run and then in earnest, and returns what it made: the dry run records nothing
// and says what the other records, and where.
func (r rehearsed) do(agency string, file protoreflect.FileDescriptor, name protoreflect.Name, req desk.Request) string {
	r.Helper()
	n := r.lab.Agencies[agency].Node
	method := methodOf(r.T, file, name)
	r.tried[method.FullName()] = true
	dry := proto.Clone(req).(desk.Request)
	particulars := &eventv1.Particulars{DryRun: true, IdempotencyKey: "k-" + string(name), OccurredAt: timestamppb.Now()}
	dry.ProtoReflect().Set(dry.ProtoReflect().Descriptor().Fields().ByName("particulars"), protoreflect.ValueOfMessage(particulars.ProtoReflect()))

	before := r.events(n)
	said := r.call(n, method, dry)
	if again := r.call(n, method, dry); !proto.Equal(again, said) {
		r.Errorf("%s: two dry runs said %v and %v", name, said, again)
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
	if !strings.Contains(fmt.Sprint(run.Readers), agency) || len(run.Readers)+len(run.Withheld) != len(r.lab.Agencies)+1 {
		r.Errorf("%s: the dry run says that %v read it and %v do not", name, run.Readers, run.Withheld)
	}
	for _, reader := range run.Readers {
		wait(r.T, r.lab.Agencies[reader].Node, id, made.FirstEvent)
	}
	return made.Subject
}

func (r rehearsed) call(n *node.Node, method protoreflect.MethodDescriptor, req proto.Message) *eventv1.Receipt {
	r.Helper()
	res := message(r.T, method.Output())
	spec := connect.Spec{Schema: method, Procedure: fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())}
	if err := client(n, tokenOf(r.T, n)).CallUnary(r.Context(), spec, req, res); err != nil {
		r.Fatalf("%s: %v", method.Name(), err)
	}
	return res.(interface{ GetReceipt() *eventv1.Receipt }).GetReceipt()
}

func methodOf(t *testing.T, file protoreflect.FileDescriptor, name protoreflect.Name) protoreflect.MethodDescriptor {
	t.Helper()
	for i := range file.Services().Len() {
		if m := file.Services().Get(i).Methods().ByName(name); m != nil {
			return m
		}
	}
	t.Fatalf("%s has no method %s", file.Path(), name)
	return nil
}

// reassessmentOf is the id of the reassessment of a licence.
func reassessmentOf(t *testing.T, n *node.Node, licence string) (id string) {
	t.Helper()
	err := n.Ledger.View(func(v ledger.View) error {
		found, err := v.ReassessmentsWith("licence", licence)
		if err == nil && len(found) == 1 {
			id = found[0].Id
		}
		return err
	})
	if err != nil || id == "" {
		t.Fatalf("no reassessment of %s is open: %v", licence, err)
	}
	return id
}

// Every command of every agency says on a dry run what it would record and for whom, and records nothing.
func TestDryRunOfEveryCommand(t *testing.T) {
	r := rehearsed{t, start(t, lab.Folder(t.TempDir()), lab.Options{}), map[protoreflect.FullName]bool{}}
	licensing, customs := licensingv1.File_counterfoil_licensing_v1_service_proto, customsv1.File_counterfoil_customs_v1_customs_proto
	enforcement, reporting := enforcementv1.File_counterfoil_enforcement_v1_enforcement_proto, reportingv1.File_counterfoil_reporting_v1_reporting_proto
	pieces := func(n int64) *transferv1.Quantity { return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"} }
	parties := []*transferv1.Party{{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour Trading XB", Country: "XB"}, {Role: transferv1.Role_ROLE_EXPORTER, Name: "Northgate Arms XA", Country: "XA"}}
	lines := []*transferv1.Line{{Number: 1, Rating: "ML1.a", HsCode: "930190", Quantity: pieces(500)}}
	apply := &licensingv1.SubmitApplicationRequest{Deal: &licensingv1.DealInput{
		Kind: transferv1.Kind_KIND_TRANSIT, Destination: "XB", Parties: parties, Lines: lines, EndUse: "police equipment",
	}}
	application := r.do("licensing", licensing, "SubmitApplication", apply)
	licence := r.do("licensing", licensing, "GrantLicence", &licensingv1.GrantLicenceRequest{ApplicationId: application})
	other := r.do("licensing", licensing, "SubmitApplication", apply)
	r.do("licensing", licensing, "DenyLicence", &licensingv1.DenyLicenceRequest{ApplicationId: other, Criteria: []string{"7"}, Reason: "risk of diversion"})
	r.do("licensing", licensing, "AmendLicence", &licensingv1.AmendLicenceRequest{LicenceId: licence, ValidUntil: timestamppb.New(inTwoYears), Reason: "longer"})

	declare := func(number string) string {
		return r.do("customs", customs, "AcceptDeclaration", &customsv1.AcceptDeclarationRequest{
			Number: number, Kind: transferv1.Kind_KIND_TRANSIT, Office: "XA000101", LicenceId: licence, Destination: "XB", Parties: parties[:1],
			Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930190", Quantity: pieces(10)}},
		})
	}
	declaration := declare("26XA1")
	r.do("customs", customs, "ConfirmExit", &customsv1.ConfirmExitRequest{DeclarationId: declaration})
	r.do("customs", customs, "ConfirmArrival", &customsv1.ConfirmArrivalRequest{DeclarationId: declaration})
	r.do("customs", customs, "CancelDeclaration", &customsv1.CancelDeclarationRequest{DeclarationId: declare("26XA2"), Reason: "not shipped"})

	raise := &enforcementv1.RaiseAlertRequest{
		Stage: enforcementv1.Stage_STAGE_D3_AT_DELIVERY, Priority: enforcementv1.Priority_PRIORITY_URGENT, Item: "assault rifles", Parties: parties[:1],
		LicenceIds: []string{licence}, Indicators: []string{"RF10"}, LastKnownLocation: "XBHAR", Addressees: []string{"licensing"}, Summary: "not seen",
	}
	alert := r.do("enforcement", enforcement, "RaiseAlert", raise)
	r.do("enforcement", enforcement, "CorroborateAlert", &enforcementv1.CorroborateAlertRequest{AlertId: alert, Indicators: []string{"RF11"}, Evidence: "a second report"})
	r.do("licensing", enforcement, "AcknowledgeAlert", &enforcementv1.AcknowledgeAlertRequest{AlertId: alert, Note: "seen"})
	refuted := r.do("enforcement", enforcement, "RaiseAlert", raise)
	r.do("enforcement", enforcement, "RefuteAlert", &enforcementv1.RefuteAlertRequest{AlertId: refuted, Reason: "found"})
	r.do("enforcement", enforcement, "CloseAlert", &enforcementv1.CloseAlertRequest{AlertId: refuted, Outcome: "nothing in it"})
	n := r.lab.Agencies["licensing"].Node
	opened := r.events(n)
	r.do("enforcement", enforcement, "ConfirmAlert", &enforcementv1.ConfirmAlertRequest{AlertId: alert, Evidence: "goods found elsewhere"})
	wait(t, n, journal.ID{Agency: "licensing", Group: "border"}, 1) // it opens a reassessment by itself, once
	if now := r.events(n); now != opened+1 {
		t.Errorf("licensing recorded %d events about one alert that was rehearsed and confirmed", now-opened)
	}
	r.do("licensing", licensing, "SuspendLicence", &licensingv1.SuspendLicenceRequest{LicenceId: licence, Reason: "diversion"})
	r.do("licensing", licensing, "ReinstateLicence", &licensingv1.ReinstateLicenceRequest{LicenceId: licence, Reason: "explained"})
	r.do("licensing", licensing, "RevokeLicence", &licensingv1.RevokeLicenceRequest{LicenceId: licence, Reason: "diverted"})
	r.do("licensing", licensing, "ConcludeReassessment", &licensingv1.ConcludeReassessmentRequest{
		ReassessmentId: reassessmentOf(t, n, licence), Outcome: licensingv1.Outcome_OUTCOME_REVOKED, Reason: "diverted",
	})

	entry := &licensingv1.Entry{Date: "2012-01-02", Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{{Number: 1, Rating: "ML1"}}}
	entry.Digest = published.Digest(entry)
	r.do("licensing", licensing, "RecordEdition", &licensingv1.RecordEditionRequest{
		Source: "uk-licences", Edition: "2012-06-14", Added: []*licensingv1.Addition{{Ordinal: 1, Entry: entry}},
	})
	r.do("licensing", licensing, "CloseEdition", &licensingv1.CloseEditionRequest{
		Source: "uk-licences", Edition: "2012-06-14", Digest: published.EditionDigest([]*licensingv1.Entry{entry}), Entries: 1, Lines: 1,
	})
	request := r.do("reporting", reporting, "RequestReturn", &reportingv1.RequestReturnRequest{Year: 2025, Form: "att-annual-exports", Agencies: []string{"licensing"}, Due: timestamppb.New(inTwoYears)})
	r.do("licensing", reporting, "SubmitReturn", &reportingv1.SubmitReturnRequest{RequestId: request, Nil: true})

	for _, file := range []protoreflect.FileDescriptor{licensing, customs, enforcement, reporting} {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if m := methods.Get(j); m.Input().Fields().ByName("particulars") != nil && !r.tried[m.FullName()] {
					t.Errorf("%s was not tried", m.FullName())
				}
			}
		}
	}
}
