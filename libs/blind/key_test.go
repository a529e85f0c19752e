package blind_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/counterfoil/counterfoil/libs/blind"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blind.key")
	k, err := blind.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := blind.WriteKey(path, k); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	again, err := blind.ReadKey(path)
	if err != nil || !bytes.Equal(again.Public(), k.Public()) {
		t.Fatalf("read again: %v", err)
	}
	if !slices.EqualFunc(published(t, again, [][]byte{[]byte("a")}, 2), published(t, k, [][]byte{[]byte("a")}, 2), bytes.Equal) {
		t.Error("the key that was read makes other tokens")
	}
	if err := blind.WriteKey(path, newKey('o')); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over another key: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := blind.ReadKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others may read: %v", err)
	}
	if _, err := blind.NewKey(strings.NewReader("short")); err == nil {
		t.Error("a key from five bytes")
	}
}

func TestReadKeyRefuses(t *testing.T) {
	const zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty":       "",
		"no PEM":      "key",
		"other type":  "-----BEGIN PRIVATE KEY-----\n" + zero + "\n-----END PRIVATE KEY-----\n",
		"zero":        "-----BEGIN COUNTERFOIL BLIND CHECK KEY-----\n" + zero + "\n-----END COUNTERFOIL BLIND CHECK KEY-----\n",
		"short":       "-----BEGIN COUNTERFOIL BLIND CHECK KEY-----\nAQ==\n-----END COUNTERFOIL BLIND CHECK KEY-----\n",
		"more behind": "-----BEGIN COUNTERFOIL BLIND CHECK KEY-----\nAQ==\n-----END COUNTERFOIL BLIND CHECK KEY-----\nmore",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := blind.ReadKey(path); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	if _, err := blind.ReadKey(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// What goroutines share is read only; the race detector says so.
func TestKeyAnswersAtOnce(t *testing.T) {
	elements := ask(t, "check", [][]byte{[]byte("a"), []byte("b")}, 2).Elements()
	k := newKey('k')
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, _, err := k.Answer(elements); err != nil {
				t.Error(err)
			}
			if _, err := k.Tokens(elements, 4); err != nil {
				t.Error(err)
			}
			if _, err := blind.Ask(secret, "check", elements); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
