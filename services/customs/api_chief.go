package customs

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/customs/wire"
)

// ReceiveWire records a file in as many blocks as it needs, and says what became of it. Where it is broken off, the same file sent
// again is recorded to its end.
func (s *Service) ReceiveWire(ctx context.Context, req *customsv1.ReceiveWireRequest) (*customsv1.ReceiveWireResponse, error) {
	f, err := wire.Read(req.GetName(), req.GetData())
	if err != nil {
		return nil, fmt.Errorf("receive %s: %w", req.GetName(), err)
	}
	res := &customsv1.ReceiveWireResponse{Receipt: &eventv1.Receipt{}, Repeated: true}
	for n := 0; ; n++ {
		part := &customsv1.ReceiveWireRequest{Particulars: proto.CloneOf(req.GetParticulars()), Name: req.GetName(), Data: req.GetData(), AnyRun: req.GetAnyRun()}
		if key := part.GetParticulars().GetIdempotencyKey(); key != "" && n > 0 {
			part.Particulars.IdempotencyKey = fmt.Sprintf("%s/%d", key, n)
		}
		receipt, err := s.node.Desk.Execute(ctx, part, func(view ledger.View) ([]proto.Message, error) { return wire.Receive(view, part, f) })
		if err != nil {
			return nil, fmt.Errorf("receive %s: %w", req.GetName(), err)
		}
		if receipt.GetDryRun() != nil {
			return &customsv1.ReceiveWireResponse{Receipt: receipt, WireId: receipt.GetSubject()}, nil
		}
		if receipt.GetEvents() == 0 {
			break
		}
		if res.Repeated = res.Repeated && receipt.GetRepeated(); n == 0 {
			res.Receipt = receipt
		} else {
			res.Receipt.Events += receipt.GetEvents()
		}
	}
	if err := s.node.Ledger.View(func(view ledger.View) error { return became(view, f, res) }); err != nil {
		return nil, fmt.Errorf("receive %s: %w", req.GetName(), err)
	}
	return res, nil
}

// became says in the response what is on record of a file.
func became(view ledger.View, f *wire.File, res *customsv1.ReceiveWireResponse) error {
	row, err := wire.OnRecord(view, f)
	if err != nil {
		return err
	}
	var e *ledgerv1.WireFile
	if e, res.Outcomes, err = wire.Outcomes(view, row.GetId()); err != nil {
		return err
	}
	res.WireId, res.Refused, res.Defects = e.GetId(), e.GetReceived().GetRefused(), e.GetReceived().GetDefects()
	return nil
}

// SendUsage records the next file of usages for a licensing system, where there is anything to send.
func (s *Service) SendUsage(ctx context.Context, req *customsv1.SendUsageRequest) (*customsv1.SendUsageResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) { return wire.Send(view, req) })
	if err != nil {
		return nil, fmt.Errorf("send what was used to %s: %w", req.GetTo(), err)
	}
	return &customsv1.SendUsageResponse{Receipt: receipt, WireId: receipt.GetSubject()}, nil
}

// Wire returns a file as text.
func (s *Service) Wire(ctx context.Context, req *customsv1.WireRequest) (*customsv1.WireResponse, error) {
	res := &customsv1.WireResponse{}
	err := s.node.Ledger.View(func(view ledger.View) (err error) {
		if req.GetForm() == customsv1.WireForm_WIRE_FORM_ANSWER {
			res.Name, res.Data, err = wire.Answer(view, req.GetWireId())
			return err
		}
		res.Name, res.Data, res.Exact, err = wire.Emit(view, req.GetWireId())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write file %s: %w", req.GetWireId(), err)
	}
	return res, s.node.Accessed(ctx, &queryv1.Access{Call: "Wire", Id: req.GetWireId(), Rows: 1}, req.GetWireId())
}
