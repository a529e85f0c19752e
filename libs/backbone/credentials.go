package backbone

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/counterfoil/counterfoil/libs/whole"
)

// Credentials is what an agency connects to the hub with. It is a secret: Seed is a private key.
type Credentials struct {
	// HubURLs are where the servers of the hub listen: "tls://host:port".
	HubURLs []string
	// CAPEM is the hub's own certificate authority, the only one trusted for it.
	CAPEM []byte
	// JWT is the user's, and Seed the key that it is made out to.
	JWT  string
	Seed []byte
}

// The files of a folder with credentials.
const (
	urlFile   = "hub.url"
	caFile    = "hub-ca.pem"
	credsFile = "hub.creds"
)

// WriteTo writes the credentials into dir (made when missing, mode 0700): hub.url with an address per line, hub-ca.pem
// and hub.creds. Each file has mode 0600 and is replaced whole.
func (c *Credentials) WriteTo(dir string) error {
	creds, err := jwt.FormatUserConfig(c.JWT, c.Seed)
	if err != nil {
		return fmt.Errorf("write the hub's credentials: %w", err)
	}
	if err := privateDir(dir); err != nil {
		return err
	}
	return errors.Join(
		whole.Write(filepath.Join(dir, urlFile), []byte(strings.Join(c.HubURLs, "\n")+"\n"), 0o600),
		whole.Write(filepath.Join(dir, caFile), c.CAPEM, 0o600),
		whole.Write(filepath.Join(dir, credsFile), creds, 0o600))
}

// LoadCredentials reads what WriteTo wrote into dir. What is missing or cannot be right is an error; a folder
// without credentials gives one that wraps fs.ErrNotExist.
func LoadCredentials(dir string) (*Credentials, error) {
	var files [2][]byte
	for i, name := range []string{urlFile, caFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("read the hub's credentials: %w", err)
		}
		files[i] = content
	}
	c := &Credentials{HubURLs: strings.Fields(string(files[0])), CAPEM: files[1]}
	var err error
	if c.JWT, c.Seed, err = readCreds(filepath.Join(dir, credsFile)); err == nil {
		err = c.check()
	}
	if err != nil {
		return nil, fmt.Errorf("read the hub's credentials in %s: %w", dir, err)
	}
	return c, nil
}

// readCreds reads a user's JWT and seed.
func readCreds(path string) (token string, seed []byte, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	if token, err = jwt.ParseDecoratedJWT(content); err != nil {
		return "", nil, fmt.Errorf("user JWT: %w", err)
	}
	pair, err := jwt.ParseDecoratedUserNKey(content)
	if err != nil {
		return "", nil, fmt.Errorf("user seed: %w", err)
	}
	seed, err = pair.Seed()
	return token, seed, err
}

func (c *Credentials) check() error {
	if len(c.HubURLs) == 0 {
		return errors.New("no address of the hub")
	}
	for _, address := range c.HubURLs {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "tls" || u.Host == "" {
			return fmt.Errorf("%q is not an address like tls://host:port", address)
		}
	}
	if _, err := c.tls(); err != nil {
		return err
	}
	claims, err := jwt.DecodeUserClaims(c.JWT)
	if err != nil {
		return fmt.Errorf("user JWT: %w", err)
	}
	if public, err := c.User(); err != nil {
		return fmt.Errorf("user seed: %w", err)
	} else if public != claims.Subject {
		return fmt.Errorf("the user JWT is made out to %s, and the seed is that of %s", claims.Subject, public)
	}
	return nil
}

// User returns the public key of the seed.
func (c *Credentials) User() (string, error) { return PublicUser(c.Seed) }

// PublicUser returns the public key of a user's seed (NewUser).
func PublicUser(seed []byte) (string, error) {
	pair, err := nkeys.FromSeed(seed)
	if err != nil {
		return "", err
	}
	defer pair.Wipe()
	return pair.PublicKey()
}

// tls returns client settings that trust the hub's own authority and no other.
func (c *Credentials) tls() (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(c.CAPEM) {
		return nil, errors.New("no certificate of the hub's authority")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}, nil
}

// dialer opens a connection to the hub; nil is the ordinary one.
type dialer func(network, address string) (net.Conn, error)

func (d dialer) Dial(network, address string) (net.Conn, error) {
	if d == nil {
		return (&net.Dialer{Timeout: dialLimit}).Dial(network, address)
	}
	return d(network, address)
}

// once connects for one conversation: it does not come back when the line is cut.
func (c *Credentials) once(agency string, dial dialer) (*nats.Conn, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	settings, err := c.tls()
	if err != nil {
		return nil, err
	}
	return nats.Connect(strings.Join(c.HubURLs, ","), nats.Name("node "+agency), nats.Secure(settings),
		nats.UserJWT(func() (string, error) { return c.JWT, nil }, signWith(c.Seed)),
		nats.CustomInboxPrefix(inboxPrefix(agency)), nats.SetCustomDialer(dial), nats.Timeout(dialLimit),
		nats.NoReconnect(), nats.IgnoreDiscoveredServers(),
		// What happens to it shows in the answers; by itself the library writes it to the standard error.
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
}

// signWith answers a server's challenge with the seed.
func signWith(seed []byte) nats.SignatureHandler {
	return func(nonce []byte) ([]byte, error) {
		pair, err := nkeys.FromSeed(seed)
		if err != nil {
			return nil, err
		}
		defer pair.Wipe()
		return pair.Sign(nonce)
	}
}
