package schedules

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// The copy that mutants are made of decides as the rules do, whatever happens.
func TestTheCopyIsOne(t *testing.T) {
	c, r := copied{}, real()
	both := r
	both.accept = func(view ledger.View, id string, asked amounts) ([]proto.Message, error) {
		facts, err := r.accept(view, id, asked)
		copy, copyErr := c.accept(view, id, asked)
		return same(facts, err, copy, copyErr)
	}
	both.give = func(view ledger.View, at time.Time, post string, to amounts) ([]proto.Message, error) {
		facts, err := r.give(view, at, post, to)
		copy, copyErr := c.give(view, at, post, to)
		return same(facts, err, copy, copyErr)
	}
	plays(t, 300, escrowBy(both))
}

// same returns the first decision, or an error that is no refusal where the second is another.
func same(facts []proto.Message, err error, copy []proto.Message, copyErr error) ([]proto.Message, error) {
	code := func(err error) string {
		if r := fault.As(err); r != nil {
			return r.Code
		}
		return ""
	}
	encode := func(facts []proto.Message) (all []byte) {
		for _, f := range facts {
			all, _ = proto.MarshalOptions{Deterministic: true}.MarshalAppend(all, f) // what is not a message is not the same
		}
		return all
	}
	if code(err) != code(copyErr) || !bytes.Equal(encode(facts), encode(copy)) {
		return nil, fmt.Errorf("the rule decides %v, %v; the copy %v, %v", facts, err, copy, copyErr)
	}
	return facts, err
}

// Each of the rules of an escrow does something: without it, schedules go wrong.
func TestEscrowCatchesMutants(t *testing.T) {
	with := func(change func(*rules)) rules {
		r := real()
		change(&r)
		return r
	}
	for name, mutant := range map[string]rules{
		"no limit is kept":                   copied{unlimited: true}.by(),
		"one more than the limit":            copied{over: 1}.by(),
		"values are not counted":             copied{quantityOnly: true}.by(),
		"everybody counts":                   copied{alone: true}.by(),
		"the counter forgets what it lent":   copied{lentForgotten: true}.by(),
		"the counter takes back what is old": copied{lentExpires: true}.by(),
		"a post uses what it gave back":      copied{returnedForgotten: true}.by(),
		"what came back is nobody's":         copied{neverBack: true}.by(),
		"what moved is not looked at":        with(func(r *rules) { r.commit = commitUnseen }),
		"corrections are not looked at":      with(func(r *rules) { r.correct = correctUnseen }),
		"more comes back than moved":         with(func(r *rules) { r.restore = restoreUnseen }),
		"a post gives back what it has not":  with(func(r *rules) { r.giveBack = giveBackUnseen }),
		"a post gives back what it has used": with(func(r *rules) { r.returnIdle = returnAll }),
		"what lies idle stays":               with(func(r *rules) { r.returnIdle = returnNothing }),
		"what was cancelled stays reserved":  with(func(r *rules) { r.cancel = cancelNothing }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caught(t, escrowBy(mutant))
		})
	}
}

func commitUnseen(_ ledger.View, id string, _, moved amounts) ([]proto.Message, error) {
	q, v := moved.stated()
	return []proto.Message{&customsv1.LicenceQuantityCommitted{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: q, Value: v}}, nil
}

func correctUnseen(view ledger.View, id string, to amounts) ([]proto.Message, error) {
	entry, err := view.WriteOff(entryOf(id))
	if err != nil {
		return nil, err
	}
	more := to.less(of(entry.GetQuantity(), entry.GetValue()))
	return []proto.Message{&customsv1.LicenceQuantityCorrected{
		DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, EntryId: entryOf(id), Sequence: 1, Reason: "weighed again",
		Change: &customsv1.Change{Thousandths: more.quantity, Unit: "H87", Minor: more.value, Currency: "EUR"},
	}}, nil
}

func restoreUnseen(_ ledger.View, id string, back amounts) ([]proto.Message, error) {
	q, v := back.plus(back).plus(back).stated()
	return []proto.Message{&customsv1.LicenceQuantityRestored{
		DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Sequence: 1, Reason: "sent back", LegalBasis: "fictional", Quantity: q, Value: v,
	}}, nil
}

// returned is what a post gives back without looking at what it has.
func returned(view ledger.View, back amounts) ([]proto.Message, error) {
	id, err := view.NextID("AR-2026")
	if err != nil || back == (amounts{}) {
		return nil, err
	}
	q, v := back.stated()
	return []proto.Message{&customsv1.AllowanceReturned{ReturnId: id, Giver: counter, LicenceId: licenceID, LicenceLine: 1, Quantity: q, Value: v}}, nil
}

func giveBackUnseen(view ledger.View, _ time.Time, back amounts) ([]proto.Message, error) {
	return returned(view, back)
}

// returnAll gives back all that was given, used or not, once.
func returnAll(view ledger.View, now time.Time, _ time.Duration) ([]proto.Message, time.Time, error) {
	s, err := look(view)
	if err != nil {
		return nil, now, err
	}
	p := s.parties[s.agency]
	facts, err := returned(view, p.given.less(p.returned))
	return facts, now.Add(idle), err
}

func returnNothing(ledger.View, time.Time, time.Duration) ([]proto.Message, time.Time, error) {
	return nil, time.Time{}, nil
}

func cancelNothing(ledger.View, string) ([]proto.Message, error) { return nil, nil }
