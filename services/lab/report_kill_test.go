package lab_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/report"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/reporting"
)

// circulateEnv makes the test's own program run a lab in a folder, in which a draft of many parts is circulated (see TestMain).
const circulateEnv = "COUNTERFOIL_TEST_CIRCULATING_LAB"

const (
	nationalReport = "reporting/national-2025.1"
	// draftParts is how many parts of the draft are seen, of some more.
	draftParts = 4
)

func partSeen(part int) string { return fmt.Sprintf("part %d", part) }

// circulating runs a lab, circulates a large draft and says each part as it is on record, until it is killed.
func circulating(folder lab.Folder) error {
	ctx := context.Background()
	plan, err := lab.ReadPlan("")
	if err != nil {
		return err
	}
	l, err := lab.Start(ctx, folder, plan, lab.Options{})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	if err := l.WaitReady(ctx); err != nil {
		return err
	}
	n := l.Agencies["reporting"].Node
	if err := manyGranted(ctx, l.Agencies["licensing"].Node, n); err != nil {
		return err
	}
	go sayParts(n)
	go func() { _, err := circulateNational(ctx, n); ended <- err }()
	for {
		if err := <-ended; err != nil {
			return err
		}
	}
}

// sayParts says each part of the draft when it is on record.
func sayParts(n *node.Node) {
	for part := 1; part <= draftParts; {
		changed := n.Ledger.Changed()
		var rows []*reportingv1.Row
		err := n.Ledger.View(func(v ledger.View) (err error) {
			rows, err = v.DraftRows(nationalReport, 1, uint32(part))
			return err
		})
		switch {
		case err != nil:
			fmt.Println(err)
			return
		case len(rows) > 0:
			fmt.Println(partSeen(part))
			part++
			continue
		}
		<-changed
	}
}

// manyGranted has licensing grant licences of 2025 whose lines fill several parts of the national report.
func manyGranted(ctx context.Context, licensing, reporting *node.Node) error {
	var last *eventv1.Receipt
	for n := range 8 {
		d := &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}}
		for line := range 600 {
			d.Lines = append(d.Lines, &transferv1.Line{Number: uint32(line + 1), Rating: fmt.Sprintf("ML%d.a", line%20+1), Value: &transferv1.Money{Minor: 100, Currency: "EUR"}})
		}
		fact := ledger.Dated{
			Message:    &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-2025-%06d", n+1), Deal: d},
			OccurredAt: time.Date(2025, 5, 5, 0, 0, 0, 0, time.UTC),
		}
		var err error
		if last, err = licensing.Desk.Record(ctx, &eventv1.Particulars{}, func(ledger.View) ([]proto.Message, error) { return []proto.Message{fact}, nil }); err != nil {
			return err
		}
	}
	return reporting.Ledger.Wait(ctx, licensingAll, last.FirstEvent)
}

func circulateNational(ctx context.Context, n *node.Node) (*reportingv1.CirculateReportResponse, error) {
	s, err := reporting.New(reporting.Config{Node: n})
	if err != nil {
		return nil, err
	}
	return s.CirculateReport(ctx, &reportingv1.CirculateReportRequest{
		Report: report.National, Year: 2025, Agencies: []string{"customs"}, Due: timestamppb.New(time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)), Particulars: &eventv1.Particulars{IdempotencyKey: "draft of 2025"},
	})
}

// Every node is killed the moment that a part of a draft is seen on record. After the next start the draft is circulated as if nothing
// had been, is whole, and the parts that were on record are not recorded again.
func TestKilledWhileCirculating(t *testing.T) {
	t.Parallel()
	for part := 1; part <= draftParts; part++ {
		t.Run(partSeen(part), func(t *testing.T) {
			t.Parallel()
			folder := lab.Folder(t.TempDir())
			killAt(t, partSeen(part), circulateEnv+"="+string(folder))
			l := start(t, folder, lab.Options{})
			n := l.Agencies["reporting"].Node
			if err := n.Ledger.Wait(t.Context(), licensingAll, 8); err != nil {
				t.Fatal(err)
			}
			before := partsRecorded(t, n)
			res, err := circulateNational(t.Context(), n)
			if err != nil || res.GetDraft() != 1 {
				t.Fatalf("circulated again: %v, %v", res, err)
			}
			s, err := reporting.New(reporting.Config{Node: n})
			if err != nil {
				t.Fatal(err)
			}
			live, err := s.BuildReport(t.Context(), &reportingv1.BuildReportRequest{Which: &reportingv1.Which{Report: report.National, Year: 2025}, Contributions: true})
			if err != nil {
				t.Fatal(err)
			}
			kept, err := s.BuildReport(t.Context(), &reportingv1.BuildReportRequest{Which: &reportingv1.Which{ReportId: nationalReport}, Contributions: true})
			if err != nil {
				t.Fatal(err)
			}
			if live.Content.Title, kept.Content.Title = nil, nil; !proto.Equal(live.Content, kept.Content) {
				t.Error("the draft on record is not the report")
			}
			parts := partsRecorded(t, n)
			if drafted := len(report.Parts(kept.Content.Rows)); parts != drafted || before < part {
				t.Errorf("%d parts were on record and %d are now; the draft has %d", before, parts, drafted)
			}
			wait(t, l.Agencies["customs"].Node, reportingAll, lastOf(t, n, reportingAll))
			sound(t, l.Agencies["customs"].Node)
		})
	}
}

// partsRecorded is how many events record a part of a draft.
func partsRecorded(t *testing.T, n *node.Node) (parts int) {
	t.Helper()
	kind := string((&reportingv1.ReportPartKept{}).ProtoReflect().Descriptor().FullName())
	view(t, n, func(v ledger.View) {
		for event := uint64(1); ; event++ {
			e, err := v.Event(reportingAll, event)
			if err != nil {
				t.Fatal(err)
			}
			if e == nil {
				return
			}
			if e.GetKind() == kind {
				parts++
			}
		}
	})
	return parts
}

func lastOf(t *testing.T, n *node.Node, id journal.ID) (event uint64) {
	t.Helper()
	view(t, n, func(v ledger.View) {
		p, err := v.Position(id)
		if err != nil {
			t.Fatal(err)
		}
		event = p.GetEvents()
	})
	return event
}
