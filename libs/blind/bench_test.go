package blind_test

import (
	"fmt"
	"testing"
)

func benchInputs(n int) [][]byte {
	inputs := make([][]byte, n)
	for i := range inputs {
		inputs[i] = fmt.Appendf(nil, "input %d", i)
	}
	return inputs
}

// Each benchmark tells nanoseconds per element.
func perElement(b *testing.B, n int, work func()) {
	for b.Loop() {
		work()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/element")
}

func BenchmarkAsk(b *testing.B) {
	inputs := benchInputs(64)
	perElement(b, 64, func() { ask(b, "check", inputs, 64) })
}

func BenchmarkAnswer(b *testing.B) {
	elements := ask(b, "check", benchInputs(64), 64).Elements()
	perElement(b, 64, func() {
		if _, _, err := holder.Answer(elements); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkFinish(b *testing.B) {
	q := ask(b, "check", benchInputs(64), 64)
	evaluated, proof, err := holder.Answer(q.Elements())
	if err != nil {
		b.Fatal(err)
	}
	perElement(b, 64, func() {
		if _, err := q.Finish(holder.Public(), evaluated, proof); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	inputs := benchInputs(64)
	perElement(b, 64, func() { published(b, holder, inputs, 64) })
}
