package natstest_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/natstest"
)

func TestRestartKeepsWhatWasAcknowledged(t *testing.T) {
	for _, options := range [][]natstest.Option{nil, {natstest.Listen()}} {
		srv := natstest.Start(t, options...)
		journal := srv.Journal("licensing")
		ack, err := srv.JetStream().Publish(t.Context(), "block.licensing.all", []byte("one"))
		if err != nil {
			t.Fatal(err)
		}
		before := journal.CachedInfo().Created
		var url string
		if options != nil {
			url = srv.URL()
		}
		srv.Restart()

		msg, err := journal.GetMsg(t.Context(), ack.Sequence)
		if err != nil || string(msg.Data) != "one" {
			t.Errorf("after a restart: %v, %v", msg, err)
		}
		if info, err := journal.Info(t.Context()); err != nil || !info.Created.Equal(before) {
			t.Errorf("the stream is another one after a restart: %v", err)
		}
		if options != nil {
			if srv.URL() != url {
				t.Errorf("the address changed from %s to %s", url, srv.URL())
			}
			nc, err := nats.Connect(url)
			if err != nil {
				t.Fatal(err)
			}
			nc.Close()
		}
	}
}

func TestJournalIsLikeANodes(t *testing.T) {
	_, journal := natstest.Journal(t, "licensing")
	if err := journal.Purge(t.Context()); err == nil {
		t.Error("a journal was purged")
	}
	info, err := journal.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Config; got.Storage != jetstream.FileStorage || got.Subjects[0] != "block.licensing.>" {
		t.Errorf("not like a node's journal: %+v", got)
	}
}

func TestServersAreApart(t *testing.T) {
	natstest.Journal(t, "licensing")
	_, err := natstest.Start(t).JetStream().Stream(t.Context(), "JOURNAL")
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("a second server knows the first one's journal: %v", err)
	}
}
