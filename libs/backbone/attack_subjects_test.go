package backbone_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

func TestSubscriptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	var tab table
	defer tab.print(t)
	customs, police := s.hub.PublicKey("customs"), s.hub.PublicKey("police")
	for _, subject := range []string{
		">", "block.>", "feed.>", "block.licensing.>", "block.licensing.border", "block.customs.>", "dlv.>", "dlv." + customs + ".>",
		"dlv." + police + ".>", "$SYS.>", "$SYS.ACCOUNT.>", "$SYS.ACCOUNT." + customs + ".>", "$JS.>", "$JS.API.>", "$JS.EVENT.>",
		"$JS.EVENT.ADVISORY.>", "$JS.EVENT.METRIC.>", "$JSC.>", "$JS.ACK.>", "$JS.FC.>", "$JS.hub.>", "_INBOX.>", "_INBOX_licensing.>",
		"_INBOX_police.>", "_R_.>", "_GR_.>", "imp.>", "$KV.>", "$O.>", "state", "hub.>", "hub.join", "hub.renew", "hub.present",
	} {
		for _, queue := range []string{"", "hub"} {
			if _, err := s.nc.QueueSubscribeSync(subject, queue); err != nil {
				t.Fatal(err)
			}
			name := "subscribe " + subject
			if queue != "" {
				name += " in the hub's place"
			}
			select {
			case err := <-s.denied:
				if !errors.Is(err, nats.ErrPermissionViolation) {
					t.Errorf("%s: %v", subject, err)
				}
				silentAbout(t, name, err.Error(), subject)
				tab.add("subscription", name, "refused")
			case <-time.After(patience):
				t.Errorf("%s could be subscribed to", subject)
				tab.add("subscription", name, "GOT THROUGH")
			}
		}
	}
	s.untouched(t)
	// Who may listen hears something: blocks in their account, and the advisories of the broker.
	for account, subject := range map[string]string{"licensing": "block.>", "customs": "$JS.EVENT.ADVISORY.>"} {
		nc, err := s.hub.Enter(account)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		sub, err := nc.SubscribeSync(subject)
		if err != nil {
			t.Fatal(err)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		record(t, s.licensing.Node, "border", "heard")
		s.answer(t, "$JS.API.CONSUMER.CREATE.FEED.heard", map[string]any{"stream_name": "FEED", "config": map[string]any{
			"name": "heard", "ack_policy": "none", "deliver_policy": "all"}})
		if _, err := sub.NextMsg(patience); err != nil {
			t.Errorf("control: nothing is heard on %s in the account of %s: %v", subject, account, err)
		}
	}
}

func TestPublicationsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	var tab table
	defer tab.print(t)
	customs, police := s.hub.PublicKey("customs"), s.hub.PublicKey("police")
	for _, subject := range []string{
		"block.licensing.all", "block.licensing.border", "block.police.all", "block.customs", "in.licensing.border",
		"feed.licensing.border", "feed.customs.all", "state", "hub.join", "hub.anything",
		"dlv." + customs + ".licensing.border", "dlv." + police + ".licensing.secret", "dlv." + customs + ".customs.all",
		"$JS.FC.hub.x.J_LICENSING.FEED_CUSTOMS_border.1", "$JS.ACK.J_LICENSING.FEED_POLICE_secret.1.1.1.1.1",
		"$JS.ACK.FEED.x.1.1.1.1.1", "$JS.ACK.hub.x.FEED.x.1.1.1.1.1.x",
		"imp.licensing.CONSUMER.RESET.J_LICENSING.FEED_CUSTOMS_border", "_INBOX_licensing.x", "_INBOX_customs.x", "_INBOX_customs.hub",
		"$KV.x.y", "$O.x.y", "$SYS.REQ.CLAIMS.UPDATE", "$JS.API.STREAM.DELETE.J_CUSTOMS", "$JS.hub.API.STREAM.DELETE.J_CUSTOMS",
	} {
		if err := s.nc.Publish(subject, []byte("forged")); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-s.denied:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", subject, err)
			}
			silentAbout(t, subject, err.Error(), subject)
			tab.add("publication", "publish "+subject, "refused")
		case <-time.After(patience):
			t.Errorf("%s could be published to", subject)
			tab.add("publication", "publish "+subject, "GOT THROUGH")
		}
	}
	s.untouched(t)
	// The agency's own blocks are taken, from its own user and on its own subjects.
	if text, refused := s.answer(t, "block.customs.all", "own"); refused {
		t.Errorf("control: an own block is refused: %s", text)
	}
}

