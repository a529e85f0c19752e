package feed

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/fault"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// TestForbidden tries what a system might want to do beside reading.
func TestForbidden(t *testing.T) {
	w := newWorld(t, Settings{JSON: true})
	victim := User{Name: "victim", JSON: true}
	victims := w.add(victim)
	overheard, err := victims.SubscribeSync("_INBOX.>")
	w.must(err)
	w.must(victims.Flush())
	nc := w.add(User{Name: "risk"})
	w.record(granted(1), granted(2))
	before := w.state()

	consumerConfig := func(config string) string { return `{"stream_name":"FEED","config":` + config + `}` }
	requests := []struct{ subject, body string }{
		{"$JS.API.INFO", ""},
		{"$JS.API.STREAM.NAMES", ""},
		{"$JS.API.STREAM.INFO.FEED", ""},
		{"$JS.API.STREAM.CREATE.MINE", `{"name":"MINE","subjects":["x"]}`},
		{"$JS.API.STREAM.UPDATE.FEED", `{"name":"FEED","subjects":["feed.v1.>"],"max_msgs":1}`},
		{"$JS.API.STREAM.DELETE.FEED", ""},
		{"$JS.API.STREAM.PURGE.FEED", ""},
		{"$JS.API.STREAM.MSG.DELETE.FEED", `{"seq":1}`},
		{"$JS.API.STREAM.MSG.GET.FEED", `{"seq":1}`},
		{"$JS.API.STREAM.MSG.GET.FEED_JSON", `{"seq":1}`},
		{"$JS.API.DIRECT.GET.FEED", `{"seq":1}`},
		{"$JS.API.STREAM.SNAPSHOT.FEED", `{"deliver_subject":"_INBOX.x"}`},
		{"$JS.API.CONSUMER.NAMES.FEED", ""},
		{"$JS.API.CONSUMER.CREATE.FEED.risk", consumerConfig(`{"durable_name":"risk","deliver_subject":"feed-json.v1.x.y.z"}`)},
		{"$JS.API.CONSUMER.CREATE.FEED.other", consumerConfig(`{"name":"other","ack_policy":"none"}`)},
		{"$JS.API.CONSUMER.DURABLE.CREATE.FEED.other", consumerConfig(`{"durable_name":"other"}`)},
		{"$JS.API.CONSUMER.DELETE.FEED.risk", ""},
		{"$JS.API.CONSUMER.DELETE.FEED_JSON.victim", ""},
		{"$JS.API.CONSUMER.INFO.FEED_JSON.victim", ""},
		{"$JS.API.CONSUMER.RESET.FEED_JSON.victim", ""},
		{"$JS.API.CONSUMER.MSG.NEXT.FEED_JSON.victim", "1"},
		{"$JS.API.CONSUMER.MSG.NEXT.FEED_JSON.risk", "1"},
		{"$JS.API.CONSUMER.PAUSE.FEED.risk", `{"pause_until":"2100-01-01T00:00:00Z"}`},
		{"$SYS.REQ.SERVER.PING", ""},
		{"$SYS.REQ.USER.INFO", ""},
		{"$SYS.REQ.ACCOUNT.PING.CONNZ", ""},
		{"feed.v1.licensing.all.LicenceGranted", "forged"},
		{"feed-json.v1.licensing.all.LicenceGranted", "forged"},
		{"$JS.ACK.FEED_JSON.victim.1.2.2.1.0", "+ACK"},
		{"_INBOX.victim", "forged"},
	}
	for _, r := range requests {
		inbox := nats.NewInbox()
		answers, err := nc.SubscribeSync(inbox)
		w.must(err)
		w.must(nc.PublishRequest(r.subject, inbox, []byte(r.body)))
		if _, err := nc.Request("$JS.API.CONSUMER.INFO.FEED.risk", nil, 10*time.Second); err != nil { // it would have been answered
			t.Fatal(err)
		}
		if n, _, err := answers.Pending(); n > 0 || err != nil {
			t.Errorf("%s was answered %d times, %v", r.subject, n, err)
		}
	}
	// What it may ask for, to be answered where it may not write. It is answered in its own account, where nobody listens.
	for _, reply := range []string{"feed-json.v1.licensing.all.LicenceGranted", "feed.v1.licensing.all.X", "$JS.API.STREAM.DELETE.FEED", "_INBOX.victim"} {
		w.must(nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.FEED.risk", reply, []byte(`{"batch":1,"no_wait":true}`)))
		w.must(nc.PublishRequest("$JS.API.CONSUMER.INFO.FEED.risk", reply, nil))
		if _, err := nc.Request("$JS.API.CONSUMER.INFO.FEED.risk", nil, 10*time.Second); err != nil { // they have been answered
			t.Fatalf("after %s: %v, %v", reply, err, nc.LastError())
		}
	}
	for _, subject := range []string{">", "feed.v1.>", "$JS.>", "$SYS.>", "_R_.>"} {
		sub, err := nc.SubscribeSync(subject)
		w.must(err)
		w.record(suspended(1))
		if _, err := nc.Request("$JS.API.CONSUMER.INFO.FEED.risk", nil, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if n, _, err := sub.Pending(); n > 0 || err != nil {
			t.Errorf("on %s it is given %d messages, %v", subject, n, err)
		}
		w.record(&licensingv1.LicenceReinstated{LicenceId: "licensing/L-1"})
		before += 2
	}
	w.must(nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.FEED.risk", "_INBOX.>", []byte(`{"batch":1,"no_wait":true}`))) // harms itself alone
	w.must(nc.Flush())
	if after := w.state(); after != before {
		t.Errorf("the streams have %d messages; want %d", after, before)
	}
	w.must(victims.Flush())
	if n, _, err := overheard.Pending(); n > 0 || err != nil {
		t.Errorf("another system was given %d messages that it did not ask for, %v", n, err)
	}
	if got := len(fetch(t, consumer(t, victims, victim), 100)); got != before {
		t.Errorf("another system is given %d messages; want %d", got, before)
	}
	if _, err := nats.Connect(w.feed.URL(), nats.NoReconnect()); err == nil {
		t.Error("nobody is let in")
	}
	if _, err := w.connect(ownUser, ""); err == nil {
		t.Error("the node's own name opens the feed without its secret")
	}
}

func TestRemovedUserIsCutOff(t *testing.T) {
	w := newWorld(t, Settings{})
	u := User{Name: "risk"}
	closed := make(chan struct{})
	nc := w.add(u)
	nc.SetClosedHandler(func(*nats.Conn) { close(closed) })
	w.must(UsersFile(w.dir).Remove("risk"))
	w.must(w.feed.shift(t.Context()))
	<-closed
	if _, err := w.feed.writers[0].stream.Consumer(t.Context(), "risk"); !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("its consumer: %v", err)
	}
	if err := UsersFile(w.dir).Remove("risk"); !errors.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
	w.record(granted(1))
	later := User{Name: "risk", New: true, JSON: false}
	nc = w.add(later)
	w.record(granted(2))
	if list := fetch(t, consumer(t, nc, later), 10); len(list) != 1 || list[0].Headers().Get("ce-subject") != "licensing/L-2" {
		t.Errorf("a user that begins with what is new is given %v", subjectsOf(list))
	}
}

func TestReadingIsOnRecord(t *testing.T) {
	w := newWorld(t, Settings{})
	u := User{Name: "risk", Only: []string{"licensing.>"}}
	nc := w.add(u)
	w.record(granted(1), granted(2))
	fetch(t, consumer(t, nc, u), 10)
	w.must(w.feed.note(t.Context()))
	w.must(w.feed.note(t.Context()))
	if len(w.read) != 1 || w.read[0].User != "feed/risk" || w.read[0].Rows != 2 || !slices.Equal(w.read[0].Owners, []string{"licensing"}) {
		t.Errorf("on record: %v", w.read)
	}
}

func TestUsersFile(t *testing.T) {
	dir := t.TempDir()
	digest := strings.Repeat("a", 64)
	good := []User{{Name: "a1", Digest: digest}, {Name: "b1", Digest: digest, Only: []string{"*.*.LicenceGranted", "customs.>", "licensing.border.>"}}}
	for _, u := range good {
		if err := UsersFile(dir).Add(u); (err == nil) != (u.Name == "a1") {
			t.Errorf("%v: %v", u, err) // the first two filters of the second let the same in
		}
	}
	if info, err := os.Stat(string(UsersFile(dir))); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, u := range []User{{Name: "a1", Digest: digest}, {Name: "node", Digest: digest}, {Name: "A", Digest: digest}, {Name: "c1"},
		{Name: "c1", Digest: digest, Only: []string{">"}}, {Name: "c1", Digest: digest, Only: []string{"a.b.c.d"}}, {Name: "c1", Digest: digest, Only: []string{""}},
		{Name: "c1", Digest: digest, Only: []string{"customs.*.X", "customs.all.*"}}} {
		if err := UsersFile(dir).Add(u); err == nil {
			t.Errorf("%v was taken", u)
		}
	}
	for _, only := range []string{"*.*.*", "customs.>", "customs.all.>", "*.all.GoodsReleased"} {
		if err := (User{Name: "c1", Digest: digest, Only: []string{only}}).check(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParseUsers(f *testing.F) {
	data, err := json.Marshal(usersFile{[]User{{Name: "risk", Digest: strings.Repeat("0", 64), Only: []string{"customs.>"}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		users, err := parseUsers(data)
		if err != nil {
			return
		}
		written, err := json.Marshal(usersFile{users})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseUsers(written); err != nil || len(again) != len(users) {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
	})
}
