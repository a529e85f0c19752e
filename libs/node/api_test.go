package node

import (
	"crypto/tls"
	"errors"
	"os"
	"testing"

	"github.com/counterfoil/counterfoil/libs/people"
)

// Cookies are for TLS only where browsers come by TLS, whoever speaks it; on a machine of one's own they come without.
func TestSecure(t *testing.T) {
	const issuer = `{"issuer":"https://issuer.example","client_id":"c","roles_claim":"g","roles":{"a":["viewer"]}`
	for name, tt := range map[string]struct {
		profile string
		oidc    string
		tls     *tls.Config
		secure  bool
	}{
		"plain text":                        {`{"listen":"127.0.0.1:0"}`, "", nil, false},
		"plain text where it is allowed":    {`{"allow_plain_text":true}`, "", nil, false},
		"its own TLS":                       {`{}`, "", &tls.Config{}, true},
		"TLS in front of it":                {`{"allow_plain_text":true,"behind_tls":true}`, "", nil, true},
		"TLS in front of it on its machine": {`{"listen":"127.0.0.1:0","behind_tls":true}`, "", nil, true},
		"an issuer that leads nobody back":  {`{}`, issuer + `}`, nil, false},
		"an issuer that leads back by TLS":  {`{}`, issuer + `,"redirect_url":"HTTPS://node.example/console/oidc"}`, nil, true},
		"an issuer that leads back without": {`{}`, issuer + `,"redirect_url":"http://127.0.0.1:7101/console/oidc"}`, nil, false},
	} {
		home := Home(t.TempDir())
		err := os.WriteFile(home.path("agency.json"), []byte(tt.profile), 0o600)
		if tt.oidc != "" {
			err = errors.Join(err, os.WriteFile(home.path("oidc.json"), []byte(tt.oidc), 0o600))
		}
		n := &Node{api: api{tls: tt.tls}}
		var read, opened error
		n.Profile, read = home.Profile()
		n.api.door, opened = people.Open(people.Config{Dir: string(home)})
		if err := errors.Join(err, read, opened); err != nil {
			t.Fatal(err)
		}
		if n.Secure() != tt.secure {
			t.Errorf("%s: secure %v", name, n.Secure())
		}
	}
}
