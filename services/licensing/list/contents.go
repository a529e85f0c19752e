package list

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// page is how many entries one answer holds.
const page = 10_000

// Contents lists what this agency has on record from a list and no edition left out, in order of id.
func Contents(view ledger.View, req *screeningv1.ListContentsRequest) (*screeningv1.ListContentsResponse, error) {
	last, err := latest(view, req.GetSource())
	if err != nil {
		return nil, err
	}
	entries, err := onRecord(view, req.GetSource())
	if err != nil {
		return nil, err
	}
	res := &screeningv1.ListContentsResponse{Edition: last.GetEdition().GetEdition()}
	for _, e := range entries {
		if e.GetId() <= req.GetAfter() {
			continue
		}
		if len(res.Entries) == page {
			res.More = true
			return res, nil
		}
		res.Entries = append(res.Entries, &screeningv1.EntryDigest{Key: e.GetEntry().GetKey(), Digest: e.GetEntry().GetDigest(), EntryId: e.GetId()})
	}
	return res, nil
}

// onRecord are the entries of a list that this agency recorded and that are on it still, in order of id.
func onRecord(view ledger.View, source string) (all []*ledgerv1.ListEntry, _ error) {
	entries, err := view.ListEntriesWith("source", source)
	if err != nil {
		return nil, fmt.Errorf("read entries of list %s: %w", source, err)
	}
	for _, e := range entries {
		if e.GetStatus() != ledgerv1.Status_STATUS_WITHDRAWN && view.Owns(e.GetId()) {
			all = append(all, e)
		}
	}
	return all, nil
}
