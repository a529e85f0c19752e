package ledger_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// written makes a ledger with some licences at path, and closes it.
func written(t *testing.T, path string) {
	t.Helper()
	l, err := ledger.Open(path, ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	foldBatch(t, l, syntheticBlocks(ledgertest.NewWriter(), 0, 200))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenAsksForARebuild(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, path string)
		want  string
	}{
		{"as it was", func(*testing.T, string) {}, ""},
		{"the machine stopped", func(t *testing.T, path string) { put(t, path+".open", []byte("another boot\n")) }, "the machine stopped"},
		{"not a ledger", func(t *testing.T, path string) { put(t, path, []byte(strings.Repeat("not a ledger", 1000))) }, "damaged"},
		{"cut off", func(t *testing.T, path string) { cut(t, path) }, ""},
		{"another schema", func(t *testing.T, path string) { setMeta(t, path, "schema", []byte{0, 0, 0, 99}) }, "its schema is 99"},
		{"another agency", func(t *testing.T, path string) { setMeta(t, path, "agency", []byte("customs")) }, "ledger of customs"},
		{"pages overwritten", func(t *testing.T, path string) { scribble(t, path) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger")
			written(t, path)
			tt.spoil(t, path)
			l, err := ledger.Open(path, ledger.Options{Agency: "licensing"})
			if err == nil {
				defer l.Close()
			}
			var rebuild *ledger.Rebuild
			switch {
			case tt.name == "as it was":
				if err != nil {
					t.Fatal(err)
				}
				return
			case !errors.As(err, &rebuild) || !strings.Contains(rebuild.Reason, tt.want):
				t.Fatalf("Open: %v, want a rebuild because %q", err, tt.want)
			}
			if _, err := ledger.Open(path, ledger.Options{Agency: "licensing"}); !errors.As(err, &rebuild) {
				t.Errorf("Open again: %v, want a rebuild: nobody has the file open", err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			written(t, path) // nothing stands in the way of folding anew
		})
	}
}

func put(t *testing.T, path string, content []byte) {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func cut(t *testing.T, path string) {
	if err := os.Truncate(path, 5*4096); err != nil {
		t.Fatal(err)
	}
}

// scribble writes over everything but the two pages that say where the rest is.
func scribble(t *testing.T, path string) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 2 * 4096; i < len(content); i++ {
		content[i] = 0xff
	}
	put(t, path, content)
}

func setMeta(t *testing.T, path, key string, value []byte) {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte(key), value) }); err != nil {
		t.Fatal(err)
	}
}

func TestOneProcessOwnsTheFile(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	if info, err := os.Stat(l.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
	_, err := ledger.Open(l.Path(), ledger.Options{Agency: "licensing", Timeout: 10 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), l.Path()+" is open in another process") {
		t.Errorf("Open: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	if _, err := ledger.Open(path, ledger.Options{ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of nothing: %v", err)
	}
	written(t, path)
	for range 2 { // beside one another
		l, err := ledger.Open(path, ledger.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if l.Agency() != "licensing" {
			t.Errorf("Agency: %q", l.Agency())
		}
		if _, err := l.Begin(); err == nil {
			t.Error("a read-only ledger began to write")
		}
	}
}

func TestWait(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	blocks := syntheticBlocks(ledgertest.NewWriter(), 0, 3_000)
	id := blocks[0].ID
	waited := make(chan error)
	go func() { waited <- l.Wait(t.Context(), id, 2_500) }()
	for _, b := range blocks {
		changed := l.Changed()
		foldBatch(t, l, []*journal.Block{b})
		<-changed
	}
	if err := <-waited; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Wait(ctx, id, 3_001); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait for what never comes: %v", err)
	}
	if err := l.Wait(ctx, journal.ID{}, 0); err != nil {
		t.Errorf("Wait for nothing: %v", err)
	}
}

const crashFile = "LEDGER_TEST_CRASH"

// TestMain lets the crash test run this binary as a process that folds until it is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		foldUntilKilled(path)
	}
	// A run in passing draws fewer cases than rapid would; go test -rapid.checks=1000 draws more.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// foldUntilKilled goes on from the file's position, and prints the position after every commit.
func foldUntilKilled(path string) {
	l, err := ledger.Open(path, ledger.Options{Agency: "licensing"})
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	id := journal.ID{Agency: "licensing", Group: "all"}
	w := ledgertest.NewWriter()
	for n := 0; ; n++ {
		b := w.Together(id, ledgertest.At(ledgertest.Start, syntheticLicence(2*n)), ledgertest.At(ledgertest.Start, syntheticLicence(2*n+1)))
		tx, err := l.Begin()
		if err == nil {
			err = tx.Fold(b, ledgertest.Position(b))
		}
		if out := (*ledger.OutOfStep)(nil); errors.As(err, &out) && out.Folded() {
			tx.Rollback()
			continue
		}
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			fmt.Println("fold:", err)
			os.Exit(1)
		}
		fmt.Println(b.Header.Number)
	}
}

func TestAKilledProcessLeavesAGoodFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	id := journal.ID{Agency: "licensing", Group: "all"}
	for round := range 5 {
		last := foldAndKill(t, path, 20+23*round)
		l, err := ledger.Open(path, ledger.Options{Agency: "licensing"})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		err = l.View(func(v ledger.View) error {
			p, err := v.Position(id)
			if err != nil {
				return err
			}
			if p.GetBlock() < last {
				t.Errorf("round %d: the file is at block %d, %d was committed", round, p.GetBlock(), last)
			}
			if n, _, err := v.Count(tableLicences, nil, ""); err != nil || n != p.GetEvents() {
				t.Errorf("round %d: %d licences after %d events, %v", round, n, p.GetEvents(), err)
			}
			findings, err := v.Check(t.Context())
			if len(findings) > 0 {
				t.Errorf("round %d: %v", round, findings)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// As the killed process would: not closed.
		if round%2 == 0 {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		} else if err := l.CloseWithoutMark(); err != nil {
			t.Fatal(err)
		}
	}
}

// foldAndKill kills a folding process in the middle of its work after some commits, and returns the last it told of.
func foldAndKill(t *testing.T, path string, commits int) uint64 {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var last uint64
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			t.Fatalf("the process said %q", lines.Text())
		}
		if commits--; commits == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the process ended: %v", err)
	}
	return last
}
