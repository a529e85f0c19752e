package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

const watch = "/counterfoil.query.v1.QueryService/Watch"

// A watcher whose connection dies anywhere, also in the middle of a message, goes on from the token of the last message that it has whole
// and gets every event once and in order: over each protocol, while more come on record.
func TestWatchResumesOverEveryProtocol(t *testing.T) {
	l, _ := start(t)
	n := l.Agencies["licensing"].Node
	grpc := &lines{t: t, open: map[string]*line{}}
	for i, protocol := range []struct {
		name  string
		speak speaker
		lives int64 // at most, of one connection, in bytes: two or three messages of 200 events
	}{{"gRPC", grpc.call, 150_000}, {"gRPC-Web", grpcWeb, 150_000}, {"JSON", plainJSON, 450_000}} {
		t.Run(protocol.name, func(t *testing.T) {
			grant(t, n, i*1000, 450)
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			f := &follower{speak: protocol.speak, to: peerOf(t, n), random: rand.New(rand.NewPCG(seed, 0)), lives: protocol.lives}
			for len(f.ids) < 300 {
				f.follow(t, 300)
			}
			grant(t, n, i*1000+450, 150)
			all := &follower{speak: plainJSON, to: peerOf(t, n)}
			all.whole(t)
			for len(f.ids) < len(all.ids) {
				f.follow(t, len(all.ids))
			}
			if !slices.Equal(f.ids, all.ids) {
				t.Errorf("over %d connections %d events came, on record are %d, or the order is another", f.cuts, len(f.ids), len(all.ids))
			}
			t.Logf("%d events over %d connections, of which %d died", len(f.ids), f.connections, f.cuts)
			if f.cuts == 0 {
				t.Error("no connection died: nothing was shown")
			}
		})
	}
}

// follower is a watcher that keeps what it has seen whole.
type follower struct {
	speak             speaker
	to                peer
	random            *rand.Rand
	lives             int64
	ids               []string
	token             string
	connections, cuts int
}

// follow watches over a connection that dies after some bytes, until so many events were seen.
func (f *follower) follow(t *testing.T, enough int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	to := f.to
	bytes := int64(1000) // no message comes whole over the first
	if f.connections > 0 {
		bytes += f.random.Int64N(f.lives)
	}
	to.through = dying(t, f.to.address, bytes)
	request := fmt.Sprintf(`{"token": %q, "filter": {"conditions": [{"attribute": "kind", "values": ["LicenceGranted"]}]}}`, f.token)
	_, err := f.speak(ctx, to, watch, []string{request}, func(message []byte) error {
		if err := f.take(message); err != nil || len(f.ids) < enough {
			return err
		}
		return errEnough
	})
	f.connections++
	if !errors.Is(err, errEnough) {
		f.cuts++
	}
	if ctx.Err() != nil {
		t.Fatalf("nothing came for 20 s: %v", err)
	}
}

func (f *follower) whole(t *testing.T) {
	t.Helper()
	request := `{"untilCaughtUp": true, "filter": {"conditions": [{"attribute": "kind", "values": ["LicenceGranted"]}]}}`
	if code, err := f.speak(t.Context(), f.to, watch, []string{request}, f.take); code != "ok" || err != nil {
		t.Fatal(code, err)
	}
}

func (f *follower) take(message []byte) error {
	var res struct {
		Events []struct{ ID string }
		Token  string
	}
	if err := json.Unmarshal(message, &res); err != nil {
		return err
	}
	for _, e := range res.Events {
		f.ids = append(f.ids, e.ID)
	}
	f.token = res.Token
	return nil
}

// dying carries one connection to an address, and drops it once the other side has sent so many bytes. It returns where.
func dying(t *testing.T, address string, after int64) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		here, err := listener.Accept()
		listener.Close()
		if err != nil {
			return
		}
		defer here.Close()
		there, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		defer there.Close()
		go func() {
			_, _ = io.Copy(there, here) // ends when either dies
			there.Close()
		}()
		_, _ = io.CopyN(here, there, after)
	}()
	return listener.Addr().String()
}

// grant puts licences on record, 50 to a block.
func grant(t *testing.T, n *node.Node, first, count int) {
	t.Helper()
	for at := first; at < first+count; at += 50 {
		var facts []proto.Message
		for i := at; i < at+50; i++ {
			facts = append(facts, &licensingv1.LicenceGranted{
				LicenceId: fmt.Sprintf("licensing/L-%06d", i), Deal: &licensingv1.Deal{Destination: &licensingv1.Place{Country: "XB"}},
			})
		}
		if _, err := n.Desk.Record(t.Context(), &eventv1.Particulars{}, func(ledger.View) ([]proto.Message, error) { return facts, nil }); err != nil {
			t.Fatal(err)
		}
	}
}
