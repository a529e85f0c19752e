package people

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// testIssuer is an issuer of OpenID Connect: discovery and keys over TLS, and tokens that it signs.
type testIssuer struct {
	*httptest.Server
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
}

func newTestIssuer(t *testing.T) *testIssuer {
	t.Helper()
	i := &testIssuer{}
	var err error
	if i.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if i.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	i.Server = httptest.NewTLSServer(mux)
	t.Cleanup(i.Close)
	serve := func(path string, body any) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(body); err != nil {
				t.Error(err)
			}
		})
	}
	serve("/.well-known/openid-configuration", map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/auth", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"},
	})
	serve("/keys", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: i.rsa.Public(), KeyID: "r", Algorithm: "RS256", Use: "sig"}, {Key: i.ec.Public(), KeyID: "e", Algorithm: "ES256", Use: "sig"},
	}})
	return i
}

// door opens a door that takes the issuer's tokens; more is put over its configuration.
func (i *testIssuer) door(t *testing.T, more map[string]any) *Door {
	t.Helper()
	dir := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate().Raw})
	config := map[string]any{
		"issuer": i.URL, "client_id": "counterfoil", "ca_file": "issuer.crt", "roles_claim": "realm.groups",
		"roles": map[string][]Role{"border": {Viewer, Officer}, "heads": {Approver, Viewer}, "nothing": {}}, "user_claim": "preferred_username", "person_claim": "staff",
	}
	maps.Copy(config, more)
	data, err := json.Marshal(config)
	if err == nil {
		err = errors.Join(os.WriteFile(filepath.Join(dir, "issuer.crt"), ca, 0o600), os.WriteFile(filepath.Join(dir, "oidc.json"), data, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(Config{Agency: "customs", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// claims are good ones; more is put over them.
func (i *testIssuer) claims(more map[string]any) map[string]any {
	c := map[string]any{
		"iss": i.URL, "aud": "counterfoil", "sub": "7f3a", "staff": "p-7", "preferred_username": "u-7",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "realm": map[string]any{"groups": []string{"border", "canteen", "heads"}},
	}
	maps.Copy(c, more)
	return c
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, id string, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(data)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func unsigned(t *testing.T, header, claims any) string {
	t.Helper()
	var parts []string
	for _, part := range []any{header, claims} {
		data, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(data))
	}
	return strings.Join(parts, ".") + "."
}

func TestTokensOfAnIssuer(t *testing.T) {
	i := newTestIssuer(t)
	d := i.door(t, nil)
	with := func(more map[string]any) string { return sign(t, jose.RS256, i.rsa, "r", i.claims(more)) }
	for name, token := range map[string]string{
		"RSA": with(nil), "ECDSA": sign(t, jose.ES256, i.ec, "e", i.claims(nil)),
		"several audiences": with(map[string]any{"aud": []string{"other", "counterfoil"}, "azp": "counterfoil"}), "an access token": with(map[string]any{"aud": []string{"other", "counterfoil"}, "client_id": "counterfoil"}),
	} {
		c, err := d.Caller(t.Context(), token)
		if err != nil || c.User != "oidc:u-7" || c.Person != "p-7" || !slices.Equal(c.Roles, []Role{Viewer, Officer, Approver}) || c.free {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(i.rsa.Public().(*rsa.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		token string
		says  string
	}{
		"wrong audience":           {with(map[string]any{"aud": "other"}), "none that"},
		"expired":                  {with(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), "has expired"},
		"no end":                   {with(map[string]any{"exp": 0}), "expired"},
		"not yet":                  {with(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), "none that"},
		"wrong issuer":             {with(map[string]any{"iss": "https://issuer.example"}), "none that"},
		"another's key":            {sign(t, jose.RS256, other, "r", i.claims(nil)), "none that"},
		"a key of no name":         {sign(t, jose.RS256, other, "x", i.claims(nil)), "none that"},
		"alg none":                 {unsigned(t, map[string]string{"alg": "none"}, i.claims(nil)), "none that"},
		"public key as a secret":   {sign(t, jose.HS256, public, "r", i.claims(nil)), "none that"},
		"altered":                  {with(nil)[:len(with(nil))-4] + "AAAA", "none that"},
		"nobody":                   {with(map[string]any{"staff": ""}), "does not say who"},
		"a person that is long":    {with(map[string]any{"staff": strings.Repeat("p", 101)}), "does not say who"},
		"a person of another type": {with(map[string]any{"staff": 7}), "does not say who"},
		"no token":                 {"a.b.c", "none that"},
		"given to another":         {with(map[string]any{"azp": "other"}), "not given to"},
		"given to another, twice":  {with(map[string]any{"azp": "other", "client_id": "counterfoil"}), "not given to"},
		"given to nobody":          {with(map[string]any{"azp": ""}), "not given to"},
		"given to no text":         {with(map[string]any{"azp": []string{"counterfoil"}}), "not given to"},
		"several, given to nobody": {with(map[string]any{"aud": []string{"other", "counterfoil"}}), "not given to"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if c, err := d.Caller(t.Context(), tt.token); !stranger(err) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Caller: %+v, %v; want a stranger who is told %q", c, err, tt.says)
			}
		})
	}
	for name, groups := range map[string]any{"unknown": []string{"canteen"}, "none": nil, "of another type": 7, "one that gives nothing": "nothing"} {
		token := with(map[string]any{"realm": map[string]any{"groups": groups}})
		if _, err := d.Caller(t.Context(), token); !errors.Is(err, fault.NotAllowed) || !strings.Contains(err.Error(), "oidc:u-7 has no role here") {
			t.Errorf("roles %s: %v", name, err)
		}
	}
	if c, err := d.Caller(t.Context(), with(map[string]any{"realm": map[string]any{"groups": "heads"}})); err != nil || !slices.Equal(c.Roles, []Role{Approver, Viewer}) {
		t.Errorf("one role, not a list: %+v, %v", c, err)
	}
}

// A token for the API that was given to another client is refused.
func TestAudienceBesideTheClient(t *testing.T) {
	i := newTestIssuer(t)
	d := i.door(t, map[string]any{"audience": "customs-api"})
	for azp, taken := range map[string]bool{"counterfoil": true, "other": false, "": false} {
		token := sign(t, jose.RS256, i.rsa, "r", i.claims(map[string]any{"aud": "customs-api", "azp": azp}))
		if _, err := d.Caller(t.Context(), token); (err == nil) != taken {
			t.Errorf("given to %q: %v", azp, err)
		}
	}
	if _, err := d.Caller(t.Context(), sign(t, jose.RS256, i.rsa, "r", i.claims(nil))); !stranger(err) {
		t.Errorf("for the client and not for the API: %v", err)
	}
}

func TestIssuerThatDoesNotAnswer(t *testing.T) {
	i := newTestIssuer(t)
	token := sign(t, jose.RS256, i.rsa, "r", i.claims(nil))
	d := i.door(t, map[string]any{"issuer": "https://127.0.0.1:1"})
	for range 2 {
		if _, err := d.Caller(t.Context(), token); !errors.Is(err, fault.Unavailable) {
			t.Errorf("Caller: %v", err)
		}
	}
}

func TestIssuerConfigThatCannotBe(t *testing.T) {
	const good = `"issuer":"https://issuer.example","client_id":"c","roles_claim":"g","roles":{"a":["viewer"]}`
	for name, tt := range map[string]struct {
		json string
		ok   bool
	}{
		"good":           {`{` + good + `}`, true},
		"no JSON":        {`{`, false},
		"unknown field":  {`{` + good + `,"secret":"x"}`, false},
		"plain http":     {`{"issuer":"http://issuer.example","client_id":"c","roles_claim":"g","roles":{"a":["viewer"]}}`, false},
		"no client":      {`{"issuer":"https://issuer.example","roles_claim":"g","roles":{"a":["viewer"]}}`, false},
		"no roles":       {`{"issuer":"https://issuer.example","client_id":"c","roles_claim":"g"}`, false},
		"unknown role":   {`{"issuer":"https://issuer.example","client_id":"c","roles_claim":"g","roles":{"a":["king"]}}`, false},
		"no such CA":     {`{` + good + `,"ca_file":"missing.crt"}`, false},
		"CA that is not": {`{` + good + `,"ca_file":"oidc.json"}`, false},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "oidc.json"), []byte(tt.json), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{Dir: dir}); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
