package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// reportYear is the one that the report is of; a quarter of the facts is decided in it.
const reportYear = 2009

// reports times the national report of a year out of a long history, and how long it takes to bring it up with one licence more, beside
// SQLite's sums over the same lines.
func reports(ctx context.Context, dir string, o options) (rows []row, err error) {
	l, err := ledger.Open(filepath.Join(dir, "reporting.db"), ledger.Options{Agency: "reporting"})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	peer, err := sql.Open("sqlite", filepath.Join(dir, "reporting.sqlite"))
	if err != nil {
		return nil, err
	}
	defer peer.Close()
	peer.SetMaxOpenConns(1)
	for _, statement := range []string{
		"PRAGMA journal_mode = WAL", "CREATE TABLE line (decision TEXT, year INT, destination TEXT, rating TEXT, licences INT, minor INT)",
		"CREATE INDEX by_year ON line (year)", "CREATE INDEX by_decision ON line (decision)",
	} {
		if _, err := peer.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	w := ledgertest.NewWriter()
	for n := 0; n < o.events; n += 10 * perBlock {
		if err := both(ctx, l, peer, w, licences(n, min(10*perBlock, o.events-n))); err != nil {
			return nil, err
		}
	}
	spec, err := report.NewSpec("", nil, report.National, reportYear)
	if err != nil {
		return nil, err
	}
	var built, summed []float64 // seconds
	var draft *report.Draft
	cells := 0
	for range 3 {
		took, err := timed(func() error {
			return l.View(func(v ledger.View) error {
				if draft, err = report.Build(v, spec); err != nil {
					return err
				}
				c, err := draft.Content(v, false)
				cells = len(c.GetRows())
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		built = append(built, took)
		if took, err = timed(func() error { return sums(ctx, peer) }); err != nil {
			return nil, err
		}
		summed = append(summed, took)
	}
	ours, theirs := median(built), median(summed)
	rows = append(rows, row{
		what:     fmt.Sprintf("build the national report of a year, %d cells with what each is made of, of %d events", cells, o.events),
		measured: fmt.Sprintf("%.2f s", ours), peer: fmt.Sprintf("%.2f s for its three sums alone (%.1f times)", theirs, ours/theirs),
		target: "10 s", ok: ours < 10,
	})
	var updated []float64
	for n := range 50 {
		one := licences(o.events+n, 1)
		if err := both(ctx, l, peer, w, one); err != nil {
			return nil, err
		}
		took, err := timed(func() error {
			return l.View(func(v ledger.View) error {
				_, err := draft.Update(v)
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		updated = append(updated, took)
	}
	slices.Sort(updated)
	return append(rows, row{
		what:     "bring that report up with one licence more",
		measured: fmt.Sprintf("median %.2f ms", median(updated)*1e3), limit: fmt.Sprintf("building it anew takes %.0f times as long", ours/median(updated)),
		peer: fmt.Sprintf("%.0f ms, which sums everything again", theirs*1e3), target: "no full rebuild", ok: median(updated) < ours/20,
	}), nil
}

// both puts facts into the ledger and their lines into the peer.
func both(ctx context.Context, l *ledger.Ledger, peer *sql.DB, w *ledgertest.Writer, facts []proto.Message) error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	dated := make([]proto.Message, len(facts))
	for i, f := range facts {
		dated[i] = ledgertest.At(time.Date(2008+i%4, 6, 1, 0, 0, 0, 0, time.UTC), f)
	}
	for part := range slices.Chunk(dated, perBlock) {
		b := w.Together(journal.ID{Agency: "licensing", Group: "all"}, part...)
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	insert, err := peer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer insert.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for i, f := range facts {
		granted, ok := f.(*licensingv1.LicenceGranted)
		if !ok {
			continue
		}
		for _, line := range granted.Deal.Lines {
			if _, err := insert.ExecContext(ctx, "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?)", granted.LicenceId, 2008+i%4, granted.Deal.Destination.Country,
				line.Rating, line.Licences, line.Value.Minor); err != nil {
				return err
			}
		}
	}
	return insert.Commit()
}

// sums has the peer add up what three of the report's tables hold.
func sums(ctx context.Context, peer *sql.DB) error {
	for _, by := range []string{"destination", "rating", "destination, rating"} {
		found, err := peer.QueryContext(ctx, "SELECT count(*), sum(licences), sum(minor) FROM line WHERE year = ? GROUP BY "+by, reportYear)
		if err != nil {
			return err
		}
		for found.Next() {
			var lines, licences, minor int64
			if err := found.Scan(&lines, &licences, &minor); err != nil {
				return err
			}
		}
		if err := found.Close(); err != nil {
			return err
		}
	}
	return nil
}

func timed(fn func() error) (seconds float64, err error) {
	began := time.Now()
	err = fn()
	return time.Since(began).Seconds(), err
}
