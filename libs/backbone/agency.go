package backbone

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/counterfoil/counterfoil/libs/backbone/stream"
	"github.com/counterfoil/counterfoil/libs/fault"
)

// AddAgency gives the agency an account with a relay and a feed, and returns what its node needs to connect. Asked
// again it mends what is missing and returns credentials for the same user.
func (h *Hub) AddAgency(ctx context.Context, agency string) (*Credentials, error) {
	if !validAgency(agency) {
		return nil, fault.Errorf(fault.Invalid, "%q cannot be the name of an agency: use 2 to 32 lower-case letters, "+
			"digits and hyphens, a letter first", agency)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c, err := h.addAgency(ctx, agency)
	if err != nil {
		return nil, fmt.Errorf("add agency %s: %w", agency, err)
	}
	return c, nil
}

func (h *Hub) addAgency(ctx context.Context, agency string) (*Credentials, error) {
	id, err := keptIdentity(h.path("agencies"), agency)
	if err != nil {
		return nil, err
	}
	h.agencies[agency] = id
	if err := h.push(ctx, id); err != nil {
		return nil, err
	}
	if err := h.makeStreams(ctx, id); err != nil {
		return nil, err
	}
	return h.credentials(id)
}

func (h *Hub) credentials(id *identity) (*Credentials, error) {
	token, err := id.userJWT()
	if err != nil {
		return nil, err
	}
	seed, err := id.user.Seed()
	if err != nil {
		return nil, err
	}
	creds, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		return nil, err
	}
	return &Credentials{HubURL: h.url, CAPEM: h.authority.pem, CredsFile: creds}, nil
}

// makeStreams finds or makes the agency's relay and feed.
func (h *Hub) makeStreams(ctx context.Context, id *identity) error {
	ctx, cancel := context.WithTimeout(ctx, making)
	defer cancel()
	return h.inAccount(id, func(js jetstream.JetStream) error {
		for _, c := range []jetstream.StreamConfig{stream.Relay(relayName(id.agency), id.agency), feedConfig()} {
			if _, err := js.CreateOrUpdateStream(ctx, c); err != nil {
				return fmt.Errorf("make stream %s of %s: %w", c.Name, id.agency, err)
			}
		}
		return nil
	})
}

// Agencies returns the names of all agencies that have an account, sorted.
func (h *Hub) Agencies() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.agencies))
}

// Suspend drops the agency's connection and lets it in no more, until Resume. Its relay stays readable to others, and
// its feed goes on to fill, unread: to stop that as well, take back what was released to it. Suspending twice
// changes nothing.
func (h *Hub) Suspend(ctx context.Context, agency string) error {
	return h.changeAccess(ctx, "suspend", agency, func(s *hubState, user string) {
		if !slices.Contains(s.Revoked[agency], user) {
			s.Revoked[agency] = append(s.Revoked[agency], user)
		}
	})
}

// Resume lets a suspended agency in again, with the credentials that it has. Resuming one that is not suspended
// changes nothing.
func (h *Hub) Resume(ctx context.Context, agency string) error {
	return h.changeAccess(ctx, "resume", agency, func(s *hubState, user string) {
		s.Revoked[agency] = slices.DeleteFunc(s.Revoked[agency], func(other string) bool { return other == user })
	})
}

// Suspended reports whether the agency is shut out now.
func (h *Hub) Suspended(agency string) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.known(agency); err != nil {
		return false, err
	}
	user, err := h.agencies[agency].user.PublicKey()
	return slices.Contains(h.state.Revoked[agency], user), err
}

// Rotate gives the agency new credentials and shuts out whoever uses the old ones, at once and for good. A suspended
// agency is let in again with the new ones.
func (h *Hub) Rotate(ctx context.Context, agency string) (*Credentials, error) {
	err := h.changeAccess(ctx, "rotate", agency, func(s *hubState, user string) {
		if !slices.Contains(s.Revoked[agency], user) {
			s.Revoked[agency] = append(s.Revoked[agency], user)
		}
	})
	if err != nil {
		return nil, err
	}
	// A crash here leaves the agency suspended; rotating again is the way on.
	h.mu.Lock()
	defer h.mu.Unlock()
	id := *h.agencies[agency]
	if id.user, err = nkeys.CreateUser(); err != nil {
		return nil, fmt.Errorf("rotate %s: %w", agency, err)
	}
	seed, err := id.user.Seed()
	if err != nil {
		return nil, fmt.Errorf("rotate %s: %w", agency, err)
	}
	if err := privateFile(filepath.Join(h.path("agencies"), agency, "user.seed"), seed); err != nil {
		return nil, fmt.Errorf("rotate %s: %w", agency, err)
	}
	h.agencies[agency] = &id
	return h.credentials(&id)
}

// changeAccess records who is shut out and makes the broker act on it.
func (h *Hub) changeAccess(ctx context.Context, verb, agency string, edit func(s *hubState, user string)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.known(agency); err != nil {
		return err
	}
	id := h.agencies[agency]
	user, err := id.user.PublicKey()
	if err == nil {
		err = h.edit(func(s *hubState) { edit(s, user) })
	}
	if err == nil {
		err = h.push(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, agency, err)
	}
	h.log.Info("access changed", "change", verb, "agency", agency)
	return nil
}

// known refuses the name of an agency that has no account.
func (h *Hub) known(agency string) error {
	if h.agencies[agency] == nil {
		return fault.Errorf(fault.NotFound, "agency %q has no account at the hub; add it first", agency)
	}
	return nil
}
