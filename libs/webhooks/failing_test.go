package webhooks

import (
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

func TestReceiversThatDoNotTake(t *testing.T) {
	busy := func(code int, after string) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, _ string) { w.Header().Set("Retry-After", after); w.WriteHeader(code) }
	}
	l, _ := licences(t, 1)
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter, string)
		says   string
		waits  []time.Duration // the least
		off    bool
	}{
		"fails":       {status(500), "answered 500", []time.Duration{5 * time.Second, 5 * time.Minute}, false},
		"refuses":     {status(404), "answered 404", []time.Duration{5 * time.Second, 5 * time.Minute}, false},
		"redirects":   {func(w http.ResponseWriter, _ string) { w.Header().Set("Location", "/other"); w.WriteHeader(307) }, "redirects are not followed", []time.Duration{5 * time.Second, 5 * time.Minute}, false},
		"gone":        {status(410), "answered 410", nil, true},
		"busy":        {status(429), "answered 429", []time.Duration{time.Minute, 5 * time.Minute}, false},
		"seconds":     {busy(503, "900"), "answered 503", []time.Duration{15 * time.Minute, 15 * time.Minute}, false},
		"date":        {busy(429, start.Add(2*time.Hour).Format(http.TimeFormat)), "answered 429", []time.Duration{2 * time.Hour, 5 * time.Minute}, false},
		"much later":  {busy(429, "99999999"), "answered 429", []time.Duration{24 * time.Hour, 24 * time.Hour}, false},
		"nonsense":    {busy(503, "soon"), "answered 503", []time.Duration{5 * time.Second, 5 * time.Minute}, false},
		"hangs":       {nil, "no answer in time", []time.Duration{5 * time.Second, 5 * time.Minute}, false},
		"hangs up":    {func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }, "the receiver hung up before it had answered", []time.Duration{5 * time.Second, 5 * time.Minute}, false},
		"not HTTP":    {func(w http.ResponseWriter, _ string) { hijack(w, "nonsense\r\n\r\n") }, "malformed HTTP response", []time.Duration{5 * time.Second, 5 * time.Minute}, false},
		"much header": {func(w http.ResponseWriter, _ string) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, "header", []time.Duration{5 * time.Second, 5 * time.Minute}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: start}
			w, r := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now), receive(t, nil)
			if r.answer = tt.answer; name == "hangs" {
				r.answer = func(http.ResponseWriter, string) { <-r.over }
			}
			w.limit = 100 * time.Millisecond
			w.named(t, "erp", r.URL, nil)
			waits := w.settled(t, "erp", c, 20)
			s := w.look(t, "erp")
			if !strings.Contains(s.Last.Failed, tt.says) || s.Delivered != 0 || (s.Off != "") != tt.off || strings.Contains(s.Last.Failed, r.URL) {
				t.Errorf("it stands at %v", s)
			}
			if len(waits) != len(tt.waits) {
				t.Fatalf("waited %v, not %v", waits, tt.waits)
			}
			for i, least := range tt.waits {
				if waits[i] < least || waits[i] > least+least/4 {
					t.Errorf("wait %d: %s; want %s and by chance up to a fifth more", i+1, waits[i], least)
				}
			}
			if want := uint64(1); !tt.off && s.Parked != want {
				t.Errorf("%d are parked, not %d", s.Parked, want)
			}
		})
	}
}

func hijack(w http.ResponseWriter, says string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_, _ = conn.Write([]byte(says))
		conn.Close()
	}
}

