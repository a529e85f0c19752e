// Package desktest is a small world for tests: a coordinating authority and agencies, each with a real broker, a real
// ledger, a follower and a desk, and nothing between them but what a test carries.
package desktest

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/natstest"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/seal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// World is the agencies of a test.
type World struct {
	t         testing.TB
	Authority *Agency
	agencies  map[string]*Agency
}

// Agency is one of them. Its desk runs until the test ends, unless the test stops it.
type Agency struct {
	Name       string
	Server     *natstest.Server
	Own, Inbox jetstream.Stream
	Ledger     *ledger.Ledger
	Keys       *directory.Keys
	Follower   *projection.Follower
	Desk       *desk.Desk
	Signer     ed25519.PrivateKey

	t       testing.TB
	dir     string
	public  []byte
	secrets directory.Secrets
	stop    func()
}

// New makes a world of agencies that all share the group "all"; what customs records goes to "border", which is
// licensing, customs with its posts, and enforcement as far as they exist. An agency is of the service that its name begins
// with, and "customs-…" is a post of customs, which records for "all".
func New(t testing.TB, names ...string) *World {
	t.Helper()
	w := &World{t: t, agencies: map[string]*Agency{}}
	signer := signingKey(t)
	given := directory.Secrets{Authority: signer.Public().(ed25519.PublicKey), Directory: map[uint32][]byte{1: seal.NewKey()}}
	w.Authority = newAgency(t, directory.Authority, signer, given)
	members := []directory.Member{w.Authority.member()}
	var border []string
	for _, name := range names {
		a := newAgency(t, name, signingKey(t), given)
		w.agencies[name] = a
		members = append(members, a.member())
		if service, _, _ := strings.Cut(name, "-"); service == "licensing" || service == "customs" || service == "enforcement" {
			border = append(border, name)
		}
	}
	start := directoryv1.HistoryRule_HISTORY_RULE_FROM_START
	groups := []*directoryv1.GroupDefined{
		{Group: directory.Group, Members: append([]string{directory.Authority}, names...), History: start},
		{Group: "all", Members: names, History: start}, {Group: "border", Members: border, History: start},
	}
	rules := []*directoryv1.SharingRule{{Group: "all"}, {Agency: "customs", Group: "border"}, {Marking: "border", Group: "border"}}
	w.Authority.Start()
	w.Authority.Record(func(ledger.View) ([]proto.Message, error) {
		facts, err := directory.Found(members, groups, rules, given.Directory[1], time.Now())
		return append(facts, &directoryv1.PolicyAdopted{PolicyId: "alone/1", Content: []byte(alone)}), err
	})
	for _, name := range names {
		w.Carry(w.Authority, w.agencies[name], directory.Group)
		w.agencies[name].Start()
		w.agencies[name].Wait(directory.Own(name), 1) // its journals have keys
	}
	return w
}

// alone is the decision policy of a world: licensing decides by itself, with one signature.
const alone = `{name: alone, version: 1, title: licensing decides alone, legal_basis: fictional, valid_from: 2000-01-01, decider: licensing, signatures: 1}`

// Agency returns the agency of this name.
func (w *World) Agency(name string) *Agency { return w.agencies[name] }

func signingKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, signer, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func newAgency(t testing.TB, name string, signer ed25519.PrivateKey, given directory.Secrets) *Agency {
	t.Helper()
	private, public, err := seal.GenerateMember()
	if err != nil {
		t.Fatal(err)
	}
	given.Sealing = [][]byte{private}
	a := &Agency{Name: name, Signer: signer, t: t, dir: t.TempDir(), public: public, secrets: given}
	a.Server = natstest.Start(t, natstest.Listen())
	a.Own, a.Inbox = a.Server.Journal(name), a.Server.Inbox()
	a.Open()
	t.Cleanup(func() { a.Ledger.Close() })
	return a
}

func (a *Agency) member() directory.Member {
	m := directory.Member{Agency: a.Name, State: "XA", Signing: a.Signer.Public().(ed25519.PublicKey), Sealing: a.public}
	service, rest, _ := strings.Cut(a.Name, "-")
	if m.Service = service; service == "customs" && rest != "" {
		m.PostOf = service
	}
	return m
}

// Secrets are what the agency knows before it has read anything, for a process of its own.
func (a *Agency) Secrets() directory.Secrets { return a.secrets }

// LedgerFile is where the ledger is kept.
func (a *Agency) LedgerFile() string { return filepath.Join(a.dir, "ledger.db") }

// Evidence is the folder of blocks that were not believed.
func (a *Agency) Evidence() string { return filepath.Join(a.dir, "evidence") }

// Open opens the agency's ledger, with keys, a follower and a desk of their own, as a start of the node does. A ledger
// that was open is closed.
func (a *Agency) Open(reactions ...desk.Reaction) {
	a.t.Helper()
	if a.Ledger != nil {
		if err := a.Ledger.Close(); err != nil {
			a.t.Fatal(err)
		}
	}
	var err error
	if a.Ledger, err = ledger.Open(a.LedgerFile(), ledger.Options{Agency: a.Name, Timeout: time.Second}); err != nil {
		a.t.Fatal(err)
	}
	a.Keys = directory.NewKeys(a.Name, a.secrets)
	a.Follower = a.follower(a.Ledger)
	a.Desk = a.DeskOn(a.Ledger, a.Follower, a.Server.JetStream(), reactions...)
}

