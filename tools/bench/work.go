package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/licensing/edition"
)

// running runs a lab for the time of do.
func running(ctx context.Context, dir string, o lab.Options, do func(*lab.Lab) error) error {
	plan, err := lab.ReadPlan("")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := lab.Start(ctx, lab.Folder(dir), plan, o)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	if err = l.WaitReady(ctx); err == nil {
		err = do(l)
	}
	cancel()
	return errors.Join(err, <-ended, l.Close())
}

func record(ctx context.Context, n *node.Node, facts ...proto.Message) (*eventv1.Receipt, error) {
	return n.Desk.Record(ctx, &eventv1.Particulars{}, func(ledger.View) ([]proto.Message, error) { return facts, nil })
}

// commands times single durable commands against single durable publishes of such a block, with the expected sequence
// that a journal needs, in turn, and then as many commands at once.
func commands(ctx context.Context, dir string, _ options) (rows []row, err error) {
	bare, err := backbone.StartNode(ctx, backbone.NodeConfig{Agency: "limit", Dir: filepath.Join(dir, "limit")})
	if err != nil {
		return nil, err
	}
	defer bare.Close()
	// The node works alone, as one that is cut off: what the other nodes of the lab sync is not counted in.
	var cut atomic.Bool
	var line net.Conn
	o := lab.Options{Dial: func(agency string) func(string, string) (net.Conn, error) {
		if agency != "licensing" {
			return nil
		}
		return func(network, address string) (c net.Conn, err error) {
			if cut.Load() {
				return nil, errors.New("the line is cut")
			}
			line, err = net.Dial(network, address)
			return line, err
		}
	}}
	err = running(ctx, filepath.Join(dir, "commands"), o, func(l *lab.Lab) error {
		cut.Store(true)
		if err := line.Close(); err != nil {
			return err
		}
		const rounds, each, callers = 20, 50, 64
		licensing := l.Agencies["licensing"].Node
		var single, publish, insert, many []float64 // seconds per command
		next, last := 0, uint64(0)
		block := make([]byte, 1000) // about what a block of one such event takes
		sqlite, err := newPeer(ctx, dir, "commands.sqlite")
		if err != nil {
			return err
		}
		defer sqlite.close()
		for range rounds {
			// What the callers before left to be committed is theirs.
			if err := licensing.Ledger.View(func(ledger.View) error { return nil }); err != nil {
				return err
			}
			began := time.Now()
			for range each {
				next++
				if _, err := record(ctx, licensing, licences(next, 1)...); err != nil {
					return err
				}
			}
			single = append(single, time.Since(began).Seconds()/each)
			began = time.Now()
			for range each {
				ack, err := bare.JetStream().PublishMsg(ctx, &nats.Msg{Subject: "block.limit.all", Data: block}, jetstream.WithExpectLastSequencePerSubject(last))
				if err != nil {
					return err
				}
				last = ack.Sequence
			}
			publish = append(publish, time.Since(began).Seconds()/each)
			began = time.Now()
			for i := range each {
				if err := sqlite.put(ctx, next*each+i, 1); err != nil {
					return err
				}
			}
			insert = append(insert, time.Since(began).Seconds()/each)
			began = time.Now()
			var group sync.WaitGroup
			var failed atomic.Value
			for c := range callers {
				group.Go(func() {
					for i := range 10 {
						if _, err := record(ctx, licensing, licences(1_000_000+next*callers*10+c*10+i, 1)...); err != nil {
							failed.Store(err)
						}
					}
				})
			}
			group.Wait()
			next += 10
			if err, _ := failed.Load().(error); err != nil {
				return err
			}
			many = append(many, time.Since(began).Seconds()/(callers*10))
		}
		one, limit, theirs, all := median(single), median(publish), median(insert), median(many)
		rows = append(rows, row{
			what: "one durable command, one caller", measured: fmt.Sprintf("%.2f ms", one*1e3), limit: fmt.Sprintf("one fsync'd publish %.2f ms", limit*1e3),
			ratio: fmt.Sprintf("%.2f", one/limit), peer: fmt.Sprintf("%.2f ms; ours is %.1f × as fast", theirs*1e3, theirs/one), target: "at most 1.5 × a publish", ok: one/limit <= 1.5,
		}, row{
			what: "64 concurrent callers", measured: fmt.Sprintf("%.0f commands/s", 1/all), limit: fmt.Sprintf("one caller %.0f commands/s", 1/one),
			ratio: fmt.Sprintf("%.1f", one/all), peer: fmt.Sprintf("one writer %.0f rows/s; ours is %.1f × as fast", 1/theirs, theirs/all), target: "at least 8 × one caller", ok: one/all >= 8,
		})
		return nil
	})
	return rows, err
}

