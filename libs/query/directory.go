package query

import (
	"context"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Directory shows the directory as it is, or as it was at a moment: what was recorded by then, on any of its journals that
// this agency has.
func (s *service) Directory(ctx context.Context, req *queryv1.DirectoryRequest) (*queryv1.DirectoryResponse, error) {
	var res *queryv1.DirectoryResponse
	read := func(v ledger.View) (err error) {
		res, err = directoryOf(v)
		return err
	}
	if req.AsOf == nil {
		err := s.Ledger.View(read)
		return res, err
	}
	switch {
	case req.AsOf.CheckValid() != nil:
		return nil, fault.Errorf(fault.Invalid, "as_of is not a date")
	case req.AsOf.AsTime().After(s.Now()):
		return nil, fault.Errorf(fault.Invalid, "what the directory will say at %s is not known yet; leave the moment out to see it as it is", req.AsOf.AsTime().UTC().Format("2006-01-02 15:04:05Z"))
	}
	// The authority has no journal but the directory's, which is within every horizon.
	then := &queryv1.Horizon{AsOf: req.AsOf, Agencies: []string{directory.Authority}}
	if err := s.at(ctx, then, read); err != nil {
		return nil, err
	}
	return res, nil
}

// directoryOf is what a ledger's rows say of the directory.
func directoryOf(v ledger.View) (*queryv1.DirectoryResponse, error) {
	res := &queryv1.DirectoryResponse{}
	rules, err := v.SharingRules()
	if err != nil {
		return nil, err
	}
	res.Rules = rules.GetRules()
	for _, read := range []func() error{
		func() (err error) { res.Agencies, err = v.Agencies(); return err },
		func() (err error) { res.Groups, err = v.Groups(); return err },
		func() (err error) { res.Releases, err = v.Releases(); return err },
		func() (err error) { res.Policies, err = v.Policies(); return err },
		func() (err error) { res.Calendars, err = v.Calendars(); return err },
		func() (err error) { res.Handovers, err = v.Handovers(); return err },
		func() (err error) { res.Widenings, err = v.Widenings(); return err },
		func() (err error) { res.Keys, err = v.ChangedKeys(); return err },
		func() (err error) { res.Basis, err = basis(v); return err },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return res, nil
}
