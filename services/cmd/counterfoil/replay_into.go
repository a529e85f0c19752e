package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/replay"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// expected is how many events are folded in a second, as far as is known before it began.
const expected = 50_000

// intoFlags choose the part of history that is folded into a folder.
type intoFlags struct {
	dir             string
	kinds, agencies []string
}

func (f *intoFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "into", "", "folder for the ledger; read it with --ledger FOLDER")
	flags.StringSliceVar(&f.kinds, "kinds", nil, "only events of these kinds, such as LicenceGranted, and the directory")
	flags.StringSliceVar(&f.agencies, "agency", nil, "only what these agencies recorded, and the directory")
}

// horizon adds what the flags choose to a horizon. from and to are when it was recorded.
func (f *intoFlags) horizon(h *queryv1.Horizon, from, to string) (*queryv1.Horizon, error) {
	if h == nil {
		h = &queryv1.Horizon{}
	}
	var err error
	if h.From, err = parseTime("from", from); err != nil {
		return nil, err
	}
	if to != "" && h.AsOf != nil {
		return nil, usage("--to and --as-of are the same moment: give one of them")
	}
	if to != "" {
		if h.AsOf, err = parseTime("to", to); err != nil {
			return nil, err
		}
	}
	for _, k := range f.kinds {
		named := eventKinds(k)
		if len(named) == 0 {
			return nil, usage("there is no kind of event called %s; kinds are such as LicenceGranted", k)
		}
		h.Kinds = append(h.Kinds, named...)
	}
	h.Agencies = f.agencies
	return h, nil
}

// eventKinds are the full names of the kinds of events that a name means.
func eventKinds(name string) (full []string) {
	for _, k := range ledger.Kinds() {
		if string(k.FullName()) == name || string(k.Name()) == name {
			full = append(full, string(k.FullName()))
		}
	}
	return full
}

// replayed is what a replay came to. Its keys are stable.
type replayed struct {
	Agency  string  `json:"agency"`
	Into    string  `json:"into"`
	Horizon string  `json:"horizon"`
	Events  uint64  `json:"events"` // in the ledger now
	Folded  uint64  `json:"folded"` // by this run
	Parked  int     `json:"parked"`
	Seconds float64 `json:"seconds"`
	Root    string  `json:"root"`
}

