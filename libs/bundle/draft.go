package bundle

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Draft collects the frames of a file, because their digests stand before them. It is used by one goroutine.
type Draft struct {
	spool    io.ReadWriteSeeker
	manifest *queryv1.BundleManifest
}

// NewDraft begins a file; spool, empty, keeps the frames until WriteTo.
func NewDraft(spool io.ReadWriteSeeker, maker, reader string, made time.Time) *Draft {
	return &Draft{spool, &queryv1.BundleManifest{Maker: maker, Reader: reader, Made: timestamppb.New(made)}}
}

// Begin begins a journal after what the reader must have already. One without frames is no part of the file.
func (d *Draft) Begin(after *queryv1.BundleJournal) {
	d.dropEmpty()
	d.manifest.Journals = append(d.manifest.Journals, after)
}

func (d *Draft) dropEmpty() {
	if n := len(d.manifest.Journals); n > 0 && d.manifest.Journals[n-1].Frames == 0 {
		d.manifest.Journals = d.manifest.Journals[:n-1]
	}
}

// Full reports whether the file takes no more frames.
func (d *Draft) Full() bool {
	return len(d.manifest.Sizes) >= MaxFrames || len(d.manifest.Journals) >= MaxJournals
}

// Add adds the next message of the journal, and block, which it holds.
func (d *Draft) Add(f *queryv1.BundleFrame, block *journal.Block) error {
	raw, err := proto.Marshal(f)
	if err != nil {
		return err
	}
	if len(raw) > MaxFrame {
		return fmt.Errorf("message %d of %s takes %d bytes in a bundle", f.Sequence, block.ID, len(raw))
	}
	if _, err := d.spool.Write(raw); err != nil {
		return fmt.Errorf("keep a frame: %w", err)
	}
	sum := sha256.Sum256(raw)
	d.manifest.Sizes = append(d.manifest.Sizes, uint32(len(raw)))
	d.manifest.Digests = append(d.manifest.Digests, sum[:]...)
	j := d.manifest.Journals[len(d.manifest.Journals)-1]
	j.Frames++
	j.Bytes += uint64(len(raw))
	j.LastSequence = f.Sequence
	if len(f.Redacts) > 0 {
		return nil
	}
	if j.FirstBlock == 0 {
		j.FirstBlock = block.Header.Number
	}
	j.LastBlock, j.Events, j.Root = block.Header.Number, block.Header.Size, block.Header.Root
	return nil
}

// Manifest is what the file holds so far.
func (d *Draft) Manifest() *queryv1.BundleManifest {
	d.dropEmpty()
	return d.manifest
}

// Sign closes the file. size is that of the file in bytes; write writes it.
func (d *Draft) Sign(signer crypto.Signer) (size int64, write func(io.Writer) error, err error) {
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return 0, nil, fmt.Errorf("the signing key is a %T, not Ed25519", signer.Public())
	}
	manifest, err := proto.Marshal(d.Manifest())
	if err != nil {
		return 0, nil, err
	}
	if len(manifest) > MaxManifest {
		return 0, nil, fmt.Errorf("the manifest of a bundle takes %d bytes, more than %d", len(manifest), MaxManifest)
	}
	sig, err := signer.Sign(nil, toSign(manifest), crypto.Hash(0))
	if err != nil {
		return 0, nil, fmt.Errorf("sign a bundle: %w", err)
	}
	head := binary.BigEndian.AppendUint32([]byte(magic), Version)
	head = binary.BigEndian.AppendUint32(head, uint32(len(manifest)))
	head = append(append(append(head, manifest...), journal.KeyID(public)...), sig...)
	frames, err := d.spool.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, nil, err
	}
	return int64(len(head)) + frames + int64(trailerSize), func(w io.Writer) error { return d.write(w, head) }, nil
}

func (d *Draft) write(w io.Writer, head []byte) error {
	if _, err := d.spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	all := sha256.New()
	both := io.MultiWriter(w, all)
	if _, err := both.Write(head); err != nil {
		return err
	}
	if _, err := io.Copy(both, d.spool); err != nil {
		return err
	}
	_, err := w.Write(all.Sum([]byte(magicEnd)))
	return err
}

// toSign is what is signed of a manifest.
func toSign(manifest []byte) []byte {
	sum := sha256.Sum256(manifest)
	return append([]byte(signed), sum[:]...)
}
