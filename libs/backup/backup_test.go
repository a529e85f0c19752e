package backup

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// files is what a node's folder holds in these tests beside its store.
var files = map[string]string{
	"agency.json": `{"agency":"customs"}`, "signing.key": "seed", "tls/server.key": "key", "hub/hub.creds": "creds",
	"evidence/block-1": "doubted", "ledger.db": "derived", "ledger.db.aside": "derived", "node.pid": "1", "users.json": "{}",
}

// startNode runs a broker on a folder with those files, with blocks in its journal that do not get small.
func startNode(t *testing.T, blocks int) (dir string, n *backbone.Node) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	n, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: "customs", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	for range blocks {
		block := make([]byte, 500_000)
		rand.Read(block)
		if _, err := n.JetStream().Publish(t.Context(), "block.customs.all", block); err != nil {
			t.Fatal(err)
		}
	}
	return dir, n
}

func newIdentity(t *testing.T) *age.X25519Identity {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// backUp writes a backup of a node and returns the file and what opens it.
func backUp(t *testing.T, blocks int) (file string, identity *age.X25519Identity) {
	t.Helper()
	dir, _ := startNode(t, blocks)
	identity, file = newIdentity(t), filepath.Join(t.TempDir(), "node.backup")
	if _, err := Make(t.Context(), Config{Dir: dir, Out: file, Recipients: []age.Recipient{identity.Recipient()}}); err != nil {
		t.Fatal(err)
	}
	return file, identity
}

// tree returns the files of a folder with their content, without the store.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		name, _ := filepath.Rel(dir, path)
		switch {
		case name == "broker":
			return fs.SkipDir
		case entry.Type().IsRegular():
			content, err := os.ReadFile(path)
			all[name] = string(content)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFolderComesBackWithoutWhatIsDerived(t *testing.T) {
	t.Parallel()
	dir, n := startNode(t, 12) // more than one part
	identity, file := newIdentity(t), filepath.Join(t.TempDir(), "node.backup")
	var done, total uint64
	made, err := Make(t.Context(), Config{
		Dir: dir, Out: file, Recipients: []age.Recipient{identity.Recipient()}, Program: "test",
		Progress: func(d, t uint64) { done, total = d, t },
	})
	if err != nil {
		t.Fatal(err)
	}
	if made.What != "node" || made.Agency != "customs" || total == 0 || done != total {
		t.Errorf("made %s of %s, %d of %d bytes", made.What, made.Agency, done, total)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode of the backup %v, %v", info.Mode(), err)
	}
	want := tree(t, dir)
	for name := range want {
		if strings.HasPrefix(name, "ledger.db") || name == "node.pid" {
			delete(want, name)
		}
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "deep", "customs")
	m, err := Restore(t.Context(), Restoration{File: file, Identities: []age.Identity{identity}, Dir: to})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, m); diff != "" {
		t.Errorf("manifest:\n%s", diff)
	}
	if diff := cmp.Diff(want, tree(t, to)); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
	if _, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: "customs", Dir: to}); err != nil {
		t.Errorf("the restored node does not start: %v", err)
	}
	if left := entries(t, filepath.Dir(to)); len(left) != 1 {
		t.Errorf("left beside the restored folder: %v", left)
	}
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return names
}

func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	file, identity := backUp(t, 0)
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "kept"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Restore(t.Context(), Restoration{File: file, Identities: []age.Identity{identity}, Dir: full})
	if err == nil || !strings.Contains(err.Error(), "not empty") || len(entries(t, full)) != 1 {
		t.Errorf("restored over a folder: %v", err)
	}
	dir, _ := startNode(t, 0)
	_, err = Make(t.Context(), Config{Dir: dir, Out: file, Recipients: []age.Recipient{identity.Recipient()}})
	if err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("wrote over a backup: %v", err)
	}
}

func TestPassphrase(t *testing.T) {
	t.Parallel()
	dir, _ := startNode(t, 1)
	folder := t.TempDir()
	right, wrong, short := filepath.Join(folder, "right"), filepath.Join(folder, "wrong"), filepath.Join(folder, "short")
	err := errors.Join(os.WriteFile(right, []byte("four words that nobody says\n"), 0o600),
		os.WriteFile(wrong, []byte("four words that somebody says\n"), 0o600), os.WriteFile(short, []byte("short"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Recipients(nil, short); err == nil || !strings.Contains(err.Error(), "too short") {
		t.Errorf("took a short passphrase: %v", err)
	}
	if _, err := Recipients([]string{newIdentity(t).Recipient().String()}, right); err == nil {
		t.Error("took a passphrase and a key")
	}
	if _, err := Recipients(nil, ""); err == nil || !strings.Contains(err.Error(), "in the clear") {
		t.Errorf("a backup for nobody: %v", err)
	}
	recipients, err := Recipients(nil, right)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "backup")
	if _, err := Make(t.Context(), Config{Dir: dir, Out: file, Recipients: recipients}); err != nil {
		t.Fatal(err)
	}
	for passphrase, opens := range map[string]bool{right: true, wrong: false} {
		identities, err := Identities("", passphrase)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Restore(t.Context(), Restoration{File: file, Identities: identities, Dir: filepath.Join(t.TempDir(), "to")})
		if (err == nil) != opens {
			t.Errorf("%s passphrase: %v", filepath.Base(passphrase), err)
		}
	}
}

// A database that the process writes to in place is taken from the process, whole, or not at all.
func TestOpenDatabaseIsGivenOutByItsProcess(t *testing.T) {
	t.Parallel()
	dir, n := startNode(t, 0)
	db, err := bbolt.Open(filepath.Join(dir, "access.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	put := func(from, to int) {
		for i := from; i < to; i++ {
			err := db.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte("entries"))
				if err != nil {
					return err
				}
				return b.Put(fmt.Appendf(nil, "%06d", i), make([]byte, 1000))
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	put(0, 100)
	identity, folder := newIdentity(t), t.TempDir()
	c := Config{Dir: dir, Out: filepath.Join(folder, "backup"), Recipients: []age.Recipient{identity.Recipient()}}
	if _, err := Make(t.Context(), c); err == nil || !strings.Contains(err.Error(), "access.db") {
		t.Fatalf("an open database was copied from under its process: %v", err)
	}
	if left := entries(t, folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	n.GiveOut("access.db", func(w io.Writer) error {
		return db.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(w); return err })
	})
	var writing sync.WaitGroup
	writing.Go(func() { put(100, 300) })
	_, err = Make(t.Context(), c)
	writing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "to")
	if _, err := Restore(t.Context(), Restoration{File: c.Out, Identities: []age.Identity{identity}, Dir: to}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = bbolt.Open(filepath.Join(to, "access.db"), 0o600, nil); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		if got := tx.Bucket([]byte("entries")).Stats().KeyN; got < 100 || got > 300 {
			t.Errorf("%d entries", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
