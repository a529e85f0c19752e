package joining

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/seal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// Rehearsal is a small made-up history that a new agency's node folds before anything real is sent to it: signed, sealed for
// its key, and over a broker of its own, as everything will be. Its facts are always the same, so that everybody who
// folds them as this program's schema does comes to the same Root.
type Rehearsal struct {
	// Authority is the signing key of the history's own authority, Directory its directory's key.
	Authority []byte  `json:"authority"`
	Directory []byte  `json:"directory"`
	Blocks    []Block `json:"blocks"`
	Root      []byte  `json:"root"`
}

// Block is one block of the history, and the journal that it belongs to.
type Block struct {
	Agency string `json:"agency"`
	Group  string `json:"group"`
	Data   []byte `json:"data"`
}

// The history's agencies, named as no real one is.
const (
	customs     = "rehearsal-customs"
	enforcement = "rehearsal-enforcement"
	licensing   = "rehearsal-licensing"
)

// rehearsed are the journals of the history that the root is taken over. What its directory says differs every time: it holds
// keys.
var rehearsed = []journal.ID{{Agency: customs, Group: "all"}, {Agency: enforcement, Group: "all"}, {Agency: licensing, Group: "all"}}

// Root is what the rehearsal comes to with this program's schema of the ledger, as docs/operations.md publishes it.
var Root = [32]byte{
	0x4e, 0x12, 0x66, 0x48, 0x12, 0x17, 0x1d, 0xdd,
	0xcf, 0x7f, 0x78, 0x01, 0xc1, 0x72, 0x6e, 0x37,
	0x87, 0x2a, 0x0d, 0x77, 0x91, 0xec, 0x46, 0x79,
	0xce, 0x33, 0x7b, 0xdd, 0x3f, 0x27, 0x3c, 0xc3,
}

// began is when the history's facts were true.
var began = time.Date(2025, 1, 6, 8, 0, 0, 0, time.UTC)

// player writes the history's blocks.
type player struct {
	shared  []byte
	signers map[string]ed25519.PrivateKey
	heads   map[journal.ID]journal.Head
	keys    map[journal.ID][]byte
	at      time.Time
	blocks  []Block
}

// NewRehearsal makes the history for an agency, sealed for its public sealing key.
func NewRehearsal(agency string, sealing []byte) (*Rehearsal, error) {
	p := &player{
		shared: seal.NewKey(), at: began,
		signers: map[string]ed25519.PrivateKey{}, heads: map[journal.ID]journal.Head{}, keys: map[journal.ID][]byte{},
	}
	public, err := p.found(agency, sealing)
	if err != nil {
		return nil, fmt.Errorf("make the rehearsal: %w", err)
	}
	for _, scene := range scenes() {
		if err := p.write(scene.id, p.keys[scene.id], scene.facts); err != nil {
			return nil, fmt.Errorf("make the rehearsal: %w", err)
		}
	}
	return &Rehearsal{Authority: public, Directory: p.shared, Blocks: p.blocks, Root: slices.Clone(Root[:])}, nil
}

// found writes the history's directory: its agencies and the new one, a group of them all, and a key for each journal.
func (p *player) found(agency string, sealing []byte) (authority []byte, err error) {
	names := []string{directory.Authority}
	for _, id := range rehearsed {
		names = append(names, id.Agency)
	}
	var members []directory.Member
	for _, name := range append(names, agency) {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		p.signers[name] = private
		members = append(members, directory.Member{Agency: name, State: "XA", Signing: public, Sealing: sealing})
	}
	all := &directoryv1.GroupDefined{Group: "all", Purpose: "rehearsal", Members: append(slices.Clone(names[1:]), agency), History: directoryv1.HistoryRule_HISTORY_RULE_FROM_START}
	everybody := &directoryv1.GroupDefined{Group: directory.Group, Members: append(slices.Clone(names), agency)}
	facts, err := directory.Found(members, []*directoryv1.GroupDefined{everybody, all}, []*directoryv1.SharingRule{{Group: "all"}}, p.shared, began)
	if err != nil {
		return nil, err
	}
	if err := p.write(directory.Journal, p.shared, facts); err != nil {
		return nil, err
	}
	for _, id := range rehearsed {
		p.keys[id] = seal.NewKey()
		wrapped, err := seal.Wrap(sealing, p.keys[id], seal.Place(id.String(), 1, agency))
		if err != nil {
			return nil, err
		}
		issued := &directoryv1.JournalKeyIssued{Group: "all", Epoch: 1, Wrapped: []*directoryv1.WrappedKey{{Agency: agency, Sealed: wrapped}}}
		if err := p.write(directory.Own(id.Agency), p.shared, []proto.Message{issued}); err != nil {
			return nil, err
		}
	}
	return members[0].Signing, nil
}

