package main

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

type rebuilds struct {
	queryv1connect.UnimplementedRebuildServiceHandler
	node *fixedNode
}

// Rebuild finds nothing otherwise; on a node that is broken it finds rows, a block and less than the ledger holds.
func (r rebuilds) Rebuild(_ context.Context, req *queryv1.RebuildRequest, stream queryv1connect.RebuildServiceRebuildServerStream) error {
	result := &queryv1.RebuildResult{
		Swapped: !req.DryRun, Blocks: 35, RowsCompared: 1200, BuiltIn: durationpb.New(2 * time.Second), ComparedIn: durationpb.New(150 * time.Millisecond),
		Journals: []*queryv1.RebuiltJournal{{Journal: "customs/all", Block: 30, Events: 80}, {Journal: "licensing/all", Block: 5, Events: 9, ParkedBefore: 1, Parked: 1}},
	}
	if req.DryRun {
		result.Stays = "it was only compared"
	} else {
		result.Paused, result.Aside = durationpb.New(4*time.Millisecond), "ledger.db.aside"
	}
	if r.node.broken {
		result.Differences, result.Journals[0].Changed, result.Journals[1].Parked = 1, 1, 0
		result.Rows = []*queryv1.RowDifference{{Journal: "customs/all", Table: "declarations", Id: "customs/D-000001", What: "changed"}}
		result.Journals[1].Findings = []string{"the old ledger holds 6 blocks; built anew it comes to block 5: the stream holds no more"}
		result.Swapped, result.Stays = false, "it holds 6 blocks of licensing/all, and built anew it would hold 5: the stream holds no more; see: counterfoil doctor"
	}
	for _, res := range []*queryv1.RebuildResponse{
		{},
		{Phase: queryv1.RebuildPhase_REBUILD_PHASE_BUILD, Done: 10, Total: 35},
		{Phase: queryv1.RebuildPhase_REBUILD_PHASE_COMPARE, Done: 1024, Total: 1200},
		{Phase: queryv1.RebuildPhase_REBUILD_PHASE_SWAP, Result: result},
	} {
		if err := stream.Send(res); err != nil {
			return err
		}
	}
	return nil
}
