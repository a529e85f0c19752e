package backbone

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
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
