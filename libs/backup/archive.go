package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	// format is the version of the archive's layout. A reader refuses any other.
	format = 1
	// manifestName is the last member; what is not named in it is no part of the archive.
	manifestName = "manifest.json"
	// part is how much of a stream is one member, in bytes: it need not be written down in the clear to know its size.
	part = 4 << 20
	// maxWindow bounds what the compression may ask for to be read, in bytes.
	maxWindow = 64 << 20
)

// Manifest says what an archive holds.
type Manifest struct {
	Format int `json:"format"`
	// What is "node" or "hub".
	What string `json:"what"`
	// Agency whose node it is; empty for a hub.
	Agency string    `json:"agency,omitempty"`
	Made   time.Time `json:"made"`
	// Program is the version that made it.
	Program string                `json:"program"`
	Streams []backbone.KeptStream `json:"streams"`
	Members []Member              `json:"members"`
	// Alone is set by a restore that made a hub of one from a server of three.
	Alone bool `json:"-"`
}

// Member is one file of the archive.
type Member struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// writer writes members and then the manifest: a tar, compressed with zstd, encrypted with age.
type writer struct {
	age     io.WriteCloser
	zstd    *zstd.Encoder
	tar     *tar.Writer
	made    time.Time
	members []Member
}

func newWriter(to io.Writer, recipients []age.Recipient, made time.Time) (*writer, error) {
	sealed, err := age.Encrypt(to, recipients...)
	if err != nil {
		return nil, err
	}
	compressed, err := zstd.NewWriter(sealed, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return &writer{age: sealed, zstd: compressed, tar: tar.NewWriter(compressed), made: made}, nil
}

// add writes a member of the given size.
func (w *writer) add(name string, size int64, content io.Reader) error {
	digest := sha256.New()
	if err := w.write(name, size, io.TeeReader(content, digest)); err != nil {
		return err
	}
	w.members = append(w.members, Member{name, size, hex.EncodeToString(digest.Sum(nil))})
	return nil
}

func (w *writer) write(name string, size int64, content io.Reader) error {
	err := w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.made})
	if err == nil {
		_, err = io.CopyN(w.tar, content, size)
	}
	if err != nil {
		return fmt.Errorf("write member %s: %w", name, err)
	}
	return nil
}

// addParts writes what r holds as members prefix/000001 and so on, and tells done of the bytes of each.
func (w *writer) addParts(prefix string, r io.Reader, done func(int)) error {
	content := make([]byte, part)
	for i := 1; ; i++ {
		n, err := io.ReadFull(r, content)
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && n > 0
		if err != nil && !ended {
			return err
		}
		if n > 0 {
			if err := w.add(fmt.Sprintf("%s/%06d", prefix, i), int64(n), bytes.NewReader(content[:n])); err != nil {
				return err
			}
			done(n)
		}
		if ended {
			return nil
		}
	}
}

// close writes the manifest and ends the archive.
func (w *writer) close(m *Manifest) error {
	m.Format, m.Members = format, w.members
	stated, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return errors.Join(w.write(manifestName, int64(len(stated)), bytes.NewReader(stated)), w.tar.Close(), w.zstd.Close(), w.age.Close())
}

// read opens an archive, hands each member to take and returns the manifest once every member was there whole, as the
// manifest has it. take must be able to undo: a fault can show at the very end. An error names the member.
func read(from io.Reader, identities []age.Identity, take func(name string, r io.Reader) error) (*Manifest, error) {
	opened, err := age.Decrypt(from, identities...)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", notOurs(err))
	}
	expanded, err := zstd.NewReader(opened, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	defer expanded.Close()
	members := tar.NewReader(expanded)
	found := map[string]Member{}
	for after := "the beginning"; ; {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			return nil, fault.Errorf(fault.Invalid, "the backup is damaged: it ends after %s, without its member %s", after, manifestName)
		} else if err != nil {
			return nil, fault.Errorf(fault.Invalid, "the backup is damaged after %s: %v", after, err)
		}
		if found[header.Name].Name != "" {
			return nil, fault.Errorf(fault.Invalid, "the backup is damaged: member %s is there twice", header.Name)
		}
		if header.Name == manifestName {
			return readManifest(members, expanded, found)
		}
		digest := sha256.New()
		if err := take(header.Name, io.TeeReader(members, digest)); err != nil {
			return nil, fmt.Errorf("read member %s: %w", header.Name, damaged(err))
		}
		found[header.Name] = Member{header.Name, header.Size, hex.EncodeToString(digest.Sum(nil))}
		after = "member " + header.Name
	}
}

// damaged tells an archive that ends early from other errors.
func damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Errorf(fault.Invalid, "the backup is damaged: it ends in the middle")
	}
	return err
}

// readManifest reads the last member and compares what was found with it.
func readManifest(r, rest io.Reader, found map[string]Member) (*Manifest, error) {
	m := &Manifest{}
	if err := json.NewDecoder(r).Decode(m); err != nil {
		return nil, fmt.Errorf("read member %s: %w", manifestName, damaged(err))
	}
	// The end is authenticated too: what comes after the manifest must be nothing.
	if _, err := io.Copy(io.Discard, rest); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the backup is damaged after member %s: %v", manifestName, err)
	}
	if m.Format != format {
		return nil, fault.Errorf(fault.Invalid, "the backup has format %d, this program reads %d: use the version that made it, %s",
			m.Format, format, m.Program)
	}
	for _, want := range m.Members {
		got, there := found[want.Name]
		switch {
		case !there:
			return nil, fault.Errorf(fault.Invalid, "the backup is damaged: member %s is missing", want.Name)
		case got != want:
			return nil, fault.Errorf(fault.Invalid, "the backup is damaged: member %s is not what the manifest says", want.Name)
		}
		delete(found, want.Name)
	}
	for name := range found {
		return nil, fault.Errorf(fault.Invalid, "the backup is damaged: member %s is not named in the manifest", name)
	}
	return m, nil
}

// Files counts the members that are files of the folder.
func (m *Manifest) Files() (n int) {
	for _, member := range m.Members {
		if strings.HasPrefix(member.Name, "files/") {
			n++
		}
	}
	return n
}
