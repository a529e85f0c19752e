package backbone

import (
	"context"
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// Release lets the blocks of one group's journal through to the reader's feed, those whose sequence in the relay is
// higher than after, while everything runs. Releasing twice changes nothing. Released again with another after, or
// after Unrelease, it goes on after the last block that the reader's feed holds of the journal, or after that number
// if it is higher.
func (h *Hub) Release(ctx context.Context, id journal.ID, reader string, after uint64) error {
	return h.releasing(ctx, "release", id, reader, func(s *hubState) { s.put(Release{id, reader, after}) })
}

// Unrelease stops what Release began: no further block reaches the reader's feed. What the feed holds stays there.
// Taking back what was not released changes nothing. In a hub of several servers the one that copies hears of it
// within a second.
func (h *Hub) Unrelease(ctx context.Context, id journal.ID, reader string) error {
	return h.releasing(ctx, "unrelease", id, reader, func(s *hubState) {
		s.drop(func(r Release) bool { return r.Journal == id && r.Reader == reader })
	})
}

// Releases returns what is released to whom, sorted by journal and reader.
func (h *Hub) Releases() []Release { return slices.Clone(h.state.Load().Releases) }

func (h *Hub) releasing(ctx context.Context, verb string, id journal.ID, reader string, change func(*hubState)) error {
	switch {
	case !id.Valid():
		return fault.Errorf(fault.Invalid, "%q is not the name of a journal", id)
	case id.Agency == reader:
		return fault.Errorf(fault.Invalid, "%s is %s's own journal and needs no release to it", id, reader)
	}
	return h.decide(ctx, fmt.Sprintf("%s %s to", verb, id), reader, func(s *hubState) error {
		// The journals of an agency that was removed may still be released: its relay is kept.
		if _, err := s.known(id.Agency); err != nil {
			return err
		}
		if _, err := s.present(reader); err != nil {
			return err
		}
		change(s)
		return nil
	})
}
