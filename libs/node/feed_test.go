package node

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/feed"
)

// begun starts a node whose agency.json has this feed, and returns it with what it logged by then.
func begun(t *testing.T, home Home, settings feed.Settings) (*Node, string) {
	t.Helper()
	p, err := home.Profile()
	if err != nil {
		t.Fatal(err)
	}
	p.Feed = &settings
	data, err := json.Marshal(p)
	if err == nil {
		err = os.WriteFile(home.path("agency.json"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	n, err := New(t.Context(), Config{Home: home, Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		t.Fatalf("the node does not start: %v", err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n, logged.String()
}

// A feed that cannot start, or cannot let everybody in, is told of by log, doctor and metrics, and never keeps the node from starting.
func TestNodeStartsWhateverItsFeedDoes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	reader := feed.User{Name: "risk", JSON: true}
	reader.NewSecret()
	for name, tt := range map[string]struct {
		settings feed.Settings
		prepare  func(home Home) error
		served   bool
		says, up string
	}{
		"taken port":        {feed.Settings{Listen: taken.Addr().String()}, nil, false, "address already in use", "0"},
		"no address":        {feed.Settings{Listen: "4333"}, nil, false, "missing port", "0"},
		"plain text":        {feed.Settings{Listen: "0.0.0.0:0"}, nil, false, "in plain text", "0"},
		"no certificate":    {feed.Settings{Listen: "127.0.0.1:0", TLSCert: "none.crt", TLSKey: "none.key"}, nil, false, "none.crt", "0"},
		"damaged users":     {feed.Settings{Listen: "127.0.0.1:0"}, func(h Home) error { return os.WriteFile(h.path("feed-users.json"), []byte("{"), 0o600) }, true, "feed-users.json", "0"},
		"user without JSON": {feed.Settings{Listen: "127.0.0.1:0"}, func(h Home) error { return feed.UsersFile(string(h)).Add(reader) }, true, "JSON", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			home := newHome(t)
			if tt.prepare != nil {
				if err := tt.prepare(home); err != nil {
					t.Fatal(err)
				}
			}
			n, logged := begun(t, home, tt.settings)
			if (n.FeedURL() != "") != tt.served || !strings.Contains(logged, tt.says) {
				t.Errorf("served at %q; logged %s", n.FeedURL(), logged)
			}
			if is, err := n.examineFeed(t.Context()); err != nil || is.Ok || is.Next == "" || !strings.Contains(is.Detail, tt.says) {
				t.Errorf("the doctor finds %v, %v", is, err)
			}
			if code, told := asked(n, "/metrics", "127.0.0.1:4711"); code != 200 || !strings.Contains(told, "\ncounterfoil_feed_up "+tt.up+"\n") {
				t.Errorf("metrics do not say that the feed is %s: %d", tt.up, code)
			}
		})
	}
}
