package foreign

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/replay"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/tools/postgres"
)

const (
	asOfLicences  = 1_500
	asOfQuestions = 10_000
	asOfMoments   = 25
)

// version is what a licence was during a time: until is zero while it lasts.
type version struct {
	id, status, destination string
	from, until             time.Time
}

// licenceHistory draws licences that are granted, amended, suspended, reinstated and revoked, and says by obvious code what each was when.
func licenceHistory(random *rand.Rand, start time.Time) (facts []proto.Message, versions []version) {
	for i := range asOfLicences {
		id := fmt.Sprintf("licensing/L-%06d", i)
		at := start.Add(time.Duration(random.IntN(1_000)) * time.Hour)
		now := version{id: id, status: "granted", destination: fmt.Sprintf("X%c", 'A'+random.IntN(6)), from: at}
		say := func(fact proto.Message) { facts = append(facts, ledgertest.At(at, fact)) }
		deal := func() *licensingv1.Deal {
			return &licensingv1.Deal{Destination: &licensingv1.Place{Country: now.destination}}
		}
		say(&licensingv1.LicenceGranted{LicenceId: id, Deal: deal()})
		for now.status != "revoked" && random.IntN(4) > 0 {
			at = at.Add(time.Duration(1+random.IntN(400)) * time.Hour)
			before := now
			before.until, now.from = at, at
			switch step := random.IntN(4); {
			case step == 0:
				now.destination = fmt.Sprintf("X%c", 'A'+random.IntN(6))
				say(&licensingv1.LicenceAmended{LicenceId: id, Deal: deal()})
			case step == 1:
				now.status = "revoked"
				say(&licensingv1.LicenceRevoked{LicenceId: id, Reason: "drawn"})
			case now.status == "granted":
				now.status = "suspended"
				say(&licensingv1.LicenceSuspended{LicenceId: id, Reason: "drawn"})
			default:
				now.status = "granted"
				say(&licensingv1.LicenceReinstated{LicenceId: id})
			}
			versions = append(versions, before)
		}
		versions = append(versions, now)
	}
	return facts, versions
}

// What each of 10,000 licences was at some moment, and how many of each status and destination there were at others, is what PostgreSQL
// says of the same versions by their range types.
func TestAsOfIsWhatPostgresSays(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	room, err := os.MkdirTemp("", "asof-peer-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(room)
	peer, err := postgres.Start(ctx, filepath.Join(room, "pg"))
	if errors.Is(err, postgres.ErrNone) {
		t.Skip("PostgreSQL is not on this machine: what was true when is not held against its range types")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 7))
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	facts, versions := licenceHistory(random, start)
	cache := onRecord(t, facts)
	keepVersions(ctx, t, peer.DB, versions)

	moment := func() time.Time { return start.Add(time.Duration(random.IntN(3_000)) * time.Hour) }
	askSingle(ctx, t, peer.DB, cache, random, moment)
	for range asOfMoments {
		askAll(ctx, t, peer.DB, cache, moment())
	}
}