// replayInto folds a part of history into a ledger in a folder. It sends nothing to anybody; what the node gives out is checked here:
// the chain and the Merkle root of every block, and the signatures.
func (env *Env) replayInto(ctx context.Context, c *Clients, dir string, h *queryv1.Horizon) (err error) {
	what := "replay into " + dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return doing(what, "", err)
	}
	plan, err := c.Replay.PlanReplay(ctx, &queryv1.PlanReplayRequest{Horizon: h})
	if err != nil {
		return doing(what, "", err)
	}
	l, err := ledger.Open(ledgerIn(dir), ledger.Options{Agency: plan.Agency})
	if err != nil {
		return doing(what, "", err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := replay.Begin(l, h); err != nil {
		return doing(what, "", err)
	}
	r := replayer{env: env, c: c, h: h, into: l}
	began := env.Now()
	if err := r.run(ctx); err != nil {
		if ctx.Err() != nil {
			env.Advise("%d of %d events are in %s; the same command goes on from there", r.done, r.all, dir)
		}
		var broken *journal.Broken
		if errors.As(err, &broken) {
			return problems(what, broken.Error(), "counterfoil verify")
		}
		return doing(what, env.again(), err)
	}
	result := &replayed{Agency: plan.Agency, Into: dir, Horizon: orElse(replayWords(h), "all there is"), Folded: r.done, Seconds: env.Now().Sub(began).Seconds()}
	if err := result.look(ctx, l); err != nil {
		return doing(what, "", err)
	}
	if err := env.Print(result.document()); err != nil {
		return err
	}
	env.Advise("read it with: counterfoil --ledger %s list licences", quote(dir))
	return nil
}

// replayer folds what a node gives out.
type replayer struct {
	env  *Env
	c    *Clients
	h    *queryv1.Horizon
	into *ledger.Ledger
	// of events of this run, how many are folded and how many there are.
	done, all uint64
}

func (r *replayer) run(ctx context.Context) error {
	after, err := r.has()
	if err != nil {
		return err
	}
	plan, err := r.c.Replay.PlanReplay(ctx, &queryv1.PlanReplayRequest{Horizon: r.h, After: after})
	if err != nil {
		return err
	}
	trust, err := replay.ReadTrust(plan)
	if err != nil {
		return err
	}
	if err := replay.KeepTrust(r.into, plan); err != nil {
		return err
	}
	r.all = plan.Events
	about := time.Duration(float64(plan.Events) / expected * float64(time.Second)).Round(time.Second)
	if len(after) > 0 {
		r.env.Advise("going on with what is there already")
	}
	r.env.Advise("%d events within, %d blocks to read; about %s", plan.Events, plan.Blocks, max(about, time.Second))
	progress := r.env.startProgress("replay", "events")
	defer progress.stop()
	progress.total(int64(plan.Events))
	defer replay.Bulk()()
	into := &replay.Into{Ledger: r.into, Trust: trust, Progress: func(events uint64) {
		r.done = min(events, r.all)
		progress.set(int64(r.done))
	}}
	req := &queryv1.ReplayBlocksRequest{Horizon: r.h, After: after, To: plan.To}
	return into.Fold(ctx, func(ctx context.Context, fn func(*ledgerv1.FoldedBlock) error) error { return r.receive(ctx, req, fn) })
}

// has is how far the ledger in the folder has each journal.
func (r *replayer) has() (list []*queryv1.JournalExtent, err error) {
	at, err := replay.At(r.into)
	for id, e := range at {
		list = append(list, &queryv1.JournalExtent{Journal: id.String(), Block: e.Block, Events: e.Events})
	}
	return list, err
}

// receive hands on the blocks that the node sends.
func (r *replayer) receive(ctx context.Context, req *queryv1.ReplayBlocksRequest, fn func(*ledgerv1.FoldedBlock) error) error {
	stream, err := r.c.Replay.ReplayBlocks(ctx, req)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, b := range res.Blocks {
			if err := fn(b); err != nil {
				return err
			}
		}
	}
}

// look reads what the ledger has come to.
func (r *replayed) look(ctx context.Context, l *ledger.Ledger) error {
	return l.View(func(v ledger.View) error {
		root, _, err := v.Root(ctx)
		if err != nil {
			return err
		}
		parked, err := v.ParkedEvents()
		if err != nil {
			return err
		}
		r.Root, r.Parked = fmt.Sprintf("%x", root), len(parked)
		r.Events, _, err = v.Count(queryv1.Table_TABLE_EVENTS, nil, "")
		return err
	})
}

func (r *replayed) document() output.Document {
	doc := output.Document{Value: r, Items: []any{r}, Flat: &output.Grid{Heads: []string{"agency", "into", "horizon", "events", "folded", "parked", "root"}}}
	doc.Flat.Add(r.Agency, r.Into, r.Horizon, number(r.Events), number(r.Folded), count(r.Parked), r.Root)
	text := fmt.Sprintf("%d events in the ledger, %d of them folded in %.1f s (%.0f a second); root %s", r.Events, r.Folded, r.Seconds, float64(r.Folded)/max(r.Seconds, 0.001), r.Root)
	if r.Parked > 0 {
		text += fmt.Sprintf("\n%d events are parked: what they rest on is not within", r.Parked)
	}
	doc.Sections = []output.Section{{Title: r.Horizon, Text: text}}
	return doc
}

// replayWords says in words what a replay was limited to.
func replayWords(h *queryv1.Horizon) string {
	words := horizonWords(h)
	add := func(more string) {
		if words != "" {
			words += ", "
		}
		words += more
	}
	if h.GetFrom() != nil {
		add("recorded from " + date(h.From) + " on")
	}
	if len(h.GetKinds()) > 0 {
		add(fmt.Sprintf("of %d kinds", len(h.Kinds)))
	}
	for _, a := range h.GetAgencies() {
		add("of " + a)
	}
	return words
}
