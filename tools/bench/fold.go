package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/seal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// perBlock is how many events an import puts into a block.
const perBlock = 1000

// writer makes the blocks of one journal.
type writer struct {
	head   journal.Head
	sealer journal.Sealer
}

func (w *writer) write(facts ...proto.Message) ([]byte, error) {
	entries := make([]journal.Entry, len(facts))
	for i, fact := range facts {
		at := time.Date(2008+i%4, time.Month(i%12+1), i%28+1, 0, 0, 0, 0, time.UTC)
		event, err := journal.NewEvent(fact, at, at)
		if err != nil {
			return nil, err
		}
		if entries[i], err = journal.Record(w.head.Events+uint64(i)+1, event, fact); err != nil {
			return nil, err
		}
	}
	data, _, next, err := w.sealer.Write(&w.head, entries, time.Now())
	w.head = next
	return data, err
}

// inbox is a node's with a journal of licences in it, and what is needed to read it.
type inbox struct {
	node *backbone.Node
	keys *directory.Keys
	w    writer
}

// newInbox starts a node whose inbox holds the directory, and nothing yet of the journal licensing/all.
func newInbox(ctx context.Context, dir string) (*inbox, error) {
	node, err := backbone.StartNode(ctx, backbone.NodeConfig{Agency: "customs", Dir: dir})
	if err != nil {
		return nil, err
	}
	in := &inbox{node: node}
	if err := in.found(ctx); err != nil {
		node.Close()
		return nil, err
	}
	return in, nil
}

func (in *inbox) found(ctx context.Context) error {
	private, public, err := seal.GenerateMember()
	if err != nil {
		return err
	}
	pinned, authority, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	_, licensing, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	_, customs, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	members := []directory.Member{
		{Agency: directory.Journal.Agency, Signing: pinned, Sealing: public},
		{Agency: "customs", Signing: customs.Public().(ed25519.PublicKey), Sealing: public},
		{Agency: "licensing", Signing: licensing.Public().(ed25519.PublicKey), Sealing: public},
	}
	shared, key := seal.NewKey(), seal.NewKey()
	groups := []*directoryv1.GroupDefined{{Group: directory.Group, Members: []string{"customs"}}, {Group: "all", Members: []string{"customs", "licensing"}}}
	facts, err := directory.Found(members, groups, nil, shared, time.Now())
	if err != nil {
		return err
	}
	root := writer{journal.Head{ID: directory.Journal}, journal.Sealer{Signer: authority, Key: shared, Epoch: 1}}
	if err := deliver(ctx, in.node, &root, facts); err != nil {
		return err
	}
	all := journal.ID{Agency: "licensing", Group: "all"}
	wrapped, err := seal.Wrap(public, key, seal.Place(all.String(), 1, "customs"))
	if err != nil {
		return err
	}
	issued := &directoryv1.JournalKeyIssued{Group: "all", Epoch: 1, Wrapped: []*directoryv1.WrappedKey{{Agency: "customs", Sealed: wrapped}}}
	own := writer{journal.Head{ID: directory.Own("licensing")}, journal.Sealer{Signer: licensing, Key: shared, Epoch: 1}}
	if err := deliver(ctx, in.node, &own, []proto.Message{issued}); err != nil {
		return err
	}
	in.keys = directory.NewKeys("customs", directory.Secrets{Sealing: [][]byte{private}, Directory: map[uint32][]byte{1: shared}, Authority: pinned})
	in.w = writer{journal.Head{ID: all}, journal.Sealer{Signer: licensing, Key: key, Epoch: 1}}
	return nil
}

// upTo delivers licences until there are n.
func (in *inbox) upTo(ctx context.Context, n int) error {
	for int(in.w.head.Events) < n {
		if err := deliver(ctx, in.node, &in.w, licences(int(in.w.head.Events), min(perBlock, n-int(in.w.head.Events)))); err != nil {
			return err
		}
	}
	return nil
}

