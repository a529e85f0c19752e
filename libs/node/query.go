package node

import (
	"context"
	"errors"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/query"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// query is what the node's queries read.
func (n *Node) query() query.Config {
	return query.Config{
		Agency: n.Agency, Version: n.cfg.Version, Dir: string(n.cfg.Home), Ledger: n.Ledger, Follower: n.follower,
		Hub: n.line, Relay: n.CompareRelay, Permitted: n.permitted, Built: n.built, Now: n.Now, Rebuild: n.rebuild, Past: n.past, Signer: n.Signer,
		Feed: n.examineFeed, Webhooks: n.webhooks.Examine, Settings: n.examineSettings,
	}
}

func (n *Node) line() query.Line {
	pumps := n.pumps.Load()
	if pumps == nil {
		return query.Line{Trouble: "the node is starting"}
	}
	s := pumps.Status()
	line := query.Line{Connected: s.Connected, ToSend: s.ToSend, Trouble: s.Stopped}
	switch {
	case s.Forked:
		line.Trouble = "the own journal and the hub's copy of it have parted"
	case !s.Connected:
		line.Trouble = s.LastError
	}
	return line
}

// Connected reports whether the line to the hub is up.
func (n *Node) Connected() bool { return n.line().Connected }

// permitted tries what the hub permits this node.
func (n *Node) permitted(ctx context.Context) (*backbone.Access, error) {
	pumps := n.pumps.Load()
	if pumps == nil {
		return nil, backbone.ErrUnreachable
	}
	return pumps.CheckAccess(ctx)
}

// built is how much of the ledger is there, 0 to 1.
func (n *Node) built() float64 {
	select {
	case <-n.ready:
		return 1
	default:
	}
	total := n.total.Load()
	if total == 0 {
		return 0
	}
	return min(float64(n.done.Load())/float64(total), 0.999)
}

// early are the calls that are answered while the ledger is still being brought up.
var early = []string{"/Status", "/Doctor", "/ServerReflectionInfo"}

// gate refuses answers from a ledger that is not up, and records while the own journal has parted from the hub's copy.
func (n *Node) gate(procedure string) error {
	select {
	case <-n.ready:
		return nil
	default:
	}
	for _, suffix := range early {
		if strings.HasSuffix(procedure, suffix) {
			return nil
		}
	}
	return fault.Errorf(fault.Unavailable, "the ledger of %s is being brought up: %.0f %% done; see: counterfoil status", n.Agency, n.built()*100)
}

// rebuild builds the ledger anew while this one serves; reactions go on where they were. What was copied from a ledger that was not
// what the events make is dropped with it.
func (n *Node) rebuild(ctx context.Context, o projection.Rebuilding) (*queryv1.RebuildResult, error) {
	o.Carry = desk.CarryCursors
	result, err := n.follower.Rebuild(ctx, o)
	if result.GetSwapped() && (result.Differences > 0 || result.Damage != "") {
		if err := errors.Join(n.past.Drop(), n.past.Snapshots.Drop()); err != nil {
			n.Logger.Error("snapshots of the ledger before are left", "agency", n.Agency, "err", err)
		}
	}
	return result, err
}

// CompareRelay compares the own journals with the hub's copy and tells of each block that it has lost or has otherwise.
func (n *Node) CompareRelay(ctx context.Context, different func(id journal.ID, block uint64, what string)) (uint64, error) {
	pumps := n.pumps.Load()
	if pumps == nil {
		return 0, backbone.ErrUnreachable
	}
	return pumps.CompareRelay(ctx, func(own *jetstream.RawStreamMsg, altered bool) {
		what := "the hub's copy has lost it"
		if altered {
			what = "the hub's copy is another one"
		}
		if b, err := journal.Parse(own.Data); err == nil { // one that does not parse is found by the follower
			different(b.ID, b.Header.Number, what)
		}
	})
}