func (p *player) write(id journal.ID, key []byte, facts []proto.Message) error {
	head := p.heads[id]
	head.ID = id
	entries := make([]journal.Entry, len(facts))
	for i, fact := range facts {
		p.at = p.at.Add(time.Minute)
		event, err := journal.NewEvent(fact, p.at, p.at)
		if err != nil {
			return err
		}
		if entries[i], err = journal.Record(head.Events+uint64(i)+1, event, fact); err != nil {
			return err
		}
	}
	sealer := journal.Sealer{Signer: p.signers[id.Agency], Key: key, Epoch: 1}
	data, _, next, err := sealer.Write(&head, entries, p.at)
	if err != nil {
		return err
	}
	p.heads[id] = next
	p.blocks = append(p.blocks, Block{id.Agency, id.Group, data})
	return nil
}

// Rehearse folds the history on a broker and a ledger of its own, below the node's folder and gone afterwards, with the
// node's own sealing key, and returns the root that it came to. A root other than the one that the authority expects, or a
// history that is not followed to its end, is a refusal.
func (r *Rehearsal) Rehearse(ctx context.Context, home node.Home, logger *slog.Logger) (root [32]byte, err error) {
	profile, err := home.Profile()
	if err != nil {
		return root, err
	}
	sealing, err := home.Sealing()
	if err != nil {
		return root, err
	}
	dir := filepath.Join(string(home), "rehearsal")
	if err := os.RemoveAll(dir); err != nil {
		return root, fmt.Errorf("make room for the rehearsal: %w", err)
	}
	defer os.RemoveAll(dir)
	broker, err := backbone.StartNode(ctx, backbone.NodeConfig{Agency: profile.Agency, Dir: dir, Logger: logger})
	if err != nil {
		return root, err
	}
	defer broker.Close()
	secrets := directory.Secrets{Sealing: sealing, Directory: map[uint32][]byte{1: r.Directory}, Authority: r.Authority}
	if root, err = r.fold(ctx, broker, dir, profile.Agency, secrets); err != nil {
		return root, err
	}
	if subtle.ConstantTimeCompare(root[:], r.Root) != 1 {
		return root, fault.Errorf(fault.Precondition, "the rehearsal came out otherwise: this program folds it to %x, the authority's to %x; use the same version as the authority", root[:8], r.Root[:min(8, len(r.Root))])
	}
	return root, nil
}

func (r *Rehearsal) fold(ctx context.Context, broker *backbone.Node, dir, agency string, secrets directory.Secrets) (root [32]byte, err error) {
	for i, b := range r.Blocks {
		id := journal.ID{Agency: b.Agency, Group: b.Group}
		if !id.Valid() {
			return root, fault.Errorf(fault.Invalid, "block %d of the rehearsal names no journal", i+1)
		}
		if _, err := broker.JetStream().PublishMsg(ctx, &nats.Msg{Subject: backbone.InboxSubject(id), Data: b.Data}); err != nil {
			return root, fmt.Errorf("rehearse: %w", err)
		}
	}
	l, err := ledger.Open(filepath.Join(dir, "ledger.db"), ledger.Options{Agency: agency})
	if err != nil {
		return root, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	f := projection.New(projection.Config{
		Agency: agency, Ledger: l, Keys: directory.NewKeys(agency, secrets), JetStream: broker.JetStream(),
		Own: broker.Journal(), Inbox: broker.Inbox(), Evidence: filepath.Join(dir, "evidence"),
	})
	if err := f.CatchUp(ctx); err != nil {
		return root, fmt.Errorf("rehearse: %w", err)
	}
	for id, stop := range f.State() {
		return root, fault.Errorf(fault.Precondition, "the rehearsal stopped at block %d of %s: %s; ask the authority for a new kit", stop.Block, id, stop.Reason)
	}
	err = l.View(func(v ledger.View) error {
		_, rows, err := v.Root(ctx)
		root = rootOf(rows)
		return err
	})
	return root, err
}

// rootOf is the SHA-256 over the rows' hashes of the history's journals, in the order of their names.
func rootOf(rows map[journal.ID][32]byte) [32]byte {
	whole := sha256.New()
	for _, id := range rehearsed {
		fmt.Fprintf(whole, "%s %x\n", id, rows[id])
	}
	return [32]byte(whole.Sum(nil))
}
