package main

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// The tests in this file run the program itself, in processes of their own, and kill them.

// everybody is the agencies of the example plan; peers are those of them with the same releases.
var (
	everybody = []string{"licensing", "customs", "enforcement", "reporting", "observer"}
	peers     = []string{"customs", "enforcement", "reporting"}
)

// The whole lab is killed at random moments while an import and commands run. Every acknowledged event is there once,
// in every ledger.
func TestKillTheLab(t *testing.T) {
	t.Parallel()
	dir, folder := t.TempDir(), registerOf(t, 3000)
	running := launchLab(t, dir)
	var work sync.WaitGroup
	const applications = 30
	work.Go(func() { importUntilDone(t, dir, folder) })
	work.Go(func() { apply(t, dir, applications) })
	for range rounds() {
		pause(t, 200, 900)
		running.kill()
		running = launchLab(t, dir)
	}
	work.Wait()
	level(t, dir)
	for _, agency := range everybody {
		if n := rowsIn(t, dir, agency, queryv1.Table_TABLE_LINES); n != 6000 {
			t.Errorf("%s has %d lines; want 6000", agency, n)
		}
		if n := rowsIn(t, dir, agency, queryv1.Table_TABLE_DENIALS); n != 300 {
			t.Errorf("%s has %d denials; want 300", agency, n)
		}
	}
	if n := rowsIn(t, dir, "licensing", queryv1.Table_TABLE_APPLICATIONS); n != applications {
		t.Errorf("%d applications are on record; want %d, once each", n, applications)
	}
	sound(t, dir)
	before := rowsIn(t, dir, "licensing", queryv1.Table_TABLE_EVENTS)
	importUntilDone(t, dir, folder)
	if n := rowsIn(t, dir, "licensing", queryv1.Table_TABLE_EVENTS); n != before {
		t.Errorf("importing the same folder again recorded %d events", n-before)
	}
}

// pause lets things go on for a random while: the moment of a kill.
func pause(t *testing.T, least, most int) {
	d := time.Duration(least+rand.IntN(most-least)) * time.Millisecond
	t.Logf("after %s", d)
	<-time.After(d)
}

// Each node is a process of its own. Nodes and the hub are killed at random moments during commands; each side goes on
// while the hub is away, and is level again when it is back.
func TestKillNodesAndHub(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	running := map[string]*program{"hub": launch(t, dir, "hub", "--dir", dir)}
	eventually(t, "the hub to prepare the agencies", func() bool {
		_, err := os.Stat(filepath.Join(dir, "observer", "authority.pub")) // the last that it writes
		return err == nil
	})
	serve := func(agency string) { running[agency] = launch(t, dir, "serve", agency, "--dir", dir) }
	for _, agency := range everybody {
		serve(agency)
	}
	const applications = 40
	apply(t, dir, 1) // from here on licensing knows the directory, and needs the hub no more
	var work sync.WaitGroup
	work.Go(func() { apply(t, dir, applications) })
	for i := range rounds() {
		victim := []string{"licensing", "customs", "hub"}[i%3]
		pause(t, 100, 500)
		running[victim].kill()
		if victim == "hub" {
			apply(t, dir, 5) // the same keys: what is there is recognised without the hub
			running["hub"] = launch(t, dir, "hub", "--dir", dir)
			continue
		}
		serve(victim)
	}
	work.Wait()
	importUntilDone(t, dir, registerOf(t, 200))
	level(t, dir)
	if n := rowsIn(t, dir, "licensing", queryv1.Table_TABLE_APPLICATIONS); n != applications {
		t.Errorf("%d applications are on record; want %d, once each", n, applications)
	}
	for _, agency := range everybody {
		eventually(t, agency+" to have every line", func() bool { return rowsIn(t, dir, agency, queryv1.Table_TABLE_LINES) == 400 })
	}
	sound(t, dir)
}

// A ledger's file is deleted: the node builds it again from journal and inbox, to the same rows of every
// journal.
func TestDeletedLedgerIsBuiltAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	running := launchLab(t, dir)
	importUntilDone(t, dir, registerOf(t, 500))
	level(t, dir)
	want := map[string]map[string]*queryv1.JournalStatus{}
	for _, agency := range everybody {
		want[agency] = inJournals(t, dir, agency, true)
	}
	running.kill()
	for _, agency := range everybody {
		if err := os.Remove(filepath.Join(dir, agency, "ledger.db")); err != nil {
			t.Fatal(err)
		}
	}
	launchLab(t, dir)
	for _, agency := range everybody {
		var got map[string]*queryv1.JournalStatus
		eventually(t, agency+" to have everything again", func() bool {
			got = inJournals(t, dir, agency, true)
			for journal, was := range want[agency] {
				if got[journal].GetBlock() < was.GetBlock() {
					return false
				}
			}
			return true
		})
		for journal, was := range want[agency] {
			// What agencies say of themselves goes on: they give receipts.
			if got[journal].GetBlock() > was.GetBlock() && strings.HasSuffix(journal, "/directory") {
				continue
			}
			if got[journal].GetBlock() != was.GetBlock() || got[journal].GetRowsRoot() != was.GetRowsRoot() {
				t.Errorf("the ledger of %s was built to block %d of %s with root %s; it had block %d with %s", agency,
					got[journal].GetBlock(), journal, got[journal].GetRowsRoot(), was.GetBlock(), was.GetRowsRoot())
			}
		}
	}
	sound(t, dir)
}

// The real register, through the program as a user runs it, on every agency's own ledger.
func TestRealRegister(t *testing.T) {
	t.Parallel()
	folder := publishedtest.Data(t, "caat-uk-licences-2012-06")
	dir := t.TempDir()
	launchLab(t, dir)
	counterfoil := func(args ...string) []byte {
		t.Helper()
		cmd := exec.Command("counterfoil", args...)
		cmd.Env = append(os.Environ(), "COUNTERFOIL_HOME="+dir)
		cmd.Stderr = io.Discard
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("counterfoil %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	counterfoil("import", "uk-licences", folder, "--edition", "2012-06-14")
	level(t, dir)
	type tally struct {
		Total  uint64
		Groups []struct {
			Key   string
			Count uint64
		}
	}
	ask := func(agency string, args ...string) (c tally) {
		t.Helper()
		if err := json.Unmarshal(counterfoil(append([]string{"--context", agency, "-o", "json", "count"}, args...)...), &c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, agency := range everybody {
		eventually(t, agency+" to have every line", func() bool { return ask(agency, "lines").Total == 49047 })
		if n := ask(agency, "lines", "--status", "refused").Total; n != 753 {
			t.Errorf("%s counts %d refused lines; want 753", agency, n)
		}
		want := map[string]uint64{"1": 602, "7": 160, "2": 146, "3": 118, "5": 49, "4": 45, "6": 3, "8": 1}
		for _, g := range ask(agency, "denials", "--by", "criterion").Groups {
			if want[g.Key] != g.Count {
				t.Errorf("%s counts criterion %s %d times; want %d", agency, g.Key, g.Count, want[g.Key])
			}
			delete(want, g.Key)
		}
		if len(want) > 0 {
			t.Errorf("%s does not count criteria %v", agency, want)
		}
	}
	before := ask("licensing", "events", "--where", "journal=licensing/all").Total
	counterfoil("import", "uk-licences", folder, "--edition", "2012-06-14")
	if n := ask("licensing", "events", "--where", "journal=licensing/all").Total; n != before {
		t.Errorf("importing the same folder again recorded %d events", n-before)
	}
}
