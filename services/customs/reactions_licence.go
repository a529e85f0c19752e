package customs

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/hold"
)

// licenceReactions hold what was released under a licence that was suspended or revoked since, and has not left.
func licenceReactions() []desk.Reaction {
	return []desk.Reaction{
		{Name: "hold on suspended licences", Kind: (&licensingv1.LicenceSuspended{}).ProtoReflect().Descriptor().FullName(), React: holdUnlicensed},
		{Name: "hold on revoked licences", Kind: (&licensingv1.LicenceRevoked{}).ProtoReflect().Descriptor().FullName(), React: holdUnlicensed},
	}
}

func holdUnlicensed(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	of, ok := e.Fact.(interface{ GetLicenceId() string })
	if !ok {
		return nil, nil // it was withdrawn
	}
	return hold.Unlicensed(view, of.GetLicenceId(), e.Event.GetRecordedAt().AsTime(), e.Cause(id))
}
