package lab_test

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/lineage"
	"github.com/counterfoil/counterfoil/libs/report"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// A year's report is made out of what three agencies signed. Each figure opens into its events, and a third party with node and the
// agencies' keys finds the files right: of the national report, and of an edition of the annual one that hides a value.
func TestThirdPartyChecksAReport(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	licensing, customs, reporting := l.Agencies["licensing"].Node, l.Agencies["customs"].Node, l.Agencies["reporting"].Node
	at := time.Date(2025, 5, 2, 9, 0, 0, 0, time.UTC)
	in2025 := func(fact proto.Message) proto.Message { return ledger.Dated{Message: fact, OccurredAt: at} }
	licence := func(id, to string, n, minor int64) proto.Message {
		return in2025(&licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: to},
			Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Row: "VIII small arms 4", Quantity: pieces(n),
				Value: &transferv1.Money{Minor: minor, Currency: "EUR"}}},
		}})
	}
	granted := record(t, licensing, licence("licensing/L-1", "XB", 10, 1_000_00), licence("licensing/L-2", "XB", 20, 1_900_00), licence("licensing/L-3", "XC", 5, 777_777_77))
	wait(t, customs, licensingAll, granted.FirstEvent+2)
	moved := record(t, customs,
		in2025(&customsv1.DeclarationAccepted{DeclarationId: "customs/25XA1", Kind: transferv1.Kind_KIND_EXPORT, LicenceId: "licensing/L-1", Destination: "XB", Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: pieces(4)}}}),
		in2025(&customsv1.LicenceQuantityCommitted{DeclarationId: "customs/25XA1", Item: 1, LicenceId: "licensing/L-1", LicenceLine: 1, Quantity: pieces(4)}),
		in2025(&customsv1.ExitConfirmed{DeclarationId: "customs/25XA1", At: timestamppb.New(at)}),
	)
	border := journal.ID{Agency: "customs", Group: "border"}
	wait(t, reporting, border, moved.FirstEvent+2)
	wait(t, reporting, licensingAll, granted.FirstEvent+2)
	keys := []string{"VIII small arms 4", "authorized", "XC", "", "", "", ""}
	row := report.RowID(report.Exports, keys)
	record(t, reporting, &reportingv1.RowHidden{
		MarkId: report.MarkID("reporting", report.Annual, 2025, row), Report: report.Annual, Year: 2025, RowId: row, Table: report.Exports, Keys: keys,
		Hidden: &reportingv1.Hidden{Value: true, Reason: reportingv1.HiddenReason_HIDDEN_REASON_COMMERCIAL},
	})

	api := reportingv1connect.NewReportServiceClient(caller(t, folder, "reporting", "analyst"))
	annual, national := &reportingv1.Which{Report: report.Annual, Year: 2025}, &reportingv1.Which{Report: report.National, Year: 2025}
	explained, err := api.ExplainFigure(t.Context(), &reportingv1.ExplainFigureRequest{Which: annual, Cell: "exports.quantity"})
	if err != nil {
		t.Fatal(err)
	}
	if explained.Count != 3 || explained.Row.Amounts.Quantities[0].Thousandths != 35_000 {
		t.Errorf("35 pieces of three licences are explained as %v", explained)
	}
	for _, s := range explained.Sources {
		if err := lineage.Check(s.Proof, licensingAll, s.Number); err != nil {
			t.Error(err)
		}
	}
	public := lineageOf(t, api, annual, reportingv1.Audience_AUDIENCE_PUBLIC)
	for _, secret := range []string{"77777777", "licensing/L-", `"bytes"`} {
		if strings.Contains(public, secret) {
			t.Errorf("the file for the public has %s", secret)
		}
	}
	trusted := []string{"licensing=" + signingKey(t, l, "licensing"), "customs=" + signingKey(t, l, "customs")}
	read := accesses(t, queryv1connect.NewQueryServiceClient(caller(t, folder, "reporting", "auditor")), &queryv1.AccessRequest{})
	for _, want := range []string{
		"ExplainFigure att-annual/2025 EVENTS 3 [licensing] analyst", "TakeLineage att-annual/2025 EVENTS 3 [licensing] analyst",
	} {
		if !slices.ContainsFunc(read, func(line string) bool { return strings.HasSuffix(line, want) }) {
			t.Errorf("%q is not on record: %q", want, read)
		}
	}
	said := thirdParty(t, public, trusted...)
	for _, want := range []string{"att-annual 2025", "edition public: 2 rows are the sums of 3 contributions", "signed by licensing", "OK"} {
		if !strings.Contains(said, want) {
			t.Errorf("it says nothing of %s:\n%s", want, said)
		}
	}
	said = thirdParty(t, lineageOf(t, api, national, reportingv1.Audience_AUDIENCE_INTERNAL), trusted...)
	if !strings.Contains(said, "signed by customs") || !strings.Contains(said, "and state the numbers") || !strings.HasSuffix(said, "OK\n") {
		t.Errorf("of the national report it says\n%s", said)
	}
	if said := thirdParty(t, public, "licensing="+signingKey(t, l, "customs")); !strings.Contains(said, "is none that is trusted") {
		t.Errorf("with another key it says\n%s", said)
	}
}

func lineageOf(t *testing.T, api reportingv1connect.ReportServiceClient, which *reportingv1.Which, audience reportingv1.Audience) string {
	t.Helper()
	taken, err := api.TakeLineage(t.Context(), &reportingv1.TakeLineageRequest{Which: which, Audience: audience})
	if err != nil {
		t.Fatal(err)
	}
	return string(taken.File)
}

// signingKey is an agency's public key, as the directory has it.
func signingKey(t *testing.T, l *lab.Lab, agency string) (key string) {
	t.Helper()
	err := l.Agencies["observer"].Node.Ledger.View(func(v ledger.View) error {
		a, err := v.AgencyRow(agency)
		key = hex.EncodeToString(a.GetSigningKeys()[0].GetPublic())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// thirdParty runs docs/verify-report.mjs on a file, and returns what it prints.
func thirdParty(t *testing.T, file string, keys ...string) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: what docs/verify-report.mjs finds was not tried")
	}
	name := filepath.Join(t.TempDir(), "lineage.json")
	if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{filepath.Join("..", "..", "docs", "verify-report.mjs"), name}, keys...)
	out, err := exec.CommandContext(t.Context(), node, args...).CombinedOutput()
	if failed := err != nil; failed == strings.HasSuffix(string(out), "OK\n") {
		t.Errorf("it ends with %v, and says\n%s", err, out)
	}
	return string(out)
}
