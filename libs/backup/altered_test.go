package backup

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// refused restores a file that must be refused, with nothing left behind, and returns why.
func refused(t *testing.T, file string, identity age.Identity) string {
	t.Helper()
	parent := filepath.Join(t.TempDir(), "parent")
	_, err := Restore(t.Context(), Restoration{File: file, Identities: []age.Identity{identity}, Dir: filepath.Join(parent, "to")})
	if err == nil {
		t.Fatal("it was restored")
	}
	if left := entries(t, parent); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return err.Error()
}

func TestDamagedFileIsRefused(t *testing.T) {
	t.Parallel()
	file, identity := backUp(t, 12)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(t *testing.T, content []byte) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "damaged")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return refused(t, path, identity)
	}
	for name, length := range map[string]int{
		"nothing": 0, "its header": 100, "a third": len(content) / 3, "half": len(content) / 2, "all but a byte": len(content) - 1,
	} {
		t.Run("cut to "+name, func(t *testing.T) {
			if why := damage(t, content[:length]); length > 1000 && !strings.Contains(why, "member ") {
				t.Errorf("no member in %q", why)
			}
		})
	}
	for name, at := range map[string]int{"third": len(content) / 3, "middle": len(content) / 2, "end": len(content) - 10} {
		t.Run("flipped in the "+name, func(t *testing.T) {
			changed := bytes.Clone(content)
			changed[at] ^= 1
			if why := damage(t, changed); !strings.Contains(why, "member ") {
				t.Errorf("no member in %q", why)
			}
		})
	}
	t.Run("longer", func(t *testing.T) {
		damage(t, append(bytes.Clone(content), 0))
	})
	t.Run("for somebody else", func(t *testing.T) {
		if why := refused(t, file, newIdentity(t)); !strings.Contains(why, "not made for this identity") {
			t.Error(why)
		}
	})
}

// rewrite makes a backup anew from another, as one can who may read it: change is given each member, and returns it as it
// shall be; nil leaves it away.
func rewrite(t *testing.T, file string, identity *age.X25519Identity, change func(name string, content []byte) (string, []byte)) string {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	opened, err := age.Decrypt(in, identity)
	if err != nil {
		t.Fatal(err)
	}
	expanded, err := zstd.NewReader(opened)
	if err != nil {
		t.Fatal(err)
	}
	defer expanded.Close()
	path := filepath.Join(t.TempDir(), "rewritten")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w, err := newWriter(out, []age.Recipient{identity.Recipient()}, mustManifest(t, file, identity).Made)
	if err != nil {
		t.Fatal(err)
	}
	for members := tar.NewReader(expanded); ; {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(members)
		if err != nil {
			t.Fatal(err)
		}
		if name, content := change(header.Name, content); content != nil {
			if err := w.write(name, int64(len(content)), bytes.NewReader(content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.tar.Close(), w.zstd.Close(), w.age.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustManifest(t *testing.T, file string, identity age.Identity) *Manifest {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	m, err := read(in, []age.Identity{identity}, func(_ string, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAlteredBackupIsRefused(t *testing.T) {
	t.Parallel()
	file, identity := backUp(t, 2)
	manifest := func(edit func(*Manifest)) func(string, []byte) (string, []byte) {
		return func(name string, content []byte) (string, []byte) {
			if name != manifestName {
				return name, content
			}
			var m Manifest
			if err := json.Unmarshal(content, &m); err != nil {
				t.Fatal(err)
			}
			edit(&m)
			content, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			return name, content
		}
	}
	member := func(of string, edit func([]byte) (string, []byte)) func(string, []byte) (string, []byte) {
		return func(name string, content []byte) (string, []byte) {
			if name == of {
				return edit(content)
			}
			return name, content
		}
	}
	for name, tt := range map[string]struct {
		change func(string, []byte) (string, []byte)
		want   string
	}{
		"untouched":             {func(name string, content []byte) (string, []byte) { return name, content }, ""},
		"another digest":        {manifest(func(m *Manifest) { m.Members[0].SHA256 = m.Members[1].SHA256 }), "member files/agency.json is not what"},
		"a member more":         {manifest(func(m *Manifest) { m.Members = m.Members[1:] }), "member files/agency.json is not named"},
		"another end of stream": {manifest(func(m *Manifest) { m.Streams[1].Last++ }), "JOURNAL"},
		"another format":        {manifest(func(m *Manifest) { m.Format = 2 }), "format 2"},
		"another key":           {member("files/signing.key", func([]byte) (string, []byte) { return "files/signing.key", []byte("else") }), "member files/signing.key is not what"},
		"a member less":         {member("files/signing.key", func([]byte) (string, []byte) { return "", nil }), "member files/signing.key is missing"},
		"no manifest":           {member(manifestName, func([]byte) (string, []byte) { return "", nil }), "without its member manifest.json"},
		"a manifest cut short":  {member(manifestName, func(b []byte) (string, []byte) { return manifestName, b[:len(b)/2] }), "member manifest.json"},
		"a member outside":      {member("files/signing.key", func(b []byte) (string, []byte) { return "files/../../signing.key", b }), "member files/../../signing.key"},
		"a member elsewhere":    {member("files/signing.key", func(b []byte) (string, []byte) { return "signing.key", b }), "member signing.key"},
		"a member twice":        {member("files/signing.key", func(b []byte) (string, []byte) { return "files/agency.json", b }), "member files/agency.json is there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			rewritten := rewrite(t, file, identity, tt.change)
			if tt.want == "" {
				if _, err := Restore(t.Context(), Restoration{File: rewritten, Identities: []age.Identity{identity}, Dir: filepath.Join(t.TempDir(), "to")}); err != nil {
					t.Fatal(err)
				}
				return
			}
			if why := refused(t, rewritten, identity); !strings.Contains(why, tt.want) {
				t.Errorf("refused because %q, want something with %q", why, tt.want)
			}
		})
	}
}
