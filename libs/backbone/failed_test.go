package backbone

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

// A node that is shut out fails in several ways at once, for ever: each is said once until the line was up again.
func TestFailuresAreSaidOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := &Pumps{log: slog.New(slog.NewTextHandler(&log, nil)), said: map[string]string{}}
	said := func() int { return strings.Count(log.String(), "pump interrupted") }
	shutOut := func() {
		for range 50 {
			p.failed("line", errors.New("authorization violation"))
			p.failed("connect", errors.New("authorization violation"))
		}
	}
	if shutOut(); said() != 2 {
		t.Errorf("two failures were said %d times:\n%s", said(), &log)
	}
	p.connected(&nats.Conn{})
	if shutOut(); said() != 4 {
		t.Errorf("after the line was up they were said %d times in all:\n%s", said(), &log)
	}
	p.failed("line", errors.New("EOF"))
	if said() != 5 || p.lastErr != "line: EOF" {
		t.Errorf("another failure: said %d times in all, the last is %q", said(), p.lastErr)
	}
}
