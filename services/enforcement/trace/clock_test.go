package trace_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
)

// A trace is opened on the first day, acknowledged until the 8th, answered until the 31st, for good until the 91st.
func TestOverdue(t *testing.T) {
	late := func(id string, steps ...string) (facts []proto.Message) {
		for _, s := range steps {
			facts = append(facts, &enforcementv1.TraceOverdue{TraceId: id, Step: s})
		}
		return facts
	}
	given := func(facts ...proto.Message) []proto.Message { return facts }
	for name, tt := range map[string]struct {
		given []proto.Message
		now   int
		want  []proto.Message
		next  int
	}{
		"in time":                        {given(received), 8, nil, 8},
		"not acknowledged":               {given(received), 9, late(id, "acknowledge"), 31},
		"told already":                   {append(given(received), late(id, "acknowledge")...), 9, nil, 31},
		"acknowledged":                   {given(received, acknowledged(id, "enforcement")), 9, nil, 31},
		"not answered":                   {given(received, acknowledged(id, "enforcement")), 32, late(id, "answer"), 91},
		"delayed":                        {given(received, acknowledged(id, "enforcement"), delayed(id, "enforcement")), 32, nil, 60},
		"delayed, and that passed":       {given(received, acknowledged(id, "enforcement"), delayed(id, "enforcement")), 61, late(id, "answer"), 91},
		"answered in part":               {given(received, answered(id, "enforcement", false)), 32, nil, 91},
		"answered in part, and not more": {given(received, answered(id, "enforcement", false)), 92, late(id, "final"), 0},
		"nothing at all":                 {given(received), 92, late(id, "acknowledge", "answer", "final"), 0},
		"answered":                       {given(received, answered(id, "enforcement", true)), 92, nil, 0},
		"refused":                        {given(received, refused(id, "enforcement")), 92, nil, 0},
		"withdrawn":                      {given(received, withdrawn(id)), 92, nil, 0},
		"own, nobody asked":              {given(own), 9, nil, 31},
		"own, asked":                     {given(own, sent), 18, late(ownID, "acknowledge"), 31},
		"of another agency":              {given(others), 92, nil, 0},
		"two":                            {given(received, own), 32, append(late(id, "acknowledge", "answer"), late(ownID, "answer")...), 91},
	} {
		t.Run(name, func(t *testing.T) {
			facts, next, err := trace.Overdue(ledgertest.GivenAs(t, "enforcement", tt.given...), on(tt.now).AsTime())
			expect(t, facts, err, tt.want, nil)
			var want time.Time
			if tt.next > 0 {
				want = on(tt.next).AsTime()
			}
			if !next.Equal(want) {
				t.Errorf("next is due %s; want %s", next, want)
			}
		})
	}
}
