package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/feed"
)

// A key that is no setting is named with the nearest that is one, wherever that belongs.
func TestKeysThatAreNoSettingsAreNamed(t *testing.T) {
	for written, want := range map[string][]string{
		`{"agency":"audit","listen":"127.0.0.1:0","access_days":7,"feed":{"listen":"127.0.0.1:0","keep_days":7}}`: nil,
		`{"Agency":"audit","LISTEN":"127.0.0.1:0","feed":null}`:                                                   nil,
		`{"acess_days":7}`: {`"acess_days"`, `"access_days"`},
		`{"feed":{"listen":"127.0.0.1:0","keep_day":7}}`: {`"feed.keep_day"`, `"feed.keep_days"`},
		`{"keep_days":7}`:                                        {`"keep_days"`, `"feed.keep_days"`},
		`{"feed":{"allow_plaintext":true}}`:                      {`"feed.allow_plaintext"`, `"feed.allow_plain_text"`},
		`{"allow_plaintext":true}`:                               {`"allow_plaintext"`, `"allow_plain_text"`},
		`{"metric":"all","no_token":true,"feed":{"Listne":"x"}}`: {`"feed.Listne"`, `"feed.listen"`, `"metric"`, `"metrics"`, `"no_token"`, `"no_node_token"`},
	} {
		home := Home(t.TempDir())
		if err := os.WriteFile(home.path("agency.json"), []byte(written), 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := home.passedOver()
		var named []string
		for _, line := range said {
			parts := strings.Split(line, `"`)
			named = append(named, `"`+parts[1]+`"`, `"`+parts[3]+`"`)
		}
		if err != nil || !slices.Equal(named, want) {
			t.Errorf("%s: said %q, %v; want %q", written, said, err, want)
		}
	}
}

// Every setting is one that the program reads: what is written of a whole profile is passed over nowhere.
func TestEverySettingIsKnown(t *testing.T) {
	p := Profile{Consent: "ask", Feed: &feed.Settings{JSON: true, TLSCert: "c", TLSKey: "k", AllowPlainText: true, KeepDays: 1, KeepMB: 1}}
	p.API = API{TLSCert: "c", TLSKey: "k", AllowTLS12: true, AllowPlainText: true, BehindTLS: true, NoNodeToken: true, Metrics: "all", AccessDays: 1}
	data, err := json.Marshal(p)
	home := Home(t.TempDir())
	if err := errors.Join(err, os.WriteFile(home.path("agency.json"), data, 0o600)); err != nil {
		t.Fatal(err)
	}
	if said, err := home.passedOver(); err != nil || len(said) > 0 {
		t.Errorf("passed over: %q, %v", said, err)
	}
}

// A node starts whatever else is in agency.json, and its log and the doctor name it.
func TestNodeStartsWithASettingThatItDoesNotKnow(t *testing.T) {
	home := newHome(t)
	data, err := os.ReadFile(home.path("agency.json"))
	if err == nil {
		data = bytes.Replace(data, []byte("{"), []byte(`{"acess_days": 7,`), 1)
		err = os.WriteFile(home.path("agency.json"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	n, err := New(t.Context(), Config{Home: home, Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatalf("the node does not start: %v", err)
	}
	defer n.Close()
	if says := logged.String(); !strings.Contains(says, "level=WARN") || !strings.Contains(says, "acess_days") || !strings.Contains(says, "access_days") {
		t.Errorf("the log says %q", says)
	}
	is, err := n.query().Settings(t.Context())
	if err != nil || is.Ok || !strings.Contains(is.Detail, `"acess_days"`) || !strings.Contains(is.Detail, `"access_days"`) || !strings.Contains(is.Next, home.path("agency.json")) {
		t.Errorf("the doctor says %v, %v", is, err)
	}
}
