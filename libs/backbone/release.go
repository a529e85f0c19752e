package backbone

import (
	"context"
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// Release lets the blocks of one group's journal through to the reader's feed, from the first block on, while
// everything runs. Releasing twice changes nothing. A journal released again after Unrelease goes on after the last
// block that the reader's feed holds of it.
func (h *Hub) Release(ctx context.Context, id journal.ID, reader string) error {
	r := Release{id, reader}
	return h.change(ctx, "release", r, func(s *hubState) {
		if !slices.Contains(s.Releases, r) {
			s.Releases = sorted(append(s.Releases, r))
		}
	})
}

// Unrelease stops what Release began: no further block reaches the reader's feed. What the feed holds stays there.
// Taking back what was not released changes nothing.
func (h *Hub) Unrelease(ctx context.Context, id journal.ID, reader string) error {
	r := Release{id, reader}
	return h.change(ctx, "unrelease", r, func(s *hubState) {
		s.Releases = slices.DeleteFunc(s.Releases, func(other Release) bool { return other == r })
	})
}

// Releases returns what is released to whom, sorted by journal and reader.
func (h *Hub) Releases() []Release {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.state.Releases)
}

// change records a changed set of releases and then makes the reader's feeder act on it.
func (h *Hub) change(ctx context.Context, verb string, r Release, edit func(*hubState)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, agency := range []string{r.Journal.Agency, r.Reader} {
		if err := h.known(agency); err != nil {
			return err
		}
	}
	switch {
	case !r.Journal.Valid():
		return fault.Errorf(fault.Invalid, "%q is not the name of a journal", r.Journal)
	case r.Journal.Agency == r.Reader:
		return fault.Errorf(fault.Invalid, "%s is %s's own journal and needs no release to it", r.Journal, r.Reader)
	}
	if err := h.edit(edit); err != nil {
		return fmt.Errorf("%s %s: %w", verb, r, err)
	}
	if err := h.restartFeeder(ctx, r.Reader); err != nil {
		return fmt.Errorf("%s %s: %w", verb, r, err)
	}
	h.log.Info("releases changed", "change", verb, "journal", r.Journal.String(), "agency", r.Reader)
	return nil
}
