package ledger

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// A posting is the set of places within one chunk that have a value, each as its low 16 bits. It is kept in whichever of
// three forms is the shortest; the first byte says which. Numbers are big-endian.
const (
	formList   = 0 // the numbers, rising
	formRuns   = 1 // pairs of the first and last number of a run, rising
	formBitmap = 2 // 8,192 bytes, bit n%64 of word n/64
)

const (
	chunkSize  = 1 << 16
	chunkWords = chunkSize / 64
)

// set is a posting opened for set algebra.
type set [chunkWords]uint64

// postingKey is chunk, attribute, value.
func postingKey(chunk uint32, a attribute, value string) []byte {
	return appendPostingKey(make([]byte, 0, 5+len(value)), chunk, a, value)
}

func appendPostingKey(to []byte, chunk uint32, a attribute, value string) []byte {
	to = binary.BigEndian.AppendUint32(to, chunk)
	return append(append(to, byte(a)), value...)
}

func (s *set) has(n uint16) bool { return s[n>>6]&(1<<(n&63)) != 0 }
func (s *set) add(n uint16)      { s[n>>6] |= 1 << (n & 63) }
func (s *set) remove(n uint16)   { s[n>>6] &^= 1 << (n & 63) }

func (s *set) addRun(first, last uint16) {
	for w := first >> 6; w <= last>>6; w++ {
		s[w] |= runMask(w, first, last)
	}
}

// runMask has the bits of word w that lie in the run from first to last, which the word touches.
func runMask(w, first, last uint16) uint64 {
	mask := ^uint64(0)
	if w == first>>6 {
		mask <<= first & 63
	}
	if w == last>>6 {
		mask &= ^uint64(0) >> (63 - last&63)
	}
	return mask
}

func (s *set) and(o *set) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s *set) andNot(o *set) {
	for i := range s {
		s[i] &^= o[i]
	}
}

func (s *set) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s *set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// each calls fn with every number from first on, rising, until it returns false.
func (s *set) each(first uint32, fn func(uint16) bool) {
	for w := int(first >> 6); w < chunkWords; w++ {
		word := s[w]
		if w == int(first>>6) {
			word &= ^uint64(0) << (first & 63)
		}
		for ; word != 0; word &= word - 1 {
			if !fn(uint16(w<<6 | bits.TrailingZeros64(word))) {
				return
			}
		}
	}
}

// eachDown calls fn with every number from last on, falling, until it returns false.
func (s *set) eachDown(last uint16, fn func(uint16) bool) {
	for w := int(last >> 6); w >= 0; w-- {
		word := s[w]
		if w == int(last>>6) {
			word &= runMask(last>>6, 0, last)
		}
		for word != 0 {
			n := bits.Len64(word) - 1
			if !fn(uint16(w<<6 | n)) {
				return
			}
			word &^= 1 << n
		}
	}
}

// addPosting adds what the posting holds; of an absent one, nothing.
func (s *set) addPosting(p []byte) {
	if len(p) == 0 {
		return
	}
	switch body := p[1:]; p[0] {
	case formList:
		for ; len(body) > 0; body = body[2:] {
			s.add(binary.BigEndian.Uint16(body))
		}
	case formRuns:
		for ; len(body) > 0; body = body[4:] {
			s.addRun(binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:]))
		}
	case formBitmap:
		for i := range s {
			s[i] |= binary.BigEndian.Uint64(body[8*i:])
		}
	}
}

// countIn returns how many numbers of the posting are in the set.
func (s *set) countIn(p []byte) (n int) {
	if len(p) == 0 {
		return 0
	}
	switch body := p[1:]; p[0] {
	case formList:
		for ; len(body) > 0; body = body[2:] {
			if s.has(binary.BigEndian.Uint16(body)) {
				n++
			}
		}
	case formRuns:
		for ; len(body) > 0; body = body[4:] {
			first, last := binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:])
			for w := first >> 6; w <= last>>6; w++ {
				n += bits.OnesCount64(s[w] & runMask(w, first, last))
			}
		}
	case formBitmap:
		for i := range s {
			n += bits.OnesCount64(s[i] & binary.BigEndian.Uint64(body[8*i:]))
		}
	}
	return n
}

