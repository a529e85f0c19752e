package authority

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

func noGroup(name string) error {
	return fault.Errorf(fault.NotFound, "there is no group %s; see: counterfoil directory show", name)
}

// Lag says how far every agency is.
func (s *Service) Lag(ctx context.Context, _ *directoryv1.LagRequest) (*directoryv1.LagResponse, error) {
	heads, err := s.hub.Heads(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the hub how far its copies are: %w", err)
	}
	res := &directoryv1.LagResponse{}
	err = s.node.Ledger.View(func(v ledger.View) error {
		agencies, err := v.Agencies()
		if err != nil {
			return err
		}
		for _, a := range agencies {
			if a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
				continue
			}
			lag, err := s.lag(v, a, heads)
			if err != nil {
				return err
			}
			res.Agencies = append(res.Agencies, lag)
		}
		return nil
	})
	return res, err
}

// lag is how far one agency is with every journal that its groups have.
func (s *Service) lag(v ledger.View, a *ledgerv1.Agency, heads map[journal.ID]uint64) (*directoryv1.AgencyLag, error) {
	lag := &directoryv1.AgencyLag{Agency: a.Id, ReceiptAgeSeconds: -1}
	var err error
	if lag.Access, err = s.hub.Access(a.Id); err != nil {
		lag.Access = "not invited"
		return lag, nil //nolint:nilerr // the hub does not know it: it was added and has no kit yet
	}
	if lag.Connected, err = s.hub.Connected(a.Id); err != nil {
		return nil, err
	}
	for _, id := range sortedIDs(heads) {
		if id.Agency == a.Id || id.Group == directory.Group {
			continue
		}
		reads, rule, err := readsOf(v, id, a.Id)
		if err != nil {
			return nil, err
		}
		receipt, err := v.Receipt(a.Id + "/" + id.String())
		if err != nil {
			return nil, err
		}
		if !reads && receipt == nil {
			continue
		}
		one := &directoryv1.JournalLag{Journal: id.String(), Head: heads[id], Block: receipt.GetReceipt().GetBlock()}
		one.Behind = one.Head - min(one.Head, one.Block)
		if !reads {
			one.Reason, one.Behind = rule, 0
		} else if stopped := receipt.GetReceipt().GetStopped(); stopped != "" {
			one.Reason = stopped
		}
		if receipt != nil {
			age := s.now().Sub(receipt.At.AsTime()).Seconds()
			if lag.ReceiptAgeSeconds < 0 || age < lag.ReceiptAgeSeconds {
				lag.ReceiptAgeSeconds = max(0, age)
			}
		}
		lag.Journals = append(lag.Journals, one)
	}
	return lag, nil
}

// readsOf says whether an agency reads a journal, and by which rule.
func readsOf(v ledger.View, id journal.ID, agency string) (bool, string, error) {
	readers, err := directory.Readers(v, id)
	if err != nil {
		return false, "", err
	}
	for _, r := range readers {
		if r.Agency == agency {
			return r.Reads, r.Rule, nil
		}
	}
	return false, "it is not registered", nil
}

func sortedIDs(heads map[journal.ID]uint64) []journal.ID {
	var ids []journal.ID
	for id := range heads {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b journal.ID) int { return strings.Compare(a.String(), b.String()) })
	return ids
}

// ShowAgency says all that the directory and the hub know of an agency.
func (s *Service) ShowAgency(ctx context.Context, req *directoryv1.ShowAgencyRequest) (*directoryv1.ShowAgencyResponse, error) {
	heads, err := s.hub.Heads(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the hub how far its copies are: %w", err)
	}
	var res *directoryv1.ShowAgencyResponse
	err = s.node.Ledger.View(func(v ledger.View) error {
		a, err := v.AgencyRow(req.GetAgency())
		if err != nil {
			return err
		}
		if a == nil {
			return fault.Errorf(fault.NotFound, "there is no agency %s; see: counterfoil directory show", req.GetAgency())
		}
		res, err = s.show(v, a, heads)
		return err
	})
	return res, err
}

var statusWords = map[ledgerv1.AgencyStatus]string{
	ledgerv1.AgencyStatus_AGENCY_STATUS_UNSPECIFIED: "taking part",
	ledgerv1.AgencyStatus_AGENCY_STATUS_SUSPENDED:   "suspended",
	ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED:     "removed",
}

func (s *Service) show(v ledger.View, a *ledgerv1.Agency, heads map[journal.ID]uint64) (*directoryv1.ShowAgencyResponse, error) {
	res := &directoryv1.ShowAgencyResponse{
		Title: a.Title, State: a.State, Service: a.Service, PostOf: a.PostOf, Status: statusWords[a.Status], StatusReason: a.StatusReason, Since: a.Since,
		Contacts: a.Contacts, Competences: a.Competences,
	}
	var err error
	if res.Agency, err = s.lag(v, a, heads); err != nil {
		return nil, err
	}
	groups, err := v.GroupsWith("member", a.Id)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		res.Groups = append(res.Groups, g.Id)
	}
	own, err := v.AgencyKeys(a.Id + "/keys")
	if err != nil {
		return nil, err
	}
	for _, k := range append(a.SigningKeys, own.GetSigningKeys()...) {
		if k.ValidUntil == nil || k.ValidUntil.AsTime().After(s.now()) {
			res.SigningKeys = append(res.SigningKeys, hex.EncodeToString(journal.KeyID(k.Public)))
		}
	}
	return res, nil
}
