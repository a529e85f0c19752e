package backbone

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/nats-io/nkeys"

	"github.com/counterfoil/counterfoil/libs/whole"
)

// privateDir makes dir and its parents where they are missing. Only the program's own user can look into dir.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// privateFile replaces the file at path, readable by the program's own user only. After a crash the file is the
// old or the new one, whole.
// keptFile returns what the file at path holds. A missing file is first made from what make returns.
func keptFile(path string, make func() ([]byte, error)) ([]byte, error) {
	content, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	if content, err = make(); err != nil {
		return nil, err
	}
	return content, whole.Write(path, content, 0o600)
}

// keptKey returns the key pair whose seed the file at path holds, made on first use.
func keptKey(path string, make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, error) {
	seed, err := keptFile(path, func() ([]byte, error) {
		pair, err := make()
		if err != nil {
			return nil, err
		}
		return pair.Seed()
	})
	if err != nil {
		return nil, err
	}
	pair, err := nkeys.FromSeed(bytes.TrimSpace(seed))
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", path, err)
	}
	return pair, nil
}

// newStoreKey returns 256 random bits as text, for the encryption of a store.
func newStoreKey() ([]byte, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return []byte(base64.StdEncoding.EncodeToString(key)), nil
}

// holdsAnything reports whether dir is there and not empty.
func holdsAnything(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return len(entries) > 0, err
}
