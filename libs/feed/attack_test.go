package feed

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// Nothing else listens than where systems connect, and the server bears so much and no more.
func TestNothingElseListens(t *testing.T) {
	w := newWorld(t, Settings{})
	is, err := w.feed.srv.Varz(nil)
	w.must(err)
	if is.HTTPPort != 0 || is.HTTPSPort != 0 || is.Cluster.Port != 0 || is.Gateway.Port != 0 || is.LeafNode.Port != 0 || is.MQTT.Port != 0 || is.Websocket.Port != 0 {
		t.Errorf("it listens elsewhere, too: %+v", is)
	}
	if w.feed.srv.MonitorAddr() != nil || w.feed.srv.ProfilerAddr() != nil || w.feed.srv.ClusterAddr() != nil {
		t.Error("its state, its memory or its cluster can be reached")
	}
	if is.MaxConn != maxConnections || is.MaxSubs != maxSubscriptions {
		t.Errorf("it bears %d connections with %d subscriptions", is.MaxConn, is.MaxSubs)
	}
}

// A user has so many connections; when there is one more, the oldest gives way.
func TestConnectionsOfAUser(t *testing.T) {
	w := newWorld(t, Settings{})
	other := w.add(User{Name: "victim"})
	u := User{Name: "risk"}
	secret := u.NewSecret()
	w.must(UsersFile(w.dir).Add(u))
	w.must(w.feed.shift(t.Context()))
	var all []*nats.Conn
	closed := make(chan int, 10*maxOfUser)
	for i := range maxOfUser + 3 {
		nc, err := w.connect("risk", secret)
		w.must(err)
		nc.SetClosedHandler(func(*nats.Conn) { closed <- i })
		all = append(all, nc)
	}
	gone := map[int]bool{<-closed: true, <-closed: true, <-closed: true}
	if !gone[0] || !gone[1] || !gone[2] {
		t.Errorf("%v gave way, and not the oldest", gone)
	}
	if last := all[len(all)-1]; last.Flush() != nil || other.Flush() != nil {
		t.Error("the newest, or that of another system, is gone, too")
	}
}

// What a system does to be a burden ends its own connection, or is let pass; others go on.
func TestBurdens(t *testing.T) {
	w := newWorld(t, Settings{})
	victim := User{Name: "victim"}
	victims := w.add(victim)
	w.record(granted(1), granted(2))
	nc := w.add(User{Name: "risk"})
	t.Run("subscriptions", func(t *testing.T) {
		for i := range 2 * maxSubscriptions {
			if _, err := nc.SubscribeSync(fmt.Sprintf("_INBOX.many.%d", i)); err != nil {
				break
			}
		}
		if err := nc.Flush(); err == nil && nc.NumSubscriptions() > 0 && !errors.Is(nc.LastError(), nats.ErrMaxSubscriptionsExceeded) {
			t.Errorf("it has %d subscriptions: %v", nc.NumSubscriptions(), nc.LastError())
		}
	})
	t.Run("size", func(t *testing.T) {
		nc := w.add(User{Name: "large"})
		if err := nc.Publish("$JS.API.CONSUMER.INFO.FEED.large", make([]byte, maxPayload+1)); !errors.Is(err, nats.ErrMaxPayload) {
			t.Errorf("more than a message may have: %v", err)
		}
		raw := bytes.Repeat([]byte("x"), 1<<20)
		for range 20 { // what may be asked for, with much more than is asked
			w.must(nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.FEED.large", "_INBOX.large", raw))
		}
		w.must(nc.Flush())
	})
	t.Run("requests", func(t *testing.T) {
		nc := w.add(User{Name: "asks"})
		for range 200 { // wait for messages that do not come, for ever
			w.must(nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.FEED.asks", "_INBOX.asks", []byte(`{"batch":1000000,"expires":31536000000000000}`)))
			w.must(nc.PublishRequest("$JS.API.CONSUMER.RESET.FEED.asks", "_INBOX.asks", nil))
		}
		w.must(nc.FlushTimeout(30 * time.Second))
	})
	t.Run("new", func(t *testing.T) {
		u := User{Name: "later", New: true}
		nc := w.add(u)
		answer, err := nc.Request("$JS.API.CONSUMER.RESET.FEED.later", []byte(`{"seq":1}`), 10*time.Second)
		if err != nil || !strings.Contains(string(answer.Data), `"error"`) {
			t.Errorf("to go back to what was before it: %s, %v", answer.Data, err)
		}
	})
	if got := len(fetch(t, consumer(t, victims, victim), 100)); got != 2 {
		t.Errorf("another system is given %d messages", got)
	}
	if n := w.state(); n != 2 {
		t.Errorf("the stream has %d messages", n)
	}
}
