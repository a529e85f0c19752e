package key_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/statement/key"
)

func TestChange(t *testing.T) {
	at := timestamppb.New(ledgertest.Start)
	public, other := []byte("public"), []byte("another")
	signing := &directoryv1.SigningKeyChanged{Key: &directoryv1.SigningKey{Public: public, ValidFrom: at}}
	sealing := &directoryv1.SealingKeyChanged{Key: &directoryv1.SealingKey{Public: public}}
	by := func(fact proto.Message) []proto.Message { return []proto.Message{ledgertest.By("licensing", fact)} }
	tests := []struct {
		name    string
		given   []proto.Message
		use     directoryv1.KeyUse
		want    []proto.Message
		wantErr error
	}{
		{"signing", nil, directoryv1.KeyUse_KEY_USE_SIGNING, []proto.Message{signing}, nil},
		{"sealing", nil, directoryv1.KeyUse_KEY_USE_SEALING, []proto.Message{sealing}, nil},
		{"after another", by(&directoryv1.SigningKeyChanged{Key: &directoryv1.SigningKey{Public: other}}), directoryv1.KeyUse_KEY_USE_SIGNING, []proto.Message{signing}, nil},
		{"signing again", by(signing), directoryv1.KeyUse_KEY_USE_SIGNING, nil, nil},
		{"sealing again", by(sealing), directoryv1.KeyUse_KEY_USE_SEALING, nil, nil},
		{"same key for another use", by(signing), directoryv1.KeyUse_KEY_USE_SEALING, []proto.Message{sealing}, nil},
		{"no use", nil, directoryv1.KeyUse_KEY_USE_UNSPECIFIED, nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := &directoryv1.ChangeKeyRequest{Use: tt.use, Particulars: &eventv1.Particulars{OccurredAt: at}}
			got, err := key.Change(ledgertest.Given(t, tt.given...), cmd, public)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("Change: %v\n%s", err, diff)
			}
		})
	}
}
