package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/replay"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/tools/postgres"
)

// replayed is how many events a history has that the replay and PostgreSQL take in turn.
const replayed = 100_000

// replays times a full replay of a long history into a fresh ledger, beside what the broker needs to give its blocks and what
// PostgreSQL needs to put the same rows.
func replays(ctx context.Context, dir string, o options) (rows []row, err error) {
	in, err := newInbox(ctx, filepath.Join(dir, "replay"))
	if err != nil {
		return nil, err
	}
	from, err := in.kept(ctx, filepath.Join(dir, "kept.db"), o.events)
	if err != nil {
		in.node.Close()
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	limit, err := in.limit(ctx)
	in.node.Close() // nothing of the broker's is counted from here on
	if err != nil {
		return nil, err
	}
	turns, err := inTurn(ctx, from, dir)
	if err != nil {
		return nil, err
	}
	shortest, err := median9(ctx, from, dir, 10_000)
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory()
	begin, err := memory()
	if err != nil {
		return nil, err
	}
	long, err := replayOf(ctx, from, dir, o.events)
	if err != nil {
		return nil, err
	}
	peer, enough := "PostgreSQL is not installed", true
	if turns.peer > 0 {
		peer = fmt.Sprintf("PostgreSQL, upserts of %d rows: %.1f µs each, %.1f of processor time; ours is %.1f × as fast, in %.1f × less processor time",
			perStatement, turns.peer, turns.peerUsed, turns.peer/turns.ours, turns.peerUsed/turns.used)
		enough = turns.peer/turns.ours >= 3
	}
	rate := 1e6 / long.wall
	return []row{{
		what: fmt.Sprintf("replay of %d events, verified, all indexes", replayed), measured: fmt.Sprintf("%.0f events/s, %.1f µs each, %.1f of processor time", 1e6/turns.ours, turns.ours, turns.used),
		limit: fmt.Sprintf("reading the blocks %.2f µs each", limit), ratio: fmt.Sprintf("%.1f", turns.ours/limit), peer: peer,
		target: "3 × PostgreSQL", ok: enough,
	}, {
		what: fmt.Sprintf("replay of %d events, verified, all indexes", o.events), measured: fmt.Sprintf("%.0f events/s, %.1f µs each, %.1f of processor time", rate, long.wall, long.used),
		limit: fmt.Sprintf("%.1f µs of processor time each at 10000", shortest), ratio: fmt.Sprintf("%.2f", long.used/shortest), peer: "-",
		target: "100,000 events/s; no more processor time each than at 10000 × 1.3", ok: rate >= 100_000 && long.used <= 1.3*shortest,
	}, {
		what: "memory at the most during that", measured: fmt.Sprintf("%.0f MiB", long.anonymous), limit: fmt.Sprintf("of it %d MiB before it began; and %.0f MiB of the two ledgers, mapped", begin["RssAnon"]/1024, long.mapped),
		ratio: "-", peer: "-", target: "under 300 MiB", ok: long.anonymous < 300,
	}}, nil
}

// kept fills the inbox and folds it into the ledger that is replayed from.
func (in *inbox) kept(ctx context.Context, path string, n int) (*ledger.Ledger, error) {
	if err := in.upTo(ctx, n); err != nil {
		return nil, err
	}
	if _, err := fold(ctx, in.node, in.keys, path); err != nil {
		return nil, err
	}
	return ledger.Open(path, ledger.Options{Agency: "customs"})
}

// figures are medians, in µs per event.
type figures struct{ ours, used, peer, peerUsed float64 }

// inTurn times ours and PostgreSQL with the same events, in turn.
func inTurn(ctx context.Context, from *ledger.Ledger, dir string) (f figures, err error) {
	pg, err := startPostgres(ctx, filepath.Join(dir, "postgres"))
	if err != nil && !errors.Is(err, postgres.ErrNone) {
		return f, err
	}
	if pg != nil {
		defer func() { err = errors.Join(err, pg.Close()) }()
	}
	var ours, own, peer, peers []float64
	for range 5 {
		r, err := replayOf(ctx, from, dir, replayed)
		if err != nil {
			return f, err
		}
		ours, own = append(ours, r.wall), append(own, r.used)
		if pg == nil {
			continue
		}
		if err := pg.fresh(ctx); err != nil {
			return f, err
		}
		before := pg.used()
		theirs, err := pg.upsert(ctx, 0, replayed)
		if err != nil {
			return f, err
		}
		peer, peers = append(peer, perEvent(theirs, replayed)), append(peers, perEvent(pg.used()-before, replayed))
	}
	f = figures{ours: median(ours), used: median(own)}
	if pg != nil {
		f.peer, f.peerUsed = median(peer), median(peers)
	}
	return f, nil
}

// median9 is the processor time that an event of a history of n takes, of nine runs.
func median9(ctx context.Context, from *ledger.Ledger, dir string, n int) (float64, error) {
	var each []float64
	for range 9 {
		r, err := replayOf(ctx, from, dir, n)
		if err != nil {
			return 0, err
		}
		each = append(each, r.used)
	}
	return median(each), nil
}

// limit is what the broker takes to give all blocks, in order, to whoever does nothing with them, in µs per event.
func (in *inbox) limit(ctx context.Context) (float64, error) {
	subject := backbone.InboxSubject(in.w.head.ID)
	last, err := in.node.Inbox().GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return 0, err
	}
	var each []float64
	for range 5 {
		began := time.Now()
		if err := journal.Read(ctx, in.node.Inbox(), subject, 1, last.Sequence, func(journal.Message) error { return nil }); err != nil {
			return 0, err
		}
		each = append(each, perEvent(time.Since(began), int(in.w.head.Events)))
	}
	return median(each), nil
}

