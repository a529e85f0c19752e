package webhooks

import (
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// resolving answers for names with addresses, asked one after the other and the last again and again, as a DNS server of whoever has the name.
func resolving(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		asked, buffer := 0, make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Header.Response, m.Additionals = true, nil
			if m.Questions[0].Type == dnsmessage.TypeA {
				address := netip.MustParseAddr(addresses[min(asked, len(addresses)-1)])
				asked++
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.AResource{A: address.As4()},
				}}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	at := conn.LocalAddr().String()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", at)
	}}
}

// A name leads nowhere where nothing is posted, whatever it says the second time; and what listens there hears nothing.
func TestNamesThatLeadInside(t *testing.T) {
	l, _ := licences(t, 1)
	c := &clock{at: start}
	inside, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	var heard atomic.Int32
	go func() {
		for {
			conn, err := inside.Accept()
			if err != nil {
				return
			}
			heard.Add(1)
			conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(inside.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		addresses []string
		says      []string // of one try after the other
	}{
		"loopback":          {[]string{"127.0.0.1"}, []string{"this machine itself"}},
		"another of it":     {[]string{"127.8.8.8"}, []string{"this machine itself"}},
		"metadata":          {[]string{"169.254.169.254"}, []string{"an address of the link"}},
		"no machine":        {[]string{"0.0.0.0"}, []string{"no address of one machine"}},
		"changes its mind":  {[]string{"127.0.0.1", "169.254.169.254", "127.0.0.1"}, []string{"this machine itself", "an address of the link", "this machine itself"}},
		"another of clouds": {[]string{"100.100.100.200"}, []string{"where a cloud tells machines their secrets"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now)
			w.resolver = resolving(t, tt.addresses...)
			s := service{w}
			if _, err := s.AddWebhook(t.Context(), &queryv1.AddWebhookRequest{Name: "erp", Url: "https://erp.example:" + port + "/in", Secret: NewSecret()}); err != nil {
				t.Fatal(err)
			}
			for _, says := range tt.says {
				res, err := s.TestWebhook(t.Context(), &queryv1.TestWebhookRequest{Name: "erp"})
				if err != nil || !strings.Contains(res.Try.Failed, says) {
					t.Errorf("%v, %v; want %q", res, err, says)
				}
			}
		})
	}
	if heard.Load() > 0 {
		t.Error("what is inside was called")
	}
}

// attack is a receiver that answers until over is closed. Its answer is taken or not; says is part of what is told of one that is not taken.
type attack struct {
	answer func(w http.ResponseWriter, over <-chan struct{})
	taken  bool
	says   string
}

// posted posts one event to it.
func (a attack) posted(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	c := &clock{at: start}
	w, over := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now), make(chan struct{})
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		a.answer(w, over)
	}))
	defer r.Close()
	defer close(over)
	w.limit = 500 * time.Millisecond
	w.named(t, "erp", r.URL, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	res, err := service{w}.TestWebhook(ctx, &queryv1.TestWebhookRequest{Name: "erp"})
	if err != nil || a.taken != (res.Try.Failed == "") || !strings.Contains(res.GetTry().GetFailed(), a.says) {
		t.Errorf("%v, %v; want %q", res, err, a.says)
	}
}

// A receiver leads nobody elsewhere.
func TestReceiversThatLeadInside(t *testing.T) {
	l, _ := licences(t, 1)
	var heard atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer inside.Close()
	for name, a := range map[string]attack{
		"at once": {func(w http.ResponseWriter, _ <-chan struct{}) {
			w.Header().Set("Location", inside.URL)
			w.WriteHeader(http.StatusPermanentRedirect)
		}, false, "redirects are not followed"},
		"later": {func(w http.ResponseWriter, _ <-chan struct{}) {
			w.Header().Set("Refresh", "0; url="+inside.URL)
		}, true, ""},
	} {
		t.Run(name, func(t *testing.T) { a.posted(t, l) })
	}
	if heard.Load() > 0 {
		t.Error("what is inside was called")
	}
}

// endless writes more than anybody should read.
func endless(out io.Writer, over <-chan struct{}) {
	chunk := make([]byte, 32<<10)
	for written := 0; written < 1<<30; written += len(chunk) {
		if _, err := out.Write(chunk); err != nil {
			return
		}
	}
	<-over
}

// A receiver is not read without end.
func TestReceiversWithoutEnd(t *testing.T) {
	l, _ := licences(t, 1)
	for name, a := range map[string]attack{
		"writes": {func(w http.ResponseWriter, over <-chan struct{}) { endless(w, over) }, true, ""},
		"writes a bomb": {func(w http.ResponseWriter, over <-chan struct{}) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush() // packed, it takes long until something fills a buffer
			endless(gzip.NewWriter(w), over)
		}, true, ""},
		"drips": {func(w http.ResponseWriter, over <-chan struct{}) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-over
		}, true, ""},
		"sends news": {func(w http.ResponseWriter, _ <-chan struct{}) {
			for range 100_000 {
				w.WriteHeader(http.StatusProcessing)
			}
		}, false, ""},
	} {
		t.Run(name, func(t *testing.T) { a.posted(t, l) })
	}
}
