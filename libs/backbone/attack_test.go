package backbone_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// intruder connects to the hub with an agency's credentials, as a node that its owner has altered would.
func intruder(t *testing.T, c *backbone.Credentials, agency string) (*nats.Conn, chan error) {
	t.Helper()
	dir := t.TempDir()
	if err := c.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	denied := make(chan error, 64)
	nc, err := nats.Connect(c.HubURLs[0], nats.UserCredentials(dir+"/hub.creds"), nats.RootCAs(dir+"/hub-ca.pem"),
		nats.CustomInboxPrefix(backbone.InboxPrefix(agency)), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc, denied
}

// userOf connects with the credentials' user and nothing else of them.
func userOf(c *backbone.Credentials) nats.Option {
	return nats.UserJWTAndSeed(c.JWT, string(c.Seed))
}

// trust trusts the hub's authority.
func trust(c *backbone.Credentials) nats.Option {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.CAPEM)
	return nats.Secure(&tls.Config{RootCAs: pool})
}

// scene is three agencies at a hub. Customs may read licensing/border, and the police nothing. Customs is the
// intruder, and there are blocks that it must not get at.
type scene struct {
	hub                        *backbone.Hub
	licensing, customs, police *agency
	creds                      *backbone.Credentials
	// nc is the intruder's connection, denied what the server refuses it.
	nc     *nats.Conn
	denied chan error
}

func newScene(t *testing.T) *scene {
	t.Helper()
	h := startHub(t, t.TempDir())
	s := &scene{hub: h,
		licensing: startAgency(t, h, "licensing", nil),
		customs:   startAgency(t, h, "customs", nil),
		police:    startAgency(t, h, "police", nil),
		creds:     addAgency(t, h, "customs")}
	release(t, h, "licensing/border", "customs")
	release(t, h, "licensing/secret", "police")
	release(t, h, "customs/all", "licensing")
	record(t, s.licensing.Node, "secret", "SECRET")
	record(t, s.licensing.Node, "border", "open")
	record(t, s.customs.Node, "all", "own")
	eventually(t, "everybody has what is theirs", func() bool {
		return last(t, s.customs.Inbox()) == 1 && last(t, s.police.Inbox()) == 1 && last(t, s.licensing.Inbox()) == 1
	})
	s.nc, s.denied = intruder(t, s.creds, "customs")
	return s
}

// untouched checks that nothing in other agencies' hands has changed: not their streams, consumers or inboxes.
func (s *scene) untouched(t *testing.T) {
	t.Helper()
	for agency, want := range map[string]map[string]uint64{
		"licensing": {backbone.RelayName("licensing"): 2, backbone.FeedStream: 1},
		"police":    {backbone.RelayName("police"): 0, backbone.FeedStream: 1},
	} {
		got := map[string]uint64{}
		err := s.hub.InAccount(agency, func(js jetstream.JetStream) error {
			streams := js.ListStreams(t.Context())
			for info := range streams.Info() {
				got[info.Config.Name] = info.State.LastSeq
			}
			return streams.Err()
		})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("streams in the account of %s: %v\n%s", agency, err, diff)
		}
	}
	read := map[string]int{}
	err := s.hub.InAccount("licensing", func(js jetstream.JetStream) error {
		relay, err := js.Stream(t.Context(), backbone.RelayName("licensing"))
		if err != nil {
			return err
		}
		consumers := relay.ListConsumers(t.Context())
		for info := range consumers.Info() {
			read[info.Config.FilterSubject+info.Config.DeliverSubject]++
		}
		return consumers.Err()
	})
	if diff := cmp.Diff(map[string]int{"block.licensing.border": 1, "block.licensing.secret": 1}, read); diff != "" || err != nil {
		t.Errorf("who reads the relay of licensing: %v\n%s", err, diff)
	}
	if got := contents(t, s.customs.Inbox()); !cmp.Equal(got, []string{"in.licensing.border open"}) {
		t.Errorf("inbox of customs: %q", got)
	}
	// And all of it still works.
	record(t, s.licensing.Node, "border", "after")
	eventually(t, "the release still flows", func() bool { return last(t, s.customs.Inbox()) == 2 })
}

