package projection

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// RebuildFolder is the folder beside a ledger that it is built anew in. Nothing in it is of use once nobody builds.
	RebuildFolder = "rebuild"
	// nearby is how many blocks a ledger that is built beside may lack when it is compared with the one that serves, or takes its
	// place: they are folded while nobody waits long.
	nearby = 64
	// mostRounds bounds how often it is brought nearer, where blocks come faster than they are folded.
	mostRounds = 20
)

// Rebuilding says how a ledger is built anew.
type Rebuilding struct {
	// DryRun only compares.
	DryRun bool
	// Progress is told of blocks that were folded, then of rows that were compared, of how many. Optional.
	Progress func(phase queryv1.RebuildPhase, done, total uint64)
	// Carry copies what is of the old ledger alone and must not be lost into the new one, while nobody writes. Optional.
	Carry func(from ledger.View, to *ledger.Tx) error
}

// Rebuild builds a second ledger from both streams while this one serves, every signature checked, compares the two, and puts
// the new one in place of the old under everybody who holds it (ledger.Replace). It is put in place whether or not they differ,
// unless it holds less than the old one: then the result says why the old one stays. What is folded from blocks is never carried
// over. A crash or an end of ctx at any moment leaves one of the two in place and at most RebuildFolder behind. One rebuild
// goes on at a time.
func (f *Follower) Rebuild(ctx context.Context, o Rebuilding) (*queryv1.RebuildResult, error) {
	if !f.rebuilding.TryLock() {
		return nil, fault.Errorf(fault.Conflict, "the ledger of %s is being built anew already; wait for that to end", f.Agency)
	}
	defer f.rebuilding.Unlock()
	dir := filepath.Join(filepath.Dir(f.Ledger.Path()), RebuildFolder)
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("remove what an earlier rebuild left: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make room for a second ledger: %w", err)
	}
	defer os.RemoveAll(dir)
	anew, err := ledger.Open(filepath.Join(dir, "ledger.db"), ledger.Options{Agency: f.Agency})
	if err != nil {
		return nil, err
	}
	defer anew.Close()
	r := &rebuild{Rebuilding: o, live: f, result: &queryv1.RebuildResult{}}
	r.again = New(Config{
		Agency: f.Agency, Ledger: anew, Keys: f.Keys.Fresh(), JetStream: f.JetStream, Own: f.Own, Inbox: f.Inbox,
		Evidence: filepath.Join(dir, "evidence"), Logger: f.Logger, Progress: r.folded,
	})
	for _, step := range []func(context.Context) error{r.build, r.compare, r.swap} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("build the ledger of %s anew: %w", f.Agency, err)
		}
	}
	return r.result, nil
}

type rebuild struct {
	Rebuilding
	live, again *Follower
	result      *queryv1.RebuildResult
}

func (r *rebuild) progress(phase queryv1.RebuildPhase, done, total uint64) {
	if r.Progress != nil {
		r.Progress(phase, done, total)
	}
}

func (r *rebuild) folded(done, total uint64) {
	r.progress(queryv1.RebuildPhase_REBUILD_PHASE_BUILD, done, total)
}

// blocks is how many were folded.
func (r *rebuild) blocks() uint64 {
	r.again.mu.Lock()
	defer r.again.mu.Unlock()
	return r.again.done
}

// build folds until the new ledger is near to the live one.
func (r *rebuild) build(ctx context.Context) error {
	began := time.Now()
	if err := r.again.checkStreams(ctx); err != nil { // it has nothing yet, and remembers which streams they are
		return err
	}
	err := r.comeNear(ctx)
	r.result.BuiltIn = durationpb.New(time.Since(began))
	return err
}

func (r *rebuild) comeNear(ctx context.Context) error {
	for range mostRounds {
		var at []place
		err := r.live.Ledger.Committed(func(v ledger.View) (err error) {
			at, err = r.places(ctx, v)
			return err
		})
		if err != nil {
			return err
		}
		before := r.blocks()
		if err := r.fold(ctx, at); err != nil {
			return err
		}
		if r.blocks()-before <= nearby {
			return nil
		}
	}
	return nil
}

