package statement

import (
	"context"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/statement/key"
)

// ChangeKey makes a new key, puts it on record and uses it from then on. What is interrupted is done at the next start, or
// when it is asked for again.
func (s *Service) ChangeKey(ctx context.Context, req *directoryv1.ChangeKeyRequest) (*directoryv1.ChangeKeyResponse, error) {
	public, err := s.node.NextKey(req.GetUse())
	if err != nil {
		return nil, err
	}
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return key.Change(view, req, public)
	})
	if err == nil {
		err = s.node.UseKey(req.GetUse())
	}
	if err == nil && receipt.GetRepeated() {
		public, err = s.changedTo(receipt)
	}
	if err != nil {
		return nil, fmt.Errorf("change a key: %w", err)
	}
	return &directoryv1.ChangeKeyResponse{Receipt: receipt, KeyId: hex.EncodeToString(journal.KeyID(public))}, nil
}

// changedTo is the key that an earlier command has changed to.
func (s *Service) changedTo(receipt *eventv1.Receipt) (public []byte, err error) {
	id, err := journal.ParseID(receipt.GetJournal())
	if err != nil {
		return nil, err
	}
	err = s.node.Ledger.View(func(view ledger.View) error {
		e, err := view.Event(id, receipt.GetFirstEvent())
		if err != nil {
			return err
		}
		fact, err := e.GetFact().UnmarshalNew()
		switch f := fact.(type) {
		case *directoryv1.SigningKeyChanged:
			public = f.GetKey().GetPublic()
		case *directoryv1.SealingKeyChanged:
			public = f.GetKey().GetPublic()
		}
		return err
	})
	return public, err
}
