package backbone

import (
	"context"
	"fmt"
	"time"
)

const (
	// silence is how long the hub may say nothing: it answers a ping every pingInterval.
	silence = 5 * time.Second
	// slowest is the rate, in bytes a second, of the slowest line that is given time to carry what was sent (128
	// kbit/s). A ping waits its turn behind that.
	slowest = 16 << 10
)

// watch gives up a connection that has gone dead without a word, as half-open ones do, so that a new one is made.
// Counting unanswered pings would not do: on a slow line a ping takes longer behind one large block than a dead line
// should take to be noticed, and the block would be sent again for ever. So every byte heard is a sign of life, and
// what is on the way up is given its time.
func (p *Pumps) watch(ctx context.Context) {
	tick := time.NewTicker(silence / 10)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if p.conn().IsClosed() {
			p.reopen()
			continue
		}
		since, _ := p.line.state()
		if since.IsZero() {
			p.failed("connect", p.conn().LastError()) // the connection tells its handlers of some failures only
			continue
		}
		if heard := p.line.lastHeard(); heard.After(since) {
			since = heard
		}
		allowed := patience(p.unanswered.Load())
		if quiet := time.Since(since); quiet > allowed {
			p.failed("line", fmt.Errorf("nothing heard from the hub for %v", quiet.Round(time.Second)))
			p.line.down() // until a new connection is up
			if err := p.conn().ForceReconnect(); err != nil {
				p.failed("line", err)
			}
		}
	}
}

// reopen makes a new line where the client has closed the one there was for good. It does so when the server says what it does
// not know, such as that a message was too large: a server says that to whoever publishes while it is being shut out.
func (p *Pumps) reopen() {
	p.failed("connect", p.conn().LastError())
	p.line.down()
	if err := p.open(); err != nil {
		p.failed("connect", err)
	}
}

// patience is how long to wait for a sign when so many bytes are on the way.
func patience(unanswered int64) time.Duration {
	return silence + time.Duration(unanswered)*time.Second/slowest
}
