package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/counterfoil/counterfoil/libs/joining"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// joiningBlocks is in how many blocks the history is that a newcomer joins with.
const joiningBlocks = 2_000

// joins times a newcomer from the plan to a ledger that is verified and level with a long history, and its removal until it is
// cut off and until its publishers seal with keys that it does not have.
func joins(ctx context.Context, dir string, o options) (rows []row, err error) {
	err = running(ctx, filepath.Join(dir, "joining"), lab.Options{}, func(l *lab.Lab) error {
		licensing := l.Agencies["licensing"].Node
		perBlock := max(1, o.events/joiningBlocks)
		for n := 0; n < o.events; n += perBlock {
			if _, err := record(ctx, licensing, licences(n, perBlock)...); err != nil {
				return err
			}
		}
		at, err := operator(l.Hub.Authority())
		if err != nil {
			return err
		}
		began := time.Now()
		c, err := enter(ctx, at, filepath.Join(dir, "newcomer"))
		if err != nil {
			return err
		}
		took, rehearsed := time.Since(began), c.rehearsed.Sub(began)
		rows = append(rows, row{
			what: fmt.Sprintf("a newcomer from plan to verified and level, %d events in %d blocks", o.events, joiningBlocks), measured: fmt.Sprintf("%.1f s", took.Seconds()),
			limit: fmt.Sprintf("plan, kit, rehearsal and joining: %.1f s of it", rehearsed.Seconds()), ratio: fmt.Sprintf("%.0f k events/s", float64(o.events)/took.Seconds()/1000),
			target: "under 60 s", ok: took < time.Minute,
		})
		gone, sealed, err := c.leave(ctx, at, licensing)
		if err != nil {
			return err
		}
		rows = append(rows, row{
			what: "a removal until the agency is cut off, and until its publishers seal anew", measured: fmt.Sprintf("%.0f ms, %.0f ms", gone.Seconds()*1e3, sealed.Seconds()*1e3),
			limit: "-", ratio: "-", target: "under 1 s", ok: gone < time.Second && sealed < time.Second,
		})
		return c.close()
	})
	return rows, err
}

// operator speaks to the coordinating authority's node.
func operator(n *node.Node) (directoryv1connect.AuthorityServiceClient, error) {
	token, err := os.ReadFile(n.TokenFile())
	if err != nil {
		return nil, err
	}
	identify := func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if info, ok := connect.CallInfoForClientContext(ctx); ok {
				info.RequestHeader().Set("Authorization", "Bearer "+string(token))
			}
			return next(ctx, spec)
		}
	}
	return directoryv1connect.NewAuthorityServiceClient(connect.NewClient(connecthttp.NewTransport(&http.Client{}, "http://"+n.Addr()), identify)), nil
}

// newcomer is an agency that has joined.
type newcomer struct {
	rehearsed time.Time
	serving   *lab.Serving
	stop      context.CancelFunc
	ended     chan error
}

// enter takes an agency from nothing to a node that is level.
func enter(ctx context.Context, at directoryv1connect.AuthorityServiceClient, dir string) (*newcomer, error) {
	folder := lab.Folder(dir)
	home := folder.Home("audit")
	request, err := joining.Ask(home, node.Profile{Agency: "audit", Title: "Audit office", State: "XA", Service: "observer", Listen: "127.0.0.1:0"}, nil)
	if err != nil {
		return nil, err
	}
	plan, err := at.PlanAgency(ctx, &directoryv1.PlanAgencyRequest{Agency: "audit", Like: "observer"})
	if err != nil {
		return nil, err
	}
	if _, err := at.AddAgency(ctx, &directoryv1.AddAgencyRequest{Request: request, Memberships: plan.Memberships}); err != nil {
		return nil, err
	}
	made, err := at.MakeKit(ctx, &directoryv1.MakeKitRequest{Agency: "audit"})
	if err != nil {
		return nil, err
	}
	kit, err := joining.OpenKit(home, bytes.NewReader(made.Kit), time.Now())
	if err != nil {
		return nil, err
	}
	root, err := kit.Rehearsal.Rehearse(ctx, home, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	if err := joining.Join(ctx, home, kit, root, nil); err != nil {
		return nil, err
	}
	c := &newcomer{rehearsed: time.Now(), ended: make(chan error, 1)}
	if c.serving, err = lab.StartAgency(ctx, folder, "audit", lab.Options{}); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	c.stop = stop
	go func() { c.ended <- c.serving.Run(running) }()
	return c, c.level(ctx)
}

// level returns once the newcomer has all that there was when it was let in.
func (c *newcomer) level(ctx context.Context) error {
	n := c.serving.Node
	select {
	case <-n.Ready():
	case err := <-c.ended:
		return err
	}
	for {
		changed := n.Ledger.Changed()
		var p joining.Progress
		err := n.Ledger.View(func(v ledger.View) (err error) {
			p, err = joining.ProgressOf(v, n.Agency)
			return err
		})
		if err != nil || p.Level() {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leave removes the newcomer and says after how long it was cut off, and after how long a publisher had a key without it.
func (c *newcomer) leave(ctx context.Context, at directoryv1connect.AuthorityServiceClient, publisher *node.Node) (gone, sealed time.Duration, err error) {
	began := time.Now()
	removing := make(chan error, 1)
	go func() {
		_, err := at.RemoveAgency(ctx, &directoryv1.RemoveAgencyRequest{Agency: "audit", Reason: "bench"})
		removing <- err
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	all := journal.ID{Agency: publisher.Agency, Group: "all"}
	for gone == 0 || sealed == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
		if gone == 0 && !c.serving.Node.Connected() {
			gone = time.Since(began)
		}
		holders, err := holdersOf(publisher, all)
		if err != nil {
			return 0, 0, err
		}
		if sealed == 0 && !slices.Contains(holders, "audit") {
			sealed = time.Since(began)
		}
	}
	return gone, sealed, <-removing
}

// holdersOf are the agencies that can open what a publisher seals now.
func holdersOf(publisher *node.Node, id journal.ID) (holders []string, err error) {
	err = publisher.Ledger.View(func(v ledger.View) error {
		for epoch := uint32(1); ; epoch++ {
			row, err := v.JournalKey(ledger.JournalKeyID(id.String(), epoch))
			if err != nil {
				return err
			}
			if row == nil {
				break
			}
			holders = nil
			for _, w := range row.Issued.Wrapped {
				holders = append(holders, w.Agency)
			}
		}
		given, err := v.ReleasesWith("reader", "audit")
		for _, r := range given {
			if r.Journal == publisher.Agency+"/directory" && r.State.Number() == 1 {
				holders = append(holders, "audit")
			}
		}
		return err
	})
	return holders, err
}

func (c *newcomer) close() error {
	c.stop()
	return errors.Join(<-c.ended, c.serving.Close())
}
