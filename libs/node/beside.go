package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/gofrs/flock"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/whole"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// besideFolder is the folder in a node's that a ledger is built in beside the node. It holds a copy of the streams meanwhile.
const besideFolder = "beside"

// Beside says how a ledger is built for this program beside a node that another program runs.
type Beside struct {
	// Home is the node's folder. Where nothing runs on it, its broker is started for the purpose.
	Home Home
	// Copied is told how many bytes of the streams were copied, of how many known so far; Folded of blocks. Optional.
	Copied, Folded func(done, total uint64)
	Logger         *slog.Logger
}

// BuiltBeside is a ledger that waits for its program.
type BuiltBeside struct {
	Agency string
	// Path is the file, and Schema of which program.
	Path   string
	Schema uint32
	// Positions are how far it is in each journal, by name.
	Positions []*ledgerv1.Position
	// Stopped are the journals that it stopped in or that wait for a key, as a start would.
	Stopped []*ledgerv1.Stop
	// CopiedIn and FoldedIn are how long it took.
	CopiedIn, FoldedIn time.Duration
}

// Build copies the streams as they are at one moment, as a backup does, folds them into a ledger of this program's schema, and
// puts that, whole and on disk, beside the node's own, under ledger.Next. The node does not notice. A start of this program on
// the folder uses it and folds what came since (openLedger). Ended early it leaves nothing that counts.
func (b Beside) Build(ctx context.Context) (*BuiltBeside, error) {
	profile, err := b.Home.Profile()
	if err != nil {
		return nil, err
	}
	unlock, err := b.Home.lockBeside()
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir := b.Home.path(besideFolder)
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("remove what an earlier build left: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make room for a copy: %w", err)
	}
	defer os.RemoveAll(dir)
	built := &BuiltBeside{Agency: profile.Agency, Schema: ledger.Schema, Path: b.Home.path("ledger.db" + ledger.Next)}
	began := time.Now()
	made, err := b.copy(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("copy the streams of %s: %w", profile.Agency, err)
	}
	built.CopiedIn = time.Since(began)
	if err := b.fold(ctx, Home(dir), made, built); err != nil {
		return nil, fmt.Errorf("build a ledger beside that of %s: %w", profile.Agency, err)
	}
	built.FoldedIn = time.Since(began) - built.CopiedIn
	if err := os.Rename(Home(dir).path("ledger.db"), built.Path); err != nil {
		return nil, err
	}
	return built, whole.SyncFolder(string(b.Home))
}

// copy gives a broker in dir the streams that the node has, and returns when each was made.
func (b Beside) copy(ctx context.Context, dir string) (made map[string]time.Time, err error) {
	source, err := backbone.OpenSnapshots(ctx, string(b.Home))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	key, err := os.ReadFile(b.Home.path("store.key"))
	if err == nil {
		err = whole.Write(Home(dir).path("store.key"), key, 0o600) // the copy is encrypted as the streams are
	}
	if err != nil {
		return nil, err
	}
	names, err := source.List(ctx)
	if err != nil {
		return nil, err
	}
	made = map[string]time.Time{}
	var done, total uint64
	for _, name := range names {
		err := source.Read(ctx, name, func(kept backbone.KeptStream, snapshot io.Reader) error {
			made[kept.Stream] = kept.Created
			total += kept.Bytes
			counted := counting{snapshot, func(n int) {
				if done = min(done+uint64(n), total); b.Copied != nil {
					b.Copied(done, total)
				}
			}}
			_, err := backbone.RestoreStreams(ctx, dir, []backbone.KeptStream{kept}, func(backbone.KeptStream) (io.ReadCloser, error) {
				return io.NopCloser(counted), nil
			})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

type counting struct {
	io.Reader
	read func(int)
}

func (c counting) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.read(n)
	return n, err
}

// fold makes the ledger from the copied streams.
func (b Beside) fold(ctx context.Context, dir Home, made map[string]time.Time, built *BuiltBeside) (err error) {
	secrets, err := b.Home.secrets()
	if err != nil {
		return err
	}
	broker, err := backbone.StartNode(ctx, backbone.NodeConfig{Agency: built.Agency, Dir: string(dir), Logger: b.Logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	l, err := ledger.Open(dir.path("ledger.db"), ledger.Options{Agency: built.Agency})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }() // which puts it on disk
	f := projection.New(projection.Config{
		Agency: built.Agency, Ledger: l, Keys: directory.NewKeys(built.Agency, secrets),
		JetStream: broker.JetStream(), Own: broker.Journal(), Inbox: broker.Inbox(),
		Evidence: dir.path("evidence"), Progress: b.Folded, Logger: b.Logger,
	})
	if err := f.CatchUp(ctx); err != nil {
		return err
	}
	for _, stop := range f.State() {
		built.Stopped = append(built.Stopped, stop)
	}
	if err := projection.StateStreams(l, made); err != nil {
		return err
	}
	return l.View(func(v ledger.View) (err error) {
		built.Positions, err = v.Positions()
		return err
	})
}

// lockBeside makes sure that one process builds beside a node. The lock ends with the process, however that ends.
func (h Home) lockBeside() (unlock func() error, err error) {
	lock := flock.New(h.path(besideFolder+".lock"), flock.SetPermissions(0o600))
	free, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", h.path(besideFolder), err)
	case !free:
		return nil, fault.Errorf(fault.Conflict, "another process builds a ledger beside the node in %s; wait for it or stop it", h)
	}
	return lock.Close, nil
}
