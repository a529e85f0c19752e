package reporting

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

// CirculateReport puts a draft on record and asks agencies to approve it.
func (s *Service) CirculateReport(ctx context.Context, req *reportingv1.CirculateReportRequest) (*reportingv1.CirculateReportResponse, error) {
	receipt, err := closeDraft(ctx, s, req, annual.Circulate)
	res := &reportingv1.CirculateReportResponse{Receipt: receipt}
	if err == nil {
		res.ReportId, res.Draft, err = s.where(receipt, req)
	}
	if err != nil {
		return nil, fmt.Errorf("circulate %s/%d: %w", req.GetReport(), req.GetYear(), err)
	}
	return res, nil
}

// FreezeReport makes the last draft the report, and says what it was frozen with.
func (s *Service) FreezeReport(ctx context.Context, req *reportingv1.FreezeReportRequest) (*reportingv1.FreezeReportResponse, error) {
	receipt, err := closeDraft(ctx, s, req, annual.Freeze)
	res := &reportingv1.FreezeReportResponse{Receipt: receipt}
	if err == nil {
		res.ReportId, res.Draft, err = s.where(receipt, req)
	}
	if err == nil && receipt.GetDryRun() == nil {
		err = s.node.Ledger.View(func(view ledger.View) error {
			kept, err := report.Read(view, res.GetReportId(), res.GetDraft())
			if err == nil {
				res.Problems, err = s.checkRecorded(view, kept)
			}
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("freeze %s/%d: %w", req.GetReport(), req.GetYear(), err)
	}
	return res, nil
}

// draft is a report as its facts stand, with all that it is made of, ready to be put on record.
func (s *Service) draft(view ledger.View, name string, year uint32) (d *annual.Draft, err error) {
	err = s.drafts.with(view, name, int(year), func(live *report.Draft) error {
		content, err := live.Content(view, true)
		if err != nil {
			return err
		}
		returns, err := live.ReturnProblems(view)
		if err == nil {
			d, err = annual.NewDraft(view, live.Spec, content, append(live.Problems(), returns...))
		}
		return err
	})
	return d, err
}

// closing is a command that closes a draft.
type closing interface {
	desk.Request
	GetReport() string
	GetYear() uint32
}

// closeDraft records what a rule decides on a report as its facts stand. Where that is more than goes into one block, the parts of the
// draft go ahead, each by a command of its own, and what closes it comes last: a crash between two of them is made good by asking again.
// One draft at a time goes on record.
func closeDraft[R closing](ctx context.Context, s *Service, req R, decide func(ledger.View, *annual.Draft, R) ([]proto.Message, error)) (*eventv1.Receipt, error) {
	s.recording.Lock()
	defer s.recording.Unlock()
	part := partOf(req, s.node.Desk.Now())
	var d *annual.Draft
	var ahead []int
	err := s.node.Ledger.View(func(view ledger.View) (err error) {
		if d, err = s.draft(view, req.GetReport(), req.GetYear()); err != nil || req.GetParticulars().GetDryRun() {
			return err
		}
		done, err := view.KeptCommand(req.GetParticulars().GetIdempotencyKey())
		if done != nil || err != nil {
			return err
		}
		facts, refused := decide(view, d, part)
		if refused == nil {
			ahead = annual.Ahead(facts)
		}
		return nil // what is refused is refused by the desk
	})
	if err != nil {
		return nil, err
	}
	for _, n := range ahead {
		_, err := s.node.Desk.Execute(ctx, part, func(view ledger.View) ([]proto.Message, error) { return d.Keep(view, n) })
		if err != nil {
			return nil, fmt.Errorf("record part %d of the draft: %w", n, err)
		}
	}
	return s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) { return decide(view, d, req) })
}

// partOf is the command that records a part of what req does: it has no key, for a part that is on record decides nothing.
func partOf[R closing](req R, now time.Time) R {
	part := proto.CloneOf(req)
	m := part.ProtoReflect()
	p := m.Mutable(m.Descriptor().Fields().ByName("particulars")).Message().Interface().(*eventv1.Particulars)
	p.IdempotencyKey, p.DryRun = "", false
	if p.OccurredAt == nil {
		p.OccurredAt = timestamppb.New(now)
	}
	return part
}

// where is the report and the draft that a command closed, would close on a dry run, or found closed.
func (s *Service) where(receipt *eventv1.Receipt, req closing) (id string, draft uint32, err error) {
	facts := receipt.GetDryRun().GetFacts()
	err = s.node.Ledger.View(func(view ledger.View) error {
		for n := range uint64(receipt.GetEvents()) {
			of, err := journal.ParseID(receipt.GetJournal())
			if err != nil {
				return err
			}
			e, err := view.Event(of, receipt.GetFirstEvent()+n)
			if err != nil {
				return err
			}
			facts = append(facts, e.GetFact())
		}
		if len(facts) == 0 {
			r, err := annual.Latest(view, req.GetReport(), req.GetYear())
			id, draft = r.GetId(), uint32(len(r.GetDrafts()))
			return err
		}
		last, err := facts[len(facts)-1].UnmarshalNew()
		if err != nil {
			return err
		}
		if closed, ok := last.(interface {
			GetReportId() string
			GetDraft() uint32
		}); ok {
			id, draft = closed.GetReportId(), closed.GetDraft()
		}
		return nil
	})
	return id, draft, err
}
