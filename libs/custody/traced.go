package custody

import (
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Answer is what records answer to a trace.
type Answer struct {
	// Holders are the steps, each once, whichever of the items it is of.
	Holders []*enforcementv1.Holder
	// LastLawful is who had all of the items lawfully last; empty where the records do not say, or it is not one and the same.
	LastLawful string
}

// Traced is what the records of an agency say of the items of a trace; of all agencies, when none is named. It is refused where
// no record has a mark that is the same, or where the records of one can be read in several ways, so that nobody is named who may
// have had another.
func Traced(view ledger.View, t *ledgerv1.Trace, agency string) (Answer, error) {
	var answer Answer
	last := map[string]bool{}
	for _, m := range t.GetOpened().GetMarks() {
		chains, err := chainsOf(view, m)
		if err != nil {
			return Answer{}, err
		}
		if len(chains) == 0 {
			last[""] = true
		}
		for _, c := range chains {
			for _, h := range holdersIn(c, agency) {
				if !slices.ContainsFunc(answer.Holders, func(known *enforcementv1.Holder) bool { return proto.Equal(known, h) }) {
					answer.Holders = append(answer.Holders, h)
				}
			}
			last[c.GetLastLawful().GetParty().GetName()] = true
		}
	}
	if len(answer.Holders) == 0 {
		return Answer{}, fault.Errorf(fault.NotFound, "no record has an item with the marks of trace %s; see what comes near: counterfoil trace %s; or answer that it was not found", t.GetId(), t.GetOpened().GetMarks()[0].GetSerial())
	}
	if names := slices.Collect(maps.Keys(last)); len(names) == 1 {
		answer.LastLawful = names[0]
	}
	return answer, nil
}

// chainsOf are the chains of the item with a mark; none where no record has it.
func chainsOf(view ledger.View, m *transferv1.Mark) (chains []*queryv1.Custody, err error) {
	all, err := Of(view, m)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if !stated(c, m.GetMaker(), m.GetModel(), m.GetCountry()) {
			continue
		}
		if c.GetCannotBeTold() {
			return nil, fault.Errorf(fault.Precondition, "the records of %s do not say who had it: %s; look at them and state the chain: counterfoil trace %s", m.GetSerial(), c.GetReason(), m.GetSerial())
		}
		chains = append(chains, c)
	}
	return chains, nil
}

// stated reports whether a chain is of the item that was asked for, and all of what tells it from others was stated.
func stated(c *queryv1.Custody, parts ...string) bool {
	for _, p := range parts {
		if marks.Normalize(p) == "" {
			return false
		}
	}
	return c.GetMatch() == string(marks.Same)
}

// handed are the steps at which an item changes hands, or is to.
var handed = []string{"licensed", "declared", "exited", "arrived", "delivery_verified", "delivery_confirmed"}

func holdersIn(c *queryv1.Custody, agency string) (holders []*enforcementv1.Holder) {
	for _, s := range c.GetSteps() {
		if s.GetMatch() != string(marks.Same) || !slices.Contains(handed, s.GetWhat()) || agency != "" && !strings.HasPrefix(s.GetJournal(), agency+"/") {
			continue
		}
		holders = append(holders, &enforcementv1.Holder{From: s.GetFrom(), To: s.GetTo(), At: s.GetAt(), RecordId: s.GetRecordId(), Document: s.GetWhat()})
	}
	return holders
}
