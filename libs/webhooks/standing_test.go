package webhooks

import (
	"path/filepath"
	"strings"
	"testing"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// What was taken is counted since the start: no webhook that is removed takes its count with it.
func TestDeliveredOnlyGrows(t *testing.T) {
	l, _ := licences(t, 3)
	c := &clock{at: start}
	w, r := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now), receive(t, nil)
	w.named(t, "erp", r.URL, nil)
	w.settled(t, "erp", c, 10)
	if _, err := (service{w}).RemoveWebhook(t.Context(), &queryv1.RemoveWebhookRequest{Name: "erp"}); err != nil {
		t.Fatal(err)
	}
	is, err := w.Standing()
	if err != nil || is.Delivered != 3 || is.On != 0 || is.Sent == 0 {
		t.Errorf("after the webhook was removed: %+v, %v", is, err)
	}
}

// A webhook that turned itself off is trouble, and one that gave deliveries up; one that a person turned off is not, whatever was before.
func TestTroubleIsWhatNobodyDidOnPurpose(t *testing.T) {
	l, _ := licences(t, 2)
	c := &clock{at: start}
	w, gone, fails := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now), receive(t, status(410)), receive(t, status(500))
	look := func(troubled int, ok bool, says string) {
		t.Helper()
		is, err := w.Standing()
		if err != nil || is.Troubled != troubled {
			t.Errorf("%d are in trouble, not %d: %v", is.Troubled, troubled, err)
		}
		if check, err := w.Examine(t.Context()); err != nil || check.Ok != ok || !strings.Contains(check.Detail, says) {
			t.Errorf("the doctor says %v, %v; not %t, %q", check, err, ok, says)
		}
	}
	turn := func(name, off string) {
		t.Helper()
		if _, err := (service{w}).SwitchWebhook(t.Context(), &queryv1.SwitchWebhookRequest{Name: name, Off: off}); err != nil {
			t.Fatal(err)
		}
	}
	w.named(t, "erp", gone.URL, nil)
	look(0, true, "1 webhooks, each takes")
	turn("erp", "the receiver moves")
	look(0, true, "erp was turned off: the receiver moves")
	turn("erp", "")
	w.settled(t, "erp", c, 10)
	look(1, false, "erp turned itself off: the receiver answered 410")
	w.named(t, "desk", fails.URL, nil)
	w.settled(t, "desk", c, 40)
	look(2, false, "desk gave 2 deliveries up")
	turn("erp", "we know")
	look(1, false, "desk gave")
	turn("desk", "being mended")
	look(0, true, "desk was turned off: being mended; erp was turned off: we know")
	turn("erp", "")
	w.settled(t, "erp", c, 10)
	look(1, false, "erp turned itself off")
}
