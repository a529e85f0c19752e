package lab_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/bundle"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// remote is a hub with licensing and enforcement, and customs, whose line was never up.
type remote struct {
	*testing.T
	folder                 lab.Folder
	licensing, enforcement *node.Node
	customs                *node.Node
	line                   *line
	stopCustoms            func()
	recorded               int
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	r := &remote{T: t, folder: lab.Folder(t.TempDir()), line: &line{cut: true, conns: map[net.Conn]bool{}}}
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	hub, err := lab.StartHub(t.Context(), lab.HubOptions{Folder: r.folder, Plan: plan, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, hub.Close()); err != nil {
			t.Errorf("the hub ended: %v", err)
		}
	})
	<-hub.Ready()
	o := lab.Options{ReceiptEvery: often}
	r.licensing, _ = serveWith(t, r.folder, "licensing", o)
	r.enforcement, _ = serveWith(t, r.folder, "enforcement", o)
	r.startCustoms()
	eventually(t, "the sharing rules at licensing", func() bool {
		ruled := false
		err := r.licensing.Ledger.View(func(v ledger.View) error {
			rules, err := v.SharingRules()
			ruled = rules != nil
			return err
		})
		return err == nil && ruled
	})
	return r
}

func (r *remote) startCustoms() {
	r.Helper()
	r.customs, r.stopCustoms = serveWith(r.T, r.folder, "customs", lab.Options{
		ReceiptEvery: often, Dial: func(string) func(string, string) (net.Conn, error) { return r.line.dial },
	})
}

// grant has licensing grant so many licences, and waits until enforcement, which is online, has them.
func (r *remote) grant(n int) {
	r.Helper()
	for range n {
		r.recorded++
		record(r.T, r.licensing, granted(r.recorded))
	}
	wait(r.T, r.enforcement, licensingAll, uint64(r.recorded))
}

// withdraw withdraws the first event of licensing's journal, and waits until its message is no more.
func (r *remote) withdraw() {
	r.Helper()
	withdraw(r.T, r.licensing, licensingAll.String()+"/1")
	r.recorded++
	eventually(r.T, "the event is withdrawn", func() bool {
		here, err := receipted(r.licensing)
		there, err2 := gone(r.enforcement)
		return err == nil && err2 == nil && here && there
	})
}

func bundles(t *testing.T, n *node.Node) queryv1connect.BundleServiceClient {
	return queryv1connect.NewBundleServiceClient(client(n, tokenOf(t, n)))
}

// makeBundle makes a file at a node.
func makeBundle(t *testing.T, n *node.Node, req *queryv1.MakeBundleRequest) ([]byte, *queryv1.BundleSummary) {
	t.Helper()
	stream, err := bundles(t, n).MakeBundle(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	var file bytes.Buffer
	var summary *queryv1.BundleSummary
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if s := res.GetSummary(); s != nil {
			summary = s
		}
		file.Write(res.GetData())
	}
	if uint64(file.Len()) != summary.GetBytes() {
		t.Fatalf("%d bytes came of %d", file.Len(), summary.GetBytes())
	}
	return file.Bytes(), summary
}

// importBundle takes a file in at a node, which must come to the outcome.
func importBundle(t *testing.T, n *node.Node, file []byte, partial bool, want queryv1.BundleOutcome) *queryv1.ImportBundleResponse {
	t.Helper()
	stream, err := bundles(t, n).ImportBundle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(file); at += 64 << 10 {
		if err := stream.Send(&queryv1.ImportBundleRequest{Partial: partial, Data: file[at:min(at+64<<10, len(file))]}); err != nil {
			t.Fatal(err)
		}
	}
	res, err := stream.CloseAndReceive()
	if err != nil {
		t.Fatal(err)
	}
	if res.Outcome != want {
		t.Fatalf("%v: %s\n%v\nwant %v", res.Outcome, res.What, res.Findings, want)
	}
	return res
}

// sinceOf is where a bundle ends, as --since says it.
func sinceOf(t *testing.T, file []byte) (since []*queryv1.BundleSince) {
	t.Helper()
	f, err := bundle.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range f.Manifest.Journals {
		since = append(since, &queryv1.BundleSince{Journal: j.Journal, Block: j.LastBlock})
	}
	return since
}

