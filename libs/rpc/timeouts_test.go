package rpc_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/counterfoil/counterfoil/libs/rpc"
)

// line is a listener for one connection within the test, in whose time deadlines pass.
type line struct {
	conn   chan net.Conn
	closed chan struct{}
}

func (l *line) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *line) Close() error   { close(l.closed); return nil }
func (l *line) Addr() net.Addr { return &net.UnixAddr{} }

// served is a connection to a server of the handler.
func served(t *testing.T, handler http.Handler) net.Conn {
	t.Helper()
	here, there := net.Pipe()
	l := &line{make(chan net.Conn, 1), make(chan struct{})}
	l.conn <- there
	server := rpc.HTTPServer(handler)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		_, _ = io.Copy(io.Discard, here) // until the server closes it
		if err := errors.Join(here.Close(), server.Close(), <-ended); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return here
}

// answer sends a request as it stands and returns the answer to it, with all of its body.
func answer(t *testing.T, on net.Conn, request string) (*http.Response, string) {
	t.Helper()
	go func() { _, _ = io.WriteString(on, request) }() // what is too much is not read
	res, err := http.ReadResponse(bufio.NewReader(on), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// A login that does not arrive is not waited for, in whatever shape it comes, and one that did may take its time to be answered.
func TestALoginArrivesSoon(t *testing.T) {
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := rpc.ReadForm(w, r); err != nil {
			http.Error(w, "not whole", http.StatusBadRequest)
			return
		}
		select {
		case <-time.After(time.Minute):
			_, _ = io.WriteString(w, r.PostFormValue("user"))
		case <-r.Context().Done():
		}
	})
	for name, tt := range map[string]struct {
		kind, body string
		length     string
		status     int
		says       string
		took       time.Duration
	}{
		"all of it":             {"application/x-www-form-urlencoded", "user=officer", "12", http.StatusOK, "officer", time.Minute},
		"a part of it":          {"application/x-www-form-urlencoded", "user=off", "12", http.StatusBadRequest, "not whole", 10 * time.Second},
		"a part of what is not": {"text/plain", "user=off", "12", http.StatusBadRequest, "not whole", 10 * time.Second},
		"too much":              {"application/x-www-form-urlencoded", "user=" + strings.Repeat("x", 64<<10), "65541", http.StatusBadRequest, "not whole", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			on := served(t, slow)
			res, body := answer(t, on, "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: "+tt.kind+"\r\nContent-Length: "+tt.length+"\r\n\r\n"+tt.body)
			if took := time.Since(began); res.StatusCode != tt.status || strings.TrimSpace(body) != tt.says || took != tt.took {
				t.Errorf("%s: %s %q after %s", name, res.Status, body, took)
			}
		})
	}
}

// A connection on which nothing is asked is closed; one on which an answer goes on is not.
func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		on := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 2 {
				<-time.After(time.Hour)
				_, _ = io.WriteString(w, "beat ")
				_ = http.NewResponseController(w).Flush()
			}
		}))
		if res, body := answer(t, on, "GET / HTTP/1.1\r\nHost: node\r\n\r\n"); res.StatusCode != http.StatusOK || body != "beat beat " {
			t.Errorf("an answer of two hours: %s %q", res.Status, body)
		}
		answered := time.Now()
		if _, err := on.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(answered) != 2*time.Minute {
			t.Errorf("nothing was asked for %s: %v", time.Since(answered), err)
		}
	})
}
