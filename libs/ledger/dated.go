package ledger

import (
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// Dated lets a rule date a fact otherwise than the command: it is returned in place of the plain message. A zero time
// leaves the command's.
type Dated struct {
	proto.Message
	OccurredAt, RecordedAt time.Time
	Causes                 []*eventv1.Cause
}
