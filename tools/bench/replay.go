package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// replayed is how many events a history has that the broker, the fold and PostgreSQL take in turn.
const replayed = 100_000

// replays times a full replay of a long history, beside what the broker needs to give its blocks and what PostgreSQL needs
// to put the same rows.
func replays(ctx context.Context, dir string, o options) (rows []row, err error) {
	in, err := newInbox(ctx, filepath.Join(dir, "replay"))
	if err != nil {
		return nil, err
	}
	defer in.node.Close()
	pg, err := startPostgres(ctx, filepath.Join(dir, "postgres"))
	if err != nil && !errors.Is(err, errNoPostgres) {
		return nil, err
	}
	if pg != nil {
		defer func() { err = errors.Join(err, pg.close()) }()
	}
	shorter, err := flat(ctx, in, dir, 10_000)
	if err != nil {
		return nil, err
	}
	short, err := inTurn(ctx, in, pg, dir, replayed)
	if err != nil {
		return nil, err
	}
	long, err := replay(ctx, in, dir, o.events)
	if err != nil {
		return nil, err
	}
	peer, times := "not installed", 0.0
	if pg != nil {
		times = short.peer / short.ours
		peer = fmt.Sprintf("PostgreSQL, upserts of %d rows: %.1f µs each; ours is %.1f × as fast", perStatement, short.peer, times)
	}
	rate := 1e6 / long.wall
	return []row{{
		what: fmt.Sprintf("replay of %d events, verified, all indexes", replayed), measured: fmt.Sprintf("%.0f events/s, %.1f µs each, %.1f of processor time", 1e6/short.ours, short.ours, short.cpu),
		limit: fmt.Sprintf("reading the blocks %.2f µs each", short.limit), ratio: fmt.Sprintf("%.1f", short.ours/short.limit), peer: peer,
		target: "3 × PostgreSQL", ok: pg == nil || times >= 3,
	}, {
		what: fmt.Sprintf("replay of %d events, verified, all indexes", o.events), measured: fmt.Sprintf("%.0f events/s, %.1f µs each, %.1f of processor time", rate, long.wall, long.cpu),
		limit: fmt.Sprintf("%.1f µs of processor time each at 10000", shorter), ratio: fmt.Sprintf("%.2f", long.cpu/shorter), peer: "-",
		target: "100,000 events/s; no more processor time each than at 10000 × 1.3", ok: rate >= 100_000 && long.cpu <= 1.3*shorter,
	}, {
		what: "memory at the most during that, the broker's with it", measured: fmt.Sprintf("%.0f MiB", long.anonymous), limit: fmt.Sprintf("and %.0f MiB of the file, mapped", long.mapped),
		ratio: "-", peer: "-", target: "under 300 MiB", ok: long.anonymous < 300,
	}}, nil
}

// figures are medians, in µs per event.
type figures struct{ limit, ours, cpu, peer float64 }

// inTurn times the broker, ours and PostgreSQL with the same n events, in turn.
func inTurn(ctx context.Context, in *inbox, pg *postgres, dir string, n int) (figures, error) {
	var limit, ours, cpu, peer []float64
	for range 5 {
		took, err := read(ctx, in, n)
		if err != nil {
			return figures{}, err
		}
		limit = append(limit, took)
		r, err := replay(ctx, in, dir, n)
		if err != nil {
			return figures{}, err
		}
		ours, cpu = append(ours, r.wall), append(cpu, r.cpu)
		if pg == nil {
			peer = append(peer, 0)
			continue
		}
		if err := pg.fresh(ctx); err != nil {
			return figures{}, err
		}
		theirs, err := pg.upsert(ctx, 0, n)
		if err != nil {
			return figures{}, err
		}
		peer = append(peer, perEvent(theirs, n))
	}
	return figures{median(limit), median(ours), median(cpu), median(peer)}, nil
}

// flat is the processor time that an event of a history of n takes.
func flat(ctx context.Context, in *inbox, dir string, n int) (float64, error) {
	var cpu []float64
	for range 9 {
		r, err := replay(ctx, in, dir, n)
		if err != nil {
			return 0, err
		}
		cpu = append(cpu, r.cpu)
	}
	return median(cpu), nil
}

// read takes all blocks from the broker, in order, and does nothing with them.
func read(ctx context.Context, in *inbox, n int) (float64, error) {
	if err := in.upTo(ctx, n); err != nil {
		return 0, err
	}
	subject := backbone.InboxSubject(in.w.head.ID)
	last, err := in.node.Inbox().GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	err = journal.Read(ctx, in.node.Inbox(), subject, 1, last.Sequence, func(journal.Message) error { return nil })
	return perEvent(time.Since(began), n), err
}

// took is what one replay took: µs per event of time and of processor time, and the most memory in MiB, of the program's own and of
// the file as mapped.
type took struct{ wall, cpu, anonymous, mapped float64 }

// replay folds the first n events into a fresh ledger, which is removed again.
func replay(ctx context.Context, in *inbox, dir string, n int) (took, error) {
	if err := in.upTo(ctx, n); err != nil {
		return took{}, err
	}
	path := filepath.Join(dir, "replayed.db")
	defer os.Remove(path)
	watch := watchMemory()
	before := used()
	elapsed, err := fold(ctx, in.node, in.keys, path)
	r := took{wall: perEvent(elapsed, n), cpu: perEvent(used()-before, n)}
	most, memoryErr := watch()
	r.anonymous, r.mapped = float64(most["RssAnon"])/1024, float64(most["RssFile"]+most["RssShmem"])/1024
	return r, errors.Join(err, memoryErr)
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
