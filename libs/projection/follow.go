package projection

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	// liveEvents is the most events that one transaction folds while commands may be waiting for the ledger.
	liveEvents = 2_000
	// ownEvery is how often the own stream is looked at for blocks that the desk did not append.
	ownEvery = 500 * time.Millisecond
	// bulkEvents is the same while the ledger is being brought up at the start.
	bulkEvents = 10_000
)

// Config is what a follower works with.
type Config struct {
	Agency string
	Ledger *ledger.Ledger
	Keys   *directory.Keys
	// JetStream is the node's own. Own is the agency's journal stream there (subjects block.<agency>.<group>), Inbox
	// what it received (in.<agency>.<group>).
	JetStream  jetstream.JetStream
	Own, Inbox jetstream.Stream
	// Evidence is the folder that blocks are kept in that were not believed.
	Evidence string
	// Progress is told, while the ledger is brought up at the start, how many blocks of how many are done. Optional.
	Progress func(done, total uint64)
	// Folded is told of every transaction that was committed, and how long it was open. Optional.
	Folded func(events int, took time.Duration)
	// Tracer traces the folding of blocks whose agency did so; nil: nothing is traced.
	Tracer trace.Tracer
	// Traces is told of which trace a block is. Optional.
	Traces *journal.Traces
	Logger *slog.Logger
}

// Follower folds journals into a ledger. A journal that breaks a promise is stopped, with the block and the reason;
// one whose keys the directory does not have yet waits for them; the others go on.
type Follower struct {
	Config
	names   map[jetstream.Stream]string
	mu      sync.Mutex
	waiting map[journal.ID]*ledgerv1.Stop
	stopped map[journal.ID]*ledgerv1.Stop
	// done counts blocks since CatchUp began, total what there was to read.
	done, total uint64
	// ownFrom and inboxFrom are where CatchUp left off.
	ownFrom, inboxFrom uint64
	// moved is set when more of the directory was read.
	moved atomic.Bool
	// recorded is the sequence up to which the desk sees to the own stream itself.
	recorded atomic.Uint64
	// reread is the sequence from which on the inbox is to be read again, 0 when it is not; interrupt ends the reading of it
	// under way. Both under mu.
	reread    uint64
	interrupt context.CancelFunc
	// rebuilding is held while the ledger is built anew.
	rebuilding sync.Mutex
}

// New returns a follower; CatchUp, then Run set it to work.
func New(cfg Config) *Follower {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Folded == nil {
		cfg.Folded = func(int, time.Duration) {}
	}
	if cfg.Tracer == nil {
		cfg.Tracer = noop.Tracer{}
	}
	names := map[jetstream.Stream]string{cfg.Own: cfg.Own.CachedInfo().Config.Name, cfg.Inbox: cfg.Inbox.CachedInfo().Config.Name}
	return &Follower{Config: cfg, names: names, waiting: map[journal.ID]*ledgerv1.Stop{}, stopped: map[journal.ID]*ledgerv1.Stop{}}
}

// CatchUp folds all that the two streams hold now: the directory first, because it has the keys of the rest. Before
// that it checks that the streams are the ones that the ledger was built from. It is called once, before Run.
func (f *Follower) CatchUp(ctx context.Context) error {
	if err := f.forgetStops(); err != nil {
		return err
	}
	if err := f.checkStreams(ctx); err != nil {
		return err
	}
	own, ownLast, err := f.subjects(ctx, f.Own)
	if err != nil {
		return err
	}
	inbox, inboxLast, err := f.subjects(ctx, f.Inbox)
	if err != nil {
		return err
	}
	f.ownFrom, f.inboxFrom = ownLast, inboxLast
	if err := f.count(own, inbox); err != nil {
		return err
	}
	streams := map[journal.ID]jetstream.Stream{}
	for id := range own {
		streams[id] = f.Own
	}
	for id := range inbox {
		streams[id] = f.Inbox
	}
	if err := f.Ledger.View(f.Keys.Learn); err != nil {
		return err
	}
	for _, id := range slices.SortedFunc(maps.Keys(streams), directoryFirst) {
		last := f.inboxFrom
		if streams[id] == f.Own {
			last = f.ownFrom
		}
		if err := f.catchUp(ctx, streams[id], id, last, bulkEvents, false); err != nil {
			return err
		}
	}
	return nil
}

// CatchUpOwn folds what the agency's own stream holds and the ledger does not: after a crash between append and commit,
// or when another process recorded for the agency. A journal of its own that is stopped is a refusal. Safe for concurrent
// use.
func (f *Follower) CatchUpOwn(ctx context.Context) error {
	own, last, err := f.subjects(ctx, f.Own)
	if err != nil {
		return err
	}
	for id := range own {
		if err := f.catchUp(ctx, f.Own, id, last, liveEvents, false); err != nil {
			return err
		}
		if stop := f.State()[id]; stop != nil {
			return fault.Errorf(fault.Precondition, "nothing is recorded: the own journal %s is stopped at block %d: %s; see: counterfoil doctor", id, stop.Block, stop.Reason)
		}
	}
	return nil
}

// LastOwn is the last sequence of the agency's own stream. Safe for concurrent use.
func (f *Follower) LastOwn(ctx context.Context) (uint64, error) {
	info, err := f.info(ctx, f.Own)
	if err != nil {
		return 0, err
	}
	return info.State.LastSeq, nil
}

