package replay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

func (s *Snapshots) said(file string) string { return filepath.Join(s.Dir, file+".json") }

// describe reads a copy.
func (s *Snapshots) describe(ctx context.Context, path string) (*Snapshot, error) {
	sum, size, err := digest(ctx, path)
	if err != nil {
		return nil, err
	}
	one := &Snapshot{TakenAt: s.Now().UTC(), Agency: s.Live.Agency(), Schema: ledger.Schema, Bytes: size, SHA256: sum}
	l, err := ledger.Open(path, ledger.Options{Agency: s.Live.Agency(), ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	err = l.View(func(v ledger.View) error {
		positions, err := v.Positions()
		for _, p := range positions {
			one.Events += p.Events
			one.Journals = append(one.Journals, Held{p.Journal, p.Block, p.Events, hex.EncodeToString(p.HeaderDigest)})
		}
		return err
	})
	if err == nil {
		one.Latest, err = latest(ctx, l)
	}
	return one, err
}

// latest looks for the latest times of a ledger's events and blocks.
func latest(ctx context.Context, l *ledger.Ledger) (to Latest, err error) {
	later := func(to *time.Time, at time.Time) {
		if at.After(*to) {
			*to = at
		}
	}
	all := &Horizon{}
	g := &glance{}
	err = all.each(ctx, l, nil, nil, func(_ journal.ID, kept *ledgerv1.FoldedBlock) error {
		header := &eventv1.Header{}
		if err := proto.Unmarshal(kept.Header, header); err != nil {
			return err
		}
		later(&to.Written, header.RecordedAt.AsTime())
		later(&to.Received, kept.ReceivedAt.AsTime())
		raws, err := journal.SplitBody(kept.Body)
		if err != nil {
			return err
		}
		for _, raw := range raws {
			if len(raw) == 0 {
				continue
			}
			if err := g.read(raw); err != nil {
				return err
			}
			later(&to.Recorded, g.event.RecordedAt.AsTime())
			later(&to.Occurred, g.event.OccurredAt.AsTime())
		}
		return nil
	})
	return to, err
}

func digest(ctx context.Context, path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	sum := sha256.New()
	var size int64
	for {
		n, err := io.CopyN(sum, f, 16<<20)
		size += n
		switch {
		case errors.Is(err, io.EOF):
			return hex.EncodeToString(sum.Sum(nil)), size, nil
		case err != nil:
			return "", 0, err
		case ctx.Err() != nil:
			return "", 0, ctx.Err()
		}
	}
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
