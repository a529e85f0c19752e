package declaration

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
)

// Within is how long after their release goods may take.
type Within struct {
	// Exit of an export, a transit or a trans-shipment.
	Exit time.Duration
	// Arrival of an import.
	Arrival time.Duration
}

// Due says, of one declaration of this agency, that what should have been confirmed by now was not, with the discrepancy that it is
// (DX16: exit, DX17: transit, DX18: arrival of an import); or, when there is none, when the next will be due (zero: none is). A
// deadline that passed is recorded once. While goods are in transit their exit is not waited for.
func Due(view ledger.View, now time.Time, within Within) (facts []proto.Message, next time.Time, err error) {
	for _, status := range []string{"released", "held", "accepted"} {
		rows, err := view.DeclarationsWith("status", status)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("read declarations that are %s: %w", status, err)
		}
		for _, d := range rows {
			code, due := deadline(d, within)
			if code == "" || !view.Owns(d.GetId()) || noticed(d, code, due) {
				continue
			}
			if now.After(due) {
				facts, err := overdue(view, d, code, due, now)
				return facts, time.Time{}, err
			}
			if after := due.Add(time.Nanosecond); next.IsZero() || after.Before(next) {
				next = after
			}
		}
	}
	return nil, next, nil
}

// deadline is what a declaration's goods are waited for, by its code, and until when; no code when they are not.
func deadline(d *ledgerv1.Declaration, within Within) (code string, due time.Time) {
	since := d.GetReleasedAt()
	if d.GetDischargedAt() != nil {
		since = d.GetDischargedAt()
	}
	switch {
	case inTransit(d):
		return "DX17", d.GetTransit().GetDue().AsTime()
	case d.GetStatus() != released:
		return "", time.Time{}
	case d.GetAccepted().GetKind() == transferv1.Kind_KIND_IMPORT:
		return "DX18", since.AsTime().Add(within.Arrival)
	}
	return "DX16", since.AsTime().Add(within.Exit)
}

func noticed(d *ledgerv1.Declaration, code string, due time.Time) bool {
	return slices.ContainsFunc(d.GetOverdue(), func(o *customsv1.MovementOverdue) bool { return o.GetCode() == code && o.GetDue().AsTime().Equal(due) })
}

// waitedFor is what a code says was not confirmed.
var waitedFor = map[string]string{"DX16": "exit", "DX17": "discharge of the transit", "DX18": "arrival"}

func overdue(view ledger.View, d *ledgerv1.Declaration, code string, due, now time.Time) ([]proto.Message, error) {
	by := due.UTC().Format(time.RFC3339)
	raised, err := numbered(view, []*customsv1.DiscrepancyRaised{
		matching.New(d.GetId(), d.GetAccepted().GetLicenceId(), code, 0, waitedFor[code]+" by "+by, "none", fmt.Sprintf("the %s of declaration %s was due by %s and is not confirmed", waitedFor[code], d.GetId(), by)),
	}, now)
	if err != nil {
		return nil, err
	}
	late := &customsv1.MovementOverdue{DeclarationId: d.GetId(), Code: code, Due: timestamppb.New(due)}
	return beside(d, append([]proto.Message{late}, raised...)), nil
}