// Recorded says that the desk sees to the own stream up to this sequence itself: it has folded the blocks there, is
// appending the last, or will catch up. The follower need not look at them. Safe for concurrent use.
func (f *Follower) Recorded(sequence uint64) { f.recorded.Store(sequence) }

// Run folds what arrives until ctx ends.
func (f *Follower) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { f.live(ctx) })
	wg.Go(func() { f.watchOwn(ctx) })
	wg.Wait()
	return ctx.Err()
}

// watchOwn looks now and then whether the own stream holds more than the desk has seen to: a tail that the hub gave
// back, or another process's blocks. To follow it as it grows would make the broker deliver to us what we just gave it.
func (f *Follower) watchOwn(ctx context.Context) {
	tick := time.NewTicker(ownEvery)
	defer tick.Stop()
	for known := f.ownFrom; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		waited := f.moved.Swap(false) && len(f.release(true)) > 0
		last, err := f.LastOwn(ctx)
		if err == nil && (waited || last > max(known, f.recorded.Load())) {
			err = f.CatchUpOwn(ctx)
		}
		if err != nil && ctx.Err() == nil {
			f.Logger.Error("own journal is not followed", "agency", f.Agency, "err", err)
			continue
		}
		known = last
	}
}

// live follows the inbox. It is on a server in this process, so that a failing read is rare; it is tried again from
// what was last committed.
func (f *Follower) live(ctx context.Context) {
	from := f.inboxFrom + 1
	for ctx.Err() == nil {
		reading, end := context.WithCancel(ctx)
		from = f.readFrom(from, end)
		s := &session{f: f, ctx: reading, stream: f.Inbox, limit: liveEvents, seen: from - 1, settled: from - 1}
		err := pipeline(reading, f.Inbox, "", from, 0, f.Keys, s.take, s.idle)
		s.abandon()
		interrupted := reading.Err() != nil
		end()
		from = s.settled + 1
		if err != nil && !interrupted {
			f.Logger.Error("following the inbox was interrupted, going on", "agency", f.Agency, "err", err)
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
}

// catchUp folds one journal from the ledger's own position to the stream's sequence last. careful checks every
// block's signature before it is folded.
func (f *Follower) catchUp(ctx context.Context, stream jetstream.Stream, id journal.ID, last uint64, limit int, careful bool) error {
	var from uint64
	err := f.Ledger.View(func(v ledger.View) error {
		p, err := v.Position(id)
		from = p.GetSequence() + 1
		return err
	})
	if err != nil {
		return err
	}
	if from > last || f.halted(id) {
		return nil
	}
	s := &session{f: f, ctx: ctx, stream: stream, limit: limit, careful: careful, patient: true, seen: from - 1, upto: last}
	defer s.abandon()
	if err := pipeline(ctx, stream, f.subject(stream, id), from, last, f.Keys, s.take, s.idle); err != nil {
		return fmt.Errorf("catch up with %s: %w", id, err)
	}
	if err := s.commit(); err != nil {
		return fmt.Errorf("catch up with %s: %w", id, err)
	}
	return nil
}

// progress counts blocks and tells of them while the ledger is being brought up.
func (f *Follower) progress(blocks uint64) {
	f.mu.Lock()
	f.done += blocks
	done, total := f.done, f.total
	f.mu.Unlock()
	if f.Progress != nil && done <= total {
		f.Progress(done, total)
	}
}

func (f *Follower) subject(stream jetstream.Stream, id journal.ID) string {
	if stream == f.Own {
		return id.Subject()
	}
	return "in." + id.Agency + "." + id.Group
}

// subjects returns how many blocks the stream holds of each journal, and its last sequence.
func (f *Follower) subjects(ctx context.Context, stream jetstream.Stream) (counts map[journal.ID]uint64, last uint64, err error) {
	info, err := f.info(ctx, stream, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return nil, 0, err
	}
	counts = map[journal.ID]uint64{}
	for subject, n := range info.State.Subjects {
		if erased(subject) {
			continue
		}
		id, err := idOf(subject)
		if err != nil {
			return nil, 0, err
		}
		counts[id] = n
	}
	return counts, info.State.LastSeq, nil
}

// info asks for a stream's state through a handle of its own: one that is shared keeps its last answer unguarded.
func (f *Follower) info(ctx context.Context, stream jetstream.Stream, opts ...jetstream.StreamInfoOpt) (*jetstream.StreamInfo, error) {
	handle, err := f.JetStream.Stream(ctx, f.names[stream])
	if err == nil && len(opts) == 0 {
		return handle.CachedInfo(), nil
	}
	var info *jetstream.StreamInfo
	if err == nil {
		info, err = handle.Info(ctx, opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for stream %s: %w", f.names[stream], err)
	}
	return info, nil
}

// count sets what there is to do, for the progress.
func (f *Follower) count(streams ...map[journal.ID]uint64) error {
	return f.Ledger.View(func(v ledger.View) error {
		for _, counts := range streams {
			for id, n := range counts {
				p, err := v.Position(id)
				if err != nil {
					return err
				}
				f.total += n - min(n, p.GetBlock()-p.GetStartBlock())
			}
		}
		return nil
	})
}
