package ledger_test

import (
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

func near(t *testing.T, l *ledger.Ledger, name string) (found []string) {
	t.Helper()
	err := l.View(func(v ledger.View) (err error) {
		found, err = v.NamesNear(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A name is found by others that are near to it, in any table, and once its event is withdrawn no more.
func TestNamesNear(t *testing.T) {
	blocks := withCanary()
	l := folded(t, blocks)
	entry := &screeningv1.ListEntry{EntryId: "licensing/un-1", Source: "un", Names: []*screeningv1.ListName{{Text: "Волкова Ирина"}}}
	tx := ledgertest.Begin(t, l)
	w := ledgertest.NewWriter()
	w.After(blocks[len(blocks)-1])
	w.Event(suspendedL) // the order took its id
	b := w.Blocks(ledgertest.By("licensing", &screeningv1.ListEntryAdded{EntryId: entry.EntryId, Entry: entry}))[0]
	if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
		t.Fatal(err)
	}
	if got, err := tx.NamesNear("Irina Volkova"); err != nil || !slices.Equal(got, []string{ledger.FoldName("Волкова Ирина")}) {
		t.Errorf("near to a name in another script, before the commit: %q, %v", got, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	misspelt := canary[:len(canary)-1]
	if got := near(t, l, misspelt); !slices.Contains(got, ledger.FoldName(canary)) {
		t.Errorf("near to %q: %q", misspelt, got)
	}
	redact(t, l, ledgertest.Redacted(blocks[1], 2), (*ledger.Tx).Commit)
	if got := near(t, l, canary); len(got) > 0 {
		t.Errorf("a withdrawn name is found: %q", got)
	}
}

// A name that its keys do not lead to would be screened as if nobody had it: Check says so.
func TestCheckMissesNoName(t *testing.T) {
	l := folded(t, withCanary())
	path := l.Path()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		key, _ := tx.Bucket([]byte("names")).Cursor().Last()
		return tx.Bucket([]byte("names")).Delete(key)
	})
	if err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	again, err := ledger.Open(path, ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	var findings []string
	if err := again.View(func(v ledger.View) (err error) {
		findings, err = v.Check(t.Context())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(findings, func(f string) bool { return strings.Contains(f, "is not found by its keys") }) {
		t.Errorf("findings: %q", findings)
	}
}
