package denial

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Judge records an officer's judgement of an undercut that this agency found. It may be judged otherwise until the authority
// that denied is asked, and has to be judged anew when the application was amended since; the same again decides nothing.
func Judge(view ledger.View, cmd *licensingv1.JudgeUndercutRequest) ([]proto.Message, error) {
	u, err := ownUndercut(view, cmd.GetUndercutId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for judging undercut %s so", u.GetId())
	}
	judged := &licensingv1.UndercutJudged{UndercutId: u.GetId(), Identical: cmd.GetIdentical(), Reason: cmd.GetReason()}
	stale, err := judgedBefore(view, u)
	switch {
	case err != nil:
		return nil, err
	case proto.Equal(u.GetJudged(), judged) && !stale:
		return nil, nil
	case u.GetStatus() != candidate && u.GetStatus() != rejected && u.GetStatus() != confirmed:
		return nil, fault.Errorf(fault.Precondition, "undercut %s is %s; the judgement that it was asked with stands", u.GetId(), standing(u))
	}
	if _, err := dossier.Undecided(view, u.GetFound().GetApplicationId()); err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(u, judged)}, nil
}
