package feed

import (
	"crypto/tls"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// world is a feed at work over a ledger.
type world struct {
	t      testing.TB
	dir    string
	ledger *ledger.Ledger
	writer *ledgertest.Writer
	feed   *Feed
	read   []*queryv1.Access
}

func newWorld(t testing.TB, s Settings) *world { return newWorldOf(t, s, nil) }

func newSecuredWorld(t testing.TB, secured *tls.Config) *world {
	return newWorldOf(t, Settings{}, secured)
}

func newWorldOf(t testing.TB, s Settings, secured *tls.Config) *world {
	dir := t.TempDir()
	w := &world{t: t, dir: dir, writer: ledgertest.NewWriter(), ledger: ledgertest.Open(t, "customs")}
	s.Listen = "127.0.0.1:0"
	f, err := Open(t.Context(), Config{
		Settings: s, Agency: "customs", Dir: w.dir, Key: []byte("a key of thirty-two bytes or more"), Ledger: w.ledger, TLS: secured, Certificate: filepath.Join(dir, "tls.crt"),
		Accessed: func(a *queryv1.Access) error { w.read = append(w.read, a); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	w.feed = f
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// record folds facts, a block each, and publishes them.
func (w *world) record(facts ...proto.Message) []*journal.Block {
	w.t.Helper()
	blocks := w.writer.Blocks(facts...)
	w.fold(blocks...)
	return blocks
}

func (w *world) fold(blocks ...*journal.Block) {
	w.t.Helper()
	tx, err := w.ledger.Begin()
	w.must(err)
	defer tx.Rollback()
	for _, b := range blocks {
		w.must(tx.Fold(b, ledgertest.Position(b)))
	}
	w.must(tx.Commit())
	w.publish()
}

func (w *world) publish() {
	w.t.Helper()
	for _, of := range w.feed.writers {
		for {
			more, err := of.step(w.t.Context())
			w.must(err)
			if !more {
				break
			}
		}
	}
}

// add makes a user and connects as it.
func (w *world) add(u User) *nats.Conn {
	w.t.Helper()
	secret := u.NewSecret()
	w.must(UsersFile(w.dir).Add(u))
	w.must(w.feed.shift(w.t.Context()))
	nc, err := w.connect(u.Name, secret)
	w.must(err)
	return nc
}

func (w *world) connect(user, secret string) (*nats.Conn, error) {
	nc, err := nats.Connect(w.feed.URL(), nats.UserInfo(user, secret), nats.NoReconnect(), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err == nil {
		w.t.Cleanup(nc.Close)
	}
	return nc, err
}

func consumer(t testing.TB, nc *nats.Conn, u User) jetstream.Consumer {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	c, err := js.Consumer(t.Context(), u.Stream(), u.Name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fetch returns up to n messages that are there.
func fetch(t testing.TB, c jetstream.Consumer, n int) (list []jetstream.Msg) {
	t.Helper()
	batch, err := c.FetchNoWait(n)
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		list = append(list, m)
	}
	if batch.Error() != nil {
		t.Fatal(batch.Error())
	}
	return list
}

func subjectsOf(list []jetstream.Msg) (all []string) {
	for _, m := range list {
		all = append(all, m.Subject())
	}
	return all
}

// reset has a consumer go back to what it acknowledged, as a system does when it starts.
func reset(t testing.TB, nc *nats.Conn, u User) {
	t.Helper()
	answer, err := nc.Request("$JS.API.CONSUMER.RESET."+u.Stream()+"."+u.Name, nil, 10*time.Second)
	if err != nil || strings.Contains(string(answer.Data), `"error"`) {
		t.Fatalf("reset: %v %s", err, answer.Data)
	}
}

func granted(n int) proto.Message {
	return &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", n), Deal: &licensingv1.Deal{}}
}

func suspended(n int) proto.Message {
	return &licensingv1.LicenceSuspended{LicenceId: fmt.Sprintf("licensing/L-%d", n), Reason: "forged"}
}

// again gives a user a secret that is known, and connects as it.
func (w *world) again(u User) *nats.Conn {
	w.t.Helper()
	w.feed.mu.Lock()
	secret := w.feed.readers.users[0].NewSecret()
	w.feed.mu.Unlock()
	nc, err := w.connect(u.Name, secret)
	w.must(err)
	return nc
}

// state is how many messages each of the streams has, and fails when they do not have as many.
func (w *world) state() int {
	w.t.Helper()
	s, err := w.feed.Status(w.t.Context())
	w.must(err)
	for _, of := range s.Streams {
		if of.Messages != s.Streams[0].Messages || of.LastSequence != s.Streams[0].LastSequence || of.Behind > 0 || of.Trouble != "" {
			w.t.Fatalf("streams: %v", s.Streams)
		}
	}
	return int(s.Streams[0].Messages)
}