// posting returns the set as it is kept; nil of an empty one.
func (s *set) posting() []byte {
	count, runs := 0, 0
	var before uint64 // the last bit of the word before
	for _, w := range s {
		count += bits.OnesCount64(w)
		runs += bits.OnesCount64(w &^ (w<<1 | before)) // bits that follow no other start a run
		before = w >> 63
	}
	switch {
	case count == 0:
		return nil
	case 2*runs <= count && 4*runs < 8*chunkWords:
		return s.appendRuns(append(make([]byte, 0, 1+4*runs), formRuns))
	case 2*count < 8*chunkWords:
		p := append(make([]byte, 0, 1+2*count), formList)
		s.each(0, func(n uint16) bool {
			p = binary.BigEndian.AppendUint16(p, n)
			return true
		})
		return p
	}
	p := append(make([]byte, 0, 1+8*chunkWords), formBitmap)
	for _, w := range s {
		p = binary.BigEndian.AppendUint64(p, w)
	}
	return p
}

func (s *set) appendRuns(p []byte) []byte {
	first, last, open := uint16(0), uint16(0), false
	s.each(0, func(n uint16) bool {
		if open && n == last+1 {
			last = n
			return true
		}
		if open {
			p = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(p, first), last)
		}
		first, last, open = n, n, true
		return true
	})
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(p, first), last)
}

// shortList is how many bytes a list may have to be merged as it is, without opening it as a set.
const shortList = 1 + 2*64

// merge returns the posting with numbers added and removed, neither of which is in both; nil when nothing is left.
// added rises.
func merge(p []byte, added, removed []uint16, scratch *set) []byte {
	if len(removed) == 0 && len(added) > 0 && len(p)+2*len(added) < shortList && (len(p) == 0 || p[0] == formList) && rising(p, added) {
		merged := make([]byte, 0, 1+len(p)+2*len(added))
		if merged = append(merged, p...); len(p) == 0 {
			merged = append(merged, formList)
		}
		for _, n := range added {
			merged = binary.BigEndian.AppendUint16(merged, n)
		}
		if n := len(merged) / 2; n < 2 || int(binary.BigEndian.Uint16(merged[2*n-1:]))-int(binary.BigEndian.Uint16(merged[1:])) != n-1 {
			return merged
		}
		p, added = merged, nil // one run
	}
	if len(removed) == 0 && len(added) > 0 && (len(added) <= fewAdded || len(p) > 0 && p[0] == formList && apart(added)) {
		if merged := extend(p, added); merged != nil {
			return merged
		}
	}
	*scratch = set{}
	scratch.addPosting(p)
	for _, n := range added {
		scratch.add(n)
	}
	for _, n := range removed {
		scratch.remove(n)
	}
	return scratch.posting()
}

// fewAdded is how many numbers are added to a posting without opening it: a command's, not an import's.
const fewAdded = 8

// extend adds a few numbers to a posting in the form that it has, when that form stays the shortest by what can be seen
// from its end; nil when it has to be opened.
func extend(p []byte, added []uint16) []byte {
	if len(p) == 0 {
		return nil
	}
	switch last := len(p) - 2; {
	case p[0] == formBitmap:
		merged := slices.Clone(p)
		for _, n := range added {
			merged[1+8*int(n>>6)+7-int(n&63)>>3] |= 1 << (n & 7)
		}
		return merged
	case !rising(p, added):
		return nil
	case p[0] == formRuns:
		if int(added[len(added)-1])-int(binary.BigEndian.Uint16(p[last:])) != len(added) {
			return nil // more than the last run grows
		}
		merged := slices.Clone(p)
		binary.BigEndian.PutUint16(merged[last:], added[len(added)-1])
		return merged
	default:
		if added[0] == binary.BigEndian.Uint16(p[last:])+1 || len(p)+2*len(added) > 1+8*chunkWords {
			return nil // it may be runs by now, or a bitmap
		}
		merged := append(make([]byte, 0, len(p)+2*len(added)), p...)
		for _, n := range added {
			merged = binary.BigEndian.AppendUint16(merged, n)
		}
		return merged
	}
}

// apart reports whether no two numbers follow one another: they make no list a list of runs.
func apart(added []uint16) bool {
	for i := range added[1:] {
		if added[i+1] == added[i]+1 {
			return false
		}
	}
	return true
}

// rising reports whether added, which is not empty, goes on where the list ends.
func rising(p []byte, added []uint16) bool {
	if len(p) > 0 && binary.BigEndian.Uint16(p[len(p)-2:]) >= added[0] {
		return false
	}
	return slices.IsSorted(added)
}
