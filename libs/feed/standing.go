package feed

import (
	"context"
	"sync/atomic"

	"github.com/counterfoil/counterfoil/libs/metrics"
)

// counts are since the start; see metrics.Feed.
type counts struct{ published, sent, read, failed atomic.Uint64 }

// Standing is how the feed is, for the node's metrics.
func (f *Feed) Standing(ctx context.Context) (*metrics.Feed, error) {
	is, err := f.Status(ctx)
	if err != nil {
		return nil, err
	}
	s := &metrics.Feed{
		Up: is.Trouble == "", Published: f.counted.published.Load(), Sent: f.counted.sent.Load(), Read: f.counted.read.Load(), Failed: f.counted.failed.Load(), Users: len(is.Users),
	}
	for _, of := range is.Streams {
		s.Behind, s.Kept = max(s.Behind, of.Behind), s.Kept+of.Bytes
	}
	for _, u := range is.Users {
		s.Connections += int(u.Connections)
		s.Unread, s.Dropped = max(s.Unread, u.Pending+u.Unacknowledged), s.Dropped+u.Dropped
	}
	return s, nil
}
