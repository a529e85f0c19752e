package bundle

import (
	"context"
	"crypto"
	"log/slog"
	"sync"
	"time"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Config is what bundles are made from and taken in to.
type Config struct {
	Agency string
	// Dir is the folder of the node's own for files on their way, and of those that wait.
	Dir    string
	Node   *backbone.Node
	Ledger *ledger.Ledger
	Keys   *directory.Keys
	// Signer returns what signs the agency's next block; it signs bundles too.
	Signer func() crypto.Signer
	// Stops are the journals that are not followed any further, or wait for a key.
	Stops func() map[journal.ID]*ledgerv1.Stop
	Now   func() time.Time
	// Accesses is where it is kept who made a bundle of what; nil: nowhere.
	Accesses *access.Journal
	Logger   *slog.Logger
}

// Courier makes bundles at a node and takes them in. Its methods may be called from any goroutine.
type Courier struct {
	Config
	importing sync.Mutex // held while a bundle is taken in

	mu sync.Mutex
	// waiting are the files that are kept aside, by name, as they were when they were last looked at.
	waiting map[string]*queryv1.WaitingBundle
}

// New returns a courier; Register serves it and Run sees to the files that wait.
func New(cfg Config) *Courier {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Courier{Config: cfg, waiting: map[string]*queryv1.WaitingBundle{}}
}

// Run takes in the files that wait whenever what they follow on has come, until ctx ends. It begins with those that an earlier
// process kept aside.
func (c *Courier) Run(ctx context.Context) error {
	looked, first := "", true
	return c.Ledger.Follow(ctx, func() time.Duration {
		if !first && len(c.Waiting()) == 0 {
			return 0
		}
		now, err := c.reached()
		if err == nil && (first || now != looked) {
			_, err = c.retry(ctx)
			looked, first = now, false
		}
		if err != nil && ctx.Err() == nil {
			c.Logger.Error("bundles that wait are not taken in", "agency", c.Agency, "err", err)
			return retryAgain
		}
		select {
		case <-time.After(lookAtMost):
		case <-ctx.Done():
		}
		return 0
	})
}

const (
	// retryAgain is how long a failure waits to be tried again, and lookAtMost how often the ledger is looked at.
	retryAgain = 5 * time.Second
	lookAtMost = 100 * time.Millisecond
)
