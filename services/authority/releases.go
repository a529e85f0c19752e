package authority

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	// again is how long after a failure the hub is brought to the directory again.
	again = time.Second
	// atMost is how often it is looked at, at most: agencies' receipts move the directory all the time.
	atMost = 200 * time.Millisecond
)

// Run keeps the hub as the directory says until ctx ends: who is shut out, and which journal is delivered to whom. What the
// hub does follows from the authority's ledger and from nothing else, so that a crash between an event and its effect at the
// hub is mended by looking again.
func (s *Service) Run(ctx context.Context) error {
	select {
	case <-s.node.Ready():
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.node.Ledger.Follow(ctx, func() time.Duration {
		if err := s.converge(ctx); err != nil && ctx.Err() == nil {
			s.node.Logger.Error("hub is not as the directory says", "agency", s.node.Agency, "err", err)
			return again
		}
		select {
		case <-time.After(atMost):
		case <-ctx.Done():
		}
		return 0
	})
}

// converge makes the hub act on the directory as it stands. What fails for one agency keeps nothing from being done for
// another; who is to get nothing more comes first.
func (s *Service) converge(ctx context.Context) error {
	s.converging.Lock()
	defer s.converging.Unlock()
	var wanted []backbone.Release
	var agencies []*ledgerv1.Agency
	keys := map[string]ed25519.PublicKey{}
	err := s.node.Ledger.View(func(v ledger.View) (err error) {
		if agencies, err = v.Agencies(); err != nil {
			return err
		}
		for _, a := range agencies {
			if keys[a.Id], err = directory.SigningKey(v, a, s.now()); err != nil {
				return err
			}
		}
		wanted, err = releases(v, agencies)
		return err
	})
	if err != nil {
		return err
	}
	known := s.hub.Agencies()
	agencies = slices.DeleteFunc(agencies, func(a *ledgerv1.Agency) bool { return !slices.Contains(known, a.Id) }) // not invited yet
	var failed []error
	for _, a := range agencies {
		failed = append(failed, s.admit(ctx, a))
	}
	for _, a := range agencies {
		if key := keys[a.Id]; key != nil && a.Status != ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
			failed = append(failed, s.hub.UseKey(ctx, a.Id, key))
		}
	}
	failed = append(failed, s.deliver(ctx, known, wanted))
	return errors.Join(failed...)
}

// deliver makes the hub deliver what is wanted, between agencies that it knows, and nothing else.
func (s *Service) deliver(ctx context.Context, known []string, wanted []backbone.Release) error {
	over, lacking := map[release]bool{}, []backbone.Release{}
	standing := map[release]uint64{}
	for _, r := range s.hub.Releases() {
		this := release{r.Journal, r.Reader}
		standing[this], over[this] = r.After, true
	}
	for _, w := range wanted {
		this := release{w.Journal, w.Reader}
		after, is := standing[this]
		delete(over, this)
		if (!is || after != w.After) && slices.Contains(known, w.Journal.Agency) && slices.Contains(known, w.Reader) {
			lacking = append(lacking, w)
		}
	}
	var failed []error
	for r := range over {
		failed = append(failed, s.hub.Unrelease(ctx, r.journal, r.reader))
	}
	for _, w := range lacking {
		failed = append(failed, s.hub.Release(ctx, w.Journal, w.Reader, w.After))
	}
	return errors.Join(failed...)
}

// release is a journal that is delivered to a reader.
type release struct {
	journal journal.ID
	reader  string
}

// admit has the hub shut an agency out, or let it in, as the directory says.
func (s *Service) admit(ctx context.Context, a *ledgerv1.Agency) error {
	access, err := s.hub.Access(a.Id)
	if err != nil {
		return err
	}
	switch {
	case a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED && access != "removed":
		return s.hub.Remove(ctx, a.Id)
	case a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_SUSPENDED && access == "live":
		return s.hub.Suspend(ctx, a.Id)
	case a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_UNSPECIFIED && access == "suspended":
		return s.hub.Resume(ctx, a.Id)
	}
	return nil
}

// releases are what the directory says is to be delivered: the directory's journals to every agency, and each publisher's
// journal of a group to the members that it agreed to.
func releases(v ledger.View, agencies []*ledgerv1.Agency) ([]backbone.Release, error) {
	var all []backbone.Release
	present := map[string]bool{}
	for _, a := range agencies {
		present[a.Id] = a.Status != ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED
	}
	members, err := v.Group(directory.Group)
	if err != nil {
		return nil, err
	}
	for _, from := range agencies {
		for _, to := range members.GetMembers() {
			if from.Id != to && present[to] {
				all = append(all, backbone.Release{Journal: directory.Own(from.Id), Reader: to})
			}
		}
	}
	agreed, err := v.ReleasesWith("status", "agreed")
	if err != nil {
		return nil, err
	}
	for _, r := range agreed {
		publisher, err := journal.ParseID(r.Journal)
		if err != nil {
			return nil, err
		}
		group, err := v.Group(r.Group)
		if err != nil {
			return nil, err
		}
		if !present[r.Reader] || !slices.Contains(group.GetMembers(), r.Reader) || !slices.Contains(group.GetMembers(), publisher.Agency) {
			continue
		}
		all = append(all, backbone.Release{
			Journal: journal.ID{Agency: publisher.Agency, Group: r.Group}, Reader: r.Reader, After: r.Start.GetSequence(),
		})
	}
	return all, nil
}
