package webhooks

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// clock is moved by whoever waits.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// licences is a ledger on which so many were granted, and the ids of their events in the order of the ledger.
func licences(t testing.TB, n int) (*ledger.Ledger, []string) {
	t.Helper()
	var facts []proto.Message
	for i := range n {
		facts = append(facts, granted(i+1))
	}
	l := ledgertest.Open(t, "customs")
	if err := ledgertest.Begin(t, l, facts...).Commit(); err != nil {
		t.Fatal(err)
	}
	return l, idsIn(t, l)
}

func granted(n int) proto.Message {
	id := fmt.Sprintf("licensing/L-%06d", n)
	fact := &licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{Destination: &licensingv1.Place{Country: "XB"}}}
	if n%2 == 0 {
		return ledgertest.In("border", fact)
	}
	return fact
}

func idsIn(t testing.TB, l *ledger.Ledger) (ids []string) {
	t.Helper()
	err := l.View(func(v ledger.View) error {
		events, _, _, err := v.EventsAfter("", nil, 1000)
		for _, e := range events {
			ids = append(ids, e.Id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func open(t testing.TB, l *ledger.Ledger, path string, now func() time.Time) *Webhooks {
	t.Helper()
	accesses, err := access.Open(path+".access", access.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	w, err := Open(Config{Agency: "customs", Path: path, Ledger: l, Accesses: accesses, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); accesses.Close() })
	return w
}

// receiver is a system that answers as a test says, and remembers what it took.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer func(w http.ResponseWriter, id string)
	posted []string // ids, in order
	took   []string // of those answered 2xx
	body   []byte
	header http.Header
	over   chan struct{} // closed when the test ends
}

func receive(t testing.TB, answer func(w http.ResponseWriter, id string)) *receiver {
	r := &receiver{answer: answer, over: make(chan struct{})}
	r.Server = httptest.NewServer(r)
	t.Cleanup(func() { close(r.over); r.Close() })
	return r
}

type noting struct {
	http.ResponseWriter
	status int
}

func (n *noting) WriteHeader(status int) { n.status = status; n.ResponseWriter.WriteHeader(status) }

func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	id := req.Header.Get("webhook-id")
	r.mu.Lock()
	answer := r.answer
	r.posted, r.body, r.header = append(r.posted, id), body, req.Header
	r.mu.Unlock()
	n := &noting{w, http.StatusOK}
	if answer != nil {
		answer(n, id)
	}
	if n.status < 300 {
		r.mu.Lock()
		r.took = append(r.took, id)
		r.mu.Unlock()
	}
}

func (r *receiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.took...)
}

func status(code int) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, _ string) { w.WriteHeader(code) }
}

// named adds an endpoint that begins at the start of the ledger.
func (w *Webhooks) named(t testing.TB, name, url string, change func(*endpoint)) {
	t.Helper()
	k, err := newKey(NewSecret())
	if err != nil {
		t.Fatal(err)
	}
	e := &endpoint{Name: name, URL: url, Tries: 3, AddedAt: start, Keys: []key{k}}
	if change != nil {
		change(e)
	}
	if err := (service{w}).add(e); err != nil {
		t.Fatal(err)
	}
}

// settled steps until nothing is due, passing the time of each wait; at most so many steps.
func (w *Webhooks) settled(t testing.TB, name string, c *clock, most int) (waits []time.Duration) {
	t.Helper()
	var p poster
	defer p.close()
	for range most {
		again, err := w.step(t.Context(), name, &p)
		switch {
		case err != nil:
			t.Fatal(err)
		case again == 0:
			return waits
		case again > 0:
			waits = append(waits, again)
			c.pass(again)
		}
	}
	t.Fatalf("webhook %s is not done after %d steps", name, most)
	return nil
}