// folding folds histories of growing length from the inbox into a fresh ledger: opened, verified, with all indexes.
func folding(ctx context.Context, dir string, o options) (rows []row, err error) {
	in, err := newInbox(ctx, filepath.Join(dir, "fold"))
	if err != nil {
		return nil, err
	}
	defer in.node.Close()
	var shortest float64
	for _, n := range []int{10_000, 100_000, o.events} {
		if err := in.upTo(ctx, n); err != nil {
			return nil, err
		}
		sqlite, err := newPeer(ctx, dir, fmt.Sprintf("%d.sqlite", n))
		if err != nil {
			return nil, err
		}
		theirs, err := sqlite.bulk(ctx, n)
		if err = errors.Join(err, sqlite.close()); err != nil {
			return nil, err
		}
		var runs []float64 // µs per event
		for run := range max(1, min(5, 200_000/n)) {
			took, err := fold(ctx, in.node, in.keys, filepath.Join(dir, fmt.Sprintf("%d-%d.db", n, run)))
			if err != nil {
				return nil, err
			}
			runs = append(runs, float64(took.Microseconds())/float64(n))
		}
		perEvent := median(runs)
		if shortest == 0 {
			shortest = perEvent
		}
		rate := 1e6 / perEvent
		rows = append(rows, row{
			what: fmt.Sprintf("fold %d events from the inbox, verified, all indexes", n), measured: fmt.Sprintf("%.0f events/s, %.1f µs each", rate, perEvent),
			limit: fmt.Sprintf("%.1f µs each at 10000", shortest), ratio: fmt.Sprintf("%.2f", perEvent/shortest),
			peer:   fmt.Sprintf("%.1f µs each; ours is %.1f × as fast", theirs, theirs/perEvent),
			target: "60,000 events/s; no more per event than in the shortest × 1.3", ok: rate >= 60_000 && perEvent <= 1.3*shortest,
		})
	}
	return rows, nil
}

func deliver(ctx context.Context, node *backbone.Node, w *writer, facts []proto.Message) error {
	data, err := w.write(facts...)
	if err != nil {
		return err
	}
	_, err = node.JetStream().PublishMsg(ctx, &nats.Msg{Subject: backbone.InboxSubject(w.head.ID), Data: data})
	return err
}

// fold builds a ledger from everything in the inbox and says how long that took.
func fold(ctx context.Context, node *backbone.Node, keys *directory.Keys, path string) (time.Duration, error) {
	l, err := ledger.Open(path, ledger.Options{Agency: "customs"})
	if err != nil {
		return 0, err
	}
	f := projection.New(projection.Config{
		Agency: "customs", Ledger: l, Keys: keys, JetStream: node.JetStream(), Own: node.Journal(), Inbox: node.Inbox(), Evidence: path + ".evidence",
	})
	began := time.Now()
	err = f.CatchUp(ctx)
	took := time.Since(began)
	if stopped := f.State(); len(stopped) > 0 {
		err = errors.Join(err, fmt.Errorf("stopped: %v", stopped))
	}
	return took, errors.Join(err, l.Close())
}

// licences are decisions like those of the published register: some lines each, a destination, and one in fifty refused.
func licences(from, n int) []proto.Message {
	countries := []string{"IT", "FR", "US", "IN", "BR", "JP", "KR", "SA", "AE", "AU", "ZA", "CL", "NO", "TR", "IL", "PK"}
	ratings := []string{"ML1", "ML3", "ML4", "ML5", "ML6", "ML9", "ML10", "ML11", "ML13", "5A002", "2B350", "PL5017"}
	facts := make([]proto.Message, n)
	for i := range facts {
		k := from + i
		deal := &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: countries[k%len(countries)], Name: "as published"},
			Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_END_USER, Name: fmt.Sprint("End user ", k%5000)}},
		}
		for l := range k%3/2 + 1 {
			deal.Lines = append(deal.Lines, &transferv1.Line{
				Number: uint32(l + 1), Rating: ratings[(k+l)%len(ratings)], Licences: 1, Value: &transferv1.Money{Minor: int64(k) * 100, Currency: "GBP"},
			})
		}
		id := fmt.Sprintf("licensing/L-%07d", k)
		if k%50 == 0 {
			facts[i] = &licensingv1.LicenceDenied{DenialId: id, Deal: deal, Criteria: []string{"7"}}
			continue
		}
		facts[i] = &licensingv1.LicenceGranted{LicenceId: id, Deal: deal}
	}
	return facts
}
