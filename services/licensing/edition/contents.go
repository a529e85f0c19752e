package edition

import (
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// page is how many entries one answer holds.
const page = 10_000

// Contents lists what is on record from a register and was not withdrawn, in order of id. Licences that an officer
// suspended or revoked are in it: the register has them still.
func Contents(view ledger.View, req *licensingv1.EditionContentsRequest) (*licensingv1.EditionContentsResponse, error) {
	last, err := latest(view, req.Source)
	if err != nil {
		return nil, err
	}
	licences, err := view.LicencesWith("source", req.Source)
	if err != nil {
		return nil, err
	}
	denials, err := view.DenialsWith("source", req.Source)
	if err != nil {
		return nil, err
	}
	res := &licensingv1.EditionContentsResponse{Edition: last.GetEdition()}
	for len(licences)+len(denials) > 0 {
		var row entry
		if len(denials) == 0 || len(licences) > 0 && strings.Compare(licences[0].Id, denials[0].Id) < 0 {
			row, licences = licences[0], licences[1:]
		} else {
			row, denials = denials[0], denials[1:]
		}
		if row.GetId() <= req.After || row.GetStatus() == ledgerv1.Status_STATUS_WITHDRAWN || !view.Owns(row.GetId()) {
			continue
		}
		if len(res.Entries) == page {
			res.More = true
			return res, nil
		}
		res.Entries = append(res.Entries, onRecord(row))
	}
	return res, nil
}

// entry is what licences and denials have in common.
type entry interface {
	GetId() string
	GetStatus() ledgerv1.Status
	GetDeal() *licensingv1.Deal
	GetPublished() *licensingv1.Published
}

func onRecord(row entry) *licensingv1.EntryOnRecord {
	_, refused := row.(*ledgerv1.Denial)
	return published.OnRecord(row.GetId(), &licensingv1.Entry{
		Digest: row.GetPublished().GetDigest(), Date: row.GetPublished().GetDate(), Refused: refused,
		Destination: row.GetDeal().GetDestination(), Lines: row.GetDeal().GetLines(),
	})
}
