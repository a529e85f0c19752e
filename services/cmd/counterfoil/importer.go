package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/published"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
)

const (
	// inFlight is how many requests are sent at once; the order in which they are recorded does not matter.
	inFlight = 4
	// maxBatchBytes keeps what one request records well inside one block.
	maxBatchBytes = 256 << 10
	// A request that the node cannot take now is sent again so often, after a wait that doubles from firstWait.
	attempts  = 5
	firstWait = 100 * time.Millisecond
)

// importer records one edition of a published register at the agency that owns it.
type importer struct {
	env             *Env
	client          licensingv1connect.LicensingServiceClient
	source, edition string
	batch           int
	dryRun          bool
}

// onRecord is what is live from the register. state is a digest over it, which makes a request's key new once something
// was recorded since: an edition that brings back what another took out is not taken for a repetition.
type onRecord struct {
	entries []*licensingv1.EntryOnRecord
	latest  string // edition
	state   []byte
}

// contents fetches what is on record, page by page.
func (im *importer) contents(ctx context.Context) (*onRecord, error) {
	all := &onRecord{}
	digest := sha256.New()
	req := &licensingv1.EditionContentsRequest{Source: im.source}
	for {
		res, err := im.client.EditionContents(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("read what is on record: %w", err)
		}
		for _, entry := range res.Entries {
			fmt.Fprintf(digest, "%q %x\n", entry.Id, entry.Digest)
		}
		all.entries, all.latest = append(all.entries, res.Entries...), res.Edition
		if !res.More || len(res.Entries) == 0 {
			all.state = digest.Sum(nil)
			return all, nil
		}
		req.After = res.Entries[len(res.Entries)-1].Id
	}
}

// confirm asks before an edition takes out most of what is on record, which a wrong folder would. It can be taken back
// by recording the right one, so that where nobody can be asked it is said and done.
func (im *importer) confirm(live, withdrawn int) error {
	if withdrawn*2 <= live {
		return nil
	}
	says := fmt.Sprintf("Edition %s leaves out %d of the %d entries on record.", im.edition, withdrawn, live)
	if !im.env.CanAsk() {
		im.env.Advise("%s", says)
		return nil
	}
	return im.env.Confirm(says + " Record that?")
}

// tally is what was recorded so far.
type tally struct {
	sync.Mutex
	entries, all int
	events       uint64
}

// record sends the changes, several requests at once, then closes the edition. On an error what was answered stays on
// record; the tally says how much that is.
func (im *importer) record(ctx context.Context, from *onRecord, changes published.Changes, closing *licensingv1.CloseEditionRequest) (*tally, error) {
	done := &tally{all: len(changes.Added) + len(changes.Changed) + len(changes.Withdrawn)}
	progress := im.env.startProgress("record", "entries")
	defer progress.stop()
	progress.total(int64(done.all))
	// One request's failure does not take back the others that are under way: what they record is counted.
	var sending errgroup.Group
	var failed atomic.Bool
	sending.SetLimit(inFlight)
	for req := range im.batches(changes) {
		if failed.Load() || ctx.Err() != nil {
			break
		}
		sending.Go(func() error {
			events, err := im.recordBatch(ctx, from, req)
			if err != nil {
				failed.Store(true)
				return err
			}
			done.Lock()
			defer done.Unlock()
			done.entries += len(req.Added) + len(req.Changed) + len(req.Withdrawn)
			done.events += events
			progress.set(int64(done.entries))
			return nil
		})
	}
	if err := sending.Wait(); err != nil {
		return done, err
	}
	if err := ctx.Err(); err != nil {
		return done, err
	}
	if err := keyed(from, closing); err != nil {
		return done, err
	}
	res, err := send(ctx, closing, im.client.CloseEdition)
	done.events += uint64(res.GetReceipt().GetEvents())
	return done, err
}

func (im *importer) recordBatch(ctx context.Context, from *onRecord, req *licensingv1.RecordEditionRequest) (events uint64, err error) {
	if err := keyed(from, req); err != nil {
		return 0, err
	}
	res, err := send(ctx, req, im.client.RecordEdition)
	return uint64(res.GetReceipt().GetEvents()), err
}

// batches cuts the changes into requests of at most batch entries, and of a size that fits.
func (im *importer) batches(changes published.Changes) func(yield func(*licensingv1.RecordEditionRequest) bool) {
	return func(yield func(*licensingv1.RecordEditionRequest) bool) {
		var req *licensingv1.RecordEditionRequest
		entries, size := 0, 0
		into := func(weight int) *licensingv1.RecordEditionRequest {
			if req != nil && (entries == im.batch || size+weight > maxBatchBytes) {
				if !yield(req) {
					return nil
				}
				req = nil
			}
			if req == nil {
				req, entries, size = &licensingv1.RecordEditionRequest{Source: im.source, Edition: im.edition}, 0, 0
			}
			entries, size = entries+1, size+weight
			return req
		}
		for _, one := range changes.Added {
			to := into(proto.Size(one))
			if to == nil {
				return
			}
			to.Added = append(to.Added, one)
		}
		for _, one := range changes.Changed {
			to := into(proto.Size(one))
			if to == nil {
				return
			}
			to.Changed = append(to.Changed, one)
		}
		for _, one := range changes.Withdrawn {
			to := into(len(one))
			if to == nil {
				return
			}
			to.Withdrawn = append(to.Withdrawn, one)
		}
		if req != nil {
			yield(req)
		}
	}
}

// keyed gives a request a key that is drawn from what it says and what it is said about.
func keyed(from *onRecord, req request) error {
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return fmt.Errorf("make the request's key: %w", err)
	}
	digest := sha256.Sum256(append(append([]byte(nil), from.state...), content...))
	particulars := &eventv1.Particulars{IdempotencyKey: "edition-" + hex.EncodeToString(digest[:])}
	switch r := req.(type) {
	case *licensingv1.RecordEditionRequest:
		r.Particulars = particulars
	case *licensingv1.CloseEditionRequest:
		r.Particulars = particulars
	}
	return nil
}

// send calls once, and again while the node cannot take the request now; its key makes that safe.
func send[Req, Res any](ctx context.Context, req Req, call func(context.Context, Req) (Res, error)) (Res, error) {
	wait := firstWait
	for attempt := 1; ; attempt++ {
		res, err := call(ctx, req)
		if code := connect.CodeOf(err); err == nil || attempt == attempts || code != connect.CodeUnavailable && code != connect.CodeAborted {
			return res, err
		}
		select {
		case <-ctx.Done():
			return res, ctx.Err()
		case <-time.After(wait):
			wait *= 2
		}
	}
}
