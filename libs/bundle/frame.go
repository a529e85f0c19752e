package bundle

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Frame is one message of a journal.
type Frame struct {
	*queryv1.BundleFrame
	// Parsed is the block in it, still sealed.
	Parsed *journal.Block
}

// Each calls fn with the first frames of a journal of the manifest, by its place, each checked against its digest, until fn
// returns an error, which is returned as it is. It returns *Damage at the first frame that is not what the manifest says.
func (f *File) Each(place, frames int, fn func(*Frame) error) error {
	at := int64(len(f.head))
	for _, j := range f.Manifest.Journals[:place] {
		at += int64(j.Bytes)
	}
	return f.each(place, at, frames, func(_ []byte, frame *Frame) error { return fn(frame) })
}

// each reads the frames of a journal that begin at a byte of the file. raw is good until fn returns.
func (f *File) each(place int, at int64, frames int, fn func(raw []byte, frame *Frame) error) error {
	j, first := f.Manifest.Journals[place], f.first[place]
	in := bufio.NewReaderSize(io.NewSectionReader(f.in, at, int64(j.Bytes)), 256<<10)
	buffer := make([]byte, 0, 64<<10)
	order := order{j: j, id: f.ids[place], sequence: j.AfterSequence, block: j.AfterBlock}
	for n := first; n < first+frames; n++ {
		damage := func(kind queryv1.BundleDamageKind, byte int64, what string) error {
			return &Damage{Kind: kind, Frame: n + 1, Byte: byte, Journal: j.Journal, What: what, Usable: n}
		}
		size := int(f.Manifest.Sizes[n])
		if cap(buffer) < size {
			buffer = make([]byte, 0, size)
		}
		raw := buffer[:size]
		switch _, err := io.ReadFull(in, raw); {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return damage(truncated, f.size, "the file ends within it")
		case err != nil:
			return fmt.Errorf("read frame %d of the bundle: %w", n+1, err)
		}
		if sum := sha256.Sum256(raw); string(sum[:]) != string(f.Manifest.Digests[n*digestSize:(n+1)*digestSize]) {
			return damage(altered, at, "it is not the one whose digest is in the manifest")
		}
		frame, err := parse(raw)
		if err == nil {
			err = order.next(frame, n == first+int(j.Frames)-1)
		}
		if err != nil {
			return damage(altered, at, err.Error())
		}
		if err := fn(raw, frame); err != nil {
			return err
		}
		at += int64(size)
	}
	return nil
}

func parse(raw []byte) (*Frame, error) {
	frame := &Frame{BundleFrame: &queryv1.BundleFrame{}}
	if err := proto.Unmarshal(raw, frame.BundleFrame); err != nil {
		return nil, fmt.Errorf("it does not decode: %w", err)
	}
	var err error
	frame.Parsed, err = journal.Parse(frame.Block)
	return frame, err
}

// Redaction reports whether the frame holds the redacted form of an earlier block.
func (f *Frame) Redaction() bool { return len(f.Redacts) > 0 }

// order is that of the frames of a journal, as its maker states it.
type order struct {
	j        *queryv1.BundleJournal
	id       journal.ID
	sequence uint64
	block    uint64
}

// next fails for a frame that cannot follow on those before.
func (o *order) next(f *Frame, last bool) error {
	number := f.Parsed.Header.Number
	switch {
	case f.Parsed.ID != o.id:
		return fmt.Errorf("it holds a block of journal %s", f.Parsed.ID)
	case f.Sequence <= o.sequence:
		return fmt.Errorf("message %d comes after %d", f.Sequence, o.sequence)
	case f.Redaction() != (f.Head > 0) || f.Redaction() && !f.Parsed.Redacted():
		return errors.New("it does not say rightly whether it is a redaction")
	case f.Redaction() && (number > o.block || f.Head > o.block):
		return fmt.Errorf("it is a redaction of block %d after block %d", number, o.block)
	case !f.Redaction() && number != o.block+1:
		return fmt.Errorf("block %d comes after block %d", number, o.block)
	}
	o.sequence = f.Sequence
	if !f.Redaction() {
		o.block = number
	}
	if last && (o.sequence != o.j.LastSequence || o.j.FirstBlock > 0 && o.block != o.j.LastBlock) {
		return fmt.Errorf("the journal ends with block %d and message %d, not %d and %d", o.block, o.sequence, o.j.LastBlock, o.j.LastSequence)
	}
	return nil
}
