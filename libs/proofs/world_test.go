package proofs_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/proofs"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

var (
	own    = journal.ID{Agency: "licensing", Group: "all"}
	others = journal.ID{Agency: "customs", Group: "border"}
)

// world is licensing's ledger, of journals that their agencies signed.
type world struct {
	rapid.TB
	ledger *ledger.Ledger
	writer *ledgertest.Writer
	heads  map[journal.ID]*journal.Head
	// keys are what agencies sign with now.
	keys map[string]ed25519.PrivateKey
	// raw are the events of each journal as recorded, and gone those that come as withdrawn.
	raw    map[journal.ID][][]byte
	gone   map[journal.ID][]uint64
	made   int
	source proofs.Source
}

func keyCalled(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicOf(key crypto.Signer) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func newWorld(t rapid.TB, dir string) *world {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(filepath.Join(dir, "ledger"), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		TB: t, ledger: l, writer: ledgertest.NewWriter(), heads: map[journal.ID]*journal.Head{}, raw: map[journal.ID][][]byte{},
		gone: map[journal.ID][]uint64{}, keys: map[string]ed25519.PrivateKey{},
	}
	w.source.Signer = func() crypto.Signer { return w.keys["licensing"] }
	for _, name := range []string{"authority", "licensing", "customs"} {
		w.keys[name] = keyCalled(name)
	}
	for _, name := range []string{"licensing", "customs"} {
		w.record(&directoryv1.AgencyRegistered{Agency: name, Service: name, State: "XA", SigningKey: &directoryv1.SigningKey{Public: publicOf(w.keys[name])}})
	}
	return w
}

// changeKey has an agency sign with another key from now on, which it puts on record.
func (w *world) changeKey(agency, name string) {
	w.Helper()
	key := keyCalled(name)
	w.record(ledgertest.In("directory", ledgertest.By(agency, &directoryv1.SigningKeyChanged{Key: &directoryv1.SigningKey{Public: publicOf(key)}})))
	w.keys[agency] = key
}

// record puts a fact on record in a block of its own.
func (w *world) record(fact proto.Message) {
	w.Helper()
	id, e := w.writer.Event(fact)
	w.fold(id, e)
}

// grow adds a block of n licences, whose reference is so many bytes long, to a journal.
func (w *world) grow(id journal.ID, n, long int) {
	w.Helper()
	var events []*eventv1.Event
	for range n {
		w.made++
		_, e := w.writer.Event(&licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("%s/L-%d", id.Agency, w.made), Conditions: []string{strings.Repeat("x", long)}})
		events = append(events, e)
	}
	w.fold(id, events...)
}

func (w *world) fold(id journal.ID, events ...*eventv1.Event) {
	w.Helper()
	tx, err := w.ledger.Begin()
	if err != nil {
		w.Fatal(err)
	}
	defer tx.Rollback()
	if w.heads[id] == nil {
		w.heads[id] = &journal.Head{ID: id}
	}
	h := w.heads[id]
	if h.StartBlock > 0 && h.Block == h.StartBlock {
		if err := tx.BeginAt(id, h.Position()); err != nil {
			w.Fatal(err)
		}
	}
	var entries []journal.Entry
	for _, e := range events {
		entry, err := journal.DecodeEntry(h.Events+uint64(len(entries))+1, must(proto.Marshal(e)))
		if err != nil {
			w.Fatal(err)
		}
		entries, w.raw[id] = append(entries, entry), append(w.raw[id], entry.Raw)
	}
	_, b, next, err := journal.Sealer{Signer: w.keys[id.Agency]}.Write(h, entries, events[len(events)-1].GetRecordedAt().AsTime())
	if err != nil {
		w.Fatal(err)
	}
	w.heads[id] = &next
	var gone []uint64
	for _, n := range w.gone[id] {
		if n >= b.Header.FirstEvent && n <= b.Header.Size {
			gone = append(gone, n)
		}
	}
	if len(gone) > 0 {
		b = ledgertest.Redacted(b, gone...)
	}
	next.Sequence, next.ReceivedAt = b.Header.Number, ledgertest.Start
	if err := tx.Fold(b, next.Position()); err != nil {
		w.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		w.Fatal(err)
	}
}

// startAt has the copy of a journal begin where its agency states it.
func (w *world) startAt(id journal.ID, start *directoryv1.JournalStart) {
	w.Helper()
	w.record(ledgertest.In("directory", ledgertest.By(id.Agency, &directoryv1.ReleaseAgreed{
		Group: id.Group, Reader: "licensing", History: directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING, Start: start,
	})))
	w.heads[id] = new(must(journal.StartAt(id, start)))
}

// view calls fn with the ledger as it stands.
func (w *world) view(fn func(ledger.View)) {
	w.Helper()
	if err := w.ledger.View(func(v ledger.View) error { fn(v); return nil }); err != nil {
		w.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestMain draws fewer cases than rapid would, for a run in passing; go test -rapid.checks=1000 draws more.
func TestMain(m *testing.M) {
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, "rapid.checks") }) {
		checks := "25"
		if os.Getenv("COUNTERFOIL_SOAK") != "" {
			checks = "1000"
		}
		if err := flag.Set("rapid.checks", checks); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// inWorlds runs a property, each time in a world of its own.
func inWorlds(t *testing.T, property func(*rapid.T, *world)) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w := newWorld(rt, filepath.Join(dir, fmt.Sprint(n)))
		defer w.ledger.Close()
		property(rt, w)
	})
}

// header is that of the last block of the own journal.
func (w *world) header(v ledger.View) *eventv1.Header {
	h := &eventv1.Header{}
	if err := proto.Unmarshal(must(proofs.Latest(v, own)).GetHeader(), h); err != nil {
		w.Fatal(err)
	}
	return h
}

// signatureIn is the Ed25519 signature on a note with one.
func signatureIn(signed string) []byte {
	words := strings.Fields(signed)
	return must(base64.StdEncoding.DecodeString(words[len(words)-1]))[4:]
}
