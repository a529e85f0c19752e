package webhooks

import (
	"path/filepath"
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
