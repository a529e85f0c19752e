package handover

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// approve has the reports whose last draft this agency was asked to approve, and about which it said nothing. A report that is frozen
// waits for nobody.
func approve(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.ReportsWith("addressee", view.Agency())
	if err != nil {
		return nil, fmt.Errorf("read reports that were circulated: %w", err)
	}
	for _, r := range rows {
		last := r.Circulated[len(r.Circulated)-1]
		if r.Frozen != nil || !slices.Contains(last.GetAgencies(), view.Agency()) {
			continue
		}
		given, err := view.DraftAnswer(ledger.DraftAnswerID(view.Agency(), r.Id, last.GetDraft()))
		if err != nil {
			return nil, err
		}
		if given != nil {
			continue
		}
		since, err := circulated(view, r)
		if err != nil {
			return nil, err
		}
		open = append(open, &directoryv1.Duty{Subject: r.Id, What: "approve-draft", Since: since, Due: last.GetDue()})
	}
	return open, nil
}

// circulated is when a report's last draft went round.
func circulated(view ledger.View, r *ledgerv1.Report) (*timestamppb.Timestamp, error) {
	events, err := view.EventsOf(r)
	for _, e := range slices.Backward(events) {
		if e.GetKind() == circulation {
			return e.GetOccurredAt(), err
		}
	}
	return r.GetOpenedAt(), err
}

var circulation = string((*reportingv1.DraftCirculated)(nil).ProtoReflect().Descriptor().FullName())
