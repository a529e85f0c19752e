package lab_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

var licensingAll = journal.ID{Agency: "licensing", Group: "all"}

// line is an agency's line to the hub, which a test can cut.
type line struct {
	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func (l *line) dial(network, address string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return nil, fmt.Errorf("dial %s: the line is cut", address)
	}
	c, err := net.DialTimeout(network, address, time.Second)
	if err == nil {
		l.conns[c] = true
	}
	return c, err
}

func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for c := range l.conns {
		c.Close()
		delete(l.conns, c)
	}
}

// record puts facts on record at an agency's desk.
func record(t *testing.T, n *node.Node, facts ...proto.Message) *eventv1.Receipt {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	receipt, err := n.Desk.Record(ctx, &eventv1.Particulars{}, func(ledger.View) ([]proto.Message, error) { return facts, nil })
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func granted(n int) proto.Message {
	return &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", n), Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
	}}
}

func accepted(n int) proto.Message {
	return &customsv1.DeclarationAccepted{DeclarationId: fmt.Sprintf("customs/D-%d", n), LicenceId: "licensing/L-1"}
}

func raised(n int) proto.Message {
	return &enforcementv1.DiversionAlertRaised{AlertId: fmt.Sprintf("enforcement/AL-%d", n)}
}

// wait returns once a node's ledger has an event, and gives up when it has not moved for as long as patience.
func wait(t *testing.T, n *node.Node, id journal.ID, event uint64) {
	t.Helper()
	for before := uint64(0); ; {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := n.Ledger.Wait(ctx, id, event)
		cancel()
		if err == nil {
			return
		}
		var now uint64
		if viewed := n.Ledger.View(func(v ledger.View) error {
			p, err := v.Position(id)
			now = p.GetEvents()
			return err
		}); viewed != nil {
			t.Fatal(viewed)
		}
		if now <= before || t.Context().Err() != nil {
			t.Fatalf("wait for event %d of %s at %s: %v", event, id, n.Agency, err)
		}
		before = now
	}
}

