package feed

import (
	"context"
	"errors"
	"fmt"
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
// A limit below nothing would drop what nobody has read.
func TestLimitsBelowNothingAreRefused(t *testing.T) {
	for _, keep := range []Settings{{KeepDays: -1}, {KeepMB: -1}} {
		keep.Listen = "127.0.0.1:0"
		if f, err := Open(t.Context(), Config{Settings: keep, Agency: "customs", Dir: t.TempDir(), Ledger: ledgertest.Open(t, "customs")}); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v, %v", keep, f, err)
		}
	}
}

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
