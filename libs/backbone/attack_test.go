package backbone_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
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

// table collects what was tried and what came of it.
type table struct {
	rows strings.Builder
	n    int
}

func (tab *table) add(class, attempt, outcome string) {
	tab.n++
	fmt.Fprintf(&tab.rows, "%-18s %-60.60s %s\n", class, attempt, outcome)
}

// print shows the table.
func (tab *table) print(t *testing.T) {
	t.Helper()
	t.Logf("%d attempts:\n%s", tab.n, tab.rows.String())
}

// silentAbout fails when an answer to customs says anything of an agency or a group that it does not have to do with, beyond
// what it has asked itself.
func silentAbout(t *testing.T, attempt, answer string, asked ...string) {
	t.Helper()
	for _, own := range asked {
		answer = strings.ReplaceAll(answer, own, "")
	}
	for _, name := range []string{"police", "secret"} {
		if strings.Contains(strings.ToLower(answer), name) {
			t.Errorf("%s: the answer says something of %s: %.300s", attempt, name, answer)
		}
	}
}

// entitled asks the same inside the account that it belongs to, as the hub itself may, and fails unless it is granted:
// an attempt that nobody could make shows nothing.
func (s *scene) entitled(t *testing.T, account, subject string, request any) {
	t.Helper()
	var body []byte
	if request != nil {
		var err error
		if body, err = json.Marshal(request); err != nil {
			t.Fatal(err)
		}
	}
	nc, err := s.hub.Enter(account)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	msg, err := nc.Request(subject, body, patience)
	if err != nil {
		t.Errorf("control: %s in the account of %s: %v", subject, account, err)
		return
	}
	var result struct {
		Error *jetstream.APIError `json:"error"`
	}
	if json.Unmarshal(msg.Data, &result) == nil && result.Error != nil || msg.Header.Get("Status") == "404" {
		t.Errorf("control: %s in the account of %s: %s %v", subject, account, msg.Data, msg.Header)
	}
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
