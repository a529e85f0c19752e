package denial

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Consult asks the authority that denied, once an officer has confirmed that the application is essentially identical. It has
// until the end of the working day that the policy sets. The same question again decides nothing.
func Consult(view ledger.View, cmd *licensingv1.ConsultDenialRequest) ([]proto.Message, error) {
	u, err := ownUndercut(view, cmd.GetUndercutId())
	if err != nil {
		return nil, err
	}
	switch u.GetStatus() {
	case confirmed:
	case candidate, rejected:
		return nil, fault.Errorf(fault.Precondition, "undercut %s is %s; confirm it first: counterfoil denial judge %s --identical --reason REASON", u.GetId(), standing(u), u.GetId())
	default:
		if u.GetOpened().GetQuestion() == cmd.GetQuestion() {
			return nil, nil
		}
		return nil, fault.Errorf(fault.Conflict, "undercut %s is %s, with another question, which stands", u.GetId(), standing(u))
	}
	a, err := dossier.Undecided(view, u.GetFound().GetApplicationId())
	if err != nil {
		return nil, err
	}
	at := cmd.GetParticulars().GetOccurredAt()
	terms, days, err := Terms(view, a, at.AsTime())
	if err != nil {
		return nil, err
	}
	var cal *policy.Calendar
	if days != nil {
		if cal, err = dossier.Calendar(view, days); err != nil {
			return nil, err
		}
	}
	return []proto.Message{ledger.Beside(u, &licensingv1.UndercutConsultationOpened{
		UndercutId: u.GetId(), Question: cmd.GetQuestion(), OpenedAt: at,
		Due: timestamppb.New(policy.Deadline(cal, at.AsTime(), int(terms.GetWorkingDays()), nil)),
	})}, nil
}

// RecordReply puts a reply that came on paper on record, which ends the consultation. The same again decides nothing.
func RecordReply(view ledger.View, cmd *licensingv1.RecordReplyRequest) ([]proto.Message, error) {
	u, err := ownUndercut(view, cmd.GetUndercutId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetText() == "" || cmd.GetPaper() == "":
		return nil, fault.Errorf(fault.Invalid, "give the text of the reply to undercut %s, and the name of the paper that it came on", u.GetId())
	}
	received := &licensingv1.UndercutReplyReceived{UndercutId: u.GetId(), Identical: cmd.GetIdentical(), Text: cmd.GetText(), Paper: cmd.GetPaper()}
	switch {
	case proto.Equal(u.GetReceived(), received):
		return nil, nil
	case u.GetStatus() != consulting:
		return nil, fault.Errorf(fault.Precondition, "undercut %s is %s; a reply is recorded while it is being asked about", u.GetId(), standing(u))
	}
	closed := &licensingv1.UndercutClosed{UndercutId: u.GetId(), Identical: cmd.GetIdentical()}
	return []proto.Message{ledger.Beside(u, received), ledger.Beside(u, closed)}, nil
}

// Reply is the reply of the authority that denied, which takes part itself, to whoever reads the question. It is given once;
// the same again decides nothing.
func Reply(view ledger.View, cmd *licensingv1.ReplyToConsultationRequest) ([]proto.Message, error) {
	u, err := undercut(view, cmd.GetUndercutId())
	switch {
	case err != nil:
		return nil, err
	case u.GetFound().GetAgency() != view.Agency() || view.Owns(u.GetId()):
		return nil, fault.Errorf(fault.NotAllowed, "undercut %s is of a denial that %s did not make; only who denied replies", u.GetId(), view.Agency())
	case cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "give the text of the reply to undercut %s", u.GetId())
	}
	reply := &licensingv1.UndercutReplied{UndercutId: u.GetId(), Identical: cmd.GetIdentical(), Text: cmd.GetText()}
	earlier, err := view.UndercutReply(view.Agency() + "/" + u.GetId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the reply to undercut %s: %w", u.GetId(), err)
	case proto.Equal(earlier.GetReplied(), reply):
		return nil, nil
	case earlier != nil:
		return nil, fault.Errorf(fault.Conflict, "undercut %s was replied to on %s with another content, which stands", u.GetId(), day(earlier.GetAt().AsTime()))
	case u.GetStatus() != consulting:
		return nil, fault.Errorf(fault.Precondition, "undercut %s is %s; it is replied to while it is being asked about", u.GetId(), standing(u))
	}
	return []proto.Message{ledger.Beside(u, reply)}, nil
}
