package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/fault"
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

func newWorld(t testing.TB, s Settings) *world {
	w := &world{t: t, dir: t.TempDir(), writer: ledgertest.NewWriter(), ledger: ledgertest.Open(t, "customs")}
	s.Listen = "127.0.0.1:0"
	f, err := Open(t.Context(), Config{
		Settings: s, Agency: "customs", Dir: w.dir, Key: []byte("a key of thirty-two bytes or more"), Ledger: w.ledger,
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

func TestSystemReadsAndResumes(t *testing.T) {
	w := newWorld(t, Settings{})
	u := User{Name: "risk"}
	nc := w.add(u)
	w.record(granted(1), granted(2), ledgertest.In("border", granted(3)), suspended(1))

	first := fetch(t, consumer(t, nc, u), 3)
	if err := first[1].Ack(); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	nc.Close() // with one that it has and did not acknowledge
	if _, err := w.connect("risk", "wrong"); err == nil {
		t.Fatal("a wrong password opens the feed")
	}
	nc = w.again(u)
	reset(t, nc, u)
	rest := fetch(t, consumer(t, nc, u), 10)
	want := []string{"feed.v1.licensing.border.LicenceGranted", "feed.v1.licensing.all.LicenceSuspended"}
	if got := subjectsOf(rest); !slices.Equal(got, want) {
		t.Errorf("after the reset it is given %v; want %v", got, want)
	}
	fact := &licensingv1.LicenceSuspended{}
	if err := proto.Unmarshal(rest[1].Data(), fact); err != nil || fact.Reason != "forged" {
		t.Errorf("fact %v, %v", fact, err)
	}
	err := w.ledger.View(func(v ledger.View) error {
		events, _, _, err := v.EventsAfter(rest[0].Headers().Get("ce-position"), nil, 10)
		if len(events) != 1 || events[0].Id != rest[1].Headers().Get("ce-id") {
			t.Errorf("a watch from the position before the last has %v", events)
		}
		return err
	})
	w.must(err)
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

func TestFiltersAndJSON(t *testing.T) {
	w := newWorld(t, Settings{JSON: true})
	u := User{Name: "border", JSON: true, Only: []string{"licensing.*.LicenceSuspended", "licensing.border.LicenceGranted"}}
	nc := w.add(u)
	w.record(granted(1), ledgertest.In("border", granted(3)), suspended(1))
	list := fetch(t, consumer(t, nc, u), 10)
	want := []string{"feed-json.v1.licensing.border.LicenceGranted", "feed-json.v1.licensing.all.LicenceSuspended"}
	if got := subjectsOf(list); !slices.Equal(got, want) {
		t.Fatalf("%v; want %v", got, want)
	}
	e, err := cloudevent.Parse(list[1].Data())
	if err != nil {
		t.Fatal(err)
	}
	fact := &licensingv1.LicenceSuspended{}
	if err := protojson.Unmarshal(e.Data, fact); err != nil || fact.Reason != "forged" || e.Extensions["position"] != list[1].Headers().Get("ce-position") {
		t.Errorf("%v, %v: %s", fact, err, list[1].Data())
	}
	if got := list[1].Headers().Get("content-type"); got != cloudevent.Structured {
		t.Errorf("content type %q", got)
	}
}

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
			m, _ := answers.NextMsg(time.Second)
			t.Errorf("%s was answered: %s, %v", r.subject, m.Data, err)
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
		if n, _, _ := sub.Pending(); n > 0 {
			t.Errorf("on %s it is given %d messages", subject, n)
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
	if n, _, _ := overheard.Pending(); n > 0 {
		t.Errorf("another system was given %d messages that it did not ask for", n)
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

// TestLostStore: a feed whose store was lost publishes everything anew, to those too that began with what was new.
func TestLostStore(t *testing.T) {
	w := newWorld(t, Settings{})
	u := User{Name: "risk", New: true}
	w.add(u)
	w.record(granted(1), granted(2))
	w.must(w.feed.Close())
	if there, err := Discard(w.dir); !there || err != nil {
		t.Fatal(there, err)
	}
	f, err := Open(t.Context(), w.feed.cfg)
	w.must(err)
	t.Cleanup(func() { f.Close() })
	w.feed = f
	w.publish()
	list := fetch(t, consumer(t, w.again(u), u), 10)
	if got := subjectsOf(list); len(got) != 2 || list[0].Headers().Get("ce-eventnumber") != "1" {
		t.Errorf("it is given %v", got)
	}
	if there, err := Discard(t.TempDir()); there || err != nil {
		t.Error(there, err)
	}
}

// TestPurged: what was withdrawn is gone from the streams, and where the feed goes on does not rest on it.
func TestPurged(t *testing.T) {
	w := newWorld(t, Settings{JSON: true})
	w.record(granted(1), granted(2), suspended(1), suspended(2))
	for _, number := range []uint64{2, 4} {
		w.must(w.feed.Purge(t.Context(), journal.ID{Agency: "licensing", Group: "all"}, number))
		w.must(w.feed.Purge(t.Context(), journal.ID{Agency: "licensing", Group: "all"}, number)) // again changes nothing
	}
	w.must(w.feed.Purge(t.Context(), journal.ID{Agency: "licensing", Group: "border"}, 1))
	s, err := w.feed.Status(t.Context())
	w.must(err)
	if s.Streams[0].Messages != 2 || s.Streams[1].Messages != 2 {
		t.Fatalf("left: %v; want 2 in each", s.Streams)
	}
	for _, of := range w.feed.writers {
		m, err := of.stream.GetMsg(t.Context(), 2, jetstream.WithGetMsgSubject(">"))
		if err != nil || m.Header.Get("ce-subject") != "licensing/L-1" || m.Sequence != 3 {
			t.Errorf("what follows the first is %v, %v", m, err)
		}
	}
}

// TestLimits: the old goes, the last message stays, the status says who missed something.
func TestLimits(t *testing.T) {
	w := newWorld(t, Settings{KeepMB: 1})
	nc := w.add(User{Name: "slow"})
	w.record(granted(1), granted(2), suspended(1))
	if list := fetch(t, consumer(t, nc, User{Name: "slow"}), 1); len(list) != 1 || list[0].DoubleAck(t.Context()) != nil {
		t.Fatal("the first message cannot be read")
	}
	status := func() (*queryv1.FeedStream, *queryv1.FeedReader) {
		t.Helper()
		s, err := w.feed.Status(t.Context())
		w.must(err)
		return s.Streams[0], s.Users[0]
	}
	w.must(w.feed.tidy(t.Context()))
	if s, u := status(); s.Messages != 3 || u.Dropped != 0 || u.Acknowledged != 1 || u.Pending != 2 || u.Connections != 1 {
		t.Errorf("young: %v %v", s, u)
	}
	w.feed.cfg.Now = func() time.Time { return time.Now().Add(31 * 24 * time.Hour) }
	w.must(w.feed.tidy(t.Context()))
	if s, u := status(); s.Messages != 1 || s.FirstSequence != 3 || u.Dropped != 1 || u.DroppedAt == nil {
		t.Errorf("old: %v %v", s, u)
	}
	w.feed.cfg.Now = time.Now
	long := strings.Repeat("long ", 20_000)
	for n := range 15 { // 1.5 MB
		w.record(&licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", 10+n), Deal: &licensingv1.Deal{EndUse: long}})
	}
	w.must(w.feed.tidy(t.Context()))
	w.must(w.feed.tidy(t.Context()))
	if s, u := status(); s.Bytes > 1<<20 || s.Messages < 5 || s.LastSequence != 18 || s.Behind != 0 || u.Dropped < 5 || u.Pending != s.Messages {
		t.Errorf("large: %v %v", s, u)
	}
}

func TestReadingIsOnRecord(t *testing.T) {
	w := newWorld(t, Settings{})
	u := User{Name: "risk", Only: []string{"licensing.>"}}
	nc := w.add(u)
	w.must(w.feed.note(t.Context()))
	w.record(granted(1), granted(2))
	fetch(t, consumer(t, nc, u), 10)
	w.must(w.feed.note(t.Context()))
	w.must(w.feed.note(t.Context()))
	if len(w.read) != 1 || w.read[0].User != "feed/risk" || w.read[0].Rows != 2 || !slices.Equal(w.read[0].Owners, []string{"licensing"}) {
		t.Errorf("on record: %v", w.read)
	}
}

// TestFollows: what is folded while the feed runs is published by itself, and users are noticed.
func TestFollows(t *testing.T) {
	w := newWorld(t, Settings{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.feed.Run(ctx) }()
	u := User{Name: "risk"}
	secret := u.NewSecret()
	w.must(UsersFile(w.dir).Add(u))
	var nc *nats.Conn
	for err := errors.New("not yet"); err != nil; {
		nc, err = w.connect("risk", secret)
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
	tx := ledgertest.Begin(t, w.ledger, granted(1))
	w.must(tx.Commit())
	m, err := consumer(t, nc, u).Next(jetstream.FetchMaxWait(20 * time.Second))
	if err != nil || m.Subject() != "feed.v1.licensing.all.LicenceGranted" {
		t.Errorf("%v, %v", m, err)
	}
	cancel()
	w.must(<-done)
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
