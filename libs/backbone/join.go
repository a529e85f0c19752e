package backbone

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// Join turns an invitation into an agency's credentials. root is what its rehearsal came to, signer has the signing key
// that the hub has been told, dial opens the line (nil is the ordinary dialer). An invitation is good once: the credentials
// are given to keep before the hub is told that they have come, and until then Join may be called again; once it has
// returned, the hub takes the invitation no more. What the hub refuses is a fault.Refusal: another root, an invitation
// that has ended or was used, an agency that is suspended.
func Join(ctx context.Context, c *Credentials, agency string, root [32]byte, signer crypto.Signer, dial func(network, address string) (net.Conn, error),
	keep func(*Credentials) error) error {
	if err := join(ctx, c, agency, root, signer, dial, keep); err != nil {
		return fmt.Errorf("join as %s: %w", agency, err)
	}
	return nil
}

func join(ctx context.Context, c *Credentials, agency string, root [32]byte, signer crypto.Signer, dial dialer, keep func(*Credentials) error) error {
	invitation, err := jwt.DecodeUserClaims(c.JWT)
	if err != nil {
		return fmt.Errorf("read the invitation: %w", err)
	}
	if end := time.Unix(invitation.Expires, 0).UTC(); invitation.Expires != 0 && !end.After(time.Now()) {
		return fault.Errorf(fault.NotAllowed, "this kit expired at %s; ask the hub's operator for a new one", end.Format(time.RFC3339))
	}
	ask := statement{Agency: agency, User: invitation.Subject}
	asking, err := c.once(agency, dial)
	switch {
	case err == nil:
	case strings.Contains(strings.ToLower(err.Error()), "authentication expired"): // no error of its own, while connecting
		return fault.Errorf(fault.NotAllowed, "this kit expired, by the hub's clock; ask its operator for a new one")
	case errors.Is(err, nats.ErrAuthorization):
		return fault.Errorf(fault.Conflict, "the hub does not take this kit: it was used already, or another was made since; ask "+
			"its operator for a new one")
	default:
		return fmt.Errorf("connect to the hub: %w", err)
	}
	defer asking.Close()
	ask.Subject, ask.Root = joinSubject, root[:]
	granted, err := tell(ctx, asking, signer, ask)
	if err != nil {
		return err
	}
	asking.Close()
	joined := *c
	joined.JWT = granted.JWT
	if err := keep(&joined); err != nil {
		return err
	}
	// The kit is used up once the hub sees that what it gave works.
	node, err := joined.once(agency, dial)
	if err != nil {
		return fmt.Errorf("connect with the new credentials: %w", err)
	}
	defer node.Close()
	ask.Subject, ask.Root = presentSubject, nil
	if _, err := tell(ctx, node, signer, ask); err != nil {
		return err
	}
	return nil
}
