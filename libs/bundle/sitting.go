package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	stateTaken   = queryv1.BundleState_BUNDLE_STATE_TAKEN_IN
	stateHeld    = queryv1.BundleState_BUNDLE_STATE_HELD
	stateMissing = queryv1.BundleState_BUNDLE_STATE_MISSING_BEFORE
	stateWaits   = queryv1.BundleState_BUNDLE_STATE_WAITS_FOR_DIRECTORY
	stateRefused = queryv1.BundleState_BUNDLE_STATE_REFUSED
	stateCutOff  = queryv1.BundleState_BUNDLE_STATE_CUT_OFF
)

// foldPatience is how long a journal of the directory may take to be folded before the rest goes on without it.
const foldPatience = time.Minute

// journal takes in one journal, by its place in the manifest: its blocks are held against the end of what is here and against
// their agency's signature before the first goes in.
func (s *sitting) journal(ctx context.Context, in *backbone.Intake, place int) (*queryv1.BundleFinding, error) {
	id, stated := s.f.ids[place], s.f.Manifest.Journals[place]
	finding := &queryv1.BundleFinding{Journal: stated.Journal, FirstBlock: stated.FirstBlock, LastBlock: stated.LastBlock}
	frames := s.whole(place)
	if frames == 0 {
		finding.State, finding.Why = stateCutOff, "the file ends before it"
		return finding, nil
	}
	t := &taking{sitting: s, id: id, stated: stated}
	if err := t.begin(ctx, finding); err != nil || finding.State != 0 {
		return finding, err
	}
	err := s.f.Each(place, frames, t.check)
	if err == nil && t.last != nil {
		err = s.c.Keys.Verify(t.last)
	}
	var unknown *directory.UnknownKey
	var broken *journal.Broken
	switch {
	case errors.As(err, &unknown):
		finding.State, finding.Why = stateWaits, fmt.Sprintf("%v; it is in %s, of which more is needed", err, directory.Own(id.Agency))
		return finding, nil
	case errors.As(err, &broken):
		finding.State, finding.Why = stateRefused, fmt.Sprintf("block %d: %s", broken.Block, broken.Reason)
		return finding, nil
	case err != nil:
		return nil, err
	}
	finding.Held, finding.Taken = t.held, t.fresh
	if t.fresh == 0 {
		finding.State = stateHeld
		return finding, nil
	}
	finding.State = stateTaken
	err = s.f.Each(place, frames, func(f *Frame) error {
		if f.Sequence <= t.from {
			return nil
		}
		return in.Put(ctx, id, backbone.Carried{Sequence: f.Sequence, Redacts: f.Redacts, Head: f.Head, Data: f.Block})
	})
	if err == nil && id.Group == directory.Group {
		err = s.c.folded(ctx, id, t.block)
	}
	return finding, err
}

// whole is how many frames of a journal are whole.
func (s *sitting) whole(place int) int {
	return min(max(s.frames-s.f.first[place], 0), int(s.f.Manifest.Journals[place].Frames))
}

// taking is one journal of a file, held against what is here.
type taking struct {
	*sitting
	id     journal.ID
	stated *queryv1.BundleJournal
	here   backbone.Held
	// from is the message after which frames are new; block and digest are the last block before the next.
	from, block uint64
	digest      []byte
	last        *journal.Block
	held, fresh uint32
}

// begin finds where the journal stands here. It sets the finding's state when nothing of it can be taken in.
func (t *taking) begin(ctx context.Context, finding *queryv1.BundleFinding) (err error) {
	if t.id.Group != directory.Group {
		if finding.Why, err = t.withheld(); err != nil || finding.Why != "" {
			finding.State = stateWaits
			return err
		}
	}
	if t.here, err = t.c.Node.Held(ctx, t.id); err != nil {
		return err
	}
	t.from, t.block, t.digest = t.here.Sequence, t.here.Block, t.here.Digest
	if t.from >= t.stated.AfterSequence {
		return nil
	}
	return t.c.Ledger.View(func(v ledger.View) error {
		start, err := startAt(v, t.id, t.c.Agency, t.stated.AfterBlock)
		if err != nil {
			return err
		}
		if start != nil && start.Sequence == t.stated.AfterSequence && bytes.Equal(start.HeaderDigest, t.stated.AfterDigest) {
			t.from, t.block, t.digest = start.Sequence, start.Block, start.HeaderDigest
			return nil
		}
		finding.State = stateMissing
		finding.MissingFrom, finding.MissingTo = t.block+1, t.stated.AfterBlock
		finding.Why = fmt.Sprintf("it goes on after block %d, and block %d is the last one here. %s can make a bundle of what is between, or any agency that reads %s: counterfoil bundle make --for %s --journal %s --since %s:%d",
			t.stated.AfterBlock, t.block, t.id.Agency, t.id, t.c.Agency, t.id, t.id, t.block)
		return nil
	})
}

// withheld says why a journal of a group is not taken in now, or nothing.
func (t *taking) withheld() (why string, err error) {
	err = t.c.Ledger.View(func(v ledger.View) error {
		entitled, rule, err := reads(v, t.id, t.c.Agency)
		if !entitled {
			why = fmt.Sprintf("by the directory as it stands here, %s does not read it: %s", t.c.Agency, rule)
		}
		return err
	})
	return why, err
}

// check holds the next frame against those before it. It returns *journal.Broken, or the keys' own error.
func (t *taking) check(f *Frame) error {
	b := f.Parsed
	broken := func(reason string) error { return &journal.Broken{ID: t.id, Block: b.Header.Number, Reason: reason} }
	switch {
	case f.Sequence == t.here.Sequence && !journal.SameHeader(f.Block, t.here.Data):
		return broken("another block than here stands under this number: the journal has forked")
	case f.Sequence <= t.from:
		t.held++
		return nil
	case f.Redaction():
		t.fresh++
		return t.c.Keys.Verify(b)
	case b.Header.Number != t.block+1:
		return broken(fmt.Sprintf("it does not follow on block %d", t.block))
	case t.digest != nil && !bytes.Equal(b.Header.Previous, t.digest):
		return broken(fmt.Sprintf("it names another block as its predecessor than block %d that is here", t.block))
	}
	t.fresh++
	t.block, t.digest, t.last = b.Header.Number, b.Digest[:], b
	return b.VerifyBody()
}

// folded returns once a journal of the directory is in the ledger up to a block, or its follower has stopped there, so that its
// keys are known.
func (c *Courier) folded(ctx context.Context, id journal.ID, block uint64) error {
	tick := time.NewTicker(20 * time.Millisecond) // a journal that comes to wait for a key does not change the ledger
	defer tick.Stop()
	enough := time.After(foldPatience)
	for {
		var reached uint64
		changed := c.Ledger.Changed()
		err := c.Ledger.View(func(v ledger.View) error {
			p, err := v.Position(id)
			reached = p.GetBlock()
			return err
		})
		if err != nil {
			return err
		}
		if reached >= block || c.Stops()[id] != nil {
			return c.Ledger.View(c.Keys.Learn)
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-enough:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
