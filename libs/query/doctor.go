package query

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/plain"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// minDisk is the free space, in bytes, below which the doctor speaks up.
	minDisk = 1 << 30
	// maxAhead is how far in the future another agency's block may be dated before a clock is called wrong.
	maxAhead = 5 * time.Minute
)

// examination is one of the doctor's checks: run says what it finds, without number and name, or why that cannot be told.
type examination struct {
	name string
	run  func(context.Context) (*queryv1.Check, error)
}

// Checks are the names of what the doctor looks at, in order.
func Checks() (names []string) {
	for _, of := range (&service{}).examinations(context.Background()) {
		names = append(names, of.name)
	}
	return names
}

// Doctor runs every check of the node, in order; each that fails says what to do, and so does one that cannot be made.
func (s *service) Doctor(ctx context.Context, _ *queryv1.DoctorRequest) (*queryv1.DoctorResponse, error) {
	if s.Follower == nil {
		return nil, notServed("the doctor looks at a node")
	}
	checks, err := examine(ctx, s.examinations(ctx))
	if err != nil {
		return nil, err
	}
	return &queryv1.DoctorResponse{Checks: checks}, nil
}

// examine fails only when ctx ends.
func examine(ctx context.Context, all []examination) (checks []*queryv1.Check, err error) {
	for i, of := range all {
		check, err := of.run(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			check = &queryv1.Check{Detail: "it cannot be looked at: " + err.Error(), Next: "counterfoil status"}
		}
		check.Number, check.Name = uint32(i+1), of.name
		checks = append(checks, check)
	}
	return checks, nil
}

func (s *service) examinations(ctx context.Context) []examination {
	permitted := sync.OnceValues(func() (*backbone.Access, error) { return s.Permitted(ctx) })
	atHub := func(check func(*backbone.Access) *queryv1.Check) func(context.Context) (*queryv1.Check, error) {
		return func(context.Context) (*queryv1.Check, error) {
			access, err := permitted()
			if errors.Is(err, backbone.ErrUnreachable) {
				err = nil
			}
			return check(access), err
		}
	}
	return []examination{
		{"ledger", s.checkBuilt}, {"hub", s.checkLine}, {"sent", s.checkSent}, {"journals", s.checkJournals}, {"folded", s.checkLag}, {"parked", s.checkParked},
		{"clocks", s.checkClocks}, {"disk", s.checkDisk}, {"secrets", s.checkSecrets}, {"part", s.checkPart}, {"keys", s.checkKeys},
		{"withdrawals", s.checkWithdrawals}, {"credentials", atHub(s.checkCredentials)}, {"permissions", atHub(s.checkPermissions)},
		{"streams", atHub(s.checkStreams)}, {"widenings", s.checkWidenings}, {"feed", s.Feed}, {"webhooks", s.Webhooks}, {"settings", s.Settings},
	}
}

func (s *service) checkBuilt(context.Context) (*queryv1.Check, error) {
	built := s.Built()
	return &queryv1.Check{Ok: built == 1, Detail: fmt.Sprintf("schema %d, %.0f %% built", ledger.Schema, built*100), Next: next(built == 1, "counterfoil status")}, nil
}

func (s *service) checkLine(context.Context) (*queryv1.Check, error) {
	line := s.Hub()
	detail := "connected to the hub"
	if !line.Connected || line.Trouble != "" {
		detail = "not connected to the hub; commands are taken and sent on later: " + line.Trouble
	}
	ok := line.Connected && line.Trouble == ""
	return &queryv1.Check{Ok: ok, Detail: detail, Next: next(ok, "counterfoil status")}, nil
}

func (s *service) checkSent(context.Context) (*queryv1.Check, error) {
	line := s.Hub()
	ok := line.ToSend == 0 || line.Connected
	return &queryv1.Check{Ok: ok, Detail: fmt.Sprintf("%d own blocks are still to be sent", line.ToSend), Next: next(ok, "counterfoil status")}, nil
}

func (s *service) checkJournals(context.Context) (*queryv1.Check, error) {
	var halted []*ledgerv1.Stop
	for _, stop := range s.Follower.State() {
		halted = append(halted, stop)
	}
	slices.SortFunc(halted, func(a, b *ledgerv1.Stop) int { return strings.Compare(a.Journal, b.Journal) })
	if len(halted) == 0 {
		return &queryv1.Check{Ok: true, Detail: "every journal is followed"}, nil
	}
	var lines []string
	for _, stop := range halted {
		lines = append(lines, fmt.Sprintf("%s is stopped at block %d: %s", stop.Journal, stop.Block, stop.Reason))
	}
	return &queryv1.Check{
		Detail: strings.Join(lines, "; ") + ". The blocks that were not believed are kept in the node's folder, in evidence",
		Next:   "counterfoil verify",
	}, nil
}

func (s *service) checkLag(ctx context.Context) (*queryv1.Check, error) {
	behind, err := s.Follower.Behind(ctx)
	if err != nil {
		return nil, err
	}
	waiting := uint64(0)
	for _, n := range behind {
		waiting += n
	}
	return &queryv1.Check{Ok: waiting == 0, Detail: fmt.Sprintf("%d blocks are stored and not folded", waiting), Next: next(waiting == 0, "counterfoil status")}, nil
}

