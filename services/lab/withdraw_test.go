package lab_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// canary is a party's name that must be nowhere in the end.
const canary = "Canary Consignee 7b1f"

var nodes = []string{"licensing", "customs", "enforcement", "reporting", "observer"}

// A licence with a party's name in it is withdrawn while customs is cut off. Four nodes and the hub purge it; customs is
// named once its time is up, and purges when it is back. Then the name is in no ledger, stream, feed, relay or older copy of
// any of the five, every chain and root holds, and all hold equal rows.
func TestWithdrawnEventIsNowhere(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	customsLine := &line{conns: map[net.Conn]bool{}}
	dial := func(agency string) func(string, string) (net.Conn, error) {
		if agency == "customs" {
			return customsLine.dial
		}
		return nil
	}
	run(t, folder, lab.Options{Dial: dial}, func(l *lab.Lab) {
		licensing := l.Agencies["licensing"].Node
		record(t, licensing, granted(1))
		named := granted(2).(*licensingv1.LicenceGranted)
		named.Deal.Parties = []*transferv1.Party{{Name: canary}}
		record(t, licensing, named)
		record(t, licensing, granted(3), &licensingv1.LicenceSuspended{LicenceId: "licensing/L-2", Reason: "forged"})
		for _, name := range nodes {
			wait(t, l.Agencies[name].Node, licensingAll, 4)
		}
	})()
	if found := filesWith(t, string(folder), []byte(canary)); len(found) != len(nodes) {
		t.Fatalf("before, the name is in %v; want the ledger of each node", found)
	}
	sealed := bodyOf(t, folder, "customs", 2) // the body that holds it, as it stands in every stream
	hub := filepath.Join(string(folder), "hub")
	if found := filesWith(t, hub, sealed); len(found) != len(nodes) {
		t.Fatalf("before, the sealed body is in %v; want the relay and four feeds", found)
	}

	customsLine.set(true)
	stop := run(t, folder, lab.Options{Dial: dial}, func(l *lab.Lab) {
		licensing := l.Agencies["licensing"].Node
		order := withdraw(t, licensing, "licensing/all/2")

		comesTo(t, licensing, "four receipts", func(v ledger.View) bool {
			return slices.Equal(status(t, v, time.Now()).Done, []string{"enforcement", "licensing", "observer", "reporting"})
		})
		view(t, licensing, func(v ledger.View) {
			if s := status(t, v, time.Now()); !slices.Equal(s.Open, []string{"customs"}) || len(s.Overdue) > 0 || s.WithdrawalId != order {
				t.Errorf("in time: %v; want customs open", s)
			}
			if s := status(t, v, time.Now().AddDate(0, 0, 8)); !slices.Equal(s.Overdue, []string{"customs"}) || len(s.Open) > 0 {
				t.Errorf("after the deadline: %v; want customs overdue", s)
			}
		})
	})
	stop()
	if found := filesWith(t, filepath.Join(string(folder), "customs"), []byte(canary)); len(found) == 0 {
		t.Fatal("customs has purged what it could not hear of")
	}
	// An older copy of its ledger, as a start after a power cut leaves it.
	copyFile(t, filepath.Join(string(folder), "customs", "ledger.db"), filepath.Join(string(folder), "customs", "ledger.db.aside"))

	customsLine.set(false)
	stop = run(t, folder, lab.Options{Dial: dial}, func(l *lab.Lab) {
		licensing := l.Agencies["licensing"].Node
		comesTo(t, licensing, "all receipts", func(v ledger.View) bool { return len(status(t, v, time.Now()).Done) == len(nodes) })
		var want [32]byte
		for i, name := range nodes {
			n := l.Agencies[name].Node
			wait(t, n, licensingAll, 5)
			if got := rows(t, n, licensingAll); i > 0 && got != want {
				t.Errorf("%s has other rows than licensing", name)
			} else {
				want = got
			}
			sound(t, n)
			if stops := n.Stopped(); len(stops) > 0 {
				t.Errorf("%s: %v", name, stops)
			}
		}
		eventually(t, "the hub to purge the block", func() bool { return len(filesWith(t, hub, sealed)) == 0 })
		record(t, licensing, granted(4)) // work goes on
		wait(t, l.Agencies["customs"].Node, licensingAll, 6)
	})
	stop()
	if found := filesWith(t, string(folder), []byte(canary)); len(found) > 0 {
		t.Errorf("the name is still in %v", found)
	}
	if found := filesWith(t, string(folder), sealed); len(found) > 0 {
		t.Errorf("the sealed body is still in %v", found)
	}
	kept := restoredBackups(t, folder, nodes)
	if found := filesWith(t, string(kept), []byte(canary)); len(found) > 0 {
		t.Errorf("the name is in what backups made since are restored to: %v", found)
	}
	for _, name := range nodes {
		for _, m := range append(messages(t, folder, name), messages(t, kept, name)...) {
			if bytes.Contains(m.Data, sealed) {
				t.Errorf("the sealed body is still in message %d on %s of %s, or in its backup", m.Sequence, m.Subject, name)
			}
		}
	}
	rebuilt(t, folder)
}

