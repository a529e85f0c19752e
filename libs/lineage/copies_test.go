package lineage

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// A report that was worked out before more was recorded is proved against the journals as they were, and its file is the same.
func TestEarlierReportStaysAsItWas(t *testing.T) {
	w := newWorld(t)
	w.record(everything()...)
	var earlier *reportingv1.Content
	var file []byte
	var trees Trees
	w.view(func(v ledger.View) {
		earlier = w.content(v, report.Annual, 2025, nil)
		file = must(trees.Take(v, earlier, internal))
	})
	w.record(in(2025, &licensingv1.LicenceAmended{LicenceId: "licensing/L-2", Deal: deal("XB", goods(51, 1_000_01)...), Reason: "one more"}))
	w.view(func(v ledger.View) {
		if again := must(trees.Take(v, earlier, internal)); string(again) != string(file) {
			t.Error("the file is another after more was recorded")
		}
		if again := must(new(Trees).Take(v, earlier, internal)); string(again) != string(file) {
			t.Error("the file is another when the journals are read anew")
		}
		res, err := trees.Explain(v, earlier, cell(t, "exports"))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range res.Sources {
			if s.Proof.Signer == "licensing" && s.Proof.TreeSize != 8 {
				t.Errorf("event %d is proved in a tree of %d events", s.Number, s.Proof.TreeSize)
			}
		}
	})
}

// Of an event whose content was withdrawn the file has the leaf hash, and a third party is told that its numbers were not looked at.
func TestWithdrawnContent(t *testing.T) {
	w := newWorld(t)
	w.record(everything()...)
	var before *reportingv1.Content
	w.view(func(v ledger.View) { before = w.content(v, report.Annual, 2025, nil) })
	w = newWorld(t)
	w.gone = []uint64{2}
	for _, f := range everything() {
		if said := string(must(proto.Marshal(f))); strings.Contains(said, "25XA1") {
			continue // what rests on it cannot be applied
		}
		w.record(f)
	}
	w.view(func(v ledger.View) {
		before.Rows = slices.DeleteFunc(before.Rows, func(r *reportingv1.Row) bool {
			return !slices.ContainsFunc(r.Contributions, func(c *reportingv1.Contribution) bool { return c.Subject == "licensing/L-2#1" })
		})
		for _, r := range before.Rows {
			r.Contributions = slices.DeleteFunc(r.Contributions, func(c *reportingv1.Contribution) bool { return c.Subject != "licensing/L-2#1" })
			r.Amounts = r.Contributions[0].Amounts
		}
		before.Title = w.content(v, report.Annual, 2025, nil).Title
		var trees Trees
		if wrong := verdicts(t, must(trees.Take(v, before, internal)), must(trees.Take(v, before, public))); wrong[0] != "" || wrong[1] != "" {
			t.Errorf("the files are refused: %q", wrong)
		}
		res, err := trees.Explain(v, before, cell(t, "total"))
		if err != nil || len(res.Sources) != 1 || res.Sources[0].Proof != nil || res.Sources[0].Fact != nil {
			t.Errorf("%v: %v", err, res.GetSources())
		}
	})
}

// A copy that begins later proves what it was given, and says what it cannot prove.
func TestCopyThatBeginsLater(t *testing.T) {
	full := newWorld(t)
	first := []proto.Message{in(2024, &licensingv1.LicenceGranted{LicenceId: "licensing/L-0", Deal: deal("XB", goods(1, 1)...)}), in(2024, &licensingv1.LicenceGranted{LicenceId: "licensing/L-00", Deal: deal("XB", goods(1, 1)...)}),
		in(2024, &licensingv1.LicenceGranted{LicenceId: "licensing/L-000", Deal: deal("XB", goods(1, 1)...)})}
	full.record(first...)
	start := full.heads[all].Start()
	for name, given := range map[string]*directoryv1.JournalStart{"with what is before it": start, "with nothing of it": {Block: 1, Events: 1, Frontier: start.Frontier[:1], HeaderDigest: start.HeaderDigest}} {
		late := newWorld(t)
		late.record(ledgertest.In("directory", ledgertest.By("licensing", &directoryv1.ReleaseAgreed{Group: "all", Reader: "reporting", History: directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING, Start: given})))
		head := must(journal.StartAt(all, start))
		late.heads[all] = &head
		late.record(everything()...)
		late.view(func(v ledger.View) {
			c := late.content(v, report.Annual, 2025, nil)
			var trees Trees
			file, err := trees.Take(v, c, internal)
			if name == "with nothing of it" {
				if !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), "licensing/all here begins after event 3") {
					t.Errorf("%s: %v", name, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if wrong := verdicts(t, file); wrong[0] != "" {
				t.Errorf("%s: %s", name, wrong[0])
			}
			proved(t, v, must(trees.Explain(v, c, cell(t, "exports"))))
			at := must(trees.At(v, extentsOf(c.Title)[all.String()]))
			if _, err := at.Prove(2); !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), "before the copy here begins, after event 3") {
				t.Errorf("event 2 is proved: %v", err)
			}
		})
	}
}

// An event that reporting was not given itself, and was given again in another journal, is proved where it stands there.
func TestRepeatedEvent(t *testing.T) {
	w := newWorld(t)
	fact := in(2025, ledgertest.In("border", &licensingv1.LicenceGranted{LicenceId: "licensing/L-9", Deal: deal("XB", goods(5, 5_00)...)}))
	_, e := w.writer.Event(fact)
	e.Origin = causeOf(e.Id, "licensing/border", 41)
	w.in(func(tx *ledger.Tx) { w.fold(tx, all, []*eventv1.Event{e}) })
	w.view(func(v ledger.View) {
		c := w.content(v, report.Annual, 2025, nil)
		if of := c.Rows[0].Contributions[0]; of.Journal != "licensing/border" || of.Events[0] != 41 {
			t.Fatalf("it is read from %v", of)
		}
		var trees Trees
		res := must(trees.Explain(v, c, cell(t, "exports")))
		if len(res.Sources) != 1 || res.Sources[0].Journal != all.String() || res.Sources[0].Number != 1 {
			t.Errorf("it is listed as %v", res.Sources)
		}
		proved(t, v, res)
		if wrong := verdicts(t, must(trees.Take(v, c, internal)), must(trees.Take(v, c, public))); wrong[0] != "" || wrong[1] != "" {
			t.Errorf("the files are refused: %q", wrong)
		}
	})
}
