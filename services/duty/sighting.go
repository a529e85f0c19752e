package duty

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// AddSighting records something that was seen or heard of, by any agency. It names at least one thing by which it can be found:
// a record, which need not be on record here, a serial or lot, a party, or a paper, container or vessel. Two sightings may say the
// same: what was seen twice was seen twice.
func AddSighting(view ledger.View, cmd *enforcementv1.AddSightingRequest) ([]proto.Message, error) {
	switch {
	case cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say what was seen")
	case len(cmd.GetRecords())+len(cmd.GetSerials())+len(cmd.GetParties()) == 0 && proto.Size(cmd.GetLinks()) == 0:
		return nil, fault.Errorf(fault.Invalid, "name what the sighting is about: a record, a serial or lot, a party, a paper, a container or a vessel")
	}
	if err := incident.CheckCountries(cmd.GetCountry()); err != nil {
		return nil, err
	}
	if cmd.GetEvidence() != nil {
		if err := incident.CheckEvidence(cmd.GetEvidence()); err != nil {
			return nil, err
		}
	}
	seen, err := incident.At(cmd.GetSeenAt(), cmd.GetParticulars().GetOccurredAt(), "it was seen")
	if err != nil {
		return nil, err
	}
	id, err := view.NextID("SI-" + yearOf(cmd.GetParticulars()))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&enforcementv1.SightingAdded{
		SightingId: id, Text: cmd.GetText(), Place: cmd.GetPlace(), Country: cmd.GetCountry(), SeenAt: seen, Serials: cmd.GetSerials(),
		Parties: cmd.GetParties(), Links: cmd.GetLinks(), Evidence: cmd.GetEvidence(), Records: cmd.GetRecords(),
	}}, nil
}
