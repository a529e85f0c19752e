package edition

import (
	"bytes"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Close says that an edition was read to its end. Closing it again with the same digest records nothing; with another,
// or after a later edition was closed, it is refused.
func Close(view ledger.View, req *licensingv1.CloseEditionRequest) ([]proto.Message, error) {
	at, err := day(req.Edition, req.Particulars)
	if err != nil {
		return nil, err
	}
	closed, err := view.Edition(id(view.Agency(), req.Source, req.Edition))
	switch {
	case err != nil:
		return nil, err
	case closed != nil && bytes.Equal(closed.Digest, req.Digest):
		return nil, nil
	case closed != nil:
		return nil, fault.Errorf(fault.Conflict, "the edition of %s is on record with another content; what is published under a date must not change", req.Edition)
	}
	last, err := latest(view, req.Source)
	if err != nil {
		return nil, err
	}
	if last != nil && last.Edition > req.Edition {
		return nil, fault.Errorf(fault.Precondition, "the edition of %s is on record to its end; the older one of %s cannot be recorded after it", last.Edition, req.Edition)
	}
	return []proto.Message{ledger.Dated{OccurredAt: at, RecordedAt: at, Message: &licensingv1.EditionRecorded{
		Source: req.Source, Edition: req.Edition, Digest: req.Digest, Entries: req.Entries, Lines: req.Lines,
	}}}, nil
}
