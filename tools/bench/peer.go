package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the peer

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// peer is SQLite doing the same work: a licence row with the same indexes, in a file that is synced on every commit.
type peer struct {
	db     *sql.DB
	insert *sql.Stmt
}

func newPeer(ctx context.Context, dir, name string) (*peer, error) {
	db, err := sql.Open("sqlite", filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
		"CREATE TABLE licence (id TEXT PRIMARY KEY, status TEXT, kind TEXT, destination TEXT, year TEXT, party TEXT, rating TEXT, body BLOB)",
		"CREATE INDEX by_status ON licence (status)", "CREATE INDEX by_destination ON licence (destination)", "CREATE INDEX by_year ON licence (year)",
		"CREATE INDEX by_party ON licence (party)", "CREATE INDEX by_rating ON licence (rating)",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	insert, err := db.PrepareContext(ctx, "INSERT INTO licence VALUES (?, 'granted', 'export', ?, ?, ?, ?, ?)")
	return &peer{db, insert}, err
}

// put inserts licences in one transaction.
func (p *peer) put(ctx context.Context, from, n int) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	insert := tx.StmtContext(ctx, p.insert)
	for i, fact := range licences(from, n) {
		id, deal := fmt.Sprintf("licensing/L-%07d", from+i), &licensingv1.Deal{}
		switch f := fact.(type) {
		case *licensingv1.LicenceGranted:
			deal = f.Deal
		case *licensingv1.LicenceDenied:
			deal = f.Deal
		}
		year, party, rating := fmt.Sprint(2008+i%4), deal.Parties[0].Name, deal.Lines[0].Rating
		if _, err := insert.ExecContext(ctx, id, deal.Destination.Country, year, party, rating, make([]byte, 385)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// bulk times n licences in transactions of 10,000, in µs each.
func (p *peer) bulk(ctx context.Context, n int) (float64, error) {
	began := time.Now()
	for from := 0; from < n; from += 10_000 {
		if err := p.put(ctx, from, min(10_000, n-from)); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(began).Microseconds()) / float64(n), nil
}

func (p *peer) close() error { return p.db.Close() }