// Forget deletes the ledger's file; Open then begins a new one.
func (a *Agency) Forget() {
	a.t.Helper()
	if err := a.Ledger.Close(); err != nil {
		a.t.Fatal(err)
	}
	a.Ledger = nil
	if err := os.Remove(a.LedgerFile()); err != nil {
		a.t.Fatal(err)
	}
}

func (a *Agency) follower(l *ledger.Ledger) *projection.Follower {
	return projection.New(projection.Config{
		Agency: a.Name, Ledger: l, Keys: a.Keys, JetStream: a.Server.JetStream(), Own: a.Own, Inbox: a.Inbox, Evidence: a.Evidence(), Logger: logger(),
	})
}

// DeskOn returns a further desk of the agency, on a ledger of its own: another process would be one.
func (a *Agency) DeskOn(l *ledger.Ledger, f *projection.Follower, js jetstream.JetStream, reactions ...desk.Reaction) *desk.Desk {
	return desk.New(desk.Config{
		Agency: a.Name, Ledger: l, Keys: a.Keys, Signer: func() crypto.Signer { return a.Signer }, JetStream: js, Stream: a.Own.CachedInfo().Config.Name,
		CatchUp: f.CatchUpOwn, Last: f.LastOwn, Recorded: f.Recorded, Reactions: reactions, Logger: logger(),
		Due: directory.Keeper{Agency: a.Name, Keys: a.Keys}.Due,
	})
}

// Start catches up and sets follower and desk to work until the test ends or stop is called.
func (a *Agency) Start() (stop func()) {
	a.t.Helper()
	if err := a.Follower.CatchUp(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
	follower, atDesk := Run(a.t, a.Follower.Run), Run(a.t, a.Desk.Run)
	a.stop = func() { atDesk(); follower() }
	return a.stop
}

// Stop ends what the last Start set to work.
func (a *Agency) Stop() { a.stop() }

// Run runs something until the test ends or stop is called, which waits until it has ended.
func Run(t testing.TB, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && ctx.Err() == nil {
			t.Errorf("ended early: %v", err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// Record decides at the agency's desk and fails the test when that is refused.
func (a *Agency) Record(decide desk.Decide) *eventv1.Receipt {
	a.t.Helper()
	receipt, err := a.Desk.Record(a.t.Context(), &eventv1.Particulars{}, decide)
	if err != nil {
		a.t.Fatal(err)
	}
	return receipt
}

// Facts is a decision that is always the same.
func Facts(facts ...proto.Message) desk.Decide {
	return func(ledger.View) ([]proto.Message, error) { return facts, nil }
}

// Blocks returns the stored blocks of one of the agency's own journals.
func (a *Agency) Blocks(group string) [][]byte {
	a.t.Helper()
	return a.stored(a.Own, journal.ID{Agency: a.Name, Group: group}.Subject())
}

// InboxBlocks returns the stored blocks of another agency's journal.
func (a *Agency) InboxBlocks(agency, group string) [][]byte {
	a.t.Helper()
	return a.stored(a.Inbox, "in."+agency+"."+group)
}

func (a *Agency) stored(stream jetstream.Stream, subject string) (blocks [][]byte) {
	a.t.Helper()
	info, err := stream.Info(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	if info.State.LastSeq == 0 {
		return nil
	}
	err = journal.Read(a.t.Context(), stream, subject, 1, info.State.LastSeq, func(m journal.Message) error {
		blocks = append(blocks, m.Data)
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return blocks
}

// Deliver puts a message into the agency's inbox as a block of a journal.
func (a *Agency) Deliver(id journal.ID, data []byte) {
	a.t.Helper()
	subject := fmt.Sprintf("in.%s.%s", id.Agency, id.Group)
	if _, err := a.Server.JetStream().PublishMsg(a.t.Context(), &nats.Msg{Subject: subject, Data: data}); err != nil {
		a.t.Fatal(err)
	}
}

// Carry delivers all blocks of a journal to another agency, also those that it has already; before them what the agency says
// in the directory, where the keys are.
func (w *World) Carry(from, to *Agency, group string) {
	w.t.Helper()
	if group != directory.Group {
		w.Carry(from, to, directory.Group)
	}
	for _, data := range from.Blocks(group) {
		to.Deliver(journal.ID{Agency: from.Name, Group: group}, data)
	}
}

// Root returns the root hash over the rows of the ledger, and of each journal's.
func (a *Agency) Root() ([32]byte, map[journal.ID][32]byte) {
	a.t.Helper()
	return RootOf(a.t, a.Ledger)
}

// RootOf returns the root hash over the rows of a ledger, and of each journal's.
func RootOf(t testing.TB, l *ledger.Ledger) (root [32]byte, perJournal map[journal.ID][32]byte) {
	t.Helper()
	err := l.View(func(v ledger.View) (err error) {
		root, perJournal, err = v.Root(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return root, perJournal
}

// Wait returns once the agency's ledger holds event number of a journal.
func (a *Agency) Wait(id journal.ID, number uint64) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 10*time.Second)
	defer cancel()
	if err := a.Ledger.Wait(ctx, id, number); err != nil {
		a.t.Fatalf("wait for event %d of %s at %s: %v; stopped: %v", number, id, a.Name, err, a.Follower.State())
	}
}

func logger() *slog.Logger {
	if os.Getenv("COUNTERFOIL_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}