// level compares the rows of licensing's journal at customs with those at enforcement.
func (r *remote) level() {
	r.Helper()
	wait(r.T, r.customs, licensingAll, uint64(r.recorded))
	for _, id := range []journal.ID{licensingAll, directory.Own("licensing")} {
		if r.customs.Stopped()[id] != nil {
			r.Errorf("%s is stopped at customs: %v", id, r.customs.Stopped()[id])
		}
	}
	if rows(r.T, r.customs, licensingAll) != rows(r.T, r.enforcement, licensingAll) {
		r.Errorf("customs has other rows of %s than enforcement, which was online", licensingAll)
	}
}

// once stops customs, checks that its inbox holds every message of every journal once and in order, and starts it again.
func (r *remote) once() {
	r.Helper()
	r.stopCustoms()
	func() {
		n, err := backbone.StartNode(r.Context(), backbone.NodeConfig{Agency: "customs", Dir: string(r.folder.Home("customs"))})
		if err != nil {
			r.Fatal(err)
		}
		defer n.Close()
		info, err := n.Inbox().Info(r.Context())
		if err != nil {
			r.Fatal(err)
		}
		before := map[string]uint64{}
		for at := uint64(1); at <= info.State.LastSeq; at++ {
			msg, err := n.Inbox().GetMsg(r.Context(), at)
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				continue // withdrawn
			} else if err != nil {
				r.Fatal(err)
			}
			origin, err := strconv.ParseUint(msg.Header.Get(backbone.OriginSequenceHeader), 10, 64)
			if err != nil || origin <= before[msg.Subject] {
				r.Errorf("message %d is number %d of %s after %d: %v", at, origin, msg.Subject, before[msg.Subject], err)
			}
			before[msg.Subject] = origin
		}
	}()
	r.startCustoms()
}

const (
	takenIn   = queryv1.BundleOutcome_BUNDLE_OUTCOME_TAKEN_IN
	heldHere  = queryv1.BundleOutcome_BUNDLE_OUTCOME_HELD
	keptAside = queryv1.BundleOutcome_BUNDLE_OUTCOME_KEPT_ASIDE
	refused   = queryv1.BundleOutcome_BUNDLE_OUTCOME_REFUSED
)

// Customs never had a line. Two bundles come in the wrong order and then again; then the line comes, is cut, another bundle comes,
// and the line comes back: customs has what an agency that was online has, once.
func TestBundlesInTheWrongOrderThenTwiceThenTheLine(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	r.grant(5)
	first, _ := makeBundle(t, r.licensing, &queryv1.MakeBundleRequest{Reader: "customs", Others: true})
	r.withdraw()
	r.grant(5)
	second, _ := makeBundle(t, r.licensing, &queryv1.MakeBundleRequest{Reader: "customs", Since: sinceOf(t, first)})

	res := importBundle(t, r.customs, second, false, keptAside)
	for _, f := range res.Findings {
		if f.Journal == licensingAll.String() && !strings.Contains(f.Why, "licensing/directory") {
			t.Errorf("the finding does not name what is needed: %v", f)
		}
	}
	importBundle(t, r.customs, second, false, keptAside)
	if waiting, err := bundles(t, r.customs).WaitingBundles(t.Context(), &queryv1.WaitingBundlesRequest{}); err != nil || len(waiting.Bundles) != 1 {
		t.Fatalf("waiting: %v, %v; want the one", waiting, err)
	}
	if res := importBundle(t, r.customs, first, false, takenIn); len(res.Released) != 1 {
		t.Fatalf("what waited did not go in: %v", res)
	}
	r.level()
	importBundle(t, r.customs, first, false, heldHere)
	importBundle(t, r.customs, second, false, heldHere)

	r.line.set(false)
	r.grant(3)
	r.level()
	r.line.set(true)
	r.grant(4)
	third, _ := makeBundle(t, r.licensing, &queryv1.MakeBundleRequest{Reader: "customs", Journals: []string{licensingAll.String()}})
	importBundle(t, r.customs, third, false, takenIn)
	r.level()
	r.line.set(false)
	r.grant(2)
	r.level()
	r.importWhileRecording()
	if is, err := gone(r.customs); err != nil || !is {
		t.Errorf("the event that was withdrawn is at customs: %v", err)
	}
	r.once()
	r.level()
}

