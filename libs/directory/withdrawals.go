package directory

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Withdrawals says of every order on record to purge an event, by id, which of its holders have done so, which still have
// time and which are overdue at now, by name. Holders are the event's own agency and every one that was let read its
// journal with that event in it, whatever became of its part since.
func Withdrawals(view ledger.View, now time.Time) ([]*directoryv1.WithdrawalStatus, error) {
	orders, err := view.Withdrawals()
	if err != nil {
		return nil, err
	}
	var list []*directoryv1.WithdrawalStatus
	for _, w := range orders {
		status, err := withdrawal(view, w, now)
		if err != nil {
			return nil, fmt.Errorf("follow %s: %w", w.Id, err)
		}
		list = append(list, status)
	}
	return list, nil
}

func withdrawal(view ledger.View, w *ledgerv1.Withdrawal, now time.Time) (*directoryv1.WithdrawalStatus, error) {
	status := &directoryv1.WithdrawalStatus{WithdrawalId: w.Id, Withdrawn: w.Withdrawn, Journal: w.Journal, At: w.At}
	holders, err := holders(view, w)
	if err != nil {
		return nil, err
	}
	given, err := view.WithdrawalReceiptsWith("request", w.Id)
	if err != nil {
		return nil, err
	}
	for _, r := range given {
		status.Done = append(status.Done, r.Agency)
	}
	for _, agency := range holders {
		switch {
		case slices.Contains(status.Done, agency):
		case now.After(w.Withdrawn.Due.AsTime()):
			status.Overdue = append(status.Overdue, agency)
		default:
			status.Open = append(status.Open, agency)
		}
	}
	slices.Sort(status.Done)
	return status, nil
}

// holders are the agencies that have the event, by name.
func holders(view ledger.View, w *ledgerv1.Withdrawal) ([]string, error) {
	id, err := journal.ParseID(w.Journal)
	if err != nil {
		return nil, err
	}
	releases, err := view.ReleasesWith("journal", Own(id.Agency).String())
	if err != nil {
		return nil, err
	}
	written, err := writtenAt(view, id, w.Withdrawn.Number)
	if err != nil {
		return nil, err
	}
	list := []string{id.Agency}
	for _, r := range releases {
		if r.Group == id.Group && holds(r, w.Withdrawn.Number, written) {
			list = append(list, r.Reader)
		}
	}
	slices.Sort(list)
	return list, nil
}

// holds reports whether what was released includes an event that was written at a time; zero where that is not known.
func holds(r *ledgerv1.Release, number uint64, written time.Time) bool {
	switch {
	case r.State == ended && r.Since.AsTime().Before(written):
		return false
	case r.State == refused && len(r.Keys) == 0 && r.Start == nil && len(r.EarlierStarts) == 0:
		return false // it never read anything
	case r.Start == nil && len(r.EarlierStarts) == 0:
		return true
	}
	starts := append(slices.Clone(r.EarlierStarts), r.Start)
	return slices.ContainsFunc(starts, func(s *directoryv1.JournalStart) bool { return s.GetEvents() < number })
}

func writtenAt(view ledger.View, id journal.ID, number uint64) (time.Time, error) {
	block, err := view.Block(id, number)
	if block == nil || err != nil {
		return time.Time{}, err
	}
	header := &eventv1.Header{}
	if err := proto.Unmarshal(block.Header, header); err != nil {
		return time.Time{}, err
	}
	return header.RecordedAt.AsTime(), nil
}
