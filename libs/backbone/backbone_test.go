package backbone_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// patience is how long anything may take on a busy machine; waiting longer fails the test.
const patience = time.Minute

// eventually waits until what holds is true.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func logger(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

func startHub(t testing.TB, dir string) *backbone.Hub {
	t.Helper()
	h, err := backbone.StartHub(t.Context(), backbone.HubConfig{Dir: dir, Listen: "127.0.0.1:0", Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// keysOf returns the keys that the agency of that name has in every test.
func keysOf(t testing.TB, name string) (a backbone.Agency, seed []byte, signer ed25519.PrivateKey) {
	t.Helper()
	raw := sha256.Sum256([]byte("test " + name))
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, raw[:])
	if err != nil {
		t.Fatal(err)
	}
	signer = ed25519.NewKeyFromSeed(raw[:])
	a = backbone.Agency{Name: name, Signing: signer.Public().(ed25519.PublicKey)}
	if a.User, err = pair.PublicKey(); err != nil {
		t.Fatal(err)
	}
	if seed, err = pair.Seed(); err != nil {
		t.Fatal(err)
	}
	return a, seed, signer
}

func addAgency(t testing.TB, h *backbone.Hub, name string) *backbone.Credentials {
	t.Helper()
	a, seed, _ := keysOf(t, name)
	g, err := h.AddAgency(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return g.With(seed)
}

func release(t testing.TB, h *backbone.Hub, id, reader string) {
	t.Helper()
	if err := h.Release(t.Context(), journalID(t, id), reader, 0); err != nil {
		t.Fatal(err)
	}
}

func journalID(t testing.TB, s string) journal.ID {
	t.Helper()
	id, err := journal.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func startNode(t testing.TB, agency, dir string) *backbone.Node {
	t.Helper()
	n, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: agency, Dir: dir, Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func startPumps(t testing.TB, c backbone.PumpConfig) *backbone.Pumps {
	t.Helper()
	c.Logger = logger(t)
	p, err := backbone.StartPumps(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// agency is a node with its pumps.
type agency struct {
	*backbone.Node
	pumps *backbone.Pumps
}

// startAgency runs a node of an agency that the hub knows, over the given dialer (nil for the ordinary one).
func startAgency(t testing.TB, h *backbone.Hub, name string, dial func(network, address string) (net.Conn, error)) *agency {
	t.Helper()
	n := startNode(t, name, t.TempDir())
	return &agency{n, startPumps(t, backbone.PumpConfig{Node: n, Credentials: addAgency(t, h, name), Dial: dial})}
}

// record appends a message to the agency's journal and returns its number.
func record(t testing.TB, n *backbone.Node, group, data string) uint64 {
	t.Helper()
	ack, err := n.JetStream().Publish(t.Context(), "block."+n.Agency()+"."+group, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

// contents returns the messages of a stream as "subject data", in order.
func contents(t testing.TB, s jetstream.Stream) []string {
	t.Helper()
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for n := info.State.FirstSeq; n <= info.State.LastSeq && info.State.Msgs > 0; n++ {
		msg, err := s.GetMsg(t.Context(), n)
		if err != nil {
			t.Fatalf("message %d of %s: %v", n, info.Config.Name, err)
		}
		all = append(all, msg.Subject+" "+string(msg.Data))
	}
	return all
}

func last(t testing.TB, s jetstream.Stream) uint64 {
	t.Helper()
	info, err := s.Info(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return info.State.LastSeq
}

func numbered(prefix string, from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprintf("%s %d", prefix, i))
	}
	return all
}