// rows returns the root over the rows of one journal in a node's ledger.
func rows(t *testing.T, n *node.Node, id journal.ID) (root [32]byte) {
	t.Helper()
	err := n.Ledger.View(func(v ledger.View) error {
		_, perJournal, err := v.Root(t.Context())
		root = perJournal[id]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Customs is cut off while all sides record. Each side goes on, and afterwards everybody has everything, once and in
// order.
func TestLineIsCutWhileAllSidesRecord(t *testing.T) {
	t.Parallel()
	customsLine := &line{conns: map[net.Conn]bool{}}
	l := start(t, lab.Folder(t.TempDir()), lab.Options{Dial: func(agency string) func(string, string) (net.Conn, error) {
		if agency == "customs" {
			return customsLine.dial
		}
		return nil
	}})
	licensing, customs, enforcement := l.Agencies["licensing"].Node, l.Agencies["customs"].Node, l.Agencies["enforcement"].Node
	const each = 30
	for n := range each {
		switch n {
		case each / 3:
			customsLine.set(true)
		case 2 * each / 3:
			wait(t, enforcement, licensingAll, uint64(n)) // the others go on
			customsLine.set(false)
		}
		record(t, licensing, granted(n))
		record(t, customs, accepted(n))
		record(t, enforcement, raised(n))
	}
	began := time.Now()
	journals := []journal.ID{licensingAll, {Agency: "customs", Group: "border"}, {Agency: "enforcement", Group: "all"}}
	for _, id := range journals {
		var want [32]byte
		for i, n := range []*node.Node{licensing, customs, enforcement} {
			wait(t, n, id, each)
			if got := rows(t, n, id); i > 0 && got != want {
				t.Errorf("%s has other rows of %s than the others", n.Agency, id)
			} else {
				want = got
			}
		}
	}
	t.Logf("level %s after the last event", time.Since(began))
}

// A bit is flipped in the hub's own files, in a feed, before the reader has read it: the reader names the journal and
// the block, answers from nothing after it, and follows the other journals.
func TestBitFlippedInTheFeed(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	customsLine := &line{conns: map[net.Conn]bool{}}
	dial := func(agency string) func(string, string) (net.Conn, error) {
		if agency == "customs" {
			return customsLine.dial
		}
		return nil
	}
	var second []byte // the signature of licensing's second block
	stop := run(t, folder, lab.Options{Dial: dial}, func(l *lab.Lab) {
		customsLine.set(true)
		for n := range 4 {
			record(t, l.Agencies["licensing"].Node, granted(n))
		}
		for _, reader := range []string{"enforcement", "reporting", "observer"} {
			wait(t, l.Agencies[reader].Node, licensingAll, 4)
		}
		record(t, l.Agencies["enforcement"].Node, raised(1))
		second = signature(t, l.Agencies["licensing"].Node, 2)
		untilFed(t, folder, second, 4) // customs' feed has it too, unread
	})
	stop()
	flipped := 0
	for _, path := range blockFiles(t, filepath.Join(string(folder), "hub"), "FEED") {
		flipped += flip(t, path, second)
	}
	if flipped == 0 {
		t.Fatal("the block is in no feed's file")
	}
	customsLine.set(false)
	l := start(t, folder, lab.Options{Dial: dial, ReceiptEvery: often})
	customs := l.Agencies["customs"].Node
	wait(t, customs, journal.ID{Agency: "enforcement", Group: "all"}, 1)
	deadline, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if stop := customs.Stopped()[licensingAll]; stop != nil {
			if stop.Block != 2 {
				t.Errorf("customs stopped at %v; want block 2", stop)
			}
			break
		}
		select {
		case <-tick.C:
		case <-deadline.Done():
			t.Fatal("customs did not stop at the damaged block")
		}
	}
	if err := customs.Ledger.View(func(v ledger.View) error {
		p, err := v.Position(licensingAll)
		if p.GetBlock() != 1 {
			t.Errorf("customs answers from block %d; want 1", p.GetBlock())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	res := untilReceipts(t, l.Agencies["licensing"].Node, "licensing/L-1", func(res *queryv1.ReceiptsResponse) bool { return res.Failed == 1 })
	if h := held(res)["customs"]; h.State != queryv1.HolderState_HOLDER_STATE_FAILED || !strings.Contains(h.Reason, "stopped after block 1") {
		t.Errorf("licensing is told of customs: %v", h)
	}
	untilReceipts(t, l.Agencies["licensing"].Node, "licensing/L-0", func(res *queryv1.ReceiptsResponse) bool {
		return held(res)["customs"].State == queryv1.HolderState_HOLDER_STATE_ARRIVED
	})
}

// run runs a lab, lets do act on it, and leaves it running until the function that it returns is called.
func run(t *testing.T, folder lab.Folder, o lab.Options, do func(*lab.Lab)) (stop func()) {
	t.Helper()
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := lab.Start(ctx, folder, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	if err := l.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	do(l)
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// signature returns the signature on the block of licensing's journal that holds an event.
func signature(t *testing.T, n *node.Node, event uint64) (sig []byte) {
	t.Helper()
	err := n.Ledger.View(func(v ledger.View) error {
		b, err := v.Block(licensingAll, event)
		sig = b.GetSignature()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// blockFiles lists the files that a broker keeps the messages of a stream in.
func blockFiles(t *testing.T, dir, stream string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".blk" && strings.Contains(path, string(filepath.Separator)+stream+string(filepath.Separator)) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// untilFed waits until so many of the hub's feeds have the block with a signature in their files; customs cannot say that its
// own has, while its line is cut.
func untilFed(t *testing.T, folder lab.Folder, signature []byte, feeds int) {
	t.Helper()
	deadline, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		have := 0
		for _, path := range blockFiles(t, filepath.Join(string(folder), "hub"), "FEED") {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			have += bytes.Count(data, signature)
		}
		if have == feeds {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.Done():
			t.Fatalf("the block is in %d feeds; want %d", have, feeds)
		}
	}
}

// flip changes one bit behind each place where the file has these bytes, and says how many there were.
func flip(t *testing.T, path string, at []byte) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(data, at)
	if i < 0 {
		return 0
	}
	data[i+len(at)/2] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return 1
}

// A bit is flipped in the hub's copy of a journal: the agency's own verify names the journal and the block, while
// ledgers that have the block already stay as they are.
func TestBitFlippedInTheRelay(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	var second []byte
	run(t, folder, lab.Options{}, func(l *lab.Lab) {
		for n := range 4 {
			record(t, l.Agencies["licensing"].Node, granted(n))
		}
		wait(t, l.Agencies["observer"].Node, licensingAll, 4)
		second = signature(t, l.Agencies["licensing"].Node, 2)
	})()
	flipped := 0
	for _, path := range blockFiles(t, filepath.Join(string(folder), "hub"), "J_LICENSING") {
		flipped += flip(t, path, second)
	}
	if flipped == 0 {
		t.Fatal("the block is in no file of the hub's copy")
	}
	l := start(t, folder, lab.Options{})
	found := 0
	_, err := l.Agencies["licensing"].Node.CompareRelay(t.Context(), func(id journal.ID, block uint64, what string) {
		found++
		if id != licensingAll || block != 2 {
			t.Errorf("found %s block %d: %s", id, block, what)
		}
	})
	if err != nil || found != 1 {
		t.Errorf("%d blocks differ, %v; want block 2 of %s", found, err, licensingAll)
	}
}
