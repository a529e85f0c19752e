package proofs_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

func TestTilePath(t *testing.T) {
	for want, got := range map[string]string{
		"tile/0/000":                     proofs.TilePath(0, 0, 256),
		"tile/0/273.p/112":               proofs.TilePath(0, 273, 112),
		"tile/1/x001/x234/067":           proofs.TilePath(1, 1234067, 256),
		"tile/8/x001/000.p/1":            proofs.TilePath(8, 1000, 1),
		"tile/entries/000":               proofs.TilePath(-1, 0, 256),
		"tile/entries/x001/234.p/255":    proofs.TilePath(-1, 1234, 255),
		"tile/entries/x001/x234/067.p/1": proofs.TilePath(-1, 1234067, 1),
	} {
		if got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}

// hashTree is a tree as the Go project's own code keeps it.
type hashTree []tlog.Hash

func (h hashTree) ReadHashes(indexes []int64) (out []tlog.Hash, err error) {
	for _, i := range indexes {
		out = append(out, h[i])
	}
	return out, nil
}

// The tiles of any log are those that the Go project's code makes of it, each once and none other, and so is the root.
func TestTilesAreThoseOfOthers(t *testing.T) {
	const most = 70_000
	var tree hashTree
	for i := range int64(most) {
		tree = append(tree, must(tlog.StoredHashes(i, binary.BigEndian.AppendUint64(nil, uint64(i)), tree))...)
	}
	sizes := []int64{1, 2, 3, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, most}
	for i := range 5 {
		sizes = append(sizes, int64(1+i*i*i*617))
	}
	for _, size := range sizes {
		want := map[string]tlog.Tile{}
		for _, tile := range tlog.NewTiles(8, 0, size) {
			want[proofs.TilePath(tile.L, tile.N, tile.W)] = tile
		}
		tiler := proofs.Tiler{Put: func(level int, n int64, width int, data []byte) error {
			path := proofs.TilePath(level, n, width)
			tile, ok := want[path]
			if !ok || !bytes.Equal(data, must(tlog.ReadTileData(tile, tree))) {
				t.Errorf("of %d leaves tile %s is none, or another", size, path)
			}
			delete(want, path)
			return nil
		}}
		for i := range size {
			if err := tiler.Add(tree[tlog.StoredHashIndex(0, i)]); err != nil {
				t.Fatal(err)
			}
		}
		if got := tiler.Root(); got != must(tlog.TreeHash(size, tree)) {
			t.Errorf("the root of %d leaves is another", size)
		}
		if err := tiler.Close(); err != nil || len(want) > 0 {
			t.Errorf("of %d leaves %d tiles are missing: %v", size, len(want), err)
		}
	}
}

// export writes a journal into a folder as it stands.
func (w *world) export(dir string, id journal.ID, entries bool) (f *proofs.Folder, err error) {
	w.view(func(v ledger.View) {
		head := must(w.source.Whole(v, id))
		if f, err = proofs.OpenFolder(dir, must(proofs.SignedHeadOf(head)), []byte(head.Note), entries); err != nil {
			return
		}
		for after := uint64(0); after < head.Events; {
			if !entries {
				hashes := must(proofs.Leaves(v, id, after, head.Events, 3))
				for h := range slices.Chunk(hashes, tlog.HashSize) {
					err = errors.Join(err, f.Leaf(tlog.Hash(h)))
					after++
				}
				continue
			}
			for _, e := range must(proofs.Entries(v, id, after, head.Events)) {
				switch c := e.Content.(type) {
				case *queryv1.LogEntry_Event:
					err = errors.Join(err, f.Event(c.Event))
				case *queryv1.LogEntry_Leaf:
					err = errors.Join(err, f.Withdrawn(tlog.Hash(c.Leaf)))
				}
				after++
			}
		}
		err = errors.Join(err, f.Close())
	})
	return f, err
}

// tileFolder reads a folder as the Go project's code reads tiles.
type tileFolder string

func (d tileFolder) Height() int { return 8 }

func (d tileFolder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		raw, err := os.ReadFile(filepath.Join(string(d), proofs.TilePath(tile.L, tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		data = append(data, raw)
	}
	return data, nil
}

func (d tileFolder) SaveTiles([]tlog.Tile, [][]byte) {}

// bundled are the entries in a folder, by their index; the bundles that are left out are skipped.
func bundled(t rapid.TB, dir string, size int64) map[int64][]byte {
	found := map[int64][]byte{}
	for n := int64(0); n*256 < size; n++ {
		raw, err := os.ReadFile(filepath.Join(dir, proofs.TilePath(-1, n, int(min(256, size-n*256)))))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := n * 256; len(raw) > 0; i++ {
			long := int(binary.BigEndian.Uint16(raw))
			found[i], raw = raw[2:2+long], raw[2+long:]
		}
	}
	return found
}

// files are those in a folder with their content.
func files(t rapid.TB, dir string) map[string]string {
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// However a journal grows and is exported in between, others read its folder: the checkpoint opens, every leaf is under it, the tree of
// each export begins with that of the one before, and entries are what was recorded. What was written stays as it is.
func TestForeignToolsReadAFolder(t *testing.T) {
	dir := t.TempDir()
	n := 0
	inWorlds(t, func(t *rapid.T, w *world) {
		n++
		dir := filepath.Join(dir, fmt.Sprint(n))
		id := rapid.SampledFrom([]journal.ID{own, others}).Draw(t, "journal")
		entries := rapid.Bool().Draw(t, "entries")
		w.gone[id] = rapid.SliceOfNDistinct(rapid.Uint64Range(1, 900), 0, 2, rapid.ID).Draw(t, "withdrawn")
		var before *log.Checkpoint
		var there map[string]string
		for range rapid.IntRange(1, 4).Draw(t, "exports") {
			w.grow(id, rapid.SampledFrom([]int{1, 2, 17, 254, 255, 256, 300}).Draw(t, "events"), 0)
			f, err := w.export(dir, id, entries)
			if err != nil || len(f.Findings) > 0 {
				t.Fatalf("%v: %v", f.Findings, err)
			}
			now := files(t, dir)
			for path, content := range there {
				if strings.Contains(path, "tile") && now[path] != content {
					t.Fatalf("%s was written over", path)
				}
			}
			there = now
			before = w.readFolder(t, dir, id, before, entries)
		}
		f, err := w.export(dir, id, entries)
		if err != nil || f.Tiles+f.Bundles > 0 {
			t.Fatalf("run again it wrote %d tiles and %d bundles: %v", f.Tiles, f.Bundles, err)
		}
	})
}

func (w *world) readFolder(t *rapid.T, dir string, id journal.ID, before *log.Checkpoint, entries bool) *log.Checkpoint {
	var c *log.Checkpoint
	w.view(func(v ledger.View) {
		if id == own {
			signed := must(os.ReadFile(filepath.Join(dir, "checkpoint")))
			parsed, _, _, err := log.ParseCheckpoint(signed, "counterfoil/XA/licensing/all", must(note.NewVerifier(must(w.source.Noted(v, own)).VerifierKey)))
			if err != nil {
				t.Fatal(err)
			}
			c = parsed
			return
		}
		if _, err := os.Stat(filepath.Join(dir, "checkpoint")); err == nil {
			t.Fatal("a note was signed for the journal of another")
		}
		r, err := proofs.Check(must(os.ReadFile(filepath.Join(dir, proofs.HeaderFile))), proofs.Trust{"customs": {publicOf(w.keys["customs"])}})
		if err != nil {
			t.Fatal(err)
		}
		c = &log.Checkpoint{Size: r.Head.Events, Hash: r.Head.Root[:]}
	})
	size, tree := int64(c.Size), tlog.Tree{N: int64(c.Size), Hash: tlog.Hash(c.Hash)}
	if size != int64(len(w.raw[id])) {
		t.Fatalf("it has %d events, not %d", size, len(w.raw[id]))
	}
	reader := tlog.TileHashReader(tree, tileFolder(dir))
	for range 3 {
		i := rapid.Int64Range(0, size-1).Draw(t, "index")
		p, err := tlog.ProveRecord(size, i, reader)
		if err == nil {
			err = tlog.CheckRecord(p, size, tree.Hash, i, tlog.RecordHash(w.raw[id][i]))
		}
		if err != nil {
			t.Fatalf("leaf %d: %v", i, err)
		}
	}
	if before != nil {
		p, err := tlog.ProveTree(size, int64(before.Size), reader)
		if err == nil {
			err = tlog.CheckTree(p, size, tree.Hash, int64(before.Size), tlog.Hash(before.Hash))
		}
		if err != nil {
			t.Fatalf("the tree does not begin with that of before: %v", err)
		}
	}
	found := bundled(t, dir, size)
	for i, raw := range w.raw[id] {
		sparse := slices.ContainsFunc(w.gone[id], func(n uint64) bool { return int64(n) <= size && (n-1)/256 == uint64(i)/256 })
		if want := entries && !sparse; want != (found[int64(i)] != nil) || want && !bytes.Equal(found[int64(i)], raw) {
			t.Fatalf("entry %d is there: %v; want %v, as recorded", i, found[int64(i)] != nil, want)
		}
	}
	return c
}

// What stands in a folder and should not is found, and left as it is.
func TestFolderThatWasTamperedWith(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.ledger.Close()
	dir := filepath.Join(t.TempDir(), "log")
	w.grow(own, 300, 0)
	must(w.export(dir, own, true))
	w.grow(own, 100, 0)
	checkpoint := must(os.ReadFile(filepath.Join(dir, "checkpoint")))
	tile := filepath.Join(dir, "tile", "0", "000")
	good := must(os.ReadFile(tile))
	bad := append([]byte(nil), good...)
	bad[77] ^= 1
	if err := os.WriteFile(tile, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	f := must(w.export(dir, own, false))
	if len(f.Findings) != 1 || !strings.Contains(f.Findings[0], tile) || !bytes.Equal(must(os.ReadFile(tile)), bad) || !f.Stale {
		t.Errorf("a tile with another content: %v", f.Findings)
	}
	if !bytes.Equal(must(os.ReadFile(filepath.Join(dir, "checkpoint"))), checkpoint) {
		t.Error("the checkpoint was renewed all the same")
	}
	if err := os.WriteFile(tile, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if f := must(w.export(dir, own, true)); len(f.Findings) > 0 {
		t.Errorf("mended it has %v", f.Findings)
	}
	twin := newWorld(t, t.TempDir())
	defer twin.ledger.Close()
	twin.grow(own, 10, 0)
	if _, err := twin.export(dir, own, false); err == nil || !strings.Contains(err.Error(), "more than the 10 of this ledger") {
		t.Errorf("of a ledger that is behind: %v", err)
	}
	twin.grow(own, 500, 3)
	if f := must(twin.export(dir, own, false)); !slices.ContainsFunc(f.Findings, func(s string) bool { return strings.Contains(s, "is of another journal") }) {
		t.Errorf("of another history: %v", f.Findings)
	}
	w.grow(others, 1, 0)
	if _, err := w.export(dir, others, false); err == nil || !strings.Contains(err.Error(), "has the log of licensing/all; give another folder") {
		t.Errorf("of another journal: %v", err)
	}
}

// A bundle with an event that is too long, or that was withdrawn, is left out; one that was written before that is found.
func TestBundlesThatCannotBe(t *testing.T) {
	whole, left := newWorld(t, t.TempDir()), newWorld(t, t.TempDir())
	defer whole.ledger.Close()
	defer left.ledger.Close()
	left.gone[own] = []uint64{100}
	dir := filepath.Join(t.TempDir(), "log")
	for _, w := range []*world{whole, left} {
		w.grow(own, 280, 0)
	}
	must(whole.export(dir, own, true))
	for _, w := range []*world{whole, left} {
		w.grow(own, 250, 0)
		w.grow(own, 1, 1<<16)
	}
	f := must(whole.export(dir, own, true))
	if len(f.Left) != 1 || f.Left[0].File != "tile/entries/002.p/19" || !strings.Contains(f.Left[0].Why, "event 531 has 65") || len(f.Findings) > 0 {
		t.Errorf("an event that is too long: %v, %v", f.Left, f.Findings)
	}
	f = must(left.export(dir, own, true))
	if len(f.Left) != 2 || f.Left[0].File != "tile/entries/000" || !strings.Contains(f.Left[0].Why, "event 100 was withdrawn") {
		t.Errorf("an event that was withdrawn: %v", f.Left)
	}
	there := filepath.Join(dir, "tile", "entries", "000")
	if len(f.Findings) != 1 || !strings.Contains(f.Findings[0], there) || !strings.Contains(f.Findings[0], "delete it") {
		t.Errorf("its bundle of before: %v", f.Findings)
	}
	if err := os.Remove(there); err != nil {
		t.Fatal(err)
	}
	if f := must(left.export(dir, own, true)); len(f.Findings) > 0 || len(f.Left) != 2 {
		t.Errorf("once it is deleted: %v", f.Findings)
	}
}