func (w *Webhooks) look(t testing.TB, name string) *queryv1.Webhook {
	t.Helper()
	res, err := service{w}.ListWebhooks(t.Context(), &queryv1.ListWebhooksRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return res.Webhooks[0]
}

func (w *Webhooks) parkedIDs(t testing.TB, name string) (ids []string) {
	t.Helper()
	res, err := service{w}.ParkedDeliveries(t.Context(), &queryv1.ParkedDeliveriesRequest{Name: name, PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range res.Deliveries {
		ids = append(ids, d.EventId)
	}
	return ids
}

func TestEventsArriveAsCloudEventsInOrder(t *testing.T) {
	l, ids := licences(t, 5)
	c := &clock{at: start}
	w, r := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now), receive(t, nil)
	w.named(t, "erp", r.URL+"/in", nil)
	w.settled(t, "erp", c, 20)
	if got := strings.Join(r.taken(), " "); got != strings.Join(ids, " ") {
		t.Errorf("taken: %s; want %s", got, strings.Join(ids, " "))
	}
	e, err := cloudevent.Parse(r.body)
	if err != nil || e.ID != ids[4] || e.Type != "counterfoil.licensing.v1.LicenceGranted" || e.Extensions["position"] != "" {
		t.Errorf("the body: %+v, %v", e, err)
	}
	if got := r.header.Get("Content-Type"); got != "application/cloudevents+json" {
		t.Errorf("content type %s", got)
	}
	if s := w.look(t, "erp"); s.Delivered != 5 || s.Left != 0 || s.Parked != 0 || s.Off != "" || s.Last.Status != 200 {
		t.Errorf("it stands at %v", s)
	}
	list, _, err := w.Accesses.List(access.Query{Limit: 10})
	if err != nil || len(list) != 5 || list[0].User != "webhook erp" || list[0].Owners[0] != "licensing" || list[0].Id != ids[4] {
		t.Errorf("who got what: %v, %v", list, err)
	}
}

// Run posts what is there and what comes, and what was added while it runs.
func TestRunFollowsTheLedger(t *testing.T) {
	l, _ := licences(t, 3)
	w, r := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), nil), receive(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { _ = w.Run(ctx) })
	w.named(t, "erp", r.URL, nil)
	arrive(t, r, 3)
	writer := ledgertest.NewWriter()
	var facts []proto.Message
	for i := range 3 {
		facts = append(facts, granted(i+1))
	}
	for _, b := range writer.Blocks(facts...) {
		writer.After(b)
	}
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	b := writer.Blocks(granted(9))[0]
	if err := tx.Apply(b.ID, b.Entries...); err != nil {
		t.Fatal(err)
	}
	if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	arrive(t, r, 4)
	s := service{w}
	if _, err := s.RemoveWebhook(ctx, &queryv1.RemoveWebhookRequest{Name: "erp"}); err != nil {
		t.Fatal(err)
	}
	w.named(t, "erp", r.URL, nil) // from the start of the ledger
	arrive(t, r, 8)
}

// arrive waits until so many were taken.
func arrive(t *testing.T, r *receiver, n int) {
	t.Helper()
	for end := time.After(20 * time.Second); len(r.taken()) < n; {
		select {
		case <-end:
			t.Fatalf("%d were taken, not %d", len(r.taken()), n)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestFilters(t *testing.T) {
	l, ids := licences(t, 6) // every other in group border
	c := &clock{at: start}
	w := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now)
	for name, tt := range map[string]struct {
		change func(*endpoint)
		want   int
	}{
		"all":     {nil, 6},
		"kind":    {func(e *endpoint) { e.Kinds = []string{"LicenceGranted"} }, 6},
		"other":   {func(e *endpoint) { e.Kinds = []string{"counterfoil.licensing.v1.LicenceRevoked"} }, 0},
		"group":   {func(e *endpoint) { e.Groups = []string{"border"} }, 3},
		"agency":  {func(e *endpoint) { e.Agencies = []string{"licensing", "police"} }, 6},
		"nobody":  {func(e *endpoint) { e.Agencies = []string{"police"} }, 0},
		"several": {func(e *endpoint) { e.Agencies, e.Groups = []string{"licensing"}, []string{"all", "border"} }, 6},
	} {
		r := receive(t, nil)
		w.named(t, "w-"+name, r.URL, tt.change)
		w.settled(t, "w-"+name, c, 20)
		if got := r.taken(); len(got) != tt.want {
			t.Errorf("%s: %d of %d were taken, not %d", name, len(got), len(ids), tt.want)
		}
		if s := w.look(t, "w-"+name); s.Left != 0 {
			t.Errorf("%s: %d are left", name, s.Left)
		}
	}
}
