// Package share is what an agency has on record about one thing, repeated for a wider group: pure rules.
package share

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Share repeats the events of one of the agency's rows for another group: those that stand there already are not repeated
// again. What rests on the row and is a row of its own is not shared with it, but for the write-offs of a declaration.
func Share(view ledger.View, cmd *directoryv1.ShareRequest) ([]proto.Message, error) {
	row, err := Find(view, cmd.GetId())
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fault.Errorf(fault.NotFound, "nothing called %s is on record at %s", cmd.GetId(), view.Agency())
	}
	of, group, _ := strings.Cut(row.GetJournal(), "/")
	switch {
	case of != view.Agency():
		return nil, fault.Errorf(fault.NotAllowed, "%s is of %s, which alone may share it more widely", cmd.GetId(), of)
	case group == directoryGroup:
		return nil, fault.Errorf(fault.Invalid, "%s stands in the directory, which every agency reads", cmd.GetId())
	case strings.Contains(cmd.GetId(), "#"):
		whole, _, _ := strings.Cut(cmd.GetId(), "#")
		return nil, fault.Errorf(fault.Invalid, "%s is a part of %s; share that", cmd.GetId(), whole)
	}
	if err := Audience(view, cmd.GetGroup()); err != nil {
		return nil, err
	}
	events, err := History(view, row)
	if err != nil {
		return nil, err
	}
	reaches, err := reaches(view, row.GetJournal(), cmd.GetGroup(), events)
	if err != nil {
		return nil, err
	}
	if !reaches {
		return nil, fault.Errorf(fault.Precondition, "every member of group %s is one of group %s, and %s is shared with that", cmd.GetGroup(), group, cmd.GetId())
	}
	return view.Repeat(events, cmd.GetGroup(), "")
}

const directoryGroup = "directory"

// Audience refuses a group that the agency does not record for.
func Audience(view ledger.View, group string) error {
	g, err := view.Group(group)
	switch {
	case err != nil:
		return err
	case g == nil:
		return fault.Errorf(fault.NotFound, "there is no group %s; see: counterfoil directory show", group)
	case group == directoryGroup:
		return fault.Errorf(fault.Invalid, "the directory is no group to share with: it says who is who")
	case !slices.Contains(g.Members, view.Agency()) || len(g.Publishers) > 0 && !slices.Contains(g.Publishers, view.Agency()):
		return fault.Errorf(fault.Precondition, "%s does not record for group %s", view.Agency(), group)
	}
	return nil
}

// reaches reports whether a group has a member that does not read a journal, or whose copy of it begins after the first of the events.
func reaches(view ledger.View, from, to string, events []*queryv1.RecordedEvent) (bool, error) {
	_, group, _ := strings.Cut(from, "/")
	narrow, err := view.Group(group)
	if err != nil {
		return false, err
	}
	wide, err := view.Group(to)
	if err != nil {
		return false, err
	}
	for _, m := range wide.GetMembers() {
		if !slices.Contains(narrow.GetMembers(), m) {
			return true, nil
		}
		given, err := view.Release(from + ">" + m)
		if err != nil {
			return false, err
		}
		if to != group && len(events) > 0 && events[0].GetNumber() <= given.GetStart().GetEvents() {
			return true, nil
		}
	}
	return false, nil
}

// Row is a row that says which events made it.
type Row interface {
	GetId() string
	GetJournal() string
	GetEvents() []uint64
}

// Find returns the row with this id; nil when there is none.
func Find(view ledger.View, id string) (Row, error) {
	_, found, err := view.Find(id)
	if found == nil || err != nil {
		return nil, err
	}
	_, m := ledger.Unwrap(found)
	row, _ := m.(Row)
	return row, nil
}

// History returns the events that made a row, and of a declaration those that made its write-offs, in the order of their
// journal.
func History(view ledger.View, row Row) ([]*queryv1.RecordedEvent, error) {
	numbers := slices.Clone(row.GetEvents())
	if declaration, ok := row.(*ledgerv1.Declaration); ok {
		entries, err := view.WriteOffsWith("declaration", declaration.Id)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			numbers = append(numbers, e.Events...)
		}
	}
	slices.Sort(numbers)
	return view.EventsOf(numbered{row.GetJournal(), slices.Compact(numbers)})
}

// numbered are events of one journal, by their numbers.
type numbered struct {
	journal string
	numbers []uint64
}

func (n numbered) GetJournal() string  { return n.journal }
func (n numbered) GetEvents() []uint64 { return n.numbers }
