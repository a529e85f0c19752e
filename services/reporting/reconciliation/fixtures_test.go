package reconciliation_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/reporting/reconciliation"
)

const (
	source  = "eu-armsexports"
	edition = "2016-05-02"
	year    = 2026 // of ledgertest.Start
)

var (
	today     = &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start.AddDate(0, 6, 0))}
	inAMonth  = timestamppb.New(ledgertest.Start.AddDate(0, 7, 0))
	directory = append(ledgertest.Registered("licensing", "customs", "reporting", "enforcement"),
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs", "reporting"}, Publishers: []string{"licensing", "customs", "reporting"}},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}})
)

func given(facts ...proto.Message) []proto.Message {
	return append(directory[:len(directory):len(directory)], facts...)
}

func view(t testing.TB, facts ...proto.Message) ledger.View {
	return ledgertest.GivenAs(t, "reporting", given(facts...)...)
}

func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	for i, fact := range got {
		if dated, ok := fact.(ledger.Dated); ok {
			got[i] = dated.Message
		}
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || !errors.Is(err, wantErr) {
		t.Errorf("%v, want %v; facts (-want +got):\n%s", err, wantErr, diff)
	}
}

func ptr[T any](of T) *T { return &of }

// partner is a figure of XA's exports to XB.
func partner(line uint32, category string, change func(*reportingv1.PartnerFigure)) *reportingv1.PartnerFigure {
	f := &reportingv1.PartnerFigure{Line: line, Year: year, Exporter: "XA", ExporterName: "Xanadu", Importer: "XB", ImporterName: "Xebia", Category: category, Currency: "EUR"}
	if category == "Total" {
		f.Oddities = []string{"total-row"}
	}
	if change != nil {
		change(f)
	}
	return f
}

func recorded(figures ...*reportingv1.PartnerFigure) []proto.Message {
	return recordedOf(source, edition, figures...)
}

func recordedOf(source, edition string, figures ...*reportingv1.PartnerFigure) []proto.Message {
	id := "reporting/" + source + "-" + edition
	return []proto.Message{
		ledgertest.By("reporting", &reportingv1.PartnerFiguresRecorded{BatchId: id + "-2", Source: source, Edition: edition, Figures: figures}),
		ledgertest.By("reporting", &reportingv1.PartnerEditionClosed{EditionId: id, Source: source, Edition: edition, Digest: make([]byte, 32), Figures: uint64(len(figures))}),
	}
}

func euros(n int64) *transferv1.Money { return &transferv1.Money{Minor: 100 * n, Currency: "EUR"} }

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: 1000 * n, Unit: "H87"}
}

// licence lets goods be exported to XB.
func licence(id string, lines ...*transferv1.Line) *licensingv1.LicenceGranted {
	return &licensingv1.LicenceGranted{LicenceId: "licensing/" + id, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Lines: lines,
	}}
}

func rifles(number uint32, n int64) *transferv1.Line {
	return &transferv1.Line{Number: number, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Quantity: pieces(n), Value: euros(10 * n)}
}

// shipped has pieces of a licence line leave for a destination.
func shipped(id, licence string, line uint32, n int64, destination string) []proto.Message {
	at := timestamppb.New(ledgertest.Start.Add(time.Hour))
	declaration := "customs/" + id
	return []proto.Message{
		&customsv1.DeclarationAccepted{
			DeclarationId: declaration, Kind: transferv1.Kind_KIND_EXPORT, LicenceId: licence, Destination: destination, AcceptedAt: at,
			Items: []*customsv1.Item{{Number: 1, LicenceLine: line, Quantity: pieces(n)}},
		},
		&customsv1.LicenceQuantityReserved{DeclarationId: declaration, Item: 1, LicenceId: licence, LicenceLine: line, Quantity: pieces(n), Value: euros(10 * n)},
		&customsv1.ExitConfirmed{DeclarationId: declaration, At: at},
		&customsv1.LicenceQuantityCommitted{DeclarationId: declaration, Item: 1, LicenceId: licence, LicenceLine: line, Quantity: pieces(n), Value: euros(10 * n)},
	}
}

func join(lists ...[]proto.Message) (all []proto.Message) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func reconcile(t *testing.T, v ledger.View, comparison reportingv1.Comparison, permille uint32) *reportingv1.ReconcileResponse {
	t.Helper()
	res, err := reconciliation.Reconcile(v, &reportingv1.ReconcileRequest{Comparison: comparison, Year: year, TolerancePermille: permille})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// found is what differs, in short.
type found struct {
	keys, measure string
	ours, theirs  int64
	owner         string
}
