package backbone

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// InAccount lets a test act as the hub's operator inside an agency's account.
func (h *Hub) InAccount(agency string, f func(jetstream.JetStream) error) error {
	js, err := h.inside(agency)
	if err != nil {
		return err
	}
	return f(js)
}

// Mend runs what a start of the hub runs.
func (h *Hub) Mend(ctx context.Context) error {
	h.mu.Lock()
	clear(h.made)
	h.mu.Unlock()
	return h.catchUp(ctx)
}

// RelayName is the name of the hub's copy of an agency's journal.
func RelayName(agency string) string { return relayName(agency) }

// InboxPrefix is where an agency's node listens for answers.
func InboxPrefix(agency string) string { return inboxPrefix(agency) }

// PublicKey returns the public key of an agency's account.
func (h *Hub) PublicKey(agency string) string {
	public, err := h.operator.public(agency)
	if err != nil {
		panic(err)
	}
	return public
}

// Copy makes this server copy into feeds whatever the others do.
func (h *Hub) Copy() { h.copiesAnyway.Store(true) }

// Renewing reports whether new credentials of the agency are due.
func (h *Hub) Renewing(agency string) bool { return !h.state.Load().Agencies[agency].RenewBy.IsZero() }

// Tell makes a signed statement to the hub over the connection, as an agency's own code could, and returns the answer's
// JWT.
func Tell(ctx context.Context, nc *nats.Conn, signer crypto.Signer, over, subject, agency, user string, root []byte) (string, error) {
	s := statement{Subject: subject, Agency: agency, User: user, Root: root, At: time.Now()}
	data, err := s.sign(signer)
	if err != nil {
		return "", err
	}
	msg, err := nc.RequestWithContext(ctx, over, data)
	if err != nil {
		return "", err
	}
	var r reply
	if err := json.Unmarshal(msg.Data, &r); err != nil {
		return "", err
	}
	if r.Refusal != "" {
		return "", fault.Errorf(r.Kind, "%s", r.Refusal)
	}
	return r.JWT, nil
}

// Statement returns a signed statement of the given time.
func Statement(signer crypto.Signer, subject, agency, user string, at time.Time) ([]byte, error) {
	return statement{Subject: subject, Agency: agency, User: user, At: at}.sign(signer)
}

// Enter connects to an account with every permission in it, as only the hub itself can. The account "scratch" is nobody's.
func (h *Hub) Enter(account string) (*nats.Conn, error) {
	if account == "scratch" {
		if err := h.account(account, 20); err != nil {
			return nil, err
		}
	}
	return h.connect(account)
}

// CloseLine closes the line to the hub as the client does when a server says what it does not know: for good.
func (p *Pumps) CloseLine() { p.conn().Close() }

// FeedPosition is where the inbox stands in the feed, in words; empty when nothing came over the line.
func (n *Node) FeedPosition(t testing.TB) string {
	at, err := n.feedPosition(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if at.sequence == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s, %x", at.sequence, at.created.UTC(), at.digest)
}
