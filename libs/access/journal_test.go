package access

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// readerEnv makes the test's own program add entries to the journal that it names, until it is killed.
const readerEnv = "COUNTERFOIL_TEST_ACCESS"

func TestMain(m *testing.M) {
	if path := os.Getenv(readerEnv); path != "" {
		if err := readOn(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// readOn adds entries, and says for each, once it is a second old, that it has to be there.
func readOn(path string) error {
	j, err := Open(path, Options{})
	if err != nil {
		return err
	}
	tick := time.NewTicker(time.Millisecond)
	for n := uint64(1); ; n++ {
		if err := j.Add(entry(n)); err != nil {
			return err
		}
		time.AfterFunc(time.Second, func() { fmt.Println(n) })
		<-tick.C
	}
}

// entry is one that tells which it is.
func entry(n uint64) *queryv1.Access {
	return &queryv1.Access{
		User: "u-12", Call: "Get", Id: fmt.Sprintf("licensing/L-%d", n), Table: queryv1.Table_TABLE_LICENCES, Rows: n,
		Owners: []string{[]string{"licensing", "customs"}[n%2]},
	}
}

func open(t testing.TB, path string, o Options) *Journal {
	t.Helper()
	j, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return j
}

func add(t testing.TB, j *Journal, from, to uint64) {
	t.Helper()
	for n := from; n <= to; n++ {
		if err := j.Add(entry(n)); err != nil {
			t.Fatal(err)
		}
	}
}

// listed are the numbers of the entries that a query finds, page by page.
func listed(t testing.TB, j *Journal, q Query) (numbers []uint64) {
	t.Helper()
	for {
		list, next, err := j.List(q)
		if err != nil || len(list) > q.Limit {
			t.Fatalf("List: %d entries, %v", len(list), err)
		}
		for _, e := range list {
			numbers = append(numbers, e.Rows)
		}
		if next == "" {
			return numbers
		}
		q.Token = next
	}
}

func down(from, to, step uint64) (numbers []uint64) {
	for n := from; n >= to; n -= step {
		numbers = append(numbers, n)
	}
	return numbers
}

func whole(t testing.TB, j *Journal, entries uint64) {
	t.Helper()
	c, err := j.Check(Noted{})
	if err != nil || c.Broken != "" || c.Entries != entries || (c.Head == "") != (entries == 0) {
		t.Errorf("Check: %+v, %v; want %d entries, whole", c, err, entries)
	}
}

func TestEntriesAreListedNewestFirst(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := began
	var clock sync.Mutex
	now := func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return at
	}
	set := func(to time.Time) {
		clock.Lock()
		defer clock.Unlock()
		at = to
	}
	path := filepath.Join(t.TempDir(), "access.db")
	j, err := Open(path, Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	whole(t, j, 0)
	for n := uint64(1); n <= 10; n++ {
		set(began.Add(time.Duration(n) * time.Minute))
		add(t, j, n, n)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if err := j.Add(entry(11)); !errors.Is(err, fault.Unavailable) {
		t.Errorf("added to a closed journal: %v", err)
	}
	set(began) // the clock was put back
	j = open(t, path, Options{Now: now})
	add(t, j, 11, 20)
	for name, tt := range map[string]struct {
		q    Query
		want []uint64
	}{
		"all":              {Query{Limit: 100}, down(20, 1, 1)},
		"in pages":         {Query{Limit: 3}, down(20, 1, 1)},
		"of an owner":      {Query{Limit: 2, Owner: "licensing"}, down(20, 2, 2)},
		"of a record":      {Query{Limit: 1, ID: "licensing/L-7"}, []uint64{7}},
		"of nobody":        {Query{Limit: 1, Owner: "reporting"}, nil},
		"of a call":        {Query{Limit: 2, Calls: []string{"MakeBundle", "Get"}}, down(20, 1, 1)},
		"of another call":  {Query{Limit: 100, Calls: []string{"MakeBundle"}}, nil},
		"since":            {Query{Limit: 4, Since: began.Add(9 * time.Minute)}, down(20, 9, 1)},
		"owner and record": {Query{Limit: 4, Owner: "licensing", ID: "licensing/L-7"}, nil},
	} {
		if got := listed(t, j, tt.q); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	for _, token := range []string{"x", "0", "-1", "99999999999999999999"} {
		if _, _, err := j.List(Query{Limit: 1, Token: token}); !errors.Is(err, fault.Invalid) {
			t.Errorf("page token %q: %v", token, err)
		}
	}
	whole(t, j, 20)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("opened a second time: %v", err)
	}
}

// What was read a second before the program is killed is in the journal, and the chain is whole.
func TestKilledReaderLosesASecondAtMost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.db")
	var before uint64
	for range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), readerEnv+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var due uint64
		lines := bufio.NewScanner(out)
		for due < 300 && lines.Scan() {
			var n uint64
			if _, err := fmt.Sscan(lines.Text(), &n); err != nil {
				t.Fatal(err)
			}
			due = max(due, n)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, out); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		j, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := j.Check(Noted{})
		if err != nil || c.Broken != "" || due == 0 || c.Entries < before+due {
			t.Errorf("%d entries were a second old when it was killed, on %d before; in the journal: %+v, %v", due, before, c, err)
		}
		before = c.Entries
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestManyAtOnceAreWrittenBeforeTheTick(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "access.db"), Options{})
	var readers sync.WaitGroup
	for r := range uint64(4) {
		readers.Go(func() { add(t, j, r*1000+1, r*1000+1000) })
	}
	readers.Wait()
	if got := listed(t, j, Query{Limit: 1000}); len(got) != 4000 {
		t.Errorf("%d of 4,000 entries", len(got))
	}
	whole(t, j, 4000)
}

func TestOldEntriesAreDroppedAndTheRestIsChecked(t *testing.T) {
	var seconds atomic.Int64
	path := filepath.Join(t.TempDir(), "access.db")
	j := open(t, path, Options{Keep: time.Hour, Now: func() time.Time { return time.Unix(seconds.Load(), 0) }})
	flush := func() {
		t.Helper()
		if err := j.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	add(t, j, 1, 10)
	flush()
	seconds.Add(3600)
	add(t, j, 11, 20)
	flush()
	if got := listed(t, j, Query{Limit: 100}); !slices.Equal(got, down(20, 1, 1)) {
		t.Errorf("just kept long enough: %v", got)
	}
	seconds.Add(1)
	add(t, j, 21, 21)
	flush()
	if got := listed(t, j, Query{Limit: 4}); !slices.Equal(got, down(21, 11, 1)) {
		t.Errorf("an hour and a second later: %v", got)
	}
	whole(t, j, 21)
	err := j.db.Update(func(tx *bolt.Tx) error {
		if n := binary.BigEndian.Uint64(tx.Bucket(metaBucket).Get(firstKey)); n != 10 {
			t.Errorf("the anchor is entry %d", n)
		}
		return tx.Bucket(entriesBucket).Delete(keyOf(11))
	})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := j.Check(Noted{}); err != nil || c.Broken != "entry 11 is missing" {
		t.Errorf("the first that is kept was removed: %+v, %v", c, err)
	}
}

// While entries cannot be written, nothing can be read.
func TestReadingIsRefusedWhileTheJournalFails(t *testing.T) {
	j, err := Open(filepath.Join(t.TempDir(), "access.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.db.Close(); err != nil {
		t.Fatal(err)
	}
	add(t, j, 1, 1)
	if err := j.Flush(); err == nil {
		t.Error("written to a closed file")
	}
	if err := j.Add(entry(2)); !errors.Is(err, fault.Unavailable) {
		t.Errorf("Add: %v", err)
	}
	if err := j.Close(); err == nil {
		t.Error("Close does not say that an entry was lost")
	}
}

func BenchmarkAdd(b *testing.B) {
	j := open(b, filepath.Join(b.TempDir(), "access.db"), Options{})
	e := entry(1)
	for b.Loop() {
		for {
			err := j.Add(proto.CloneOf(e))
			if err == nil {
				break
			}
			if err := j.Flush(); err != nil { // faster than the disk, which no reader is
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	j := open(b, filepath.Join(b.TempDir(), "access.db"), Options{})
	const entries = 100_000
	add(b, j, 1, entries)
	if err := j.Flush(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		whole(b, j, entries)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
}
