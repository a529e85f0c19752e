// Package trace decides how requests to trace items go, as the International Tracing Instrument has it (docs/tracing.md):
// what is asked, of whom, by when, and what was answered. Only the agency that opened a trace changes it.
package trace

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// own returns a trace that this agency opened.
func own(view ledger.View, id string) (*ledgerv1.Trace, error) {
	t, err := view.Trace(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read trace %s: %w", id, err)
	case t == nil:
		return nil, fault.Errorf(fault.NotFound, "trace %s has not been opened; see: counterfoil list traces", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "trace %s was opened by another agency; reply to it: counterfoil trace reply %s", id, id)
	}
	return t, nil
}

// open is own for a trace that goes on.
func open(view ledger.View, id string) (*ledgerv1.Trace, error) {
	t, err := own(view, id)
	if err == nil && ledger.TraceEnded(t) {
		return nil, fault.Errorf(fault.Precondition, "trace %s is %s; open a new one on what is new", id, word(t.GetStatus()))
	}
	return t, err
}

// actor returns who does something about a trace: this agency, or an authority that it asked, which is named.
func actor(view ledger.View, t *ledgerv1.Trace, by string) (string, error) {
	sentTo := func(s *enforcementv1.TraceSent) bool { return s.GetTo() == by }
	switch {
	case by == "" || by == view.Agency():
		return view.Agency(), nil
	case t.GetOpened().GetReceived():
		return "", fault.Errorf(fault.Invalid, "trace %s was received, so %s answers it and not %s", t.GetId(), view.Agency(), by)
	case !slices.ContainsFunc(t.GetSent(), sentTo):
		return "", fault.Errorf(fault.Precondition, "trace %s was not sent to %s; record that first: counterfoil trace send %s --to %q", t.GetId(), by, t.GetId(), by)
	}
	return by, nil
}

// asked is actor for what only who was asked does: of an own trace, an authority elsewhere.
func asked(view ledger.View, t *ledgerv1.Trace, by string) (string, error) {
	who, err := actor(view, t, by)
	if err == nil && who == view.Agency() && !t.GetOpened().GetReceived() {
		return "", fault.Errorf(fault.Invalid, "trace %s is this agency's own; say which authority that was asked did it", t.GetId())
	}
	return who, err
}

func beside(t *ledgerv1.Trace, fact proto.Message) []proto.Message {
	return []proto.Message{ledger.Beside(t, fact)}
}

// word is where a trace stands as a sentence says it.
func word(s ledgerv1.TraceStatus) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(s.String(), "TRACE_STATUS_"), "_", " "))
}