// arrival times one agency's record until it is in another's ledger, at a steady 200 events a second.
func arrival(ctx context.Context, dir string, _ options) (rows []row, err error) {
	err = running(ctx, filepath.Join(dir, "arrival"), lab.Options{}, func(l *lab.Lab) error {
		licensing, observer := l.Agencies["licensing"].Node, l.Agencies["observer"].Node
		var took []float64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for i := range 2000 {
			<-tick.C
			began := time.Now()
			receipt, err := record(ctx, licensing, licences(i, 1)...)
			if err != nil {
				return err
			}
			if err := observer.Ledger.Wait(ctx, journal.ID{Agency: "licensing", Group: "all"}, receipt.FirstEvent); err != nil {
				return err
			}
			took = append(took, time.Since(began).Seconds()*1e3)
		}
		slices.Sort(took)
		p50, p99 := took[len(took)/2], took[len(took)*99/100]
		rows = append(rows, row{
			what: "command to visible in another agency's ledger", measured: fmt.Sprintf("p50 %.1f ms, p99 %.1f ms", p50, p99),
			limit: "-", ratio: "-", target: "p99 under 50 ms", ok: p99 < 50,
		})
		return nil
	})
	return rows, err
}

// importing times the import of a register until every ledger has it.
func importing(ctx context.Context, dir string, o options) (rows []row, err error) {
	folder := o.register
	if folder == "" {
		if folder, err = madeUp(filepath.Join(dir, "register")); err != nil {
			return nil, err
		}
	}
	err = running(ctx, filepath.Join(dir, "importing"), lab.Options{}, func(l *lab.Lab) error {
		licensing := l.Agencies["licensing"].Node
		began := time.Now()
		ed, err := uklicences.Read(ctx, folder, nil)
		if err != nil {
			return err
		}
		changes := uklicences.Diff(nil, ed)
		var last uint64
		for batch := range slices.Chunk(changes.Added, 500) {
			req := &licensingv1.RecordEditionRequest{Source: uklicences.Source, Edition: "2012-06-14", Added: batch}
			receipt, err := licensing.Desk.Execute(ctx, req, func(v ledger.View) ([]proto.Message, error) { return edition.Record(v, req) })
			if err != nil {
				return err
			}
			last = receipt.FirstEvent + uint64(receipt.Events) - 1
		}
		for _, s := range l.Agencies {
			if err := s.Node.Ledger.Wait(ctx, journal.ID{Agency: "licensing", Group: "all"}, last); err != nil {
				return err
			}
		}
		took := time.Since(began)
		rows = append(rows, row{
			what: fmt.Sprintf("import %d lines until they are in all 5 ledgers", ed.Lines), measured: fmt.Sprintf("%.1f s", took.Seconds()), limit: "-",
			ratio: fmt.Sprintf("%.0f lines/s", float64(ed.Lines)/took.Seconds()), target: "under 15 s", ok: took < 15*time.Second,
		})
		return nil
	})
	return rows, err
}

// madeUp writes a register of about the size of the published one.
func madeUp(dir string) (string, error) {
	var values strings.Builder
	values.WriteString("licence_group,date,rating,count,value,country,refused\n")
	for g := range 32_528 {
		for l := range 1 + g%2 {
			fmt.Fprintf(&values, "%d,%d-%02d-%02d,ML%d,1,%d,Italy,0\n", g, 2008+g%4, g%12+1, g%28+1, (g+l)%22+1, g*10+l)
		}
	}
	files := map[string]string{
		"values.csv": values.String(), "refusal-criteria.csv": "licence_group,criteria\n", "destinations.csv": "licence_group,destination\n",
		"sources.csv": "licence_group,source\n", "ratings.csv": "rating,military\n",
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// idle says what memory one more node takes while nothing happens: that of a lab, by the number of its nodes.
func idle(ctx context.Context, dir string, _ options) (rows []row, err error) {
	before, err := resident()
	if err != nil {
		return nil, err
	}
	err = running(ctx, filepath.Join(dir, "idle"), lab.Options{}, func(l *lab.Lab) error {
		after, err := resident()
		if err != nil {
			return err
		}
		perNode := float64(max(after-before, 0)) / float64(len(l.Agencies)+1) / 1024
		rows = append(rows, row{
			what: "a node's idle memory (a lab's growth by its nodes)", measured: fmt.Sprintf("%.0f MiB", perNode), limit: "-", ratio: "-",
			target: "under 60 MiB", ok: perNode < 60,
		})
		return nil
	})
	return rows, err
}

// resident is this process's memory in KiB.
func resident() (int, error) {
	kinds, err := memory()
	return kinds["VmRSS"], err
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
