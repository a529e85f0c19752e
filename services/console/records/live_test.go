package records

import (
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/rpc"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// A stream goes on after what its browser heard, or after what its page shows; one that says neither does not begin with all of history.
func TestWhereAStreamBegins(t *testing.T) {
	for _, tt := range []struct {
		after, last string
		token       string
		seen        int
	}{
		{"", "", "now", 0},
		{"a.b", "", "a.b", 0},
		{"a.b", "3.c.d", "c.d", 3},
		{"", "3.c.d", "c.d", 3},
		{"", "3.", "now", 3},
		{"", "x", "now", 0},
		{"a.b", "x.y", "a.b", 0},
	} {
		w := watching{token: tt.after}
		if w.resume(tt.last); w.token != tt.token || w.seen != tt.seen {
			t.Errorf("after %q, heard %q: from %q with %d, want %q with %d", tt.after, tt.last, w.token, w.seen, tt.token, tt.seen)
		}
	}
}

// Who has as many watches as one may have is shown a page that does not follow what comes, and whose stream is not asked for again at once.
func TestNoStreamBesideTooManyWatches(t *testing.T) {
	s := serve(t)
	s.Record(licences(1)...)
	over, end := rpc.Within(rpc.HTTPServer(s.API))
	t.Cleanup(func() { s.Must(end()) })
	as := clients.Over(over, "http://node", clients.Identity{Token: s.Session})
	const page = "/console/list/licences"
	if !strings.Contains(s.Read(page), "/console/live") {
		t.Fatal("the page follows nothing")
	}
	for range 50 {
		stream, err := as.Query.Watch(t.Context(), &queryv1.WatchRequest{Token: "now"})
		s.Must(err)
		t.Cleanup(func() { stream.Close() })
		_, err = stream.Receive()
		s.Must(err)
	}
	if got := s.Read("/console/live?table=licences"); got != "event: busy\nretry: 60000\ndata: busy\n\n" {
		t.Errorf("the stream says %q", got)
	}
	if strings.Contains(s.Read(page), "/console/live") {
		t.Error("the page follows what it may not watch")
	}
}
