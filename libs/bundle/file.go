package bundle

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// File is a bundle whose manifest was read. Nothing of it is believed before Signed and Check. Its methods may be called
// from any goroutine.
type File struct {
	Manifest *queryv1.BundleManifest
	// KeyID names the key that it says to be signed with (journal.KeyID).
	KeyID []byte

	in        io.ReaderAt
	size      int64
	head      []byte // everything before the frames
	signature []byte
	signed    []byte
	ids       []journal.ID
	first     []int // frame that each journal begins with, from 0
}

// Open reads the manifest of a file of a size in bytes. It returns *Damage for what is no bundle. Memory is bounded by
// MaxManifest, however large the file says to be.
func Open(in io.ReaderAt, size int64) (*File, error) {
	f := &File{in: in, size: size}
	start := make([]byte, headSize)
	if err := f.read(start, 0, "the file ends before the manifest"); err != nil {
		return nil, err
	}
	if string(start[:len(magic)]) != magic {
		return nil, &Damage{Kind: noBundle, What: "the file is no bundle"}
	}
	if v := binary.BigEndian.Uint32(start[len(magic):]); v != Version {
		return nil, &Damage{Kind: noBundle, Byte: int64(len(magic)), What: fmt.Sprintf("the bundle is of version %d, and this program reads version %d", v, Version)}
	}
	n := binary.BigEndian.Uint32(start[len(magic)+4:])
	if n > MaxManifest || size > MaxFile {
		return nil, &Damage{Kind: altered, Byte: int64(len(magic) + 4), What: fmt.Sprintf("a manifest of %d bytes in a file of %d is more than a bundle has", n, size)}
	}
	var rest bytes.Buffer // grows with what is there, not with what is said
	all := int64(n) + keySize + ed25519.SignatureSize
	if got, err := io.Copy(&rest, io.NewSectionReader(in, int64(headSize), all)); err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	} else if got < all {
		return nil, &Damage{Kind: truncated, Byte: size, What: "the file ends within the manifest"}
	}
	manifest := rest.Bytes()[:n]
	f.head, f.signed = append(start, rest.Bytes()...), toSign(manifest)
	f.KeyID, f.signature = rest.Bytes()[n:n+keySize], rest.Bytes()[n+keySize:]
	f.Manifest = &queryv1.BundleManifest{}
	if err := proto.Unmarshal(manifest, f.Manifest); err != nil {
		return nil, &Damage{Kind: altered, Byte: int64(headSize), What: fmt.Sprintf("the manifest does not decode: %v", err)}
	}
	if err := f.consistent(); err != nil {
		return nil, &Damage{Kind: altered, Byte: int64(headSize), What: "the manifest contradicts itself: " + err.Error()}
	}
	return f, nil
}

// consistent checks the manifest against itself.
func (f *File) consistent() error {
	m := f.Manifest
	frames := len(m.Sizes)
	switch {
	case !agency(m.Maker) || !agency(m.Reader) || m.Maker == m.Reader || m.Made.CheckValid() != nil:
		return errors.New("it does not say who made it for whom, and when")
	case len(m.Journals) == 0 || len(m.Journals) > MaxJournals || frames > MaxFrames || len(m.Digests) != frames*digestSize:
		return fmt.Errorf("%d journals, %d frames and %d bytes of digests", len(m.Journals), frames, len(m.Digests))
	}
	seen := map[journal.ID]bool{}
	next := 0
	for _, j := range m.Journals {
		id, err := journal.ParseID(j.Journal)
		if err != nil {
			return err
		}
		if seen[id] || id.Agency == m.Reader {
			return fmt.Errorf("journal %s comes twice, or is the reader's own", id)
		}
		if j.Frames == 0 || int(j.Frames) > frames-next {
			return fmt.Errorf("journal %s has %d frames of %d", id, j.Frames, frames-next)
		}
		var size uint64
		for _, n := range m.Sizes[next : next+int(j.Frames)] {
			if n == 0 || n > MaxFrame {
				return fmt.Errorf("a frame of %d bytes", n)
			}
			size += uint64(n)
		}
		if size != j.Bytes || j.LastSequence <= j.AfterSequence {
			return fmt.Errorf("journal %s has %d bytes in frames and says %d, and ends at %d after %d", id, size, j.Bytes, j.LastSequence, j.AfterSequence)
		}
		seen[id] = true
		f.ids, f.first = append(f.ids, id), append(f.first, next)
		next += int(j.Frames)
	}
	if next != frames {
		return fmt.Errorf("%d frames belong to no journal", frames-next)
	}
	return nil
}

func agency(name string) bool { return journal.ID{Agency: name, Group: name}.Valid() }

// Name tells the bundle from others: the first half of the SHA-256 of its manifest, in hexadecimal.
func (f *File) Name() string { return hex.EncodeToString(f.signed[len(signed):][:digestSize/2]) }

// Signed reports whether the manifest is signed with the key.
func (f *File) Signed(public ed25519.PublicKey) bool {
	return len(public) == ed25519.PublicKeySize && ed25519.Verify(public, f.signed, f.signature)
}

// Journal is the name of a journal in the manifest, by its place.
func (f *File) Journal(place int) journal.ID { return f.ids[place] }

// read reads what must be there.
func (f *File) read(into []byte, at int64, what string) error {
	n, err := f.in.ReadAt(into, at)
	switch {
	case n == len(into):
		return nil
	case errors.Is(err, io.EOF):
		return &Damage{Kind: truncated, Byte: f.size, What: what}
	}
	return fmt.Errorf("read byte %d of the bundle: %w", at, err)
}

// Check reads the whole file. It returns *Damage for the first place where it is not what the manifest says; how many whole
// frames are before that is in it.
func (f *File) Check() error {
	all := sha256.New()
	all.Write(f.head)
	at := int64(len(f.head))
	for place, j := range f.Manifest.Journals {
		err := f.each(place, at, int(j.Frames), func(raw []byte, _ *Frame) error {
			all.Write(raw)
			return nil
		})
		if err != nil {
			return err
		}
		at += int64(j.Bytes)
	}
	frames := len(f.Manifest.Sizes)
	stated := make([]byte, trailerSize)
	if err := f.read(stated, at, "the file ends before its end mark; all frames are whole"); err != nil {
		return usable(err, frames)
	}
	if !bytes.Equal(stated, all.Sum([]byte(magicEnd))) {
		return &Damage{Kind: altered, Byte: at, What: "the end mark is not that of this file", Usable: frames}
	}
	if at += int64(trailerSize); f.size > at {
		return &Damage{Kind: surplus, Byte: at, What: fmt.Sprintf("%d bytes stand after the end mark", f.size-at), Usable: frames}
	}
	return nil
}

func usable(err error, frames int) error {
	var d *Damage
	if errors.As(err, &d) {
		d.Usable = frames
	}
	return err
}
