// Package desk is one agency at work: commands are decided on its ledger, recorded in its journal and folded, in one
// go; and events make it record others.
package desk

import (
	"context"
	"crypto"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/rpc"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// Request is a command as it came in.
type Request interface {
	proto.Message
	GetParticulars() *eventv1.Particulars
}

// Decide is a rule: it looks at the ledger and returns facts, nothing, or a refusal. It may be called more than once
// for one command and must be pure.
type Decide func(ledger.View) ([]proto.Message, error)

// Config is what a desk works with.
type Config struct {
	Agency string
	Ledger *ledger.Ledger
	Keys   *directory.Keys
	// Signer returns the Ed25519 key that the agency signs its next block with.
	Signer func() crypto.Signer
	// Due is what the agency has to record in its own directory journal before anything else (directory.Keeper). Nil: nothing.
	Due func(ledger.View) ([]proto.Message, error)
	// JetStream and Stream are the agency's own journal.
	JetStream jetstream.JetStream
	Stream    string
	// CatchUp folds what the own journal holds and the ledger does not.
	CatchUp func(context.Context) error
	// Last is the last sequence of that stream.
	Last func(context.Context) (uint64, error)
	// Recorded is told up to which sequence of that stream the desk sees to the ledger itself. Optional.
	Recorded func(sequence uint64)
	// Now defaults to time.Now.
	Now       func() time.Time
	Reactions []Reaction
	// Appended is told of every block, and how long it took until it was on disk. Optional.
	Appended func(events int, took time.Duration)
	// Tracer traces commands whose caller did so, and what follows from their events; nil: nothing is traced.
	Tracer trace.Tracer
	// Traces knows of which trace events are, own and received. Optional.
	Traces *journal.Traces
	Logger *slog.Logger
}

// Desk takes commands. Execute is safe for concurrent use; commands that come in together share a block.
type Desk struct {
	Config
	queue chan *command
	// closing ends waiting callers when Run has ended.
	closing chan struct{}
	// settling asks for a commit of what is held.
	settling chan chan struct{}
	// tx is the transaction that is held, since when, with so many events; last is the sequence in the agency's stream up
	// to which it knows it; due says when no command has come for a while.
	tx     *ledger.Tx
	events int
	last   uint64
	since  time.Time
	groups map[string]string // sharing groups by kind and marking
	// heard is up to which event each reaction has heard each journal, by cursorKey.
	heard map[string]uint64
	due   *time.Timer
	// caught is the sequence in that stream up to which the ledger was last caught up.
	caught uint64
	// directory is how far the transaction knows the directory's journals, kept up to where nothing was due any more.
	directory, kept uint64
	// refusing is why nothing is recorded any more.
	refusing atomic.Pointer[string]
}

// New returns a desk that does nothing until Run is called.
func New(cfg Config) *Desk {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Due == nil {
		cfg.Due = func(ledger.View) ([]proto.Message, error) { return nil, nil }
	}
	if cfg.Recorded == nil {
		cfg.Recorded = func(uint64) {}
	}
	if cfg.Appended == nil {
		cfg.Appended = func(int, time.Duration) {}
	}
	if cfg.Tracer == nil {
		cfg.Tracer = noop.Tracer{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	due := time.NewTimer(0)
	due.Stop()
	return &Desk{Config: cfg, queue: make(chan *command, 1024), closing: make(chan struct{}), settling: make(chan chan struct{}), groups: map[string]string{}, heard: map[string]uint64{}, due: due}
}

// maxSkew is how far in the future a command may say that it was true.
const maxSkew = 5 * time.Minute

// command is a request on its way through the desk.
type command struct {
	particulars *eventv1.Particulars
	decide      Decide
	// digest is of the request, when it has an idempotency key.
	digest []byte
	// before runs in the transaction that records the command, also when it decides nothing: a reaction's cursor.
	before func(*ledger.Tx) error
	// keeping records what is due: nothing has to go before it.
	keeping bool
	ctx     context.Context
	done    chan outcome
}

type outcome struct {
	receipt *eventv1.Receipt
	err     error
}

// Execute decides req on the ledger as it stands and records what is decided. It returns once the events are on disk,
// in the agency's journal and in its ledger. A refusal comes back as it is (package fault); nothing is recorded then.
//
// If ctx ends first, it is not known whether the command was recorded: ask again with the same idempotency key.
func (d *Desk) Execute(ctx context.Context, req Request, decide Decide) (*eventv1.Receipt, error) {
	digest, err := digestOf(req)
	if err != nil {
		return nil, err
	}
	particulars, err := d.complete(ctx, req)
	if err != nil {
		return nil, err
	}
	return d.submit(&command{particulars: particulars, decide: decide, digest: digest, ctx: ctx, done: make(chan outcome, 1)})
}

// Record is Execute for what comes from within the agency's own node and is no request: particulars say all that is
// known of it.
func (d *Desk) Record(ctx context.Context, particulars *eventv1.Particulars, decide Decide) (*eventv1.Receipt, error) {
	if particulars.OccurredAt == nil {
		particulars.OccurredAt = timestamppb.New(d.Now())
	}
	c := &command{particulars: particulars, decide: decide, ctx: ctx, done: make(chan outcome, 1)}
	if particulars.IdempotencyKey != "" {
		sum := sha256.Sum256([]byte(particulars.IdempotencyKey))
		c.digest = sum[:]
	}
	return d.submit(c)
}

// Refuse ends all recording, for a reason that every caller is told: the journal must not grow any further until a
// person has looked at it.
func (d *Desk) Refuse(reason string) { d.refusing.Store(&reason) }

func (d *Desk) submit(c *command) (*eventv1.Receipt, error) {
	if reason := d.refusing.Load(); reason != nil {
		return nil, fault.Errorf(fault.Precondition, "nothing is recorded: %s; see: counterfoil doctor", *reason)
	}
	select {
	case d.queue <- c:
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	case <-d.closing:
		return nil, fault.Errorf(fault.Unavailable, "this node is shutting down; send the command again")
	}
	select {
	case o := <-c.done:
		return o.receipt, o.err
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	case <-d.closing:
		return nil, fault.Errorf(fault.Unavailable, "this node is shutting down; send the command again with the same idempotency key")
	}
}

// complete fills in the particulars that the caller left out, in place: the rule reads its times from there.
func (d *Desk) complete(ctx context.Context, req Request) (*eventv1.Particulars, error) {
	p := req.GetParticulars()
	if p == nil {
		m := req.ProtoReflect()
		field := m.Descriptor().Fields().ByName("particulars")
		m.Mutable(field)
		p = req.GetParticulars()
	}
	if officer := rpc.Officer(ctx); officer != nil {
		p.Officer = officer
	}
	now := d.Now()
	switch {
	case p.OccurredAt == nil:
		p.OccurredAt = timestamppb.New(now)
	case p.OccurredAt.CheckValid() != nil:
		return nil, fault.Errorf(fault.Invalid, "occurred_at is not a date")
	case p.OccurredAt.AsTime().After(now.Add(maxSkew)):
		return nil, fault.Errorf(fault.Invalid, "occurred_at lies in the future")
	}
	return p, nil
}

// digestOf is the SHA-256 of a request as the caller sent it, its idempotency key left out.
func digestOf(req Request) ([]byte, error) {
	if req.GetParticulars().GetIdempotencyKey() == "" {
		return nil, nil
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", req.ProtoReflect().Descriptor().FullName(), err)
	}
	sum := sha256.Sum256(append([]byte(req.ProtoReflect().Descriptor().FullName()+"\n"), data...))
	return sum[:], nil
}

// Run serves commands and reactions until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	defer close(d.closing)
	reacted := make(chan struct{})
	go func() {
		defer close(reacted)
		d.react(ctx)
	}()
	var batch []*command
	for {
		if len(batch) == 0 {
			select {
			case c := <-d.queue:
				batch = append(batch, c)
			case done := <-d.settling:
				d.commit()
				close(done)
				continue
			case <-d.due.C:
				d.commit()
				continue
			case <-ctx.Done():
				d.finish(reacted)
				return ctx.Err()
			}
		}
		batch = d.record(ctx, d.fill(batch))
		d.enough()
		select {
		case done := <-d.settling:
			d.commit()
			close(done)
		default:
		}
	}
}

// finish commits what is held, also for those who ask meanwhile, until the reactions have ended.
func (d *Desk) finish(reacted <-chan struct{}) {
	d.commit()
	for {
		select {
		case done := <-d.settling:
			close(done)
		case <-reacted:
			return
		}
	}
}

// maxBatch is how many commands may share a block.
const maxBatch = 512

// fill adds the commands that are waiting already.
func (d *Desk) fill(batch []*command) []*command {
	for len(batch) < maxBatch {
		select {
		case c := <-d.queue:
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}