// importWhileRecording takes bundles in while the pump writes what licensing goes on to record.
func (r *remote) importWhileRecording() {
	r.Helper()
	for range 4 {
		file, _ := makeBundle(r.T, r.licensing, &queryv1.MakeBundleRequest{Reader: "customs", Since: []*queryv1.BundleSince{{Journal: licensingAll.String()}}})
		stream, err := bundles(r.T, r.customs).ImportBundle(r.Context())
		if err != nil {
			r.Fatal(err)
		}
		if err := stream.Send(&queryv1.ImportBundleRequest{Data: file}); err != nil {
			r.Fatal(err)
		}
		for range 5 {
			r.recorded++
			record(r.T, r.licensing, granted(r.recorded))
		}
		if res, err := stream.CloseAndReceive(); err != nil || res.Outcome != takenIn && res.Outcome != heldHere {
			r.Fatalf("%v, %v", res, err)
		}
	}
	r.grant(1)
	r.level()
}

// What is wrong with a file is found exactly, and nothing of it goes in; of one that was cut short what is whole does, when
// asked for. Receipts go the same way back.
func TestBundleThatDoesNotHold(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	r.grant(20)
	r.withdraw()
	r.grant(2)
	file, _ := makeBundle(t, r.licensing, &queryv1.MakeBundleRequest{Reader: "customs", Others: true})
	importBundle(t, r.enforcement, file, false, refused) // it was made for another
	altered := bytes.Clone(file)
	altered[len(altered)-300] ^= 1
	if res := importBundle(t, r.customs, altered, true, refused); res.Damage.GetFrame() == 0 || res.Damage.GetJournal() == "" {
		t.Errorf("the damage is not named: %v", res)
	}
	short := file[:len(file)-300]
	for n := range 30 {
		importBundle(t, r.customs, append(bytes.Clone(file[:n*len(file)/30]), file[n*len(file)/30+1:]...), n%2 == 0, refused)
	}
	if res := importBundle(t, r.customs, short, false, refused); res.Damage.GetKind() != queryv1.BundleDamageKind_BUNDLE_DAMAGE_KIND_TRUNCATED || res.Damage.Byte != uint64(len(short)) {
		t.Errorf("the damage is not named: %v", res)
	}
	if err := r.customs.Ledger.View(func(v ledger.View) error {
		p, err := v.Positions()
		for _, at := range p {
			if id, _ := journal.ParseID(at.Journal); id.Agency != "customs" {
				t.Errorf("something of a file that was refused is on the ledger: %v", at)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	importBundle(t, r.customs, forgedSignature(file), false, refused)
	importBundle(t, r.customs, short, true, takenIn)
	importBundle(t, r.customs, file, false, takenIn)
	r.level()
	if is, err := gone(r.customs); err != nil || !is {
		t.Errorf("the event that was withdrawn is at customs: %v", err)
	}
	importBundle(t, r.customs, forgedSignature(file), false, refused)
	r.receiptsTravelBack()
}

// forgedSignature is a bundle in which all holds but the signature.
func forgedSignature(file []byte) []byte {
	forged := bytes.Clone(file)
	at := 16 + int(binary.BigEndian.Uint32(file[12:])) + 8
	forged[at] ^= 1
	sum := sha256.Sum256(forged[:len(forged)-40])
	copy(forged[len(forged)-32:], sum[:])
	return forged
}

// receiptsTravelBack carries the receipts of customs to licensing by bundle; the pumps carry nothing twice afterwards.
func (r *remote) receiptsTravelBack() {
	r.Helper()
	until(r.T, func() bool {
		var said uint64
		err := r.customs.Ledger.View(func(v ledger.View) error {
			receipt, err := v.Receipt("customs/" + licensingAll.String())
			said = receipt.GetReceipt().GetEvents()
			return err
		})
		return err == nil && said == uint64(r.recorded)
	}, func() string { return "customs gives no receipt" })
	back, _ := makeBundle(r.T, r.customs, &queryv1.MakeBundleRequest{Reader: "licensing", ReceiptsOnly: true})
	importBundle(r.T, r.licensing, back, false, takenIn)
	untilReceipts(r.T, r.licensing, licensingAll.String(), func(res *queryv1.ReceiptsResponse) bool {
		return held(res)["customs"].GetState() == queryv1.HolderState_HOLDER_STATE_ARRIVED
	})
	r.line.set(false)
	record(r.T, r.customs, accepted(1))
	wait(r.T, r.licensing, journal.ID{Agency: "customs", Group: "border"}, 1)
	if stopped := r.licensing.Stopped(); len(stopped) > 0 {
		r.Errorf("stopped at licensing: %v", stopped)
	}
}
