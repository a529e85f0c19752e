// Package stream says how a node's two JetStream streams are made, for the node itself and for tests that need
// one of them without a node.
package stream

import (
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// JournalName is the stream of a node's own blocks.
	JournalName = "JOURNAL"
	// InboxName is the stream of the blocks that other agencies released to the node.
	InboxName = "INBOX"

	// MaxBlock is the largest message that a journal takes, headers included, in bytes.
	MaxBlock = 1 << 20
	// MaxPayload is what the servers carry, in bytes: the largest block, with room for the headers that the pumps
	// add on the way.
	MaxPayload = MaxBlock + 16<<10

	// duplicates is as short as the server allows: two journals may use one message id, and the second message
	// would then be dropped without a word.
	duplicates = 100 * time.Millisecond
)

// Journal is the configuration of an agency's own journal stream: subjects block.<agency>.>, never purged, never
// shortened. A single message can be deleted, for a withdrawal.
func Journal(agency string) jetstream.StreamConfig {
	return blocks(JournalName, "block."+agency+".>")
}

// Relay is the configuration of the hub's copy of an agency's journal stream, under the given name.
func Relay(name, agency string) jetstream.StreamConfig {
	c := blocks(name, "block."+agency+".>")
	// Without direct get there is one request that reads a message, and one permission to give for it.
	c.AllowDirect = false
	return c
}

// Inbox is the configuration of a node's inbox: subjects in.>, with the same care.
func Inbox() jetstream.StreamConfig {
	c := blocks(InboxName, "in.>")
	c.MaxMsgSize = -1
	return c
}

func blocks(name, subject string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        name,
		Subjects:    []string{subject},
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew,
		MaxMsgSize:  MaxBlock,
		Duplicates:  duplicates,
		DenyPurge:   true,
		AllowDirect: true,
	}
}

// Configured reports whether a stream is configured as Journal, Relay or Inbox say.
func Configured(is, wanted jetstream.StreamConfig) bool {
	return slices.Equal(is.Subjects, wanted.Subjects) && is.Storage == wanted.Storage && is.Retention == wanted.Retention &&
		is.Discard == wanted.Discard && is.MaxMsgSize == wanted.MaxMsgSize && is.Duplicates == wanted.Duplicates &&
		is.DenyPurge == wanted.DenyPurge && is.AllowDirect == wanted.AllowDirect
}
