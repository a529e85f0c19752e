package customs_test

import (
	"maps"

	"github.com/anishathalye/porcupine"
)

// call is what somebody asked of a node, in whole pieces: once or, until there was an answer, again and again under one
// idempotency key.
type call struct {
	node, kind, declaration, key string
	pieces                       int64
	// heard is up to which event another's journal has come, with what it comes to.
	heard                  uint64
	given, returned, taken int64
}

// answer is what came back.
type answer struct {
	// unknown: nothing did, so that it happened, will happen or never happens.
	unknown bool
	// code is why it was refused.
	code string
	// pieces is what was given, or what is left.
	pieces int64
}

// account is a node's, as porcupine steps through it: a counter's with a limit of its own, or a post's with what it was given.
type account struct {
	limit int64 // of a counter; a post has what it was given
	open  map[string]int64
	used  int64
	heard uint64
	// given, returned and taken are the allowance of the post, as far as the node knows.
	given, returned, taken int64
}

func (a *account) reserved() (sum int64) {
	for _, n := range a.open {
		sum += n
	}
	return sum
}

func (a *account) left() int64 {
	own := a.reserved() + a.used
	if a.limit == 0 {
		return a.given - a.returned - own
	}
	return a.limit - own - max(a.given-a.returned, a.taken)
}

// linear is a licence's counter and its post: each is one account, whatever is at work on it at once.
var linear = porcupine.Model{
	Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
		by := map[string][]porcupine.Operation{}
		for _, op := range history {
			node := op.Input.(call).node
			by[node] = append(by[node], op)
		}
		for _, part := range by {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return &account{open: map[string]int64{}} },
	Step: func(state, input, output any) (bool, any) {
		in, out := input.(call), output.(answer)
		a := *state.(*account)
		if in.node == "customs" {
			a.limit = licensed
		}
		should := a.step(in)
		return out.unknown || out == should, &a
	},
	Equal: func(x, y any) bool {
		a, b := x.(*account), y.(*account)
		return a.used == b.used && a.heard == b.heard && a.given == b.given && a.returned == b.returned && a.taken == b.taken &&
			maps.Equal(a.open, b.open)
	},
}

// step does what is asked, and says what the answer must be.
func (a *account) step(in call) answer {
	switch in.kind {
	case "accept":
		if in.pieces > a.left() {
			return answer{code: "DX03"}
		}
		a.open = maps.Clone(a.open)
		a.open[in.declaration] = in.pieces
	case "exit", "cancel":
		a.open = maps.Clone(a.open)
		delete(a.open, in.declaration)
		a.used += in.pieces
	case "give":
		more := max(0, in.pieces-max(0, a.given-a.returned-a.taken))
		if more > a.left() {
			return answer{code: "DX03"}
		}
		a.given += more
		return answer{pieces: more}
	case "return":
		if in.pieces > a.left() {
			return answer{code: "refused"}
		}
		a.returned += in.pieces
	case "hear":
		if in.heard > a.heard {
			a.heard = in.heard
			if a.limit == 0 {
				a.given = in.given
			} else {
				a.returned, a.taken = in.returned, in.taken
			}
		}
	case "balance":
		return answer{pieces: a.left()}
	}
	return answer{}
}
