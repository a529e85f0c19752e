package feed

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// TestEveryEventOnceInOrder: whatever happens to node and feed, the stream is the ledger's events, each once, those of a
// journal in its order; and from the position of every message a watch has exactly what follows it.
func TestEveryEventOnceInOrder(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		if err := republishing(t, dir, func(*writer) {}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestEveryEventOnceCatchesMutants: of places to go on from that are kept beside the stream.
func TestEveryEventOnceCatchesMutants(t *testing.T) {
	dir, noted := t.TempDir(), ""
	for name, mutant := range map[string]func(*writer){
		"where the feed was when it was asked last": func(w *writer) {
			if w.known {
				noted = w.position
			} else {
				w.last, w.position, w.known = lastOf(w), noted, true
			}
		},
		"where the ledger is": func(w *writer) {
			_ = w.feed.cfg.Ledger.View(func(v ledger.View) (err error) {
				w.last, w.known = lastOf(w), true
				w.position, err = v.WatchToken()
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range 200 {
				noted = ""
				wrong := rapid.Custom(func(t *rapid.T) bool { return republishing(t, dir, mutant) != nil })
				if wrong.Example(seed) {
					return
				}
			}
			t.Error("200 histories did not tell it from the rule")
		})
	}
}

func lastOf(w *writer) uint64 {
	info, err := w.stream.Info(context.Background())
	if err != nil {
		panic(err)
	}
	return info.State.LastSeq
}

// rig is a feed over a ledger, both of which things happen to.
type rig struct {
	t      *rapid.T
	dir    string
	mutant func(*writer)
	feed   *Feed
	ledger *ledger.Ledger
	folded []*journal.Block
	made   int
}

// republishing plays a history and says what was wrong with the stream at its end.
func republishing(t *rapid.T, parent string, mutant func(*writer)) error {
	dir, err := os.MkdirTemp(parent, "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	r := &rig{t: t, dir: dir, mutant: mutant}
	defer func() { r.stop(); r.ledger.Close() }()
	blocks := inAnyOrder(t, ledgertest.RoughHistory(t))
	r.rebuild()
	r.start()
	for next := 0; next < len(blocks); {
		switch rapid.IntRange(0, 9).Draw(t, "then") {
		case 0:
			r.restart()
		case 1:
			r.rebuild()
			r.restart()
		case 2:
			r.loseTail(rapid.IntRange(1, 4).Draw(t, "lost"))
			r.restart()
		case 3, 4, 5:
			n := rapid.IntRange(next+1, len(blocks)).Draw(t, "fold to")
			r.fold(blocks[next:n])
			next = n
		default:
			r.step(rapid.IntRange(1, 5).Draw(t, "batch"))
		}
	}
	for r.step(1000) {
	}
	return r.check()
}

func inAnyOrder(t *rapid.T, h ledgertest.Journals) (blocks []*journal.Block) {
	var of []journal.ID
	for _, id := range sortedIDs(h) {
		for range h[id] {
			of = append(of, id)
		}
	}
	at := map[journal.ID]int{}
	for _, id := range rapid.Permutation(of).Draw(t, "order") {
		blocks = append(blocks, h[id][at[id]])
		at[id]++
	}
	return blocks
}

func (r *rig) must(err error) {
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) start() {
	f, err := Open(r.t.Context(), Config{
		Settings: Settings{Listen: "127.0.0.1:0"}, Agency: "customs", Dir: r.dir, Key: []byte("a key of thirty-two bytes or more"), Ledger: r.ledger,
	})
	r.must(err)
	r.feed = f
	r.mutant(f.writers[0])
}

func (r *rig) stop() {
	r.mutant(r.feed.writers[0])
	r.must(r.feed.Close())
}

func (r *rig) restart() {
	r.stop()
	r.start()
}

// rebuild has another ledger with the same blocks, which came in another order.
func (r *rig) rebuild() {
	r.made++
	l, err := ledger.Open(filepath.Join(r.dir, fmt.Sprint("ledger-", r.made)), ledger.Options{Agency: "customs"})
	r.must(err)
	if r.ledger != nil {
		r.must(r.ledger.Close())
	}
	r.ledger = l
	again := ledgertest.Journals{}
	for _, b := range r.folded {
		again[b.ID] = append(again[b.ID], b)
	}
	r.folded = nil
	r.fold(inAnyOrder(r.t, again))
}

func (r *rig) fold(blocks []*journal.Block) {
	tx, err := r.ledger.Begin()
	r.must(err)
	defer tx.Rollback()
	for _, b := range blocks {
		r.must(tx.Fold(b, ledgertest.Position(b)))
	}
	r.must(tx.Commit())
	r.folded = append(r.folded, blocks...)
}

func (r *rig) step(batch int) bool {
	w := r.feed.writers[0]
	w.batch = batch
	more, err := w.step(r.t.Context())
	r.must(err)
	return more
}

// loseTail removes the last messages of the stream.
func (r *rig) loseTail(n int) {
	w := r.feed.writers[0]
	for range n {
		last, err := w.stream.GetLastMsgForSubject(r.t.Context(), Prefix+">")
		if err == jetstream.ErrMsgNotFound {
			return
		}
		r.must(err)
		r.must(w.stream.DeleteMsg(r.t.Context(), last.Sequence))
	}
}

// check compares the stream with the ledger.
func (r *rig) check() error {
	var ids, positions []string
	numbers := map[string]uint64{}
	w := r.feed.writers[0]
	for at := uint64(0); ; {
		m, err := w.stream.GetMsg(r.t.Context(), at+1, jetstream.WithGetMsgSubject(Prefix+">"))
		if err == jetstream.ErrMsgNotFound {
			break
		}
		r.must(err)
		at = m.Sequence
		of := m.Header.Get("ce-journal")
		if number := numberOf(m); number <= numbers[of] {
			return fmt.Errorf("event %d of %s comes after event %d", number, of, numbers[of])
		} else {
			numbers[of] = number
		}
		ids, positions = append(ids, m.Header.Get("ce-id")), append(positions, m.Header.Get(positionHeader))
	}
	if err := r.follows("", nil, ids); err != nil || len(ids) == 0 {
		return err
	}
	at := rapid.IntRange(0, len(ids)-1).Draw(r.t, "resume after")
	return r.follows(positions[at], ids[:at+1], ids)
}

// follows says what is wrong when a watch from a position does not have what is in all and not in before, each once.
func (r *rig) follows(position string, before, all []string) error {
	missing := map[string]int{}
	for _, id := range all {
		missing[id]++
	}
	for _, id := range before {
		missing[id]--
	}
	err := r.ledger.View(func(v ledger.View) error {
		_, err := v.EachAfter(position, 1_000_000, func(e *queryv1.RecordedEvent, _ string) error {
			missing[e.Id]--
			return nil
		})
		return err
	})
	r.must(err)
	for id, n := range missing {
		if n != 0 {
			return fmt.Errorf("event %s is %d times more in the feed than in the ledger, after %d messages of %d", id, n, len(before), len(all))
		}
	}
	return nil
}

func sortedIDs(h ledgertest.Journals) (ids []journal.ID) {
	for id := range h {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b journal.ID) int { return strings.Compare(a.String(), b.String()) })
	return ids
}

// TestMain draws fewer cases than rapid would, for a run in passing; go test -rapid.checks=1000 draws more.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killed); dir != "" {
		fmt.Fprintln(os.Stderr, feedUntilKilled(dir))
		os.Exit(1)
	}
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, "rapid.checks") }) {
		checks := "5"
		if os.Getenv("COUNTERFOIL_SOAK") != "" {
			checks = "200"
		}
		if err := flag.Set("rapid.checks", checks); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
