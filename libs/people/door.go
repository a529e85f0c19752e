package people

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// maxBearer is the longest token that is looked at, in bytes; tokens of OpenID Connect are the long ones.
const maxBearer = 16 << 10

// Config is what a door is opened with.
type Config struct {
	Agency string
	// Dir is the node's folder: users.json and oidc.json are read there; neither has to be there.
	Dir string
	// NodeToken opens the API for the built-in user; empty: there is no such user.
	NodeToken string
	Logger    *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

// Door says who a caller is. It may be used by several goroutines.
type Door struct {
	cfg      Config
	node     digest
	file     File
	sessions *sessions
	issuer   *issuer // nil: none is configured

	mu   sync.Mutex
	read *book
	info fs.FileInfo // of the file that was read; nil when there was none
}

// book is the users as they were read last.
type book struct {
	users   Users
	byToken map[digest]*User
}

// Open reads the users and, when there is one, the configuration of OpenID Connect. It fails when a file is not right or
// others may read it.
func Open(cfg Config) (*Door, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Door{cfg: cfg, file: UsersFile(cfg.Dir), sessions: newSessions()}
	d.node = digestOf(cfg.NodeToken)
	if err := d.reread(); err != nil {
		return nil, err
	}
	var err error
	d.issuer, err = readIssuer(filepath.Join(cfg.Dir, "oidc.json"))
	return d, err
}

// UsersFile is where a node's folder keeps its users.
func UsersFile(dir string) File { return File(filepath.Join(dir, "users.json")) }

// Caller returns who calls with a bearer token, or a Stranger. It takes no time to speak of; for a token of OpenID Connect
// it checks a signature, and the first one asks the issuer for its keys.
func (d *Door) Caller(ctx context.Context, token string) (Caller, error) {
	if token == "" || len(token) > maxBearer {
		return Caller{}, Stranger(fmt.Sprintf("agency %s wants to know who calls; log in with: counterfoil login; a system sends its token as Authorization: Bearer TOKEN", d.cfg.Agency))
	}
	if d.cfg.NodeToken != "" && d.node.equal(digestOf(token)) {
		return Caller{User: NodeUser, Roles: Roles, free: true}, nil
	}
	switch {
	case strings.HasPrefix(token, sessionPrefix):
		book, err := d.book()
		if err != nil {
			return Caller{}, err
		}
		return d.sessions.caller(token, book.users, d.cfg.Now())
	case strings.HasPrefix(token, tokenPrefix):
		book, err := d.book()
		if err != nil {
			return Caller{}, err
		}
		if u := book.byToken[digestOf(token)]; u != nil && u.usable(d.cfg.Now()) {
			return u.caller(), nil
		}
	case d.issuer != nil && strings.Count(token, ".") == 2:
		return d.issuer.caller(ctx, token, d.issuer.Audience, d.cfg.Now)
	}
	return Caller{}, Stranger(fmt.Sprintf("the token is not one of agency %s; use a context of this node, or log in with: counterfoil login", d.cfg.Agency))
}

// book returns the users as the file holds them now.
func (d *Door) book() (*book, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := os.Stat(string(d.file))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look at the users: %w", err)
	}
	if same(info, d.info) {
		return d.read, nil
	}
	if err := d.reread(); err != nil {
		d.cfg.Logger.Error("users cannot be read", "agency", d.cfg.Agency, "err", err)
		return nil, errBook
	}
	d.cfg.Logger.Info("users were changed", "agency", d.cfg.Agency, "users", len(d.read.users))
	return d.read, nil
}

// reread reads the users. What the file was is noted before, so that a change meanwhile is read the next time.
func (d *Door) reread() error {
	info, err := os.Stat(string(d.file))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	users, err := d.file.Read()
	if err != nil {
		d.info = stale{}
		return err
	}
	b := &book{users: users, byToken: map[digest]*User{}}
	for i := range users {
		for _, t := range users[i].Tokens {
			b.byToken[t.SHA256] = &users[i]
		}
	}
	d.read, d.info = b, info
	return nil
}

// stale is no file's state: what is compared with it has changed.
type stale struct{ fs.FileInfo }

func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	if _, never := b.(stale); never {
		return false
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode()
}