// cost is what one replay took: µs of time and of processor time for each event, and the most memory in MiB, of the program's
// own and of files as they are mapped.
type cost struct{ wall, used, anonymous, mapped float64 }

// replayOf folds the first n events of a ledger into a fresh one, which is removed again.
func replayOf(ctx context.Context, from *ledger.Ledger, dir string, n int) (cost, error) {
	path := filepath.Join(dir, "replayed.db")
	defer os.Remove(path)
	watch := watchMemory()
	began, before := time.Now(), used()
	err := replayInto(ctx, from, path, n)
	c := cost{wall: perEvent(time.Since(began), n), used: perEvent(used()-before, n)}
	most, memoryErr := watch()
	c.anonymous, c.mapped = float64(most["RssAnon"])/1024, float64(most["RssFile"]+most["RssShmem"])/1024
	return c, errors.Join(err, memoryErr)
}

// replayInto is the whole of it: the plan, the fold with everything verified, and the ledger closed.
func replayInto(ctx context.Context, from *ledger.Ledger, path string, n int) error {
	asked := &queryv1.Horizon{UpTo: []*queryv1.JournalBound{{Journal: "licensing/all", Block: uint64(n / perBlock)}}}
	var h *replay.Horizon
	var trust *replay.Trust
	err := from.View(func(v ledger.View) (err error) {
		if h, err = replay.Resolve(v, asked, time.Now()); err != nil {
			return err
		}
		trust, err = replay.TrustOf(v)
		return err
	})
	if err != nil {
		return err
	}
	plan, err := h.Plan(ctx, from, nil)
	if err != nil {
		return err
	}
	to, err := ledger.Open(path, ledger.Options{Agency: from.Agency()})
	if err != nil {
		return err
	}
	defer replay.Bulk()()
	into := replay.Into{Ledger: to, Trust: trust}
	err = into.Fold(ctx, h.Source(from, nil, plan))
	return errors.Join(err, to.Close())
}

func perEvent(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(n) }

// watchMemory looks at this process's memory until the returned function is called, which says the most that it saw of
// each kind, in KiB.
func watchMemory() func() (map[string]int, error) {
	most := map[string]int{}
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			now, err := memory()
			for kind, n := range now {
				most[kind] = max(most[kind], n)
			}
			select {
			case <-tick.C:
			case <-stop:
				ended <- err
				return
			}
		}
	}()
	return func() (map[string]int, error) {
		close(stop)
		return most, <-ended
	}
}

// memory is this process's, by kind ("VmRSS", "RssAnon", "RssFile", "RssShmem"), in KiB.
func memory() (map[string]int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	kinds := map[string]int{}
	for line := range strings.Lines(string(status)) {
		kind, rest, _ := strings.Cut(line, ":")
		if kind != "VmRSS" && !strings.HasPrefix(kind, "Rss") {
			continue
		}
		if kinds[kind], err = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB"))); err != nil {
			return nil, err
		}
	}
	if len(kinds) == 0 {
		return nil, errors.New("this system does not say how much memory a process has")
	}
	return kinds, nil
}

// used is the processor time that this process has taken.
func used() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
