package backbone

import (
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// erasedSubject takes the place of a block that was deleted from the journal, so that numbers stay the same on both
// sides. It is the subject of no journal ("_erased" is not the name of a group), so it is never released.
func erasedSubject(agency string) string { return "block." + agency + "._erased" }

// erased returns the message that fills the number of a deleted block.
func erased(agency string) *nats.Msg { return nats.NewMsg(erasedSubject(agency)) }

// gone reports whether reading a block's number showed that the block was deleted. A nil
// message is one that was not found.
func gone(agency string, msg *jetstream.RawStreamMsg, err error) bool {
	return errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && (msg == nil || msg.Subject == erasedSubject(agency))
}
