// Package key is the keys that an agency changes to: a pure rule.
package key

import (
	"bytes"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// Change makes a key known that the agency uses from then on. One that it has made known already decides nothing.
func Change(view ledger.View, cmd *directoryv1.ChangeKeyRequest, public []byte) ([]proto.Message, error) {
	own, err := view.AgencyKeys(view.Agency() + "/keys")
	if err != nil {
		return nil, err
	}
	switch cmd.GetUse() {
	case directoryv1.KeyUse_KEY_USE_SIGNING:
		for _, k := range own.GetSigningKeys() {
			if bytes.Equal(k.Public, public) {
				return nil, nil
			}
		}
		fact := &directoryv1.SigningKeyChanged{Key: &directoryv1.SigningKey{Public: public, ValidFrom: cmd.GetParticulars().GetOccurredAt()}}
		return []proto.Message{fact}, nil
	case directoryv1.KeyUse_KEY_USE_SEALING:
		for _, k := range own.GetSealingKeys() {
			if bytes.Equal(k.Public, public) {
				return nil, nil
			}
		}
		return []proto.Message{&directoryv1.SealingKeyChanged{Key: &directoryv1.SealingKey{Public: public}}}, nil
	}
	return nil, fault.Errorf(fault.Invalid, "say which key: the one that signs or the one that keys are sealed for")
}