// rebuilt deletes the ledger of two nodes and compares what they build anew.
func rebuilt(t *testing.T, folder lab.Folder) {
	for _, name := range []string{"licensing", "customs"} {
		if err := os.Remove(filepath.Join(string(folder), name, "ledger.db")); err != nil {
			t.Fatal(err)
		}
	}
	l := start(t, folder, lab.Options{})
	want := rows(t, l.Agencies["observer"].Node, licensingAll)
	for _, name := range []string{"licensing", "customs"} {
		n := l.Agencies[name].Node
		wait(t, n, licensingAll, 6)
		if rows(t, n, licensingAll) != want {
			t.Errorf("%s, built anew, has other rows than observer, which purged", name)
		}
		sound(t, n)
	}
	record(t, l.Agencies["licensing"].Node, granted(5))
	wait(t, l.Agencies["observer"].Node, licensingAll, 7)
}

// An event is withdrawn, and then another of the same block, while their agency is cut off and nobody else has them yet. When
// it is back, the others are given what is left and never see the rest.
func TestWithdrawnBeforeAnybodyHadIt(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	cut := &line{conns: map[net.Conn]bool{}}
	stop := run(t, folder, lab.Options{Dial: func(agency string) func(string, string) (net.Conn, error) {
		if agency == "licensing" {
			return cut.dial
		}
		return nil
	}}, func(l *lab.Lab) {
		licensing := l.Agencies["licensing"].Node
		record(t, licensing, granted(1))
		for _, name := range nodes {
			wait(t, l.Agencies[name].Node, licensingAll, 1)
		}
		cut.set(true)
		named := granted(2).(*licensingv1.LicenceGranted)
		named.Deal.Parties = []*transferv1.Party{{Name: canary}}
		other := granted(3).(*licensingv1.LicenceGranted)
		other.Deal.Parties = []*transferv1.Party{{Name: canary}}
		record(t, licensing, named, other, granted(4))
		withdraw(t, licensing, "licensing/all/2")
		comesTo(t, licensing, "receipt", func(v ledger.View) bool { return purged(t, v) == 1 })
		withdraw(t, licensing, "licensing/all/3")
		comesTo(t, licensing, "second receipt", func(v ledger.View) bool { return purged(t, v) == 2 })
		record(t, licensing, granted(5))
		cut.set(false)
		comesTo(t, licensing, "all receipts", func(v ledger.View) bool { return purged(t, v) == 2*len(nodes) })
		for _, name := range nodes {
			n := l.Agencies[name].Node
			wait(t, n, licensingAll, 7)
			if rows(t, n, licensingAll) != rows(t, licensing, licensingAll) {
				t.Errorf("%s has other rows than licensing", name)
			}
			if stops := n.Stopped(); len(stops) > 0 {
				t.Errorf("%s: %v", name, stops)
			}
			sound(t, n)
		}
	})
	stop()
	if found := filesWith(t, string(folder), []byte(canary)); len(found) > 0 {
		t.Errorf("the name is still in %v", found)
	}
}

// A node is put back from a backup that was made before a withdrawal, its receipt being on record: it purges again.
func TestRestoredBackupIsPurgedAgain(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	run(t, folder, lab.Options{}, func(l *lab.Lab) {
		licensing := l.Agencies["licensing"].Node
		named := granted(1).(*licensingv1.LicenceGranted)
		named.Deal.Parties = []*transferv1.Party{{Name: canary}}
		record(t, licensing, named)
		for _, name := range nodes {
			wait(t, l.Agencies[name].Node, licensingAll, 1)
		}
	})()
	home, backup := filepath.Join(string(folder), "customs"), filepath.Join(t.TempDir(), "customs")
	if err := os.CopyFS(backup, os.DirFS(home)); err != nil {
		t.Fatal(err)
	}
	run(t, folder, lab.Options{}, func(l *lab.Lab) {
		licensing := l.Agencies["licensing"].Node
		withdraw(t, licensing, "licensing/all/1")
		comesTo(t, licensing, "all receipts", func(v ledger.View) bool { return purged(t, v) == len(nodes) })
	})()
	if err := os.RemoveAll(home); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(home, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	if found := filesWith(t, home, []byte(canary)); len(found) == 0 {
		t.Fatal("the backup does not hold the name: this test tests nothing")
	}
	l := start(t, folder, lab.Options{})
	customs := l.Agencies["customs"].Node
	eventually(t, "customs to purge again", func() bool { return len(filesWith(t, home, []byte(canary))) == 0 })
	wait(t, customs, licensingAll, 2)
	if rows(t, customs, licensingAll) != rows(t, l.Agencies["licensing"].Node, licensingAll) {
		t.Error("customs has other rows than licensing")
	}
	sound(t, customs)
	view(t, customs, func(v ledger.View) {
		if n := purged(t, v); n != len(nodes) {
			t.Errorf("%d receipts are on record, want one of each", n)
		}
	})
}
