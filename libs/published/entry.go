// Package published compares the entries of a register that somebody publishes with what is on record from it. An
// entry has no name of its own that lasts from one edition to the next, so entries are known by their content.
package published

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"strconv"
	"strings"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Digest returns the SHA-256 over an entry's content as published: date, decision, names of the destination, of the
// onward destinations and of the sources, lines (rating, count, value), criteria. The order of lines,
// criteria and places does not matter, and country codes, categories and line numbers, which are our reading, are no
// part of it.
func Digest(e *licensingv1.Entry) []byte {
	c := newContent("counterfoil published entry v1")
	c.text(e.Date)
	c.flag(e.Refused)
	c.text(e.Destination.GetName())
	c.number(uint64(len(e.Lines)))
	for _, l := range SortLines(e.Lines) {
		c.line(l)
	}
	c.texts(e.Criteria)
	c.texts(names(e.Onward))
	c.texts(names(e.Sources))
	return c.Sum(nil)
}

// LineDigest returns 16 bytes of SHA-256 over a line with what its entry says of it: date, rating, count, value, name
// of the destination, decision.
func LineDigest(e *licensingv1.Entry, l *transferv1.Line) []byte {
	c := newContent("counterfoil published line v1")
	c.text(e.Date)
	c.flag(e.Refused)
	c.text(e.Destination.GetName())
	c.line(l)
	return c.Sum(nil)[:16]
}

// LineDigests returns the digests of an entry's lines, sorted.
func LineDigests(e *licensingv1.Entry) [][]byte {
	digests := make([][]byte, len(e.Lines))
	for i, l := range e.Lines {
		digests[i] = LineDigest(e, l)
	}
	slices.SortFunc(digests, bytes.Compare)
	return digests
}

// OnRecord returns what a ledger says of an entry that it holds under the id.
func OnRecord(id string, e *licensingv1.Entry) *licensingv1.EntryOnRecord {
	return &licensingv1.EntryOnRecord{Id: id, Digest: e.Digest, Refused: e.Refused, Lines: LineDigests(e)}
}

// EditionDigest returns the SHA-256 over the sorted digests of an edition's entries.
func EditionDigest(entries []*licensingv1.Entry) []byte {
	digests := make([][]byte, len(entries))
	for i, e := range entries {
		digests[i] = e.Digest
	}
	slices.SortFunc(digests, bytes.Compare)
	h := sha256.New()
	for _, d := range digests {
		h.Write(d)
	}
	return h.Sum(nil)
}

// EntryID returns the id under which an agency records an entry: "<agency>/<source>-<first 20 hex digits of the
// digest>-<ordinal>". The entry keeps it when a later edition changes its content.
func EntryID(agency, source string, digest []byte, ordinal uint32) string {
	return agency + "/" + source + "-" + entryKey(digest, ordinal)
}

func entryKey(digest []byte, ordinal uint32) string {
	return hex.EncodeToString(digest[:10]) + "-" + strconv.FormatUint(uint64(ordinal), 10)
}

// keyOf returns the part of an id that entryKey made.
func keyOf(id string) string {
	ordinal := strings.LastIndexByte(id, '-')
	if ordinal < 0 {
		return id
	}
	return id[strings.LastIndexByte(id[:ordinal], '-')+1:]
}

// SortLines returns lines in the order of their content: rating, value (none first), count.
func SortLines(lines []*transferv1.Line) []*transferv1.Line {
	sorted := slices.Clone(lines)
	slices.SortStableFunc(sorted, func(a, b *transferv1.Line) int {
		if c := strings.Compare(a.Rating, b.Rating); c != 0 {
			return c
		}
		if (a.Value == nil) != (b.Value == nil) {
			if a.Value == nil {
				return -1
			}
			return 1
		}
		if c := cmp.Compare(a.GetValue().GetMinor(), b.GetValue().GetMinor()); c != 0 {
			return c
		}
		if c := strings.Compare(a.GetValue().GetCurrency(), b.GetValue().GetCurrency()); c != 0 {
			return c
		}
		return cmp.Compare(licences(a), licences(b))
	})
	return sorted
}

// licences is how many licences a line stands for; the contract lets 0 mean 1.
func licences(l *transferv1.Line) uint32 { return max(l.Licences, 1) }

func names(places []*licensingv1.Place) []string {
	out := make([]string, len(places))
	for i, p := range places {
		out[i] = p.GetName()
	}
	return out
}

// content hashes values one after another so that no two sequences of values give the same bytes.
type content struct{ hash.Hash }

func newContent(kind string) content {
	c := content{sha256.New()}
	c.text(kind)
	return c
}

func (c content) number(n uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	c.Write(b[:])
}

func (c content) text(s string) {
	c.number(uint64(len(s)))
	c.Write([]byte(s))
}

func (c content) flag(f bool) {
	if f {
		c.number(1)
		return
	}
	c.number(0)
}

func (c content) texts(all []string) {
	c.number(uint64(len(all)))
	for _, s := range slices.Sorted(slices.Values(all)) {
		c.text(s)
	}
}

func (c content) line(l *transferv1.Line) {
	c.text(l.Rating)
	c.number(uint64(licences(l)))
	c.flag(l.Value != nil)
	if l.Value != nil {
		c.number(uint64(l.Value.Minor))
		c.text(l.Value.Currency)
	}
}
