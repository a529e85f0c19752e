package oversight

import (
	"errors"
	"io"
	"net/url"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// replayPage is the ledger's past: a horizon that is asked for with what it would read, snapshots, and the ledger built anew.
type replayPage struct {
	Query url.Values
	// Plan is what would be read for what was asked for; nil before something is.
	Plan   *queryv1.PlanReplayResponse
	Failed *web.Failure
	// Open leads to the ledger at that horizon.
	Open              string
	Snapshots         []*queryv1.Snapshot
	NoTake, NoRebuild string
	NoPlan            string
	Agencies          []string
}

// horizonParts are the parts of an address that say a horizon.
var horizonParts = []string{"as_of", "true_at", "known_to", "at"}

func (p pages) replay(v *web.Visit) error {
	page := replayPage{Query: v.R.URL.Query(), NoTake: v.May(take), NoRebuild: v.May(rebuild), NoPlan: v.May(plan)}
	horizon, err := web.Horizon(page.Query)
	page.Failed = web.Refusal(err)
	if horizon != nil && page.NoPlan == "" {
		page.Plan, err = v.API.Replay.PlanReplay(v.R.Context(), &queryv1.PlanReplayRequest{Horizon: horizon})
		if err != nil && !web.IsRefusal(err) {
			return err
		}
		page.Failed = web.Refusal(err)
		to := url.Values{}
		for _, name := range horizonParts {
			if value := page.Query.Get(name); value != "" {
				to.Set(name, value)
			}
		}
		page.Open = web.Root + "/list/licences?" + to.Encode()
	}
	snapshots, err := v.API.Replay.ListSnapshots(v.R.Context(), &queryv1.ListSnapshotsRequest{})
	if err != nil {
		return err
	}
	page.Snapshots = snapshots.Snapshots
	directory, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return err
	}
	for _, a := range directory.Agencies {
		page.Agencies = append(page.Agencies, a.Id)
	}
	return v.Page(p.Pages, "replay", page)
}

func (p pages) takeSnapshot(v *web.Visit) error {
	if _, err := v.API.Replay.TakeSnapshot(v.R.Context(), &queryv1.TakeSnapshotRequest{}); err != nil {
		return err
	}
	return v.Redirect("/replay#snapshots")
}

// rebuilding shows how far a rebuild is: the page is written as it goes on, and works without scripts.
type rebuilding struct {
	*queryv1.RebuildResponse
	Percent uint64
}

func (p pages) rebuild(v *web.Visit) error {
	stream, err := v.API.Rebuild.Rebuild(v.R.Context(), &queryv1.RebuildRequest{DryRun: v.R.FormValue("swap") == ""})
	if err != nil {
		return err
	}
	defer stream.Close()
	first, err := stream.Receive()
	if err != nil {
		return err
	}
	write, err := v.Begin(p.Pages, "rebuild", nil)
	if err != nil {
		return err
	}
	for res := first; ; {
		step := rebuilding{RebuildResponse: res}
		if res.Total > 0 {
			step.Percent = min(100, res.Done*100/res.Total)
		}
		if err := write("step", step); err != nil {
			return err
		}
		if res, err = stream.Receive(); errors.Is(err, io.EOF) {
			return write("end", nil)
		}
		if err != nil {
			return write("failed", web.Refusal(err))
		}
	}
}
