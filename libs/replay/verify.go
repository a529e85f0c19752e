package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// trustKey is where a ledger that was replayed keeps what its blocks were checked against (queryv1.PlanReplayResponse).
const trustKey = "replay/trust"

// KeepTrust notes in a ledger what its blocks are checked against: what is within its horizon may not say.
func KeepTrust(l *ledger.Ledger, said *queryv1.PlanReplayResponse) error {
	raw, err := proto.Marshal(&queryv1.PlanReplayResponse{Signers: said.GetSigners(), Starts: said.GetStarts()})
	if err != nil {
		return err
	}
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := tx.PutLocal(trustKey, raw); err != nil {
		return err
	}
	return tx.Commit()
}

// TrustIn is what a ledger's blocks are checked against: what was noted in it, or what its directory says.
func TrustIn(v ledger.View) (*Trust, error) {
	raw := v.Local(trustKey)
	if raw == nil {
		return TrustOf(v)
	}
	said := &queryv1.PlanReplayResponse{}
	if err := proto.Unmarshal(raw, said); err != nil {
		return nil, err
	}
	return ReadTrust(said)
}

// Verify folds the blocks that a ledger keeps into another one in a folder of its own below dir, with all checks, and compares the rows
// of both. It returns what is wrong and the root of the ledger as it stands; progress is told of blocks done and blocks there are.
func Verify(ctx context.Context, of *ledger.Ledger, dir string, progress func(done, total uint64)) (findings []*queryv1.Finding, root [32]byte, err error) {
	room, err := os.MkdirTemp(dir, "verify-")
	if err != nil {
		return nil, root, fmt.Errorf("make room for a second ledger: %w", err)
	}
	defer os.RemoveAll(room)
	second, err := ledger.Open(filepath.Join(room, "ledger.db"), ledger.Options{Agency: of.Agency()})
	if err != nil {
		return nil, root, err
	}
	defer second.Close()
	var trust *Trust
	var rows map[journal.ID][32]byte
	err = of.View(func(v ledger.View) error {
		if trust, err = TrustIn(v); err != nil {
			return err
		}
		said, err := v.Check(ctx)
		for _, what := range said {
			findings = append(findings, &queryv1.Finding{What: what})
		}
		if err != nil {
			return err
		}
		root, rows, err = v.Root(ctx)
		return err
	})
	if err != nil {
		return nil, root, err
	}
	all := &Horizon{}
	plan, err := all.Plan(ctx, of, nil)
	if err != nil {
		return nil, root, err
	}
	plan.To = plan.Looked // also blocks of which nothing is within
	into, read := &Into{Ledger: second, Trust: trust}, uint64(0)
	err = into.Fold(ctx, func(ctx context.Context, fn func(*ledgerv1.FoldedBlock) error) error {
		return all.Blocks(ctx, of, nil, plan, func(b *ledgerv1.FoldedBlock) error {
			read++
			progress(read, plan.ToRead(nil))
			return fn(b)
		})
	})
	if broken := (*journal.Broken)(nil); errors.As(err, &broken) {
		return append(findings, &queryv1.Finding{Journal: broken.ID.String(), Block: broken.Block, What: broken.Reason}), root, nil
	}
	if err != nil {
		return nil, root, err
	}
	return findings, root, second.View(func(v ledger.View) error {
		_, again, err := v.Root(ctx)
		for id, want := range again {
			if rows[id] != want {
				findings = append(findings, &queryv1.Finding{Journal: id.String(), What: "the rows of the ledger are not what the events make"})
			}
		}
		return err
	})
}
