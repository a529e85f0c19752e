package backbone

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nkeys"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// Agency is what the hub has to know of an agency: nothing secret.
type Agency struct {
	Name string
	// User is the public nkey of its node (see NewUser).
	User string
	// Signing is the key that its requests to the hub are checked with.
	Signing ed25519.PublicKey
}

// NewUser makes a key for a node: the seed stays with the agency, and the hub is told the public key.
func NewUser() (seed []byte, public string, err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return nil, "", err
	}
	if public, err = pair.PublicKey(); err != nil {
		return nil, "", err
	}
	seed, err = pair.Seed()
	return seed, public, err
}

func (a Agency) check() error {
	switch {
	case !validAgency(a.Name):
		return fault.Errorf(fault.Invalid, "%q cannot be the name of an agency: use 2 to 32 lower-case letters, "+
			"digits and hyphens, a letter first", a.Name)
	case !nkeys.IsValidPublicUserKey(a.User):
		return fault.Errorf(fault.Invalid, "%q is not the public key of a node of %s: it begins with U", a.User, a.Name)
	case len(a.Signing) != ed25519.PublicKeySize:
		return fault.Errorf(fault.Invalid, "the signing key of %s has %d bytes, not %d", a.Name, len(a.Signing), ed25519.PublicKeySize)
	}
	return nil
}

// Grant is what an agency gets from the hub to connect with, beside the key that it has itself. Nothing in it is secret.
type Grant struct {
	HubURLs []string
	// CAPEM is the hub's own certificate authority, the only one to be trusted for it.
	CAPEM []byte
	// UserJWT is good for the user that it names.
	UserJWT string
	// Expires is when an invitation ends; zero for a node, which is let in until the operator says otherwise.
	Expires time.Time
}

// With returns the credentials that the grant makes with the user's seed.
func (g *Grant) With(seed []byte) *Credentials {
	return &Credentials{HubURLs: g.HubURLs, CAPEM: g.CAPEM, JWT: g.UserJWT, Seed: seed}
}

func (h *Hub) grant(p pass) (*Grant, error) {
	token, err := h.operator.jwt(p)
	if err != nil {
		return nil, err
	}
	return &Grant{HubURLs: h.URLs(), CAPEM: h.caPEM, UserJWT: token, Expires: p.until}, nil
}

// AddAgency gives the agency an account with a relay and a feed, and lets its user in at once. Asked again it mends what
// is missing and returns the same; with another user or signing key, those take the place of the former. A suspended
// agency stays shut out. One that was removed comes back, with a new user.
func (h *Hub) AddAgency(ctx context.Context, a Agency) (*Grant, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	err := h.decide(ctx, "add", a.Name, func(s *hubState) error {
		m := s.Agencies[a.Name]
		if m.Removed && m.User == a.User {
			return fault.Errorf(fault.Conflict, "%s was removed, and this user with it: make a new one", a.Name)
		}
		if m.Removed || m.User != a.User {
			m = member{User: a.User, Suspended: m.Suspended && !m.Removed}
		}
		m.Signing = bytes.Clone(a.Signing)
		s.Agencies[a.Name] = m
		return nil
	})
	if err != nil {
		return nil, err
	}
	return h.grant(pass{agency: a.Name, user: a.User})
}

// UseKey has what the agency tells the hub checked with another signing key from now on, and its node come forward with it.
// The key that is checked already changes nothing.
func (h *Hub) UseKey(ctx context.Context, agency string, key ed25519.PublicKey) error {
	m, err := h.state.Load().known(agency)
	switch {
	case err != nil:
		return err
	case bytes.Equal(m.Signing, key):
		return nil
	case len(key) != ed25519.PublicKeySize:
		return fault.Errorf(fault.Invalid, "the signing key of %s has %d bytes, not %d", agency, len(key), ed25519.PublicKeySize)
	}
	if err := h.change(ctx, "use key of", agency, func(m *member) error { m.Signing = bytes.Clone(key); return nil }); err != nil {
		return err
	}
	return h.notify(agency)
}

