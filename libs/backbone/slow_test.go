package backbone_test

import (
	"strings"
	"testing"
	"time"
)

// A border post's line may take longer over one large block than a dead line takes to be noticed. The block must
// come through all the same, at the first attempt.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	line := layCable(t, strings.TrimPrefix(h.URLs()[0], "tls://"), 128<<10)
	post := startAgency(t, h, "border-post", line.Dial)
	licensing := startAgency(t, h, "licensing", nil)
	release(t, h, "licensing/all", "border-post")
	release(t, h, "border-post/all", "licensing")
	if err := post.pumps.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	began, large := time.Now(), strings.Repeat("x", 700<<10)
	record(t, licensing.Node, "all", large)
	record(t, post.Node, "all", large)
	eventually(t, "both blocks have arrived", func() bool {
		return last(t, post.Inbox()) == 1 && last(t, licensing.Inbox()) == 1
	})
	if took := time.Since(began); took < 5*time.Second {
		t.Errorf("the line was not slow: %v", took)
	}
	if s := post.pumps.Status(); !s.Connected || s.ConnectedSince.After(began) || s.LastError != "" {
		t.Errorf("the line was taken for dead: %+v", s)
	}
}
