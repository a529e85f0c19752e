package people

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	// SessionFor is how long a session lasts.
	SessionFor = 12 * time.Hour
	// maxSessions is how many a user may have; the one that ends first makes room for another.
	maxSessions = 20
	// hashing is how many secrets are compared at a time: each takes 19 MiB and all of a core.
	hashing = 2
)

// Session is what a login opens.
type Session struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
	User      string    `json:"user"`
	Person    string    `json:"person"`
	Roles     []Role    `json:"roles"`
}

type openSession struct {
	user    string
	stamp   [sha256.Size]byte
	expires time.Time
	// issued is whose it is, where an issuer of OpenID Connect said so; nil: a local user's.
	issued *Caller
}

// sessions are kept in memory only, by the digest of their tokens: a restart ends them all.
type sessions struct {
	mu   sync.Mutex
	open map[digest]openSession

	byUser, byAddress throttle
	turns             chan struct{}
	// nobody is compared with where there is no user, so that this takes as long.
	nobody func() hash
}

func newSessions() *sessions {
	return &sessions{
		open:      map[digest]openSession{},
		byUser:    throttle{free: 5, most: time.Minute, forget: 15 * time.Minute},
		byAddress: throttle{free: 20, most: 15 * time.Minute, forget: 30 * time.Minute},
		turns:     make(chan struct{}, hashing),
		nobody:    sync.OnceValue(func() hash { return newHash(NewSecret()) }),
	}
}

// Login opens a session for a user who gives the right secret. address is where the call comes from: "host:port". Who
// fails often, by user or by address, has to wait.
func (d *Door) Login(ctx context.Context, address, name, secret string) (Session, error) {
	now := d.cfg.Now()
	wrong := Stranger("the user or the secret is wrong, or the user may not log in; ask this node's operator")
	if len(secret) > MaxSecret || !userName.MatchString(name) {
		name, secret = "-", "" // counted for the address, and as slow as any other
	}
	s := d.sessions
	from := source(address)
	if err := s.byAddress.take(from, now); err != nil {
		return Session{}, err
	}
	if err := s.byUser.take(name, now); err != nil {
		return Session{}, err
	}
	book, err := d.book()
	if err != nil {
		return Session{}, err
	}
	user, kept := book.users.find(name), s.nobody()
	if user != nil && user.Hash != "" {
		if kept, err = parseHash(user.Hash); err != nil {
			return Session{}, fmt.Errorf("user %s: %w", name, err)
		}
	}
	matches, err := s.compare(ctx, kept, secret)
	if err != nil {
		return Session{}, err
	}
	if !matches || user == nil || user.Hash == "" || !user.usable(now) {
		d.cfg.Logger.Warn("login refused", "user", name, "from", from)
		return Session{}, wrong
	}
	s.byUser.clear(name)
	s.byAddress.giveBack(from)
	session := Session{Token: newToken(sessionPrefix), ExpiresAt: now.Add(SessionFor).UTC().Truncate(time.Second), User: name, Person: user.Person, Roles: user.Roles}
	s.add(digestOf(session.Token), openSession{user: name, stamp: user.stamp(), expires: session.ExpiresAt}, now)
	d.cfg.Logger.Info("login", "user", name, "from", from)
	return session, nil
}

// compare waits for its turn.
func (s *sessions) compare(ctx context.Context, kept hash, secret string) (bool, error) {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
		return kept.matches(secret), nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func (s *sessions) add(d digest, session openSession, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var own []digest
	for other, o := range s.open {
		switch {
		case !now.Before(o.expires):
			delete(s.open, other)
		case o.user == session.user:
			own = append(own, other)
		}
	}
	if len(own) >= maxSessions {
		delete(s.open, slices.MinFunc(own, func(a, b digest) int { return s.open[a].expires.Compare(s.open[b].expires) }))
	}
	s.open[d] = session
}

// caller returns whose session it is, if it goes on: it ends with its time, and when the user is disabled or changed.
func (s *sessions) caller(token string, users Users, now time.Time) (Caller, error) {
	d := digestOf(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	session, found := s.open[d]
	switch {
	case found && session.issued != nil && now.Before(session.expires):
		return *session.issued, nil
	case found:
		if u := users.find(session.user); now.Before(session.expires) && u != nil && u.usable(now) && u.stamp() == session.stamp {
			return u.caller(), nil
		}
		delete(s.open, d)
	}
	return Caller{}, Stranger("this session has ended; log in again with: counterfoil login")
}

// Logout ends a session; a token that opens none changes nothing.
func (d *Door) Logout(token string) {
	d.sessions.mu.Lock()
	defer d.sessions.mu.Unlock()
	delete(d.sessions.open, digestOf(token))
}

// source is where attempts are counted together: an IPv4 address, or the /64 that an IPv6 address is in.
func source(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return "unknown"
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return ip.String()
	}
	return prefix.String()
}

// Stranger is the answer to a caller that the node does not know: the sentence that it reads.
type Stranger string

func (s Stranger) Error() string { return string(s) }

// IsSession tells a session's token from others.
func IsSession(token string) bool { return strings.HasPrefix(token, sessionPrefix) }

// errBook is the answer while the users cannot be read.
var errBook = fault.Errorf(fault.Unavailable, "this node cannot read who its users are; its log says why")
