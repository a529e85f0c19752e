package ledger

import "google.golang.org/protobuf/proto"

// slab hands out zero values from blocks of many, which is one allocation for all of them.
type slab[T any] struct {
	blocks [][]T
	used   int
}

const (
	slabBlock = 256
	slabKept  = 256 // blocks
)

func (s *slab[T]) new() *T {
	block := s.used / slabBlock
	if block == len(s.blocks) {
		s.blocks = append(s.blocks, make([]T, slabBlock))
	}
	v := &s.blocks[block][s.used%slabBlock]
	s.used++
	return v
}

// reset takes all values back.
func (s *slab[T]) reset() {
	s.blocks = s.blocks[:min(len(s.blocks), slabKept)]
	for i := 0; i < len(s.blocks) && i*slabBlock < s.used; i++ {
		clear(s.blocks[i])
	}
	s.used = 0
}

// arena keeps encoded rows until their transaction ends.
type arena struct{ free []byte }

const arenaBlock = 1 << 16

// encode is encode into the arena.
func (a *arena) encode(m proto.Message) ([]byte, error) {
	b, err := encode(a.free[:0], m)
	if err != nil {
		return nil, err
	}
	if len(b) > cap(a.free) {
		a.free = make([]byte, 0, arenaBlock) // it moved to memory of its own
		return b, nil
	}
	a.free = b[len(b):]
	return b[:len(b):len(b)], nil
}
