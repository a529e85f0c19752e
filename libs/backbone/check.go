package backbone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// checkLimit bounds one question of a check; what is not permitted is not answered at all.
const checkLimit = 3 * time.Second

// Access is what a node's credentials come to at the hub.
type Access struct {
	// User is the public key of the node's user there, Expires when its credentials end; zero is never.
	User    string
	Expires time.Time
	// Denied are the things that a node needs and the hub does not let it do.
	Denied []string
	// FeedCreated and RelayCreated are when the hub's streams for the agency were made.
	FeedCreated, RelayCreated time.Time
	// RoundTrip is how long the hub took to answer.
	RoundTrip time.Duration
	// Ahead is by how much the hub's clock is ahead of this node's, to half a round trip.
	Ahead time.Duration
}

// CheckAccess tries everything that a node needs of the hub, without changing anything there. It wraps ErrUnreachable when
// there is no line.
func (p *Pumps) CheckAccess(ctx context.Context) (*Access, error) {
	if since, _ := p.line.state(); since.IsZero() {
		return nil, fmt.Errorf("try what the hub permits: %w", ErrUnreachable)
	}
	a := &Access{}
	credentials, _ := p.keys.connectedAs()
	claims, err := jwt.DecodeUserClaims(credentials.JWT)
	if err != nil {
		return nil, fmt.Errorf("read the credentials: %w", err)
	}
	a.User = claims.Subject
	if claims.Expires > 0 {
		a.Expires = time.Unix(claims.Expires, 0)
	}
	js, err := jetstream.New(p.conn(), jetstream.WithDefaultTimeout(checkLimit))
	if err != nil {
		return nil, err
	}
	a.FeedCreated = a.see(ctx, js, FeedStream)
	a.RelayCreated = a.see(ctx, js, p.relay)
	if err := fence(ctx, js, erasedSubject(p.node.agency)); err != nil {
		a.Denied = append(a.Denied, "publish its own blocks")
	}
	if !a.FeedCreated.IsZero() {
		c, err := js.CreateConsumer(ctx, FeedStream, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: checkLimit})
		if err != nil {
			a.Denied = append(a.Denied, "read its feed")
		} else if err := js.DeleteConsumer(ctx, FeedStream, c.CachedInfo().Name); err != nil {
			a.Denied = append(a.Denied, "end its reading of the feed")
		}
	}
	return a, nil
}

// see asks for one of the agency's streams at the hub.
func (a *Access) see(ctx context.Context, js jetstream.JetStream, name string) (created time.Time) {
	began := time.Now()
	s, err := js.Stream(ctx, name)
	if err != nil {
		what := "see its stream " + name
		if errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) {
			what += " (no answer)"
		}
		a.Denied = append(a.Denied, what)
		return created
	}
	a.RoundTrip = time.Since(began)
	a.Ahead = s.CachedInfo().TimeStamp.Sub(began.Add(a.RoundTrip / 2))
	return s.CachedInfo().Created
}
