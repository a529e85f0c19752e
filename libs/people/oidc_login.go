package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	// IssuedSessionFor is how long a session lasts that an issuer's word opened: a node is not told when somebody's roles there change.
	IssuedSessionFor = 4 * time.Hour
	// LoginFor is how long somebody may take at the issuer.
	LoginFor = 10 * time.Minute
)

// pending is a login that goes on at the issuer, as the browser keeps it meanwhile.
type pending struct {
	State, Nonce, Verifier string
	Until                  time.Time
}

// clientSecret is the client's secret; empty where the issuer gave none.
func (c issuerConfig) clientSecret(dir string) (string, error) {
	if c.ClientSecretFile == "" {
		return "", nil
	}
	path := c.ClientSecretFile
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	data, err := ReadPrivate(path)
	return strings.TrimSpace(string(data)), err
}

// Issuer is who lets people in to the console beside this node's own users; empty: nobody.
func (d *Door) Issuer() string {
	if d.issuer == nil || d.issuer.RedirectURL == "" {
		return ""
	}
	return d.issuer.Issuer
}

// ReturnsOverTLS reports whether the issuer sends people back to an https URL.
func (d *Door) ReturnsOverTLS() bool {
	if d.Issuer() == "" {
		return false
	}
	u, err := url.Parse(d.issuer.RedirectURL)
	return err == nil && u.Scheme == "https"
}

// flow is the authorization code flow of OpenID Connect with this issuer, with PKCE (RFC 7636).
func (i *issuer) flow(ctx context.Context, now func() time.Time) (*oauth2.Config, error) {
	provider, err := i.ask(ctx, now)
	if err != nil {
		return nil, fault.Errorf(fault.Unavailable, "the issuer %s does not answer; try again, or use a user of this node", i.Issuer)
	}
	return &oauth2.Config{ClientID: i.ClientID, ClientSecret: i.secret, Endpoint: provider.Endpoint(), RedirectURL: i.RedirectURL, Scopes: []string{oidc.ScopeOpenID, "profile"}}, nil
}

// BeginLogin returns where somebody logs in at the issuer, and what the browser has to keep until it comes back, for LoginFor.
func (d *Door) BeginLogin(ctx context.Context) (to, kept string, err error) {
	if d.Issuer() == "" {
		return "", "", fault.Errorf(fault.NotFound, "nobody logs in to this node by an issuer; use a user of the node")
	}
	flow, err := d.issuer.flow(ctx, d.cfg.Now)
	if err != nil {
		return "", "", err
	}
	p := pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Until: d.cfg.Now().Add(LoginFor)}
	data, err := json.Marshal(p)
	if err != nil {
		return "", "", err
	}
	return flow.AuthCodeURL(p.State, oidc.Nonce(p.Nonce), oauth2.S256ChallengeOption(p.Verifier)), base64.RawURLEncoding.EncodeToString(data), nil
}

// EndLogin opens a session for who comes back from the issuer with a state and a code. kept is what BeginLogin had the browser keep.
func (d *Door) EndLogin(ctx context.Context, kept, state, code string) (Session, error) {
	again := Stranger("this login was not begun here, or took too long; begin again")
	data, err := base64.RawURLEncoding.DecodeString(kept)
	var p pending
	if err != nil || len(kept) > maxBearer || len(code) > maxBearer || json.Unmarshal(data, &p) != nil || d.Issuer() == "" ||
		p.State == "" || subtle.ConstantTimeCompare([]byte(p.State), []byte(state)) != 1 || !d.cfg.Now().Before(p.Until) {
		return Session{}, again
	}
	flow, err := d.issuer.flow(ctx, d.cfg.Now)
	if err != nil {
		return Session{}, err
	}
	given, err := flow.Exchange(oidc.ClientContext(ctx, d.issuer.client), code, oauth2.VerifierOption(p.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			return Session{}, Stranger(fmt.Sprintf("the issuer %s does not take the code that it gave; begin again", d.issuer.Issuer))
		}
		return Session{}, fault.Errorf(fault.Unavailable, "the issuer %s does not answer; try again, or use a user of this node", d.issuer.Issuer)
	}
	raw, _ := given.Extra("id_token").(string)
	caller, err := d.issuer.caller(ctx, raw, d.issuer.ClientID, d.cfg.Now)
	if err != nil {
		return Session{}, err
	}
	if nonce := nonceIn(raw); subtle.ConstantTimeCompare([]byte(nonce), []byte(p.Nonce)) != 1 {
		return Session{}, again
	}
	return d.openIssued(caller), nil
}

// nonceIn is the nonce of a token whose signature was checked.
func nonceIn(raw string) string {
	_, rest, _ := strings.Cut(raw, ".")
	body, _, _ := strings.Cut(rest, ".")
	data, err := base64.RawURLEncoding.DecodeString(body)
	var claims struct {
		Nonce string `json:"nonce"`
	}
	if err != nil || json.Unmarshal(data, &claims) != nil {
		return ""
	}
	return claims.Nonce
}

// openIssued opens a session for somebody whom the issuer knows.
func (d *Door) openIssued(caller Caller) Session {
	now := d.cfg.Now()
	session := Session{Token: newToken(sessionPrefix), ExpiresAt: now.Add(IssuedSessionFor).UTC().Truncate(time.Second), User: caller.User, Person: caller.Person, Roles: caller.Roles}
	d.sessions.add(digestOf(session.Token), openSession{user: caller.User, expires: session.ExpiresAt, issued: &caller}, now)
	d.cfg.Logger.Info("login", "user", caller.User, "issuer", d.issuer.Issuer)
	return session
}
