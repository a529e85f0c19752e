package lab_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// What the program carries with it is the example that is deployed.
func TestExampleIsTheOneThatIsDeployed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plan.yaml", "policies/example.yaml", "reporting/example.yaml"} {
		own, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if deployed, err := os.ReadFile(filepath.Join("..", "..", "deploy", "example", name)); err != nil || !bytes.Equal(own, deployed) {
			t.Errorf("%s is not that of deploy/example, %v: copy it", name, err)
		}
	}
}

// The procedure is adopted at the start, once; every agency then has the same calendar, also the observer, which records nothing.
func TestProcedureIsAdoptedAtTheStart(t *testing.T) {
	t.Parallel()
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	folder := lab.Folder(t.TempDir())
	l, stop := startAndStop(t, folder, plan, lab.Options{})
	const id = "reporting/XA-reports@1"
	req := &reportingv1.CalendarRequest{FromYear: 2030, ToYear: 2031}
	var first *reportingv1.CalendarResponse
	for _, agency := range []string{"reporting", "licensing", "customs", "enforcement", "observer"} {
		n := l.Agencies[agency].Node
		comesTo(t, n, "the procedure is here", func(v ledger.View) bool {
			p, err := v.Procedure(id)
			return p != nil && err == nil
		})
		res, err := reportingv1connect.NewCalendarServiceClient(client(n, tokenOf(t, n))).Calendar(t.Context(), req)
		if err != nil || res.ProcedureId != id || len(res.Steps) < 30 {
			t.Fatalf("at %s: %d steps under %s, %v", agency, len(res.GetSteps()), res.GetProcedureId(), err)
		}
		if first == nil {
			first = res
		}
		if !proto.Equal(res, first) {
			t.Errorf("%s has another calendar than reporting", agency)
		}
	}
	stop()
	l, _ = startAndStop(t, folder, plan, lab.Options{})
	if err := l.Agencies["reporting"].Node.Ledger.View(func(v ledger.View) error {
		p, err := v.Procedure(id)
		if len(p.GetEvents()) != 1 {
			t.Errorf("it was adopted by the events %v", p.GetEvents())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
