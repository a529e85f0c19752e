package directory

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// HistoryFor is what a newcomer to a group is given of its past: its own exception, or the group's rule. from counts with
// HISTORY_RULE_FROM_DATE. A group that has no rule gives nothing of its past.
func HistoryFor(g *ledgerv1.Group, agency string) (rule directoryv1.HistoryRule, from *timestamppb.Timestamp) {
	for _, e := range g.Exceptions {
		if e.Agency == agency {
			return e.History, e.HistoryFrom
		}
	}
	if g.History == directoryv1.HistoryRule_HISTORY_RULE_UNSPECIFIED {
		return directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING, nil
	}
	return g.History, g.HistoryFrom
}

// startAt is the end of the blocks that were written before a time, and the epoch of the first one after; nil when none
// were. It hashes every event before: once per newcomer, about a second for a million.
func startAt(view ledger.View, id journal.ID, from time.Time) (start *directoryv1.JournalStart, epoch uint32, err error) {
	head := journal.Head{ID: id}
	err = view.EachBlock(id, func(kept *ledgerv1.FoldedBlock) error {
		header := &eventv1.Header{}
		if err := proto.Unmarshal(kept.Header, header); err != nil {
			return fmt.Errorf("read the header of block %d: %w", kept.Number, err)
		}
		epoch = header.Epoch
		if !header.RecordedAt.AsTime().Before(from) {
			return errStop
		}
		head, err = head.Past(kept, header)
		return err
	})
	if err != nil && !errors.Is(err, errStop) {
		return nil, 0, fmt.Errorf("find where %s begins at %s: %w", id, from.UTC().Format(time.RFC3339), err)
	}
	if head.Block == 0 {
		return nil, epoch, nil
	}
	return head.Start(), epoch, nil
}

var errStop = errors.New("stop")

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
