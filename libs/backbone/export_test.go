package backbone

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// InAccount lets a test act as the hub's operator inside an agency's account.
func (h *Hub) InAccount(agency string, f func(jetstream.JetStream) error) error {
	return h.inAccount(h.agencies[agency], f)
}

// Mend runs what a start of the hub runs.
func (h *Hub) Mend(ctx context.Context) error { return h.converge(ctx) }

// RelayName is the name of the hub's copy of an agency's journal.
func RelayName(agency string) string { return relayName(agency) }

// InboxPrefix is where an agency's node listens for answers.
func InboxPrefix(agency string) string { return inboxPrefix(agency) }

// PublicKey returns the public key of an agency's account.
func (h *Hub) PublicKey(agency string) string { return h.agencies[agency].public }
