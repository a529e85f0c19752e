package licence

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/grounds"
)

// Amend changes the lines, the parties or the validity of a licence that is in force or suspended, or takes over the
// conditions of consulted agencies as they stand now. Lines keep their numbers, since customs writes off against them: further
// lines come last, and a line that is no longer authorized is set to nothing. A line is not lowered below what customs has
// reserved and used on it, as far as that was released to this agency. Other parties need a screening that covers them (see
// Screen) and no embargo that reaches them. An amendment that changes nothing decides nothing.
func Amend(view ledger.View, cmd *licensingv1.AmendLicenceRequest) ([]proto.Message, error) {
	l, err := ownLicence(view, cmd.GetLicenceId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for amending licence %s", cmd.GetLicenceId())
	case len(cmd.GetLines()) == 0 && cmd.GetValidUntil() == nil && len(cmd.GetParties()) == 0 && !cmd.GetConditions():
		return nil, fault.Errorf(fault.Invalid, "say what to change on licence %s: its lines, its parties, its conditions, or until when it is valid", cmd.GetLicenceId())
	case l.GetStatus() != ledgerv1.Status_STATUS_GRANTED && l.GetStatus() != ledgerv1.Status_STATUS_SUSPENDED:
		return nil, fault.Errorf(fault.Precondition, "licence %s is %s and cannot be amended", cmd.GetLicenceId(), statusWord(l.GetStatus()))
	}
	amended := &licensingv1.LicenceAmended{LicenceId: cmd.GetLicenceId(), Reason: cmd.GetReason()}
	if until := cmd.GetValidUntil(); until != nil && !proto.Equal(until, l.GetValidUntil()) {
		if !until.AsTime().After(l.GetValidFrom().AsTime()) {
			return nil, fault.Errorf(fault.Invalid, "licence %s is valid from %s and cannot end on %s; revoke it instead", l.GetId(), day(l.GetValidFrom().AsTime()), day(until.AsTime()))
		}
		amended.ValidUntil = until
	}
	if len(cmd.GetLines()) > 0 {
		if amended.Deal, err = relined(view, l, cmd.GetLines()); err != nil {
			return nil, err
		}
	}
	if err := amendParties(view, l, cmd, amended); err != nil {
		return nil, err
	}
	if cmd.GetConditions() {
		if err := takeOver(view, l, amended); err != nil {
			return nil, err
		}
	}
	if proto.Equal(amended, &licensingv1.LicenceAmended{LicenceId: cmd.GetLicenceId(), Reason: cmd.GetReason()}) {
		return nil, nil
	}
	g, err := grounds.OfAmendment(view, l, amended.GetBasis() != nil, cmd.GetConditions())
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(ledger.Beside(l, amended))}, nil
}

// relined returns the licence's deal with other lines, or nil when they are the lines that it has.
func relined(view ledger.View, l *ledgerv1.Licence, lines []*transferv1.Line) (*licensingv1.Deal, error) {
	lines, err := numbered(lines)
	if err != nil {
		return nil, err
	}
	now := l.GetDeal().GetLines()
	if slices.EqualFunc(now, lines, func(a, b *transferv1.Line) bool { return proto.Equal(a, b) }) {
		return nil, nil
	}
	if len(lines) < len(now) {
		return nil, fault.Errorf(fault.Invalid, "licence %s has %d lines and keeps them; to stop authorizing a line set its quantity or value to 0", l.GetId(), len(now))
	}
	taken, err := takenFrom(view, l.GetId())
	if err != nil {
		return nil, err
	}
	for i, line := range now {
		if t := taken[line.GetNumber()]; t != nil {
			if err := t.allow(l.GetId(), line, lines[i]); err != nil {
				return nil, err
			}
		}
	}
	deal := proto.CloneOf(l.GetDeal())
	deal.Lines = lines
	return deal, nil
}
