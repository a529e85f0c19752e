package denial

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// stateOf is the State that an agency belongs to; empty where the directory does not say.
func stateOf(view ledger.View, agency string) (string, error) {
	row, err := view.AgencyRow(agency)
	if err != nil {
		return "", fmt.Errorf("read agency %s: %w", agency, err)
	}
	return row.GetState(), nil
}

func yearOf(at *timestamppb.Timestamp) string { return at.AsTime().UTC().Format("2006") }

// day is a time as sentences say it.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// series gives further ids of one command: the first is the next that is free.
type series struct {
	prefix string
	digits int
	next   uint64
}

func newSeries(view ledger.View, prefix string) (*series, error) {
	id, err := view.NextID(prefix)
	if err != nil {
		return nil, err
	}
	at := strings.LastIndexByte(id, '-') + 1
	n, err := strconv.ParseUint(id[at:], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("read the number in id %s: %w", id, err)
	}
	return &series{prefix: id[:at], digits: len(id) - at, next: n}, nil
}

func (s *series) id() string {
	id := fmt.Sprintf("%s%0*d", s.prefix, s.digits, s.next)
	s.next++
	return id
}

// ownUndercut returns an undercut that this agency found.
func ownUndercut(view ledger.View, id string) (*ledgerv1.Undercut, error) {
	u, err := undercut(view, id)
	if err == nil && !view.Owns(id) {
		return nil, fault.Errorf(fault.NotAllowed, "undercut %s was found by %s; only that agency can say more of it", id, ledger.AgencyOf(id))
	}
	return u, err
}

func undercut(view ledger.View, id string) (*ledgerv1.Undercut, error) {
	u, err := view.Undercut(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read undercut %s: %w", id, err)
	case u == nil:
		return nil, fault.Errorf(fault.NotFound, "undercut %s is not on record here; see: counterfoil list undercuts", id)
	}
	return u, nil
}

// standing is an undercut's status as a sentence says it.
func standing(u *ledgerv1.Undercut) string {
	switch u.GetStatus() {
	case candidate:
		return "not judged yet"
	case rejected:
		return "judged to be another deal"
	case confirmed:
		return "judged to be essentially identical, and not asked about yet"
	case consulting:
		return "being asked about"
	case replied:
		return "answered"
	case lapsed:
		return "closed, because the time for an answer is over"
	case decided:
		return "decided"
	}
	return "in no known state"
}

const (
	candidate  = ledgerv1.UndercutStatus_UNDERCUT_STATUS_CANDIDATE
	rejected   = ledgerv1.UndercutStatus_UNDERCUT_STATUS_REJECTED
	confirmed  = ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONFIRMED
	consulting = ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONSULTING
	replied    = ledgerv1.UndercutStatus_UNDERCUT_STATUS_REPLIED
	lapsed     = ledgerv1.UndercutStatus_UNDERCUT_STATUS_LAPSED
	decided    = ledgerv1.UndercutStatus_UNDERCUT_STATUS_DECIDED
)