// What a node may do, turned to other ends: the server itself delivers to a subject, or answers to one.
func TestDeliverAndReplySubjectTricks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	customs, police := s.hub.PublicKey("customs"), s.hub.PublicKey("police")
	targets := []string{
		"block.licensing.border", "block.police.all", "dlv." + police + ".licensing.secret",
		"dlv." + customs + ".licensing.secret", "dlv." + customs + ".customs.all",
		"imp.licensing.CONSUMER.RESET.J_LICENSING.FEED_POLICE_secret",
		"imp.licensing.CONSUMER.DELETE.J_LICENSING.FEED_POLICE_secret",
		"$JS.API.CONSUMER.DELETE.J_LICENSING.FEED_POLICE_secret", "$JS.API.STREAM.DELETE.J_LICENSING",
		"$JS.FC.hub.x.J_LICENSING.FEED_POLICE_secret.1", "$JS.ACK.hub.x.J_LICENSING.FEED_POLICE_secret.1.1.1.1.1",
		"$SYS.REQ.CLAIMS.UPDATE", "_INBOX_licensing.x", "$JS.API.STREAM.DELETE.J_CUSTOMS", "$JS.API.STREAM.PURGE.FEED",
		"$JS.API.STREAM.DELETE.FEED", "$JS.API.CONSUMER.DELETE.J_CUSTOMS.FEED_LICENSING_all",
		"hub.join", "hub.present", "hub.renew", "$JS.API.CONSUMER.PAUSE.J_LICENSING.x",
	}
	var tab table
	defer tab.print(t)
	for i, target := range targets {
		tab.add("deliver and reply", "to "+target, "nothing came of it")
		// A push consumer on the own feed that delivers there.
		name := fmt.Sprintf("trick%d", i)
		s.answer(t, "$JS.API.CONSUMER.CREATE.FEED."+name, map[string]any{"stream_name": "FEED", "config": map[string]any{
			"name": name, "deliver_subject": target, "ack_policy": "none", "deliver_policy": "all",
			"idle_heartbeat": int64(100 * time.Millisecond)}})
		// A request that is allowed, to be answered there; a publication acknowledged there.
		for _, subject := range []string{"$JS.API.STREAM.INFO.FEED", "block.customs.all"} {
			msg := nats.NewMsg(subject)
			msg.Reply = target
			msg.Header.Set("Nats-Expected-Stream", "none") // what is published is not to be stored
			if err := s.nc.PublishMsg(msg); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The answer to this comes after everything above has been dealt with.
	if text, refused := s.answer(t, "$JS.API.STREAM.INFO.FEED", nil); refused {
		t.Fatal(text)
	}
	// The same tricks do work towards oneself, so they are tricks.
	mine, err := s.nc.SubscribeSync(backbone.InboxPrefix("customs") + ".mine")
	if err != nil {
		t.Fatal(err)
	}
	s.answer(t, "$JS.API.CONSUMER.CREATE.FEED.mine", map[string]any{"stream_name": "FEED", "config": map[string]any{
		"name": "mine", "deliver_subject": mine.Subject, "ack_policy": "none", "deliver_policy": "all"}})
	if msg, err := mine.NextMsg(patience); err != nil || string(msg.Data) != "open" {
		t.Errorf("control: a push consumer delivers nothing to its owner: %v", err)
	}
	s.untouched(t)
	if got := contents(t, s.police.Inbox()); !cmp.Equal(got, []string{"in.licensing.secret SECRET"}) {
		t.Errorf("inbox of the police: %q", got)
	}
	if got := contents(t, s.licensing.Inbox()); !cmp.Equal(got, []string{"in.customs.all own"}) {
		t.Errorf("inbox of licensing: %q", got)
	}
}

// An agency can have the server's answers put into its own feed. That spoils its own feed, which nobody else reads, and
// nothing more: what is put there is no block, and no other feed stops.
func TestAgencyThatSpoilsItsOwnFeed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if err := s.nc.PublishRequest("$JS.API.STREAM.INFO.FEED", "feed.licensing.border", nil); err != nil {
		t.Fatal(err)
	}
	if text, refused := s.answer(t, "$JS.API.STREAM.INFO.FEED", nil); refused {
		t.Fatal(text)
	}
	record(t, s.licensing.Node, "secret", "2")
	record(t, s.customs.Node, "all", "2")
	eventually(t, "the others go on", func() bool { return last(t, s.police.Inbox()) == 2 && last(t, s.licensing.Inbox()) == 2 })
	if got := contents(t, s.police.Inbox()); got[1] != "in.licensing.secret 2" {
		t.Errorf("inbox of the police: %q", got)
	}
	eventually(t, "the spoilt feed shows", func() bool { return feedLast(t, s.hub, "customs") == 2 })
}
