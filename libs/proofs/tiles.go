package proofs

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	// tileHeight and tileWidth are those of c2sp.org/tlog-tiles.
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	// maxEntry is the longest event that a bundle can hold, in bytes: its length is written in two.
	maxEntry = 1<<16 - 1
)

// TilePath is where a tile lies under a log's prefix (c2sp.org/tlog-tiles): "tile/<L>/<N>", and ".p/<W>" where it is not full. Level -1 is
// a bundle of entries.
func TilePath(level int, n int64, width int) string {
	path := tlog.Tile{H: tileHeight, L: level, N: n, W: width}.Path() // as the Go checksum database has it
	path = "tile/" + strings.TrimPrefix(path, fmt.Sprintf("tile/%d/", tileHeight))
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// Tiler makes the hash tiles of a log from its leaves, in order. It holds at most one tile of each level. The zero Tiler with Put
// set is that of an empty log.
type Tiler struct {
	// Put takes each tile once it is full, and, from Close, those at the right edge that are not. data is valid until it returns.
	Put func(level int, n int64, width int, data []byte) error

	size   uint64
	levels []row
}

// row is the tile at the right edge of a level.
type row struct {
	n      int64
	hashes []tlog.Hash
}

// Add adds the next leaf. It fails with what Put returned.
func (t *Tiler) Add(leaf tlog.Hash) error {
	t.size++
	return t.add(0, leaf)
}

func (t *Tiler) add(level int, h tlog.Hash) error {
	if level == len(t.levels) {
		t.levels = append(t.levels, row{hashes: make([]tlog.Hash, 0, tileWidth)})
	}
	r := &t.levels[level]
	if r.hashes = append(r.hashes, h); len(r.hashes) < tileWidth {
		return nil
	}
	if err := t.put(level); err != nil {
		return err
	}
	up := over(r.hashes)
	r.n, r.hashes = r.n+1, r.hashes[:0]
	return t.add(level+1, up)
}

func (t *Tiler) put(level int) error {
	r := t.levels[level]
	data := make([]byte, 0, tileWidth*tlog.HashSize)
	for _, h := range r.hashes {
		data = append(data, h[:]...)
	}
	return t.Put(level, r.n, len(r.hashes), data)
}

// Close puts the tiles that are not full. More leaves must not be added after it.
func (t *Tiler) Close() error {
	for level, r := range t.levels {
		if len(r.hashes) == 0 {
			continue
		}
		if err := t.put(level); err != nil {
			return err
		}
	}
	return nil
}

// Size is how many leaves were added.
func (t *Tiler) Size() uint64 { return t.size }

// Root is the hash over all leaves that were added, of which there has to be one.
func (t *Tiler) Root() tlog.Hash {
	var root tlog.Hash
	none := true
	for _, r := range t.levels { // each level goes on to the left of the one below, its subtrees from large to small
		rest := r.hashes
		for size := 1; len(rest) > 0; size *= 2 {
			if len(rest)&size == 0 {
				continue
			}
			h := over(rest[len(rest)-size:])
			rest = rest[:len(rest)-size]
			if none {
				root, none = h, false
			} else {
				root = tlog.NodeHash(h, root)
			}
		}
	}
	return root
}

// over is the hash of the subtree over hashes, whose number is a power of two.
func over(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(over(hashes[:half]), over(hashes[half:]))
}

// Bundler makes the bundles of entries of a log (c2sp.org/tlog-tiles). It holds one. The zero Bundler with its functions set is that of
// an empty log.
type Bundler struct {
	// Put takes each bundle once it is full, and from Close the last one. data is valid until it returns.
	Put func(n int64, width int, data []byte) error
	// Leave is told, in place of Put, of a bundle that cannot be, the places in it of events that were withdrawn or are too long,
	// in order, and why in words.
	Leave func(n int64, width int, gaps []int, why string) error

	n     int64
	width int
	data  []byte
	gaps  []int
	why   []string
}

// Add adds the next event as recorded; nil where its content was withdrawn.
func (b *Bundler) Add(event []byte) error {
	number := b.n*tileWidth + int64(b.width) + 1
	switch {
	case event == nil:
		b.lack(fmt.Sprintf("event %d was withdrawn", number))
	case len(event) > maxEntry:
		b.lack(fmt.Sprintf("event %d has %d bytes, and an entry has %d at most", number, len(event), maxEntry))
	case len(b.gaps) == 0:
		b.data = append(binary.BigEndian.AppendUint16(b.data, uint16(len(event))), event...)
	}
	if b.width++; b.width < tileWidth {
		return nil
	}
	err := b.Close()
	b.n, b.width, b.data, b.gaps, b.why = b.n+1, 0, b.data[:0], nil, nil
	return err
}

func (b *Bundler) lack(why string) {
	b.gaps, b.why = append(b.gaps, b.width), append(b.why, why)
}

// Close puts the last bundle, if it is not full. More must not be added after it.
func (b *Bundler) Close() error {
	switch {
	case b.width == 0:
		return nil
	case len(b.gaps) > 0:
		return b.Leave(b.n, b.width, b.gaps, strings.Join(b.why, ", "))
	}
	return b.Put(b.n, b.width, b.data)
}
