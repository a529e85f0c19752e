package query

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// maxLeft is how many events that are still parked the answer to a retry names.
const maxLeft = 100

// Parked lists the events that could not be applied. It shows nothing of what they state.
func (s *service) Parked(_ context.Context, req *queryv1.ParkedRequest) (res *queryv1.ParkedResponse, err error) {
	res = &queryv1.ParkedResponse{}
	order := ledger.CompareParked
	if req.NewestFirst {
		order = newestFirst
	}
	after, err := parseParkedToken(req.PageToken)
	if err != nil {
		return nil, err
	}
	limit := int(cmp.Or(req.PageSize, pageSize))
	err = s.Ledger.View(func(v ledger.View) error {
		list, err := v.ParkedEvents()
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(p *ledgerv1.ParkedEvent) bool { return !wanted(p, req) })
		res.Totals = totals(list)
		slices.SortFunc(list, order)
		if after != nil {
			from, found := slices.BinarySearchFunc(list, after, order)
			if found {
				from++
			}
			list = list[from:]
		}
		if len(list) > limit {
			list = list[:limit]
			res.NextPageToken = parkedToken(list[limit-1])
		}
		for _, p := range list {
			item, err := parkedItem(v, p)
			if err != nil {
				return err
			}
			res.Events = append(res.Events, item)
		}
		res.Basis, err = basis(v)
		return err
	})
	return res, err
}