// place is how far a journal is to be read.
type place struct {
	id journal.ID
	// sequence in its stream.
	sequence uint64
	// blocks that there are up to it, as far as is known.
	blocks uint64
}

// places are how far a view of the live ledger is in each journal, the directory's first. Of one that is stopped or waits there all
// that is stored is tried.
func (r *rebuild) places(ctx context.Context, v ledger.View) (list []place, err error) {
	positions, err := v.Positions()
	if err != nil {
		return nil, err
	}
	at := map[journal.ID]place{}
	for _, p := range positions {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return nil, err
		}
		at[id] = place{id, p.Sequence, p.Block - p.StartBlock}
	}
	for id := range r.live.State() {
		info, err := r.live.info(ctx, r.live.streamOf(id))
		if err != nil {
			return nil, err
		}
		at[id] = place{id, info.State.LastSeq, at[id].blocks}
	}
	return slices.SortedFunc(maps.Values(at), func(a, b place) int { return directoryFirst(a.id, b.id) }), nil
}

// fold brings the new ledger to these places.
func (r *rebuild) fold(ctx context.Context, at []place) error {
	var total uint64
	for _, p := range at {
		total += p.blocks
	}
	r.again.mu.Lock()
	r.again.total = total
	r.again.mu.Unlock()
	r.again.release(true)
	r.again.release(false)
	for _, p := range at {
		if err := r.again.catchUp(ctx, r.again.streamOf(p.id), p.id, p.sequence, bulkEvents, true); err != nil {
			return err
		}
		if isDirectory(p.id) {
			if err := r.again.Ledger.View(r.again.Keys.Learn); err != nil {
				return err
			}
		}
	}
	return nil
}

// swap puts the new ledger in place, unless it may not be.
func (r *rebuild) swap(ctx context.Context) error {
	switch {
	case r.result.Stays != "":
		return nil
	case r.DryRun:
		r.result.Stays = "it was only compared"
		return nil
	}
	r.progress(queryv1.RebuildPhase_REBUILD_PHASE_SWAP, 0, 0)
	if err := r.comeNear(ctx); err != nil {
		return err
	}
	anew := r.again.Ledger
	if err := anew.Scrub(ctx); err != nil {
		return err
	}
	if err := anew.Sync(); err != nil { // most of it, while nobody waits for it
		return err
	}
	paused, err := r.live.Ledger.Replace(anew, func(v ledger.View) error { return r.last(ctx, v) })
	if err != nil {
		return err
	}
	r.result.Blocks = r.blocks()
	r.result.Swapped, r.result.Paused = true, durationpb.New(paused)
	r.result.Aside = filepath.Base(r.live.Ledger.Path()) + ledger.Aside
	r.live.Logger.Warn("ledger was built anew and put in place", "agency", r.live.Agency, "differences", r.result.Differences, "paused", paused)
	return r.settle(context.WithoutCancel(ctx))
}

// last folds the last blocks and carries over what is only local, while nobody writes.
func (r *rebuild) last(ctx context.Context, v ledger.View) error {
	at, err := r.places(ctx, v)
	if err != nil {
		return err
	}
	if err := r.fold(ctx, at); err != nil || r.Carry == nil {
		return err
	}
	tx, err := r.again.Ledger.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := r.Carry(v, tx); err != nil {
		return fmt.Errorf("carry over what is local: %w", err)
	}
	return tx.Commit()
}

// settle has the follower go on from the new ledger.
func (r *rebuild) settle(ctx context.Context) error {
	at := map[journal.ID]uint64{}
	err := r.live.Ledger.View(func(v ledger.View) error {
		ids, err := journals(v)
		if err != nil {
			return err
		}
		for _, id := range ids {
			p, err := v.Position(id)
			if err != nil {
				return err
			}
			at[id] = p.Sequence
		}
		return r.live.Keys.Learn(v)
	})
	if err != nil {
		return err
	}
	stopped := len(r.live.State())
	r.live.goOn(r.again, at)
	if len(r.live.State()) < stopped {
		if err := r.live.CatchUpOwn(ctx); err != nil { // the next command tries again, and is told
			r.live.Logger.Warn("own journal is not followed", "agency", r.live.Agency, "err", err)
		}
	}
	return r.live.Ledger.Scrub(ctx) // what was purged while it was built
}
