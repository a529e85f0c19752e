package reporting_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/node"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting"
)

// BenchmarkCalendarIsAsked is what the dates of reports cost after every commit: without a procedure, with the example's when everything
// that was to be said was, and with it when every step is done.
func BenchmarkCalendarIsAsked(b *testing.B) {
	content, err := os.ReadFile("../../deploy/example/reporting/example.yaml")
	if err != nil {
		b.Fatal(err)
	}
	adopted := ledgertest.At(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), &reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@1", Content: content})
	now := time.Date(2027, 12, 1, 0, 0, 0, 0, time.UTC)
	for name, given := range map[string]struct {
		facts []proto.Message
		done  bool
	}{"without": {}, "said": {[]proto.Message{adopted}, false}, "done": {[]proto.Message{adopted}, true}} {
		b.Run(name, func(b *testing.B) {
			due := calendarReaction(b).Due
			w := ledgertest.NewWriter()
			tx := ledgertest.Begin(b, ledgertest.Open(b, "reporting"))
			record := func(facts ...proto.Message) {
				for _, block := range w.Blocks(facts...) {
					if err := tx.Apply(block.ID, block.Entries...); err != nil {
						b.Fatal(err)
					}
				}
			}
			record(given.facts...)
			for {
				facts, _, err := due(tx.View, now)
				if err != nil {
					b.Fatal(err)
				}
				if len(facts) == 0 {
					break
				}
				for _, f := range facts {
					if dated, ok := f.(ledger.Dated); ok {
						f = dated.Message
					}
					a := f.(*reportingv1.StepAlarmed)
					if given.done {
						f = &reportingv1.StepDone{StepId: a.StepId, Report: a.Report, Year: a.Year, Step: a.Step, Agency: a.Agency}
					}
					record(f)
				}
			}
			for b.Loop() {
				if facts, _, err := due(tx.View, now); len(facts) > 0 || err != nil {
					b.Fatal(facts, err)
				}
			}
		})
	}
}

func calendarReaction(t testing.TB) desk.Reaction {
	service, err := reporting.New(reporting.Config{Node: &node.Node{Agency: "reporting"}})
	if err != nil {
		t.Fatal(err)
	}
	all := service.Reactions()
	return all[slices.IndexFunc(all, func(r desk.Reaction) bool { return r.Name == "keep the calendar of reports" })]
}
