package query

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/counterfoil/counterfoil/libs/descent"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// builtRows is a ledger with so many rows, half of them licences and half their lines, closed again; its file's path.
func builtRows(t testing.TB, rows int) string {
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	w := ledgertest.NewWriter()
	id := journal.ID{Agency: "licensing", Group: "all"}
	for from := 0; from < rows/2; from += 5_000 {
		var facts ledgertest.Facts
		for k := from; k < min(from+5_000, rows/2); k++ {
			facts = append(facts, licence(fmt.Sprintf("licensing/L-%07d", k), k))
		}
		foldInto(t, l, w.Together(id, facts...))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Path()
}

// flipped copies a ledger's file and flips one bit of one row in it, counted round the row. It returns the copy and the row's table and id.
func flipped(t testing.TB, path string, bit int) (string, string) {
	copied := filepath.Join(t.TempDir(), "ledger.db")
	from, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.Create(copied)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil || to.Close() != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(copied, 0o600, &bolt.Options{Timeout: time.Second, FreelistType: bolt.FreelistMapType})
	if err != nil {
		t.Fatal(err)
	}
	var name string
	err = db.Update(func(tx *bolt.Tx) error {
		table := []string{"licences", "lines"}[rand.IntN(2)]
		ids, rows := tx.Bucket([]byte(table+" ids")), tx.Bucket([]byte(table+" rows"))
		skip := rand.IntN(int(rows.Sequence()))
		c := ids.Cursor()
		id, number := c.First()
		for range skip {
			id, number = c.Next()
		}
		name = table + " " + string(id)
		raw := slices.Clone(rows.Get(number))
		bit %= 8 * len(raw)
		raw[bit/8] ^= 1 << (bit % 8)
		return rows.Put(slices.Clone(number), raw)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return copied, name
}

func openFile(t testing.TB, path string) *ledger.Ledger {
	l, err := ledger.Open(path, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// One flipped bit in one row of very many is found with less than 64 KiB to and fro.
func TestOneFlippedBitIsFound(t *testing.T) {
	rows, flips := 50_000, 2
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		rows, flips = 1_000_000, 6
	}
	path := builtRows(t, rows)
	good := comparing(openFile(t, path))
	for range flips {
		began := time.Now()
		r := findFlipped(t, good, path, rand.IntN(1<<16))
		t.Logf("%d rows: %s, %s, found with %d bytes, its events with %d; %.1f s", rows, r.Rows[0].ID, r.Rows[0].What, r.Bytes, r.EventBytes, time.Since(began).Seconds())
	}
}

// Wherever in the row it is: in its id and its journal, where a row begins, too.
func TestAFlippedBitIsFoundAnywhereInARow(t *testing.T) {
	bits, step := 8*40, 7
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		bits, step = 8*100, 1
	}
	path := builtRows(t, 10)
	good := comparing(openFile(t, path))
	for bit := 0; bit < bits; bit += step {
		findFlipped(t, good, path, bit)
	}
}

// findFlipped flips a bit of a random row in a copy of a ledger's file, and checks that it is that row which is found.
func findFlipped(t *testing.T, good *service, path string, bit int) *descent.Result {
	t.Helper()
	file, name := flipped(t, path, bit)
	bad := openFile(t, file)
	r, err := descent.Compare(t.Context(), good, comparing(bad), descent.Options{})
	if err := errors.Join(err, bad.Close(), os.Remove(file)); err != nil { // many of them are large
		t.Fatalf("bit %d of %s: %v", bit, name, err)
	}
	if len(r.Rows) != 1 || r.Same() || r.Bytes+r.EventBytes >= 64<<10 {
		t.Fatalf("bit %d of %s: %d rows found, %d + %d bytes", bit, name, len(r.Rows), r.Bytes, r.EventBytes)
	}
	if row := r.Rows[0]; row.Table+" "+row.ID != name || row.What != descent.Content {
		t.Errorf("bit %d of %s: found %s %s, %s", bit, name, row.Table, row.ID, row.What)
	}
	return r
}

func BenchmarkRowTrees(b *testing.B) {
	rows := 100_000
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		rows = 1_000_000
	}
	l := openFile(b, builtRows(b, rows))
	for b.Loop() {
		if err := l.View(func(v ledger.View) error {
			_, _, err := v.RowTrees(b.Context(), []journal.ID{{Agency: "licensing", Group: "all"}})
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
