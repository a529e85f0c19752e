package people

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	// issuerPatience is how long an issuer may take to answer.
	issuerPatience = 10 * time.Second
	// askAgain is how long after an issuer did not answer it is asked again.
	askAgain = 5 * time.Second
)

// algorithms are those of an issuer's signatures that are taken: none with a shared secret, and not "none".
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// issuerConfig is oidc.json.
type issuerConfig struct {
	// Issuer is the issuer's https URL, as its tokens name it.
	Issuer   string `json:"issuer"`
	ClientID string `json:"client_id"`
	// Audience is whom tokens must be for; by default the client. When it is another, the token must name the client as
	// the one that it was given to.
	Audience string `json:"audience"`
	// CAFile is who certifies the issuer, in PEM; by default those whom the machine trusts. A relative path starts at the
	// node's folder.
	CAFile string `json:"ca_file"`
	// RolesClaim names the claim with the person's roles at the issuer, such as "groups" or "realm_access.roles"; Roles
	// says which roles here each of its values gives. Values that are not there give none.
	RolesClaim string            `json:"roles_claim"`
	Roles      map[string][]Role `json:"roles"`
	// PersonClaim names the claim with the opaque id that goes on record; by default "sub".
	PersonClaim string `json:"person_claim"`
	// UserClaim names the claim that the user is called by; by default "sub".
	UserClaim string `json:"user_claim"`
	// RedirectURL is the console's address for those who come back from the issuer, https://NODE/console/oidc; empty: nobody logs in
	// to the console by the issuer. ClientSecretFile holds the client's secret, where the issuer gave one; a relative path starts at the
	// node's folder.
	RedirectURL      string `json:"redirect_url"`
	ClientSecretFile string `json:"client_secret_file"`
}

// issuer tells callers by tokens that an issuer of OpenID Connect signed.
type issuer struct {
	issuerConfig
	client *http.Client
	secret string

	mu       sync.Mutex
	provider *oidc.Provider
	failed   error
	failedAt time.Time
}

// readIssuer returns nil when there is no such file.
func readIssuer(path string) (*issuer, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	i := &issuer{issuerConfig: issuerConfig{PersonClaim: "sub", UserClaim: "sub"}}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&i.issuerConfig); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if i.Audience == "" {
		i.Audience = i.ClientID
	}
	if err := i.check(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if i.client, err = i.httpClient(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if i.secret, err = i.clientSecret(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return i, nil
}

func (c issuerConfig) check() error {
	at, err := url.Parse(c.Issuer)
	switch {
	case err != nil || at.Scheme != "https" || at.Host == "":
		return fmt.Errorf("issuer %q is not an https URL", c.Issuer)
	case c.ClientID == "":
		return errors.New("client_id is missing")
	case c.RolesClaim == "" || len(c.Roles) == 0:
		return errors.New("roles_claim and roles are missing: nobody could do anything")
	}
	for value, roles := range c.Roles {
		for _, r := range roles {
			if _, err := ParseRole(string(r)); err != nil {
				return fmt.Errorf("roles of %q: %w", value, err)
			}
		}
	}
	return nil
}

func (c issuerConfig) httpClient(dir string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		path := c.CAFile
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("%s holds no certificate", path)
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	return &http.Client{Transport: transport, Timeout: issuerPatience}, nil
}

// caller returns whom a token was issued to that is for an audience.
func (i *issuer) caller(ctx context.Context, raw, audience string, now func() time.Time) (Caller, error) {
	provider, err := i.ask(ctx, now)
	if err != nil {
		return Caller{}, fault.Errorf(fault.Unavailable, "the issuer %s does not answer, so that its tokens cannot be checked; try again, or use a user of this node", i.Issuer)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: audience, SupportedSigningAlgs: algorithms, Now: now})
	token, err := verifier.Verify(oidc.ClientContext(ctx, i.client), raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return Caller{}, Stranger("the token has expired; get a new one from " + i.Issuer)
	case err != nil:
		return Caller{}, Stranger(fmt.Sprintf("the token is none that %s issued for %s", i.Issuer, audience))
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return Caller{}, Stranger("the token's claims cannot be read")
	}
	if !i.given(claims, token.Audience, audience) {
		return Caller{}, Stranger(fmt.Sprintf("the token was not given to the client %s", i.ClientID))
	}
	return i.known(claims)
}

// given reports whether a token was given to this client: it says so by azp, or by client_id where it has no azp (RFC 9068). It has to
// say so where it is for others as well (OpenID Connect Core 1.0, section 3.1.3.7), or for an audience that is not the client.
func (i *issuer) given(claims map[string]any, all []string, audience string) bool {
	if azp, says := claims["azp"]; says {
		return azp == i.ClientID
	}
	return text(claims, "client_id") == i.ClientID || audience == i.ClientID && len(all) == 1
}

// known maps a token's claims to a caller.
func (i *issuer) known(claims map[string]any) (Caller, error) {
	user, person := text(claims, i.UserClaim), text(claims, i.PersonClaim)
	if user == "" || person == "" || len(user) > maxName || len(person) > maxName {
		return Caller{}, Stranger(fmt.Sprintf("the token does not say who it is for in its claims %s and %s", i.UserClaim, i.PersonClaim))
	}
	c := Caller{User: "oidc:" + user, Person: person}
	for _, value := range texts(claims, i.RolesClaim) {
		for _, r := range i.Roles[value] {
			if !slices.Contains(c.Roles, r) {
				c.Roles = append(c.Roles, r)
			}
		}
	}
	if len(c.Roles) == 0 {
		return Caller{}, fault.Errorf(fault.NotAllowed, "user %s has no role here: claim %s of the token names none that this node knows; ask this node's operator", c.User, i.RolesClaim)
	}
	return c, nil
}

// ask returns what the issuer says of itself; it is asked the first time, not at the start: a node works cut off.
func (i *issuer) ask(ctx context.Context, now func() time.Time) (*oidc.Provider, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.provider != nil {
		return i.provider, nil
	}
	if i.failed != nil && now().Sub(i.failedAt) < askAgain {
		return nil, i.failed
	}
	// The provider keeps its context for later; it must not end with this call.
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), i.client), i.Issuer)
	if err != nil {
		i.failed, i.failedAt = err, now()
		return nil, err
	}
	i.provider = provider
	return provider, nil
}

// claim follows a name such as "realm_access.roles".
func claim(claims map[string]any, name string) any {
	if value, ok := claims[name]; ok {
		return value
	}
	outer, rest, nested := strings.Cut(name, ".")
	if inner, ok := claims[outer].(map[string]any); ok && nested {
		return claim(inner, rest)
	}
	return nil
}

func text(claims map[string]any, name string) string {
	s, _ := claim(claims, name).(string)
	return s
}

// texts are the strings of a claim that is one or a list of them.
func texts(claims map[string]any, name string) []string {
	switch value := claim(claims, name).(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, v := range value {
			if s, ok := v.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}