// Invite prepares an agency's account and lets its user ask, until the given time, to join: see Join. The agency has to
// come to root in its rehearsal. Inviting again ends the invitation before. An agency that has joined is invited anew
// only once it is removed, or has let the deadline of a rotation pass.
func (h *Hub) Invite(ctx context.Context, a Agency, until time.Time, root [32]byte) (*Grant, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if !until.After(time.Now()) {
		return nil, fault.Errorf(fault.Invalid, "an invitation of %s until %s has ended already", a.Name, until.Format(time.RFC3339))
	}
	until = until.UTC().Truncate(time.Second)
	err := h.decide(ctx, "invite", a.Name, func(s *hubState) error {
		m := s.Agencies[a.Name]
		switch {
		case m.Removed && m.User == a.User:
			return fault.Errorf(fault.Conflict, "%s was removed, and this user with it: make a new one", a.Name)
		case !m.Removed && m.User != "":
			return fault.Errorf(fault.Conflict, "%s has joined already; rotate its credentials, or remove it first", a.Name)
		}
		s.Agencies[a.Name] = member{Signing: bytes.Clone(a.Signing), Kit: &kit{a.User, until, root[:]}}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return h.grant(pass{a.Name, a.User, until})
}

// Suspend drops the agency's connection and lets it in no more, until Resume: at once on this server, and on every other
// that is in touch within a second. Its relay stays readable to others, and its feed goes on to fill, unread: to stop
// that as well, take back what was released to it. Suspending twice changes nothing.
func (h *Hub) Suspend(ctx context.Context, agency string) error {
	return h.change(ctx, "suspend", agency, func(m *member) error { m.Suspended = true; return nil })
}

// Resume lets a suspended agency in again, with the credentials that it has. Resuming one that is not suspended
// changes nothing.
func (h *Hub) Resume(ctx context.Context, agency string) error {
	return h.change(ctx, "resume", agency, func(m *member) error {
		if m.Suspended && m.User == "" && m.Kit == nil {
			return fault.Errorf(fault.Precondition, "%s let the deadline of its rotation pass and has no credentials left: "+
				"invite it again", agency)
		}
		m.Suspended = false
		return nil
	})
}

// Remove drops the agency's connection for good, takes back what was released to it and deletes its feed. Its relay
// stays for those whom its journals are released to. Removing twice changes nothing.
func (h *Hub) Remove(ctx context.Context, agency string) error {
	return h.decide(ctx, "remove", agency, func(s *hubState) error {
		m, err := s.known(agency)
		if err != nil || m.Removed {
			return err
		}
		s.Agencies[agency] = member{Signing: m.Signing, User: m.User, Removed: true}
		s.drop(func(r Release) bool { return r.Reader == agency })
		return nil
	})
}

// Rotate has the agency's node make a new key and shuts the old one out: as soon as the node has connected with the new
// one, and at the deadline in any case. A node that has not come by then is suspended and has to be invited again.
func (h *Hub) Rotate(ctx context.Context, agency string, deadline time.Time) error {
	if !deadline.After(time.Now()) {
		return fault.Errorf(fault.Invalid, "the deadline %s of a rotation of %s has passed already", deadline.Format(time.RFC3339), agency)
	}
	err := h.change(ctx, "rotate", agency, func(m *member) error {
		if m.User == "" {
			return fault.Errorf(fault.Precondition, "%s has not joined yet: there is nothing to rotate", agency)
		}
		m.RenewBy = deadline.UTC().Truncate(time.Second)
		return nil
	})
	if err != nil {
		return err
	}
	return h.notify(agency)
}

// notify tells the agency's node to ask what there is for it. One that is not connected asks when it is.
func (h *Hub) notify(agency string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	nc, err := h.standing(agency)
	if err == nil {
		err = nc.Publish(noticeSubject(agency), nil)
	}
	return err
}

// Agencies returns the names of all agencies that have an account and are not removed, sorted.
func (h *Hub) Agencies() []string {
	var names []string
	for name, m := range h.state.Load().Agencies {
		if !m.Removed {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Suspended reports whether the agency is shut out for the time being.
func (h *Hub) Suspended(agency string) (bool, error) {
	access, err := h.Access(agency)
	return access == "suspended", err
}

// Access returns how the agency stands: "invited", "live", "suspended" or "removed".
func (h *Hub) Access(agency string) (string, error) {
	m, err := h.state.Load().known(agency)
	if err != nil {
		return "", err
	}
	return m.access(), nil
}

// deadlines shuts out who was to renew its credentials and has not, and wakes up those who still can.
func (h *Hub) deadlines(ctx context.Context) error {
	var errs []error
	for name, m := range maps.All(h.state.Load().Agencies) {
		if m.RenewBy.IsZero() || m.RenewBy.After(time.Now()) || !h.leads() {
			continue
		}
		errs = append(errs, h.change(ctx, "end rotation", name, func(m *member) error {
			if m.RenewBy.IsZero() || m.RenewBy.After(time.Now()) {
				return nil
			}
			m.User, m.Next, m.RenewBy = m.Next, "", time.Time{}
			m.Suspended = m.Suspended || m.User == ""
			return nil
		}))
	}
	return errors.Join(errs...)
}

// known refuses the name of an agency that never had an account.
func (s *hubState) known(agency string) (member, error) {
	m, ok := s.Agencies[agency]
	if !ok {
		return m, fault.Errorf(fault.NotFound, "agency %q has no account at the hub; add it first", agency)
	}
	return m, nil
}

// present refuses, besides, that of an agency that was removed.
func (s *hubState) present(agency string) (member, error) {
	m, err := s.known(agency)
	if err == nil && m.Removed {
		err = fault.Errorf(fault.Precondition, "agency %q was removed; add it again first", agency)
	}
	return m, err
}

// change records a decision about an agency that is there, and acts on it.
func (h *Hub) change(ctx context.Context, verb, agency string, change func(*member) error) error {
	return h.decide(ctx, verb, agency, func(s *hubState) error {
		m, err := s.present(agency)
		if err == nil {
			err = change(&m)
		}
		if err == nil {
			s.Agencies[agency] = m
		}
		return err
	})
}

// decide records a decision and makes this server act on it before it returns.
func (h *Hub) decide(ctx context.Context, verb, agency string, change func(*hubState) error) error {
	err := h.edit(ctx, change)
	if err == nil {
		err = h.furnished(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, agency, err)
	}
	h.log.Info("decided", "change", verb, "agency", agency)
	return nil
}

// furnished returns once streams and feeders are as decided; what the server that leads has to do is waited for.
func (h *Hub) furnished(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, making)
	defer cancel()
	for {
		err := h.furnish(ctx)
		if err == nil || h.leads() || ctx.Err() != nil {
			return err
		}
		wait(ctx, pause/5)
	}
}
