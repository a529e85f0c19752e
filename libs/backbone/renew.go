package backbone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// nextFile, beside hub.creds, holds the seed of the user that is to take the present one's place, and its JWT once the
// hub has given it.
const nextFile = "hub.next"

// keyring is what a node connects with: its credentials, and during a rotation those that come next. Its methods may be
// called from any goroutine.
type keyring struct {
	dir string

	mu      sync.Mutex
	current Credentials
	// next has no JWT until the hub gave one, and no seed outside a rotation.
	next Credentials
	// trying is what the last attempt to connect was made with.
	trying Credentials
}

// newKeyring goes on with a rotation that an earlier process has left in dir.
func newKeyring(c *Credentials, dir string) (*keyring, error) {
	k := &keyring{dir: dir, current: *c, trying: *c, next: Credentials{HubURLs: c.HubURLs, CAPEM: c.CAPEM}}
	if dir == "" {
		return k, nil
	}
	content, err := os.ReadFile(k.path())
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	} else if err != nil {
		return nil, fmt.Errorf("read the next credentials: %w", err)
	}
	pair, err := jwt.ParseDecoratedUserNKey(content)
	if err != nil {
		return nil, fmt.Errorf("read the next credentials %s: %w", k.path(), err)
	}
	if k.next.Seed, err = pair.Seed(); err != nil {
		return nil, err
	}
	if token, err := jwt.ParseDecoratedJWT(content); err == nil && k.next.takes(token) {
		k.next.JWT = token
	}
	return k, nil
}

// takes reports whether the JWT is made out to the credentials' user.
func (c *Credentials) takes(token string) bool {
	claims, err := jwt.DecodeUserClaims(token)
	if err != nil {
		return false
	}
	user, err := c.User()
	return err == nil && claims.Subject == user
}

func (k *keyring) path() string { return filepath.Join(k.dir, nextFile) }

// jwt is asked for at every attempt to connect, and sign right after it. While there are two users, attempts take turns:
// which of them the hub still lets in depends on where the rotation was interrupted.
func (k *keyring) jwt() (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.next.JWT != "" && k.trying.JWT == k.current.JWT {
		k.trying = k.next
	} else {
		k.trying = k.current
	}
	return k.trying.JWT, nil
}

func (k *keyring) sign(nonce []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return signWith(k.trying.Seed)(nonce)
}

// prepare returns the user that is to come next, whose key is on disk.
func (k *keyring) prepare() (public string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.next.Seed != nil {
		return k.next.User()
	}
	seed, public, err := NewUser()
	if err != nil {
		return "", err
	}
	if err := k.write("", seed); err != nil {
		return "", err
	}
	k.next.Seed = seed
	return public, nil
}

// write replaces the file of the next credentials.
func (k *keyring) write(token string, seed []byte) error {
	content, err := jwt.DecorateSeed(seed)
	if err == nil && token != "" {
		content, err = jwt.FormatUserConfig(token, seed)
	}
	if err != nil {
		return err
	}
	return whole.Write(k.path(), content, 0o600)
}

// granted keeps the JWT of the next user and returns its credentials.
func (k *keyring) granted(token string) (*Credentials, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.next.takes(token) {
		return nil, errors.New("the hub's answer is made out to another user")
	}
	if err := k.write(token, k.next.Seed); err != nil {
		return nil, err
	}
	next := k.next
	next.JWT = token
	return &next, nil
}

// promote makes the credentials, which the hub has let in, the present ones, on disk first.
func (k *keyring) promote(c *Credentials) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := os.Rename(k.path(), filepath.Join(k.dir, credsFile)); err != nil {
		return err
	}
	if err := whole.SyncFolder(k.dir); err != nil {
		return err
	}
	k.current, k.trying = *c, *c
	k.next.JWT, k.next.Seed = "", nil
	return nil
}

// connectedAs returns the credentials that the present connection was made with, and whether they are those to come.
func (k *keyring) connectedAs() (c Credentials, next bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trying, k.next.Seed != nil && string(k.trying.Seed) == string(k.next.Seed)
}

// present says to the hub, over every connection and whenever the hub asks, as which user the node is there; and makes
// a new user when that is due.
func (p *Pumps) present(ctx context.Context) error {
	notices := make(chan *nats.Msg, 1)
	sub, err := p.conn().ChanSubscribe(noticeSubject(p.node.agency), notices)
	if err != nil {
		return err
	}
	defer sub.Unsubscribe()
	for {
		err := p.presentOnce(ctx)
		// What the hub refuses it refuses again; the operator has to do something first.
		if refusal := fault.As(err); refusal != nil && refusal.Kind != fault.Unavailable {
			p.failed("credentials", err)
		} else if err != nil {
			return fmt.Errorf("present the credentials: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-notices:
		}
	}
}

func (p *Pumps) presentOnce(ctx context.Context) error {
	c, next := p.keys.connectedAs()
	if next {
		if err := p.keys.promote(&c); err != nil {
			return err
		}
	}
	user, err := c.User()
	if err != nil {
		return err
	}
	r, err := tell(ctx, p.conn(), p.signer, statement{Subject: presentSubject, Agency: p.node.agency, User: user})
	if err != nil || r.RenewBy.IsZero() {
		return err
	}
	p.log.Info("new credentials are due", "by", r.RenewBy)
	return p.renew(ctx)
}

// renew asks for a new user, connects as it, and then goes over to it. Whatever is interrupted is taken up again: the
// seed is on disk before the hub hears of it, the JWT before it is used, and the hub lets both users in
// until the new one has presented itself.
func (p *Pumps) renew(ctx context.Context) error {
	user, err := p.keys.prepare()
	if err != nil {
		return err
	}
	r, err := tell(ctx, p.conn(), p.signer, statement{Subject: renewSubject, Agency: p.node.agency, User: user})
	if err != nil {
		return err
	}
	c, err := p.keys.granted(r.JWT)
	if err != nil {
		return err
	}
	nc, err := c.once(p.node.agency, p.dial)
	if err != nil {
		return fmt.Errorf("connect with the new credentials: %w", err)
	}
	defer nc.Close()
	if err := p.keys.promote(c); err != nil {
		return err
	}
	if _, err := tell(ctx, nc, p.signer, statement{Subject: presentSubject, Agency: p.node.agency, User: user}); err != nil {
		return err
	}
	p.log.Info("credentials renewed", "user", user)
	return nil
}