// onRecord puts facts on record, 200 to a block, and answers from their past.
func onRecord(t *testing.T, facts []proto.Message) *replay.Cache {
	l := ledgertest.Open(t, "licensing")
	w := ledgertest.NewWriter()
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for first := 0; first < len(facts); first += 200 {
		b := w.Together(journal.ID{Agency: "licensing", Group: "all"}, facts[first:min(first+200, len(facts))]...)
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	cache, err := replay.Open(replay.Config{Live: l, Dir: filepath.Join(t.TempDir(), "past"), Now: func() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	return cache
}

func keepVersions(ctx context.Context, t *testing.T, db *pgx.Conn, versions []version) {
	t.Helper()
	if _, err := db.Exec(ctx, `CREATE TABLE licence (id text, status text, destination text, during tstzrange); CREATE INDEX ON licence USING gist (during);
		CREATE TABLE question (n int, id text, at timestamptz)`); err != nil {
		t.Fatal(err)
	}
	var rows [][]any
	for _, v := range versions {
		var until any
		if !v.until.IsZero() {
			until = v.until
		}
		rows = append(rows, []any{v.id, v.status, v.destination, v.from, until})
	}
	if _, err := db.Exec(ctx, `CREATE TABLE given (id text, status text, destination text, since timestamptz, until timestamptz)`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.CopyFrom(ctx, pgx.Identifier{"given"}, []string{"id", "status", "destination", "since", "until"}, pgx.CopyFromRows(rows)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(ctx, `INSERT INTO licence SELECT id, status, destination, tstzrange(since, until, '[)') FROM given WHERE until IS NULL OR until > since`); err != nil {
		t.Fatal(err)
	}
}

// askSingle asks of one licence at one moment, 10,000 times.
func askSingle(ctx context.Context, t *testing.T, db *pgx.Conn, cache *replay.Cache, random *rand.Rand, moment func() time.Time) {
	t.Helper()
	var questions [][]any
	for n := range asOfQuestions {
		questions = append(questions, []any{n, fmt.Sprintf("licensing/L-%06d", random.IntN(asOfLicences)), moment()})
	}
	if _, err := db.CopyFrom(ctx, pgx.Identifier{"question"}, []string{"n", "id", "at"}, pgx.CopyFromRows(questions)); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(ctx, `SELECT n, coalesce(status, ''), coalesce(destination, '') FROM question LEFT JOIN licence ON licence.id = question.id AND during @> at ORDER BY n`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	answered, there := 0, 0
	for rows.Next() {
		var n int
		var status, destination string
		if err := rows.Scan(&n, &status, &destination); err != nil {
			t.Fatal(err)
		}
		id, at := questions[n][1].(string), questions[n][2].(time.Time)
		_, row, _, err := cache.Row(ctx, &queryv1.Horizon{AsOf: timestamppb.New(at)}, queryv1.Table_TABLE_LICENCES, id)
		if err != nil {
			t.Fatal(err)
		}
		got := row.GetLicence()
		if s := statusWord(got.GetStatus().String()); s != status || got.GetDeal().GetDestination().GetCountry() != destination {
			t.Fatalf("%s at %s is %q for %q, PostgreSQL says %q for %q", id, at, s, got.GetDeal().GetDestination().GetCountry(), status, destination)
		}
		answered++
		if got != nil {
			there++
		}
	}
	if rows.Err() != nil || answered != asOfQuestions || there < asOfQuestions/10 {
		t.Fatalf("%d questions were answered, %d of them of a licence that was there: %v", answered, there, rows.Err())
	}
}

func statusWord(enum string) string {
	word := strings.ToLower(strings.TrimPrefix(enum, "STATUS_"))
	if word == "unspecified" {
		return ""
	}
	return word
}

// askAll counts the licences of a moment by status and by destination.
func askAll(ctx context.Context, t *testing.T, db *pgx.Conn, cache *replay.Cache, at time.Time) {
	t.Helper()
	for _, by := range []string{"status", "destination"} {
		want := map[string]uint64{}
		rows, err := db.Query(ctx, `SELECT `+by+`, count(*) FROM licence WHERE during @> $1::timestamptz GROUP BY 1`, at)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var key string
			var n uint64
			if err := rows.Scan(&key, &n); err != nil {
				t.Fatal(err)
			}
			want[key] = n
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		err = cache.View(ctx, &queryv1.Horizon{AsOf: timestamppb.New(at)}, func(v ledger.View) error {
			_, groups, err := v.Count(queryv1.Table_TABLE_LICENCES, nil, by)
			if len(groups) != len(want) {
				t.Errorf("at %s there are %v, PostgreSQL says %v", at, groups, want)
			}
			for _, g := range groups {
				if want[g.Key] != g.Count {
					t.Errorf("at %s there are %d of %s, PostgreSQL says %d", at, g.Count, g.Key, want[g.Key])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
