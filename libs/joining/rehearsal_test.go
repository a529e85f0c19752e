package joining_test

import (
	"bytes"
	"encoding/hex"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/joining"
	"github.com/counterfoil/counterfoil/libs/node"
)

// asked is a folder that an agency asked to join from, and its request's sealing key.
func asked(t *testing.T, agency string) (node.Home, []byte) {
	t.Helper()
	home := node.Home(t.TempDir())
	r, err := joining.Ask(home, node.Profile{Agency: agency, State: "XA", Service: "observer", Listen: "127.0.0.1:0"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := joining.Check(r); err != nil {
		t.Fatal(err)
	}
	return home, r.SealingKey
}

// Everybody comes to the root that is published, whatever keys the history is sealed with.
func TestRehearsalComesToThePublishedRoot(t *testing.T) {
	for _, agency := range []string{"audit", "customs"} {
		home, sealing := asked(t, agency)
		r, err := joining.NewRehearsal(agency, sealing)
		if err != nil {
			t.Fatal(err)
		}
		root, err := r.Rehearse(t.Context(), home, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Errorf("rehearse as %s: %v; the root is %x", agency, err, root)
		}
		if _, err := os.Stat(string(home) + "/rehearsal"); !os.IsNotExist(err) {
			t.Errorf("the rehearsal left its folder behind: %v", err)
		}
	}
	docs, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if published := hex.EncodeToString(joining.Root[:]); !strings.Contains(string(docs), published) {
		t.Errorf("docs/operations.md does not publish the root %s", published)
	}
}

// A history that was altered, shortened or sealed for somebody else does not pass.
func TestRehearsalThatIsNotRightIsRefused(t *testing.T) {
	home, sealing := asked(t, "audit")
	other, _ := asked(t, "audit")
	fresh := func() *joining.Rehearsal {
		r, err := joining.NewRehearsal("audit", sealing)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, tt := range []struct {
		name   string
		home   node.Home
		damage func(*joining.Rehearsal)
		want   string
	}{
		{"a block is altered", home, func(r *joining.Rehearsal) {
			last := r.Blocks[len(r.Blocks)-1].Data
			last[len(last)-1] ^= 1
		}, "stopped at block"},
		{"a block is missing", home, func(r *joining.Rehearsal) { r.Blocks = append(r.Blocks[:10], r.Blocks[11:]...) }, "stopped at block"},
		{"the end is missing", home, func(r *joining.Rehearsal) { r.Blocks = r.Blocks[:len(r.Blocks)-1] }, "came out otherwise"},
		{"another root is expected", home, func(r *joining.Rehearsal) { r.Root = bytes.Repeat([]byte{1}, 32) }, "came out otherwise"},
		{"it was sealed for another agency's key", other, func(*joining.Rehearsal) {}, "can unwrap"},
		{"a block names no journal", home, func(r *joining.Rehearsal) { r.Blocks[3].Agency = "*" }, "names no journal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := fresh()
			tt.damage(r)
			_, err := r.Rehearse(t.Context(), tt.home, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("rehearse: %v; want %q", err, tt.want)
			}
			if fault.As(err) == nil {
				t.Errorf("rehearse: %v; want a refusal that says what to do", err)
			}
		})
	}
}
