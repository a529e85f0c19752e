package schedules

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

const (
	licenceID = "licensing/L-2026-000001"
	counter   = "customs"
	// idle is how long an allowance lies unused until it is given back.
	idle = 3 * 24 * time.Hour
)

// amounts are thousandths of a piece, and cents.
type amounts struct{ quantity, value int64 }

func (a amounts) plus(b amounts) amounts { return amounts{a.quantity + b.quantity, a.value + b.value} }
func (a amounts) less(b amounts) amounts { return amounts{a.quantity - b.quantity, a.value - b.value} }
func (a amounts) most(b amounts) amounts {
	return amounts{max(a.quantity, b.quantity), max(a.value, b.value)}
}
func (a amounts) least(b amounts) amounts {
	return amounts{min(a.quantity, b.quantity), min(a.value, b.value)}
}

// within reports whether neither is above a limit's.
func (a amounts) within(limit amounts) bool {
	return a.quantity <= limit.quantity && a.value <= limit.value
}

func (a amounts) stated() (*transferv1.Quantity, *transferv1.Money) {
	return &transferv1.Quantity{Thousandths: a.quantity, Unit: "H87"}, &transferv1.Money{Minor: a.value, Currency: "EUR"}
}

func of(q *transferv1.Quantity, v *transferv1.Money) amounts {
	return amounts{q.GetThousandths(), v.GetMinor()}
}

// rules are what a schedule is played by: the real ones, or with a mutant among them.
type rules struct {
	accept func(view ledger.View, id string, asked amounts) ([]proto.Message, error)
	// commit is told what was declared and what moved.
	commit     func(view ledger.View, id string, declared, moved amounts) ([]proto.Message, error)
	cancel     func(view ledger.View, id string) ([]proto.Message, error)
	correct    func(view ledger.View, id string, to amounts) ([]proto.Message, error)
	restore    func(view ledger.View, id string, back amounts) ([]proto.Message, error)
	give       func(view ledger.View, at time.Time, post string, to amounts) ([]proto.Message, error)
	giveBack   func(view ledger.View, at time.Time, back amounts) ([]proto.Message, error)
	returnIdle func(view ledger.View, now time.Time, idle time.Duration) ([]proto.Message, time.Time, error)
	left       func(view ledger.View) (amounts, error)
}

// real are the rules that the customs service runs.
func real() rules {
	return rules{
		accept:     accept,
		commit:     commit,
		cancel:     writeoff.Release,
		correct:    correct,
		restore:    restore,
		give:       give,
		giveBack:   giveBack,
		returnIdle: writeoff.Idle,
		left: func(view ledger.View) (amounts, error) {
			b, err := writeoff.Balance(view, licenceID)
			if err != nil {
				return amounts{}, err
			}
			return of(b.Lines[0].LeftHere, b.Lines[0].LeftHereValue), nil
		},
	}
}

func item(a amounts) *customsv1.Item {
	q, v := a.stated()
	return &customsv1.Item{Number: 1, LicenceLine: 1, Quantity: q, Value: v}
}

func account(view ledger.View, except string) (*writeoff.Account, error) {
	l, err := view.Licence(licenceID)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, fault.Coded(fault.NotFound, "DX01", "licence %s is not on record here", licenceID)
	}
	return writeoff.Read(view, l, except)
}

// accepted are the facts of an accepted declaration.
func accepted(id string, entry *customsv1.LicenceQuantityReserved) []proto.Message {
	return []proto.Message{&customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: licenceID}, entry}
}

func accept(view ledger.View, id string, asked amounts) ([]proto.Message, error) {
	a, err := account(view, "")
	if err != nil {
		return nil, err
	}
	entry, err := a.Reserve(id, 0, item(asked))
	if err != nil {
		return nil, err
	}
	return accepted(id, entry), nil
}

func commit(view ledger.View, id string, declared, moved amounts) ([]proto.Message, error) {
	a, err := account(view, id)
	if err != nil {
		return nil, err
	}
	q, v := moved.stated()
	return a.Commit(id, 0, []writeoff.Movement{{Item: item(declared), Quantity: q, Value: v}})
}

// entryOf is the id of what was committed of a declaration.
func entryOf(id string) string { return id + "#1#2" }

func correct(view ledger.View, id string, to amounts) ([]proto.Message, error) {
	q, v := to.stated()
	return writeoff.Correct(view, &customsv1.CorrectWriteOffRequest{EntryId: entryOf(id), Quantity: q, Value: v, Reason: "weighed again"})
}

func restore(view ledger.View, id string, back amounts) ([]proto.Message, error) {
	q, v := back.stated()
	return writeoff.Restore(view, &customsv1.RestoreWriteOffRequest{EntryId: entryOf(id), Quantity: q, Value: v, Reason: "sent back", LegalBasis: "fictional"})
}

func at(t time.Time) *eventv1.Particulars {
	return &eventv1.Particulars{OccurredAt: timestamppb.New(t)}
}

func give(view ledger.View, now time.Time, post string, to amounts) ([]proto.Message, error) {
	q, v := to.stated()
	return writeoff.Give(view, &customsv1.GiveAllowanceRequest{Particulars: at(now), LicenceId: licenceID, Post: post, LicenceLine: 1, Quantity: q, Value: v})
}

func giveBack(view ledger.View, now time.Time, back amounts) ([]proto.Message, error) {
	q, v := back.stated()
	return writeoff.Return(view, &customsv1.ReturnAllowanceRequest{Particulars: at(now), LicenceId: licenceID, LicenceLine: 1, Quantity: q, Value: v})
}