// answer asks and returns what came back; refused is true when the server said no, to the publication or to the
// request.
func (s *scene) answer(t *testing.T, subject string, request any) (text string, refused bool) {
	t.Helper()
	var body []byte
	if request != nil {
		var err error
		if body, err = json.Marshal(request); err != nil {
			t.Fatal(err)
		}
	}
	answers := make(chan *nats.Msg, 1)
	sub, err := s.nc.ChanSubscribe(s.nc.NewInbox(), answers)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	if err := s.nc.PublishRequest(subject, sub.Subject, body); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.denied:
		return err.Error(), true
	case msg := <-answers:
		var result struct {
			Error *jetstream.APIError `json:"error"`
		}
		if json.Unmarshal(msg.Data, &result) == nil && result.Error != nil {
			return result.Error.Description, true
		}
		return string(msg.Data), false
	case <-time.After(patience):
		t.Fatalf("%s: neither answered nor refused", subject)
		return "", false
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	key := s.hub.PublicKey
	consumer := func(stream, name, filter, deliver string) map[string]any {
		config := map[string]any{"name": name, "ack_policy": "none", "deliver_policy": "all"}
		if filter != "" {
			config["filter_subject"] = filter
		}
		if deliver != "" {
			config["deliver_subject"] = deliver
		}
		return map[string]any{"stream_name": stream, "config": config}
	}
	streamFrom := func(name string, source map[string]any) map[string]any {
		return map[string]any{"name": name, "storage": "file", "sources": []any{source}}
	}
	wider := consumer("J_LICENSING", "FEED_CUSTOMS_border", "block.licensing.>", "dlv."+key("customs")+".licensing.border")
	for _, tt := range []struct {
		name, subject string
		request       any
	}{
		// The directory of streams and accounts.
		{"list streams", "$JS.API.STREAM.NAMES", nil},
		{"list streams in full", "$JS.API.STREAM.LIST", nil},
		{"account information", "$JS.API.INFO", nil},
		// Another agency's relay and feed.
		{"another's relay", "$JS.API.STREAM.INFO.J_LICENSING", nil},
		{"another's relay by import", "imp.licensing.STREAM.INFO.J_LICENSING", nil},
		{"a message of another's relay", "$JS.API.STREAM.MSG.GET.J_LICENSING", map[string]any{"seq": 1}},
		{"a message by import", "imp.licensing.STREAM.MSG.GET.J_LICENSING", map[string]any{"seq": 1}},
		{"direct get", "$JS.API.DIRECT.GET.J_LICENSING", map[string]any{"seq": 1}},
		{"direct get by subject", "$JS.API.DIRECT.GET.J_LICENSING.block.licensing.secret", nil},
		{"direct get by import", "imp.licensing.DIRECT.GET.J_LICENSING", map[string]any{"seq": 1}},
		{"direct get of the own feed", "$JS.API.DIRECT.GET.FEED", map[string]any{"seq": 1}},
		{"by domain", "$JS.hub.API.STREAM.INFO.J_LICENSING", nil},
		// Consumers with other filters.
		{"wider filter", "$JS.API.CONSUMER.CREATE.J_LICENSING.FEED_CUSTOMS_border", wider},
		{"wider filter by import", "imp.licensing.CONSUMER.CREATE.J_LICENSING.FEED_CUSTOMS_border", wider},
		{"wider filter, filter in subject", "imp.licensing.CONSUMER.CREATE.J_LICENSING.x.block.licensing.>",
			consumer("J_LICENSING", "x", "block.licensing.>", "")},
		{"durable, old subject", "imp.licensing.CONSUMER.DURABLE.CREATE.J_LICENSING.x", wider},
		{"another's durable", "$JS.API.CONSUMER.INFO.J_LICENSING.FEED_POLICE_secret", nil},
		{"reset another's durable", "imp.licensing.CONSUMER.RESET.J_LICENSING.FEED_POLICE_secret", map[string]any{"seq": 1}},
		{"delete another's durable", "imp.licensing.CONSUMER.DELETE.J_LICENSING.FEED_POLICE_secret", nil},
		{"pull from another's durable", "imp.licensing.CONSUMER.MSG.NEXT.J_LICENSING.FEED_POLICE_secret", nil},
		{"name of a relay for a consumer of the feed", "$JS.API.CONSUMER.CREATE.FEED.x", consumer("J_LICENSING", "x", "", "")},
		// Streams that draw on others, mirror them, or republish.
		{"new stream", "$JS.API.STREAM.CREATE.X", map[string]any{"name": "X", "subjects": []string{"x.>"}, "storage": "file"}},
		{"source", "$JS.API.STREAM.CREATE.X", streamFrom("X", map[string]any{"name": "J_LICENSING",
			"external": map[string]any{"api": "imp.licensing"}})},
		{"mirror", "$JS.API.STREAM.CREATE.X", map[string]any{"name": "X", "storage": "file", "mirror": map[string]any{
			"name": "J_LICENSING", "external": map[string]any{"api": "imp.licensing"}}}},
		{"another source for the feed", "$JS.API.STREAM.UPDATE.FEED", streamFrom("FEED", map[string]any{"name": "J_LICENSING",
			"external": map[string]any{"api": "imp.licensing"}, "consumer": map[string]any{"name": "FEED_POLICE_secret",
				"deliver_subject": "dlv." + key("police") + ".licensing.secret"}})},
		{"republish", "$JS.API.STREAM.UPDATE.J_CUSTOMS", map[string]any{"name": "J_CUSTOMS", "storage": "file",
			"subjects": []string{"block.customs.>"}, "republish": map[string]any{"src": ">", "dest": "block.licensing.>"}}},
		{"key-value bucket", "$JS.API.STREAM.CREATE.KV_x", map[string]any{"name": "KV_x", "subjects": []string{"$KV.x.>"}}},
		{"object store", "$JS.API.STREAM.CREATE.OBJ_x", map[string]any{"name": "OBJ_x", "subjects": []string{"$O.x.>"}}},
		// What the own relay and feed must keep.
		{"purge the own relay", "$JS.API.STREAM.PURGE.J_CUSTOMS", nil},
		{"delete the own relay", "$JS.API.STREAM.DELETE.J_CUSTOMS", nil},
		{"delete the own feed", "$JS.API.STREAM.DELETE.FEED", nil},
		{"delete a block of the own relay", "$JS.API.STREAM.MSG.DELETE.J_CUSTOMS", map[string]any{"seq": 1}},
		{"delete a message of the own feed", "$JS.API.STREAM.MSG.DELETE.FEED", map[string]any{"seq": 1}},
		{"snapshot", "$JS.API.STREAM.SNAPSHOT.J_CUSTOMS", map[string]any{"deliver_subject": "_INBOX_customs.x"}},
		{"restore", "$JS.API.STREAM.RESTORE.X", map[string]any{"config": map[string]any{"name": "X"}}},
		{"take back what was released", "$JS.API.CONSUMER.DELETE.J_CUSTOMS.FEED_LICENSING_all", nil},
		// The system account.
		{"accounts", "$SYS.REQ.SERVER.PING.ACCOUNTZ", nil},
		{"connections", "$SYS.REQ.SERVER.PING.CONNZ", nil},
		{"look up another's account", "$SYS.REQ.ACCOUNT." + key("licensing") + ".CLAIMS.LOOKUP", nil},
		{"update claims", "$SYS.REQ.CLAIMS.UPDATE", map[string]any{"jwt": "x"}},
		{"delete claims", "$SYS.REQ.CLAIMS.DELETE", map[string]any{"jwt": "x"}},
		{"list claims", "$SYS.REQ.CLAIMS.LIST", nil},
		{"stop the server", "$SYS.REQ.SERVER.PING.KICK", nil},
		{"own connections", "$SYS.REQ.ACCOUNT.PING.CONNZ", nil},
		{"take an account's streams away", "$JS.API.ACCOUNT.PURGE." + key("licensing"), nil},
		{"leader steps down", "$JS.API.META.LEADER.STEPDOWN", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if text, refused := s.answer(t, tt.subject, tt.request); !refused {
				t.Errorf("%s was answered: %.200s", tt.subject, text)
			}
		})
	}
	// The same connection may do what it is for, so that the refusals above are not for want of an answer.
	for _, subject := range []string{"$JS.API.STREAM.INFO.FEED", "$JS.API.STREAM.INFO.J_CUSTOMS"} {
		if text, refused := s.answer(t, subject, nil); refused {
			t.Errorf("%s was refused: %s", subject, text)
		}
	}
	s.untouched(t)
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, subject := range []string{
		">", "block.>", "feed.>", "block.licensing.>", "block.customs.>", "dlv.>", "dlv." + s.hub.PublicKey("customs") + ".>",
		"dlv." + s.hub.PublicKey("police") + ".>", "$SYS.>", "$JS.>", "$JS.API.>", "$JS.EVENT.>", "$JSC.>", "$JS.ACK.>",
		"$JS.FC.>", "_INBOX.>", "_INBOX_licensing.>", "_R_.>", "imp.>", "$KV.>", "$O.>",
	} {
		if _, err := s.nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-s.denied:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", subject, err)
			}
		case <-time.After(patience):
			t.Errorf("%s could be subscribed to", subject)
		}
	}
	s.untouched(t)
}

func TestPublicationsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	customs, police := s.hub.PublicKey("customs"), s.hub.PublicKey("police")
	for _, subject := range []string{
		"block.licensing.all", "block.police.all", "block.customs", "in.licensing.border", "feed.licensing.border",
		"dlv." + customs + ".licensing.border", "dlv." + police + ".licensing.secret", "dlv." + customs + ".customs.all",
		"$JS.FC.hub.x.J_LICENSING.FEED_CUSTOMS_border.1", "$JS.ACK.J_LICENSING.FEED_POLICE_secret.1.1.1.1.1",
		"imp.licensing.CONSUMER.RESET.J_LICENSING.FEED_CUSTOMS_border", "_INBOX_licensing.x", "_INBOX_customs.x",
		"$KV.x.y", "$O.x.y", "$SYS.REQ.CLAIMS.UPDATE", "$JS.API.STREAM.DELETE.J_CUSTOMS",
	} {
		if err := s.nc.Publish(subject, []byte("forged")); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-s.denied:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", subject, err)
			}
		case <-time.After(patience):
			t.Errorf("%s could be published to", subject)
		}
	}
	s.untouched(t)
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
	}
	for i, target := range targets {
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
	s.untouched(t)
	if got := contents(t, s.police.Inbox()); !cmp.Equal(got, []string{"in.licensing.secret SECRET"}) {
		t.Errorf("inbox of the police: %q", got)
	}
	if got := contents(t, s.licensing.Inbox()); !cmp.Equal(got, []string{"in.customs.all own"}) {
		t.Errorf("inbox of licensing: %q", got)
	}
}

func TestWhoIsNotAnAgencyDoesNotGetIn(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	creds := addAgency(t, h, "customs")
	stranger := addAgency(t, startHub(t, t.TempDir()), "customs")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(creds.CAPEM)
	trusting := nats.Secure(&tls.Config{RootCAs: pool})
	for name, options := range map[string][]nats.Option{
		"no credentials":           {trusting},
		"another hub's":            {trusting, userOf(stranger)},
		"a password":               {trusting, nats.UserInfo("hub", "hub")},
		"without trust in the hub": {userOf(creds)},
	} {
		if nc, err := nats.Connect(creds.HubURLs[0], options...); err == nil {
			nc.Close()
			t.Errorf("%s: got in", name)
		}
	}
	// Nor does a pump send its credentials to a server that is not the hub.
	forged := *creds
	forged.HubURLs = stranger.HubURLs
	p := startPumps(t, backbone.PumpConfig{Node: startNode(t, "customs", t.TempDir()), Credentials: &forged})
	eventually(t, "the wrong certificate is seen", func() bool { return strings.Contains(p.Status().LastError, "certificate") })
	if got := p.Status(); got.Connected || got.Reconciled {
		t.Errorf("a pump with another server: %+v", got)
	}
}
