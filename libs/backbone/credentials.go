package backbone

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/jwt/v2"
)

// Credentials is what an agency needs to reach the hub. It is a secret: CredsFile holds a private key.
type Credentials struct {
	// HubURL is where the hub listens: "tls://host:port".
	HubURL string
	// CAPEM is the hub's own certificate authority, the only one trusted for it.
	CAPEM []byte
	// CredsFile is the content of a NATS credentials file: the user's JWT and its seed.
	CredsFile []byte
}

// The files of a folder with credentials.
const (
	urlFile   = "hub.url"
	caFile    = "hub-ca.pem"
	credsFile = "hub.creds"
)

// WriteTo writes the credentials into dir (made when missing, mode 0700), each file with mode 0600.
func (c *Credentials) WriteTo(dir string) error {
	if err := privateDir(dir); err != nil {
		return err
	}
	return errors.Join(
		privateFile(filepath.Join(dir, urlFile), []byte(c.HubURL+"\n")),
		privateFile(filepath.Join(dir, caFile), c.CAPEM),
		privateFile(filepath.Join(dir, credsFile), c.CredsFile))
}

// LoadCredentials reads what WriteTo wrote into dir. What is missing or cannot be right is an error; a folder
// without credentials gives one that wraps fs.ErrNotExist.
func LoadCredentials(dir string) (*Credentials, error) {
	var files [3][]byte
	for i, name := range []string{urlFile, caFile, credsFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("read the hub's credentials: %w", err)
		}
		files[i] = content
	}
	c := &Credentials{HubURL: strings.TrimSpace(string(files[0])), CAPEM: files[1], CredsFile: files[2]}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("read the hub's credentials in %s: %w", dir, err)
	}
	return c, nil
}

func (c *Credentials) check() error {
	u, err := url.Parse(c.HubURL)
	if err != nil || u.Scheme != "tls" || u.Host == "" {
		return fmt.Errorf("%q is not an address like tls://host:port", c.HubURL)
	}
	if _, err := c.tls(); err != nil {
		return err
	}
	if _, err := jwt.ParseDecoratedJWT(c.CredsFile); err != nil {
		return fmt.Errorf("user JWT: %w", err)
	}
	if _, err := jwt.ParseDecoratedUserNKey(c.CredsFile); err != nil {
		return fmt.Errorf("user seed: %w", err)
	}
	return nil
}

// tls returns client settings that trust the hub's own authority and no other.
func (c *Credentials) tls() (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(c.CAPEM) {
		return nil, errors.New("no certificate of the hub's authority")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}, nil
}
