package people

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// letsIn has the issuer's token endpoint take codes: each is a code challenge, and the token that it gives has these claims.
func (i *testIssuer) letsIn(t *testing.T, claims func(nonce string) map[string]any) {
	i.Config.Handler.(*http.ServeMux).HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		challenge, nonce := r.FormValue("code")[:43], r.FormValue("code")[43:]
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		w.Header().Set("Content-Type", "application/json")
		if base64.RawURLEncoding.EncodeToString(sum[:]) != challenge || r.FormValue("redirect_uri") != "https://node.example/console/oidc" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": sign(t, jose.RS256, i.rsa, "r", i.claims(claims(nonce)))})
	})
}

// begin is a login up to where the issuer sends the browser back: with which state and code.
func begin(t *testing.T, d *Door) (kept, state, code string) {
	t.Helper()
	to, kept, err := d.BeginLogin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != "counterfoil" || q.Get("code_challenge_method") != "S256" {
		t.Fatalf("the issuer is asked for %v", q)
	}
	return kept, q.Get("state"), q.Get("code_challenge") + q.Get("nonce")
}

func TestLoginAtTheIssuer(t *testing.T) {
	i := newTestIssuer(t)
	more := map[string]any{}
	i.letsIn(t, func(nonce string) map[string]any {
		all := map[string]any{"nonce": nonce}
		for k, v := range more {
			all[k] = v
		}
		return all
	})
	d := i.door(t, map[string]any{"redirect_url": "https://node.example/console/oidc", "audience": "customs-node"}) // tokens of the login are for the client all the same
	now := time.Now()
	d.cfg.Now = func() time.Time { return now }
	kept, state, code := begin(t, d)
	session, err := d.EndLogin(t.Context(), kept, state, code)
	if err != nil || session.User != "oidc:u-7" || session.Person != "p-7" {
		t.Fatalf("%+v, %v", session, err)
	}
	caller, err := d.Caller(t.Context(), session.Token)
	if err != nil || caller.User != "oidc:u-7" || len(caller.Roles) != 3 {
		t.Fatalf("%+v, %v", caller, err)
	}
	now = now.Add(IssuedSessionFor)
	if _, err := d.Caller(t.Context(), session.Token); err == nil {
		t.Error("the session goes on after its end")
	}

	var stranger Stranger
	now = time.Now()
	kept, state, code = begin(t, d)
	otherKept, otherState, otherCode := begin(t, d)
	for what, got := range map[string][3]string{
		"another state": {kept, otherState, code}, "another browser's login": {otherKept, state, code}, "no login": {"", state, code}, "no state": {kept, "", code},
		"a code for another login": {kept, state, otherCode}, "what was kept is altered": {kept[1:], state, code},
	} {
		if s, err := d.EndLogin(t.Context(), got[0], got[1], got[2]); !errors.As(err, &stranger) {
			t.Errorf("%s: %+v, %v", what, s, err)
		}
	}
	more["nonce"] = "another"
	if s, err := d.EndLogin(t.Context(), kept, state, code); !errors.As(err, &stranger) {
		t.Errorf("a token for another login: %+v, %v", s, err)
	}
	delete(more, "nonce")
	more["realm"] = map[string]any{"groups": []string{"canteen"}}
	if s, err := d.EndLogin(t.Context(), kept, state, code); !errors.Is(err, fault.NotAllowed) {
		t.Errorf("somebody without a role: %+v, %v", s, err)
	}
	delete(more, "realm")
	now = now.Add(LoginFor)
	if s, err := d.EndLogin(t.Context(), kept, state, code); !errors.As(err, &stranger) {
		t.Errorf("a login that took too long: %+v, %v", s, err)
	}
	if _, _, err := i.door(t, nil).BeginLogin(t.Context()); !errors.Is(err, fault.NotFound) {
		t.Errorf("a node that lets nobody log in to its console: %v", err)
	}
}
