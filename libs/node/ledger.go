package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/spans"
)

func (n *Node) followerOf(l *ledger.Ledger) *projection.Follower {
	return projection.New(projection.Config{
		Agency: n.Agency, Ledger: l, Keys: n.keys,
		JetStream: n.broker.JetStream(), Own: n.broker.Journal(), Inbox: n.broker.Inbox(),
		Evidence: n.cfg.Home.path("evidence"), Folded: n.metrics.Folded, Tracer: spans.Tracer(n.cfg.Tracing, tracerName), Traces: &n.traces, Logger: n.Logger,
	})
}

// openLedger opens the ledger. Where that is missing or has to be built anew, one that was built beside it takes its place; without
// one it is built anew. The old file is kept until the next time.
func (n *Node) openLedger(ctx context.Context) (*ledger.Ledger, error) {
	path, options := n.cfg.Home.path("ledger.db"), ledger.Options{Agency: n.Agency, Timeout: 2 * time.Second}
	var rebuild *ledger.Rebuild
	if _, err := os.Stat(path); err == nil {
		l, err := ledger.Open(path, options)
		if !errors.As(err, &rebuild) {
			return l, err
		}
	}
	if next, err := n.takeNext(ctx, path, options); next != nil || err != nil {
		return next, err
	}
	if rebuild != nil {
		n.Logger.Warn("ledger is built anew", "agency", n.Agency, "err", rebuild.Reason)
		if err := os.Rename(path, path+ledger.Aside); err != nil {
			return nil, fmt.Errorf("set the old ledger aside: %w", err)
		}
	}
	return ledger.Open(path, options)
}

// takeNext puts the ledger in place that was built beside, if there is one that this program can use and that was built from the
// streams of this node.
func (n *Node) takeNext(ctx context.Context, path string, options ledger.Options) (*ledger.Ledger, error) {
	if _, err := os.Stat(path + ledger.Next); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	l, err := ledger.Open(path+ledger.Next, options)
	if err != nil {
		n.Logger.Warn("ledger that was built beside is not used", "agency", n.Agency, "err", err)
		return nil, nil
	}
	reason, err := n.followerOf(l).Fits(ctx)
	switch {
	case err != nil:
		return nil, errors.Join(err, l.Close())
	case reason != "":
		n.Logger.Warn("ledger that was built beside is not used", "agency", n.Agency, "err", reason)
		return nil, l.Close()
	}
	if err := l.Place(path); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	n.Logger.Info("ledger that was built beside is used", "agency", n.Agency)
	return l, nil
}
