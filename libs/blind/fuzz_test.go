package blind_test

import (
	"bytes"
	"testing"

	"github.com/counterfoil/counterfoil/libs/blind"
	"github.com/counterfoil/counterfoil/libs/fault"
)

// No question makes a holder's answer fail but by refusing it, and every answer holds.
func FuzzAnswer(f *testing.F) {
	good := ask(f, "check", [][]byte{[]byte("a"), []byte("b")}, 2).Elements()
	f.Add(bytes.Join(good, nil), blind.ElementSize)
	f.Add([]byte{0}, 1)
	f.Add(make([]byte, 66), 33)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		var elements [][]byte
		for size = max(1, size); len(data) > 0 && len(elements) < 4; {
			n := min(size, len(data))
			elements, data = append(elements, data[:n]), data[n:]
		}
		evaluated, proof, err := holder.Answer(elements)
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("not a refusal: %v", err)
			}
			return
		}
		if len(evaluated) != len(elements) || len(proof) != 64 {
			t.Errorf("%d evaluated of %d, a proof of %d bytes", len(evaluated), len(elements), len(proof))
		}
	})
}

// Whatever a holder answers, an asker gets tokens only from the true answer.
func FuzzFinish(f *testing.F) {
	q := ask(f, "check", [][]byte{[]byte("a")}, 1)
	evaluated, proof, err := holder.Answer(q.Elements())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(holder.Public(), evaluated[0], proof)
	f.Fuzz(func(t *testing.T, public, element, given []byte) {
		tokens, err := q.Finish(public, [][]byte{element}, given)
		if err == nil && bytes.Equal(public, holder.Public()) && !bytes.Equal(element, evaluated[0]) {
			t.Errorf("token %x from element %x", tokens, element)
		}
	})
}