// ParkedEvent shows a parked event in full, and what would bring it on.
func (s *service) ParkedEvent(ctx context.Context, req *queryv1.ParkedEventRequest) (res *queryv1.ParkedEventResponse, err error) {
	id, err := journalCalled(req.Journal)
	if err != nil {
		return nil, err
	}
	res = &queryv1.ParkedEventResponse{}
	err = s.Ledger.View(func(v ledger.View) error {
		p, err := v.ParkedEvent(id, req.Number)
		if err != nil {
			return err
		}
		if p == nil {
			return s.notParked(id, req.Number)
		}
		if res.Parked, err = parkedItem(v, p); err != nil {
			return err
		}
		if res.Event, err = v.Event(id, req.Number); err != nil {
			return err
		}
		if p.RowId != "" {
			if res.Table, res.Row, err = v.Find(p.RowId); err != nil {
				return err
			}
		}
		position, err := v.Position(id)
		if err != nil {
			return err
		}
		res.NotGiven, res.Withdrawn = position.GetStartEvents(), v.Lacks(id)
		res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	read := &queryv1.Access{Call: "ParkedEvent", Id: eventName(id, req.Number), Table: queryv1.Table_TABLE_EVENTS, Rows: 1}
	var rows []*queryv1.Row
	if res.Row != nil {
		read.Rows, rows = 2, append(rows, res.Row)
	}
	return res, s.accessedEvents(ctx, read, []*queryv1.RecordedEvent{res.Event}, rows...)
}

// RetryParked applies the parked events that can be applied by now, as ledger.RetryParked does.
func (s *service) RetryParked(ctx context.Context, req *queryv1.RetryParkedRequest) (res *queryv1.RetryParkedResponse, err error) {
	if s.Ledger.ReadOnly() {
		return nil, notServed("what is parked is tried again at a node")
	}
	id := journal.ID{}
	if req.Journal != "" {
		if id, err = journalCalled(req.Journal); err != nil {
			return nil, err
		}
		if err := s.checkParkable(id, req.Number); err != nil {
			return nil, err
		}
	}
	retried, err := s.Ledger.RetryParked(ctx, id, req.Number)
	if err != nil {
		return nil, err
	}
	res = &queryv1.RetryParkedResponse{Applied: uint64(len(retried.Applied)), Still: totals(retried.Still)}
	for _, id := range retried.Anew {
		res.FoldedAnew = append(res.FoldedAnew, id.String())
		if id.Group == directory.Group { // it may have brought keys
			if err := s.Ledger.View(s.Follower.Keys.Learn); err != nil {
				return nil, err
			}
		}
	}
	err = s.Ledger.View(func(v ledger.View) error {
		for _, p := range retried.Still[:min(maxLeft, len(retried.Still))] {
			item, err := parkedItem(v, p)
			if err != nil {
				return err
			}
			res.Left = append(res.Left, item)
		}
		return nil
	})
	return res, err
}

// checkParkable refuses a journal of which nothing is here, and an event that is not parked.
func (s *service) checkParkable(id journal.ID, number uint64) error {
	return s.Ledger.View(func(v ledger.View) error {
		position, err := v.Position(id)
		if err != nil {
			return err
		}
		if position == nil {
			return fault.Errorf(fault.NotFound, "nothing of journal %s is on record at %s; counterfoil status lists the journals", id, s.Agency)
		}
		if number == 0 {
			return nil
		}
		p, err := v.ParkedEvent(id, number)
		if p == nil && err == nil {
			err = s.notParked(id, number)
		}
		return err
	})
}

func (s *service) notParked(id journal.ID, number uint64) error {
	return fault.Errorf(fault.NotFound, "event %s is not parked at %s; see: counterfoil parked", eventName(id, number), s.Agency)
}

func eventName(id journal.ID, number uint64) string { return fmt.Sprintf("%s/%d", id, number) }

func journalCalled(name string) (journal.ID, error) {
	id, err := journal.ParseID(name)
	if err != nil {
		return id, fault.Errorf(fault.Invalid, "name a journal as agency/group; %q is none", name)
	}
	return id, nil
}

func wanted(p *ledgerv1.ParkedEvent, req *queryv1.ParkedRequest) bool {
	return (req.Journal == "" || p.Journal == req.Journal) &&
		(req.Kind == "" || p.Kind == req.Kind || strings.EqualFold(p.Kind[strings.LastIndexByte(p.Kind, '.')+1:], req.Kind)) &&
		(req.Class == queryv1.ParkedClass_PARKED_CLASS_UNSPECIFIED || ledger.ParkedClass(p) == req.Class)
}

// totals counts parked events by journal and class, in that order.
func totals(list []*ledgerv1.ParkedEvent) (all []*queryv1.ParkedTotal) {
	for _, p := range list {
		class := ledger.ParkedClass(p)
		i, found := slices.BinarySearchFunc(all, &queryv1.ParkedTotal{Journal: p.Journal, Class: class}, func(a, b *queryv1.ParkedTotal) int {
			return cmp.Or(strings.Compare(a.Journal, b.Journal), cmp.Compare(a.Class, b.Class))
		})
		if !found {
			all = slices.Insert(all, i, &queryv1.ParkedTotal{Journal: p.Journal, Class: class})
		}
		all[i].Count++
	}
	return all
}

// newestFirst orders by id, which begins with when the event was made.
func newestFirst(a, b *ledgerv1.ParkedEvent) int {
	return cmp.Or(bytes.Compare(b.Id, a.Id), ledger.CompareParked(a, b))
}

// parkedToken is where a page ended, in either order: the event's id in hex, its journal and its number.
func parkedToken(p *ledgerv1.ParkedEvent) string {
	return fmt.Sprintf("%x/%s/%d", p.Id, p.Journal, p.Number)
}

func parseParkedToken(token string) (*ledgerv1.ParkedEvent, error) {
	if token == "" {
		return nil, nil
	}
	parts := strings.Split(token, "/")
	garbled := fault.Errorf(fault.Invalid, "the page token is garbled; use it as it was given, or start again without one")
	if len(parts) != 4 {
		return nil, garbled
	}
	id, idErr := hex.DecodeString(parts[0])
	of, ofErr := journal.ParseID(parts[1] + "/" + parts[2])
	number, numberErr := strconv.ParseUint(parts[3], 10, 64)
	if idErr != nil || ofErr != nil || numberErr != nil {
		return nil, garbled
	}
	return &ledgerv1.ParkedEvent{Id: id, Journal: of.String(), Number: number}, nil
}

func parkedItem(v ledger.View, p *ledgerv1.ParkedEvent) (*queryv1.ParkedItem, error) {
	of, err := journal.ParseID(p.Journal)
	if err != nil {
		return nil, err
	}
	item := &queryv1.ParkedItem{
		Journal: p.Journal, Number: p.Number, Id: hex.EncodeToString(p.Id), Kind: p.Kind, Class: ledger.ParkedClass(p), Reason: p.Reason, RowId: p.RowId,
	}
	if id, err := uuid.FromBytes(p.Id); err == nil {
		item.Id = id.String()
	}
	item.Remedy, err = remedy(v, of, item)
	return item, err
}

// remedy says what would bring a parked event on.
func remedy(v ledger.View, of journal.ID, p *queryv1.ParkedItem) (string, error) {
	retry := fmt.Sprintf("counterfoil parked retry %s %d", of, p.Number)
	switch p.Class {
	case queryv1.ParkedClass_PARKED_CLASS_UNKNOWN:
		return "upgrade this node's program to one that knows the kind; then type: " + retry, nil
	case queryv1.ParkedClass_PARKED_CLASS_KNOWN_NOW:
		return "this program knows the kind; type: " + retry, nil
	case queryv1.ParkedClass_PARKED_CLASS_BEFORE_START:
		return notGiven(v, of, p)
	}
	if of.Agency == v.Agency() {
		return "it is never applied as it stands: put what it meant on record anew", nil
	}
	return fmt.Sprintf("it is never applied as it stands: ask %s to put what it meant on record anew", of.Agency), nil
}

// notGiven says how what an event rests on could come: never where it was withdrawn, and with all that made the row where
// the copy begins after it.
func notGiven(v ledger.View, of journal.ID, p *queryv1.ParkedItem) (string, error) {
	position, err := v.Position(of)
	if err != nil {
		return "", err
	}
	start := position.GetStartEvents()
	if start == 0 {
		return "what it rests on was withdrawn and does not come back; there is nothing to do", nil
	}
	share := fmt.Sprintf("nothing, where it is not for %s: its copy of %s begins after event %d. Otherwise ask %s to share the whole row, for a group beside %s that both are in: counterfoil share %s --group GROUP",
		v.Agency(), of, start, of.Agency, of.Group, p.RowId)
	if v.Lacks(of) {
		share += "; what was withdrawn does not come back"
	}
	return share, nil
}
