// Package inquiry is how requests from parliament, auditors, press and citizens come on record and are answered: pure functions of a
// ledger view and a command.
package inquiry

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Open puts a request on record under a new id, "PR-" and the year, with the day by which it has to be answered. Who asks is a class and
// never a person. A request with the same reference and text as one that is open decides nothing.
func Open(view ledger.View, cmd *reportingv1.OpenPublicRequestRequest) ([]proto.Message, error) {
	asked := cmd.GetParticulars().GetOccurredAt().AsTime()
	switch {
	case cmd.GetFrom() == "" || strings.TrimSpace(cmd.GetText()) == "":
		return nil, fault.Errorf(fault.Invalid, "say who asks (parliament, cabinet, audit, citizen or press), and what")
	case cmd.GetDue() == nil || cmd.GetDue().CheckValid() != nil:
		return nil, fault.Errorf(fault.Invalid, "say by when it has to be answered: --due")
	case !cmd.GetDue().AsTime().After(asked):
		return nil, fault.Errorf(fault.Invalid, "a request of %s cannot be due on %s", asked.Format(time.DateOnly), cmd.GetDue().AsTime().Format(time.DateOnly))
	}
	open, err := view.PublicRequestsWith("open", "true")
	if err != nil {
		return nil, fmt.Errorf("read open requests: %w", err)
	}
	for _, r := range open {
		o := r.GetOpened()
		if view.Owns(r.GetId()) && cmd.GetReference() != "" && o.GetReference() == cmd.GetReference() && o.GetFrom() == cmd.GetFrom() && o.GetText() == cmd.GetText() {
			return nil, nil
		}
	}
	id, err := view.NextID("PR-" + asked.Format("2006"))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&reportingv1.PublicRequestOpened{RequestId: id, From: cmd.GetFrom(), Reference: cmd.GetReference(), Text: cmd.GetText(), Due: cmd.GetDue()}}, nil
}