func (s *service) checkParked(context.Context) (check *queryv1.Check, err error) {
	err = s.Ledger.View(func(v ledger.View) error {
		events, err := v.ParkedEvents()
		if err != nil {
			return err
		}
		events = slices.DeleteFunc(events, func(e *ledgerv1.ParkedEvent) bool { return e.BeforeStart }) // what they rest on is not for this agency
		check = &queryv1.Check{Ok: len(events) == 0, Detail: "no event is parked"}
		if len(events) > 0 {
			first := events[0]
			check.Detail = fmt.Sprintf("%d events are parked; the first is %s event %d: %s", len(events), first.Journal, first.Number, first.Reason)
			check.Next = "counterfoil parked"
			if slices.ContainsFunc(events, func(e *ledgerv1.ParkedEvent) bool {
				return ledger.ParkedClass(e) == queryv1.ParkedClass_PARKED_CLASS_KNOWN_NOW
			}) {
				check.Next = "counterfoil parked retry"
			}
		}
		return nil
	})
	return check, err
}

func (s *service) checkClocks(context.Context) (check *queryv1.Check, err error) {
	check = &queryv1.Check{Ok: true, Detail: "no journal is ahead of this node's clock"}
	err = s.Ledger.View(func(v ledger.View) error {
		positions, err := v.Positions()
		if err != nil {
			return err
		}
		for _, p := range positions {
			if ahead := p.RecordedAt.AsTime().Sub(s.Now()); ahead > maxAhead {
				check.Ok, check.Next = false, "date -u"
				check.Detail = fmt.Sprintf("the last block of %s is dated %s ahead of this node's clock", p.Journal, ahead.Round(time.Second))
			}
		}
		return nil
	})
	return check, err
}

func (s *service) checkDisk(context.Context) (*queryv1.Check, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(s.Dir, &stat); err != nil {
		return nil, fmt.Errorf("ask how full the disk is: %w", err)
	}
	free := stat.Bavail * uint64(stat.Bsize)
	return &queryv1.Check{Ok: free >= minDisk, Detail: fmt.Sprintf("%d MiB are free", free>>20), Next: next(free >= minDisk, "df -h "+plain.Word(s.Dir))}, nil
}

// checkSecrets looks for files of the node that others on the machine can read.
func (s *service) checkSecrets(context.Context) (*queryv1.Check, error) {
	check := &queryv1.Check{Ok: true, Detail: "only this node's user can read its files"}
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("look at the node's folder: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // gone since
		}
		if e.Type().IsRegular() && info.Mode()&(fs.ModePerm&0o077) != 0 {
			path := filepath.Join(s.Dir, e.Name())
			check.Ok, check.Detail, check.Next = false, fmt.Sprintf("%s has mode %04o", path, info.Mode().Perm()), "chmod 600 "+plain.Word(path)
		}
	}
	return check, nil
}

// checkWidenings looks for emergency widenings of the agency that are over and were not reviewed.
func (s *service) checkWidenings(context.Context) (*queryv1.Check, error) {
	check := &queryv1.Check{Ok: true, Detail: "no emergency widening waits for its review"}
	err := s.Ledger.View(func(v ledger.View) error {
		rows, err := v.Widenings()
		for _, w := range rows {
			over := w.EndedAt != nil || !s.Now().Before(w.Widened.GetUntil().AsTime())
			if !over || w.Review != nil || !check.Ok || !strings.HasPrefix(w.Journal, s.Agency+"/") {
				continue
			}
			by := w.Widened.GetReviewBy().AsTime()
			check.Ok, check.Next = false, "counterfoil widening seen "+w.Id
			check.Detail = fmt.Sprintf("%s is over and is to be reviewed by %s", w.Id, by.Format(time.DateOnly))
			if s.Now().After(by) {
				check.Detail = fmt.Sprintf("%s is over and was to be reviewed by %s: the review is overdue", w.Id, by.Format(time.DateOnly))
			}
		}
		return err
	})
	return check, err
}

// checkWithdrawals looks for events that were withdrawn and are still held: here, or, past the deadline, by others that have
// them from this agency.
func (s *service) checkWithdrawals(context.Context) (check *queryv1.Check, err error) {
	var orders []*directoryv1.WithdrawalStatus
	err = s.Ledger.View(func(v ledger.View) (err error) {
		orders, err = directory.Withdrawals(v, s.Now())
		return err
	})
	check = &queryv1.Check{Ok: true, Detail: "everything that was withdrawn is purged, or has time"}
	for _, w := range orders {
		switch own := strings.HasPrefix(w.Journal, s.Agency+"/"); {
		case slices.Contains(w.Open, s.Agency), slices.Contains(w.Overdue, s.Agency):
			check.Ok, check.Detail = false, w.WithdrawalId+" is not carried out here yet"
		case own && len(w.Overdue) > 0:
			check.Ok, check.Detail = false, fmt.Sprintf("%s is overdue at %s", w.WithdrawalId, strings.Join(w.Overdue, ", "))
		default:
			continue
		}
		check.Next = "counterfoil withdrawals " + w.WithdrawalId
		return check, nil
	}
	return check, err
}

func next(ok bool, command string) string {
	if ok {
		return ""
	}
	return command
}