// What is parked does not hold up what comes after it, is posted again for the asking, and a replay brings what came since a time.
func TestParkedRetriedReplayedSwitched(t *testing.T) {
	l, ids := licences(t, 4)
	c := &clock{at: start}
	w, r := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now), receive(t, nil)
	r.answer = func(w http.ResponseWriter, id string) {
		if id == ids[1] || id == ids[2] {
			w.WriteHeader(500)
		}
	}
	s, ctx := service{w}, t.Context()
	w.named(t, "erp", r.URL, nil)
	w.settled(t, "erp", c, 30)
	if got := w.parkedIDs(t, "erp"); !slices.Equal(got, ids[1:3]) {
		t.Fatalf("parked are %v; want %v", got, ids[1:3])
	}
	if got := r.taken(); !slices.Equal(got, []string{ids[0], ids[3]}) {
		t.Fatalf("taken: %v", got)
	}

	r.answer = nil
	if res, err := s.RetryDeliveries(ctx, &queryv1.RetryDeliveriesRequest{Name: "erp", EventIds: ids[2:3]}); err != nil || res.Again != 1 {
		t.Fatalf("retry one: %v, %v", res, err)
	}
	w.settled(t, "erp", c, 10)
	if got := w.parkedIDs(t, "erp"); !slices.Equal(got, ids[1:2]) {
		t.Errorf("parked are %v; want %v", got, ids[1:2])
	}
	r.answer = status(500)
	if _, err := s.RetryDeliveries(ctx, &queryv1.RetryDeliveriesRequest{Name: "erp"}); err != nil {
		t.Fatal(err)
	}
	w.settled(t, "erp", c, 10)
	list, err := s.ParkedDeliveries(ctx, &queryv1.ParkedDeliveriesRequest{Name: "erp"})
	if err != nil || len(list.Deliveries) != 1 || list.Deliveries[0].Again || list.Deliveries[0].Last.Number != 4 || list.Deliveries[0].Journal != "licensing/border" {
		t.Errorf("after a retry in vain: %v, %v", list, err)
	}

	r.answer, r.took = nil, nil
	if _, err := s.ReplayWebhook(ctx, &queryv1.ReplayWebhookRequest{Name: "erp", Since: timestamppb.New(ledgertest.Start)}); err != nil {
		t.Fatal(err)
	}
	if is := w.look(t, "erp"); is.Left != 4 || is.ReplayingSince == nil {
		t.Errorf("at the start of a replay: %v", is)
	}
	w.settled(t, "erp", c, 20)
	if is := w.look(t, "erp"); !slices.Equal(r.taken(), ids) || is.Parked != 0 || is.ReplayingSince != nil {
		t.Errorf("a replay brought %v and left %v", r.taken(), is)
	}
	if _, err := s.ReplayWebhook(ctx, &queryv1.ReplayWebhookRequest{Name: "erp", Since: timestamppb.New(c.at.Add(time.Hour))}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a replay from tomorrow: %v", err)
	}

	r.took = nil
	for _, off := range []string{"the receiver moves", ""} {
		if _, err := s.SwitchWebhook(ctx, &queryv1.SwitchWebhookRequest{Name: "erp", Off: off}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReplayWebhook(ctx, &queryv1.ReplayWebhookRequest{Name: "erp", Since: timestamppb.New(ledgertest.Start)}); err != nil {
			t.Fatal(err)
		}
		w.settled(t, "erp", c, 20)
		if got := len(r.taken()); (got == 0) != (off != "") {
			t.Errorf("off %q: %d were taken", off, got)
		}
	}
	for name, err := range map[string]error{
		"retry":  second(s.RetryDeliveries(ctx, &queryv1.RetryDeliveriesRequest{Name: "none"})),
		"test":   second(s.TestWebhook(ctx, &queryv1.TestWebhookRequest{Name: "none"})),
		"parked": second(s.ParkedDeliveries(ctx, &queryv1.ParkedDeliveriesRequest{Name: "none"})),
		"remove": second(s.RemoveWebhook(ctx, &queryv1.RemoveWebhookRequest{Name: "none"})),
		"show":   second(s.ListWebhooks(ctx, &queryv1.ListWebhooksRequest{Name: "none"})),
	} {
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("%s of a webhook that is not there: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A change while a request is on its way lets nothing be lost: the event goes again.
func TestChangeWhileOneIsPosted(t *testing.T) {
	l, ids := licences(t, 2)
	c := &clock{at: start}
	w, r := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now), receive(t, nil)
	w.named(t, "erp", r.URL, nil)
	s, once := service{w}, false
	r.answer = func(_ http.ResponseWriter, id string) {
		if !once {
			once = true
			if _, err := s.RotateWebhook(t.Context(), &queryv1.RotateWebhookRequest{Name: "erp", Secret: NewSecret()}); err != nil {
				t.Error(err)
			}
		}
	}
	w.settled(t, "erp", c, 10)
	if got := r.taken(); !slices.Equal(got, []string{ids[0], ids[0], ids[1]}) {
		t.Errorf("taken: %v", got)
	}
}
