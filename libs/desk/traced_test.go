package desk

import (
	"context"
	"testing"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// What nobody traces costs a command nothing but the looking.
func TestUntracedCommandsAllocateNothing(t *testing.T) {
	d := New(Config{})
	c := &command{ctx: t.Context()}
	b := &block{answers: []answer{{c, outcome{receipt: &eventv1.Receipt{Events: 1}}}}}
	ctx := context.Background()
	if n := testing.AllocsPerRun(100, func() {
		d.span(c, "decide")()
		_, end := d.blockSpan(ctx, b, 1)
		end()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkUntraced(b *testing.B) {
	d := New(Config{})
	c := &command{ctx: b.Context()}
	for b.Loop() {
		d.span(c, "decide")()
	}
}
