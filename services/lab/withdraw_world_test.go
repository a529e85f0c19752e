package lab_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/backup"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/statement"
)

// purged counts the receipts on record.
func purged(t *testing.T, v ledger.View) (n int) {
	t.Helper()
	for _, name := range nodes {
		given, err := v.WithdrawalReceiptsWith("agency", name)
		if err != nil {
			t.Fatal(err)
		}
		n += len(given)
	}
	return n
}

func withdraw(t *testing.T, n *node.Node, event string) string {
	t.Helper()
	s, err := statement.New(statement.Config{Node: n})
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Withdraw(t.Context(), &directoryv1.WithdrawRequest{
		Particulars: &eventv1.Particulars{IdempotencyKey: "w " + event}, Event: event, Reason: "court order", Days: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	return res.WithdrawalId
}

func view(t *testing.T, n *node.Node, fn func(ledger.View)) {
	t.Helper()
	err := n.Ledger.View(func(v ledger.View) error {
		fn(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eventually returns once something is so that tells nobody.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !is(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// status is that of the one order on record.
func status(t *testing.T, v ledger.View, now time.Time) *directoryv1.WithdrawalStatus {
	t.Helper()
	list, err := directory.Withdrawals(v, now)
	if err != nil || len(list) > 1 {
		t.Fatalf("withdrawals: %v, %v", list, err)
	}
	if len(list) == 0 {
		return &directoryv1.WithdrawalStatus{}
	}
	return list[0]
}

// messages reads every message of both streams of a node that is down.
func messages(t *testing.T, folder lab.Folder, agency string) (all []*jetstream.RawStreamMsg) {
	t.Helper()
	n, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: agency, Dir: filepath.Join(string(folder), agency)})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for _, s := range []jetstream.Stream{n.Journal(), n.Inbox()} {
		info, err := s.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for sequence := info.State.FirstSeq; sequence <= info.State.LastSeq; sequence++ {
			if m, err := s.GetMsg(t.Context(), sequence); err == nil {
				all = append(all, m)
			}
		}
	}
	return all
}

// bodyOf returns the sealed body of a block of licensing that a node holds whole.
func bodyOf(t *testing.T, folder lab.Folder, agency string, number uint64) []byte {
	t.Helper()
	for _, m := range messages(t, folder, agency) {
		block, header := &eventv1.Block{}, &eventv1.Header{}
		if proto.Unmarshal(m.Data, block) != nil || proto.Unmarshal(block.Header, header) != nil {
			continue
		}
		if header.Agency == licensingAll.Agency && header.Group == licensingAll.Group && header.Number == number && len(block.Body) > 0 {
			return block.Body
		}
	}
	t.Fatalf("%s does not hold block %d", agency, number)
	return nil
}

// restoredBackups makes a backup of each node and restores it below a folder of its own.
func restoredBackups(t *testing.T, folder lab.Folder, nodes []string) lab.Folder {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	kept := lab.Folder(t.TempDir())
	for _, name := range nodes {
		file := filepath.Join(t.TempDir(), name+".backup")
		if _, err := backup.Make(t.Context(), backup.Config{Dir: string(folder.Home(name)), Out: file, Recipients: []age.Recipient{identity.Recipient()}}); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Restore(t.Context(), backup.Restoration{File: file, Identities: []age.Identity{identity}, Dir: string(kept.Home(name))}); err != nil {
			t.Fatal(err)
		}
	}
	return kept
}

// filesWith returns the files below a folder that hold the bytes.
func filesWith(t *testing.T, folder string, wanted []byte) (found []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a broker has put another in its place
		}
		if bytes.Contains(data, wanted) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
