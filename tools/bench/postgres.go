package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5" // the peer
	"google.golang.org/protobuf/proto"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/tools/postgres"
)

// peerDB is a PostgreSQL server that does the same work.
type peerDB struct {
	*postgres.Server
	db *pgx.Conn
}

// startPostgres starts one that is tuned for bulk work: no commit waits for the disk. It fails with postgres.ErrNone.
func startPostgres(ctx context.Context, dir string) (*peerDB, error) {
	server, err := postgres.Start(ctx, dir, "shared_buffers=512MB", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=2GB",
		"checkpoint_timeout=30min", "autovacuum=off")
	if err != nil {
		return nil, err
	}
	return &peerDB{server, server.DB}, nil
}

// used is the processor time that the server's process for our connection has taken.
func (p *peerDB) used() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.db.PgConn().PID()))
	fields := strings.Fields(string(stat))
	if err != nil || len(fields) < 15 {
		return 0
	}
	user, userErr := strconv.Atoi(fields[13])
	system, systemErr := strconv.Atoi(fields[14])
	if userErr != nil || systemErr != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts in hundredths of a second
}

// fresh empties the tables: a licence and its lines, with an index for each attribute that ours are found under.
func (p *peerDB) fresh(ctx context.Context) error {
	_, err := p.db.Exec(ctx, `
		DROP TABLE IF EXISTS licence, line;
		CREATE TABLE licence (id text PRIMARY KEY, status text, kind text, destination text, year text, party text, rating text, category text, body bytea);
		CREATE TABLE line (id text PRIMARY KEY, decision text, status text, kind text, destination text, year text, rating text, category text, body bytea);
		CREATE INDEX ON licence (status); CREATE INDEX ON licence (kind); CREATE INDEX ON licence (destination); CREATE INDEX ON licence (year);
		CREATE INDEX ON licence (party); CREATE INDEX ON licence (rating); CREATE INDEX ON licence (category);
		CREATE INDEX ON line (status); CREATE INDEX ON line (kind); CREATE INDEX ON line (destination); CREATE INDEX ON line (year);
		CREATE INDEX ON line (rating); CREATE INDEX ON line (category)`)
	return err
}

const (
	upsertLicences = `INSERT INTO licence SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[])
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, kind = excluded.kind, destination = excluded.destination, year = excluded.year,
		party = excluded.party, rating = excluded.rating, category = excluded.category, body = excluded.body`
	upsertLines = `INSERT INTO line SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[])
		ON CONFLICT (id) DO UPDATE SET decision = excluded.decision, status = excluded.status, kind = excluded.kind, destination = excluded.destination,
		year = excluded.year, rating = excluded.rating, category = excluded.category, body = excluded.body`
	// perStatement is how many rows a statement has, perTransaction how many licences a transaction.
	perStatement, perTransaction = 1_000, 10_000
)

// columns are the rows of one statement: eight columns of text and the row as it is kept.
type columns struct {
	text [8][]string
	body [][]byte
}

func (c *columns) add(body []byte, values ...string) {
	for i, v := range values {
		c.text[i] = append(c.text[i], v)
	}
	c.body = append(c.body, body)
}

// upsert runs the statement for all rows.
func (c *columns) upsert(ctx context.Context, tx pgx.Tx, statement string) error {
	for from := 0; from < len(c.body); from += perStatement {
		to := min(from+perStatement, len(c.body))
		args := make([]any, 0, 9)
		for i := range c.text {
			args = append(args, c.text[i][from:to])
		}
		if _, err := tx.Exec(ctx, statement, append(args, c.body[from:to])...); err != nil {
			return err
		}
	}
	return nil
}

// upsert puts licences number from to from+n, and says how long the server took: the rows are made before.
func (p *peerDB) upsert(ctx context.Context, from, n int) (took time.Duration, err error) {
	for ; n > 0; from, n = from+perTransaction, n-perTransaction {
		rows, lines, err := rowsOf(from, min(n, perTransaction))
		if err != nil {
			return 0, err
		}
		began := time.Now()
		tx, err := p.db.Begin(ctx)
		if err != nil {
			return 0, err
		}
		err = errors.Join(rows.upsert(ctx, tx, upsertLicences), lines.upsert(ctx, tx, upsertLines))
		if err != nil {
			return 0, errors.Join(err, tx.Rollback(ctx))
		}
		if err := tx.Commit(ctx); err != nil {
			return 0, err
		}
		took += time.Since(began)
	}
	return took, nil
}

// rowsOf are the rows that the fold makes of licences, as columns.
func rowsOf(from, n int) (rows, lines columns, err error) {
	for i, fact := range licences(from, n) {
		id, status, deal := fmt.Sprintf("licensing/L-%07d", from+i), "granted", &licensingv1.Deal{}
		switch f := fact.(type) {
		case *licensingv1.LicenceGranted:
			deal = f.Deal
		case *licensingv1.LicenceDenied:
			status, deal = "refused", f.Deal
		}
		body, err := proto.Marshal(fact)
		if err != nil {
			return rows, lines, err
		}
		kind, destination, year := deal.Kind.String(), deal.Destination.Country, strconv.Itoa(2008+i%4)
		rows.add(body, id, status, kind, destination, year, deal.Parties[0].Name, deal.Lines[0].Rating, categoryOf(deal.Lines[0]))
		for _, l := range deal.Lines {
			if body, err = proto.Marshal(l); err != nil {
				return rows, lines, err
			}
			lines.add(body, id+"#"+strconv.Itoa(int(l.Number)), id, status, kind, destination, year, l.Rating, categoryOf(l))
		}
	}
	return rows, lines, nil
}

func categoryOf(l *transferv1.Line) string { return l.Category.String() }
