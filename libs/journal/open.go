package journal

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/counterfoil/counterfoil/libs/seal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// Keys gives the key of a journal's epoch, or an error that says why there is none. Epoch 0 is never asked for.
type Keys interface {
	Key(id ID, epoch uint32) ([]byte, error)
}

var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
		if err != nil {
			panic(err) // the options above are constants
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(MaxPlain))
		if err != nil {
			panic(err) // as above
		}
		return d
	})
)

// Open checks the body against the header's digest, opens, unpacks and decodes it into Entries. It returns *Broken when
// the body is not what was signed, and the keys' own error when there is no key. A redacted body has no digest that was
// signed: what it says is to be held against the root. Safe to call for several blocks at once.
func (b *Block) Open(keys Keys) error {
	broken := func(format string, args ...any) error {
		return &Broken{b.ID, b.Header.Number, fmt.Sprintf(format, args...)}
	}
	if err := b.VerifyBody(); err != nil {
		return err
	}
	plain := b.sealed
	if b.Header.Epoch > 0 {
		key, err := keys.Key(b.ID, b.Header.Epoch)
		if err != nil {
			return err
		}
		at := place(b.Header)
		if b.redacted {
			at = redactedPlace(b.Header)
		}
		if plain, err = seal.Open(key, b.sealed, at); err != nil {
			return broken("its body does not open with the key of epoch %d", b.Header.Epoch)
		}
	}
	switch b.Header.Codec {
	case eventv1.Codec_CODEC_PLAIN:
	case eventv1.Codec_CODEC_ZSTD:
		unpacked, err := decoder().DecodeAll(plain, nil)
		if err != nil {
			return broken("its body does not unpack: %v", err)
		}
		plain = unpacked
	default:
		return broken("its body is packed by codec %d, which this program does not know", b.Header.Codec)
	}
	b.sealed = nil
	read := b.openWhole
	if b.redacted {
		read = b.openRedacted
	}
	if err := read(plain); err != nil {
		return broken("%v", err)
	}
	b.leaves = leaves(b.Entries)
	return nil
}

// openWhole decodes an unpacked Body.
func (b *Block) openWhole(plain []byte) error {
	raws, err := SplitBody(plain)
	if err != nil {
		return fmt.Errorf("its body is not a list of events: %w", err)
	}
	b.Plain = plain
	b.Entries, err = decode(raws, b.Header.FirstEvent)
	return err
}

// SplitBody returns the events of a plain body (counterfoil.event.v1.Body) as recorded, without copying them.
func SplitBody(plain []byte) ([][]byte, error) {
	var raws [][]byte
	for rest := plain; len(rest) > 0; {
		num, typ, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if num != 1 || typ != protowire.BytesType {
			return nil, fmt.Errorf("field %d in a body", num)
		}
		raw, m := protowire.ConsumeBytes(rest[n:])
		if m < 0 {
			return nil, protowire.ParseError(m)
		}
		raws, rest = append(raws, raw), rest[n+m:]
	}
	return raws, nil
}

func decode(raws [][]byte, first uint64) ([]Entry, error) {
	entries, d := make([]Entry, len(raws)), newDecoding(len(raws))
	for i, raw := range raws {
		e, err := d.entry(first+uint64(i), raw)
		if err != nil {
			return nil, err
		}
		entries[i] = e
	}
	return entries, nil
}
