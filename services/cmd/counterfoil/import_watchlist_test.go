package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/published/watchlists"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// onlyLicensing is a plan with one agency beside the authority.
const onlyLicensing = `
state: XA
agencies:
  - {name: authority, title: Coordinating authority, service: authority}
  - {name: licensing, title: Licensing authority, service: licensing}
groups:
  - {group: directory, purpose: who is who, members: [authority, licensing]}
  - {group: all, purpose: everything, members: [licensing], publishers: [licensing]}
rules:
  - {group: all}
`

// envForLab is the environment of commands at a lab of a plan, which runs until the test ends.
func envForLab(t *testing.T, text string) *Env {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, err := lab.ReadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	l, err := lab.Start(ctx, lab.Folder(home), plan, lab.Options{})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("lab ended: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close the lab: %v", err)
		}
	})
	if err := l.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	return &Env{
		In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: t.Output(), Now: time.Now,
		Getenv: func(name string) string {
			return map[string]string{"COUNTERFOIL_HOME": home, "COUNTERFOIL_CONTEXT": "licensing"}[name]
		},
	}
}

// The publishers' lists in a node: as a whole, and imported again nothing is recorded.
func TestImportOfThePublishersLists(t *testing.T) {
	t.Parallel()
	dir := publishedtest.Data(t, "watchlists-2018-2019")
	env := envForLab(t, onlyLicensing)
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for _, tt := range []struct {
		args    []string
		entries int
		exit    int
	}{
		{[]string{"un", in("un/consolidated-2018-10-29.xml")}, 1093, exitOK},
		{[]string{"ofac-sdn", in("us/sdn.csv"), "--alt", in("us/alt.csv"), "--comments", in("us/sdn_comments.csv"), "--edition", "2019-03-01"}, 7379, exitProblems},
		{[]string{"bis-dpl", in("us/dpl.txt")}, 546, exitOK},
		{[]string{"csl", in("us/csl.csv"), "--edition", "2019-06-01"}, 115, exitOK},
	} {
		for _, again := range []bool{false, true} {
			var out bytes.Buffer
			env.Out = &out
			code := run(t.Context(), env, append(append([]string{"import", "watchlist"}, tt.args...), "-o", "json"))
			var got importedList
			if err := json.Unmarshal(out.Bytes(), &got); err != nil || code != tt.exit {
				t.Fatalf("exit code %d, %v\n%s", code, err, out.String())
			}
			events := uint64(tt.entries) + 1
			if again {
				events = 0
			} else {
				t.Logf("%s: %d entries with %d names in %.1f s", got.Source, got.Entries, got.Names, got.Seconds)
			}
			if got.Entries != tt.entries || got.Events != events || again && got.Added+got.Changed+got.Removed > 0 {
				t.Errorf("%s, again %v: %d entries, %d added, %d changed, %d left out, %d events", got.Source, again, got.Entries, got.Added, got.Changed, got.Removed, got.Events)
			}
		}
	}
}

// Whatever the changes are, the requests hold each of them once, and no request is above its limits.
func TestPartsOfAList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := watchlists.List{Source: "un"}
		size := rapid.SampledFrom([]int{1, 100, 100_000, 300_000})
		for i := range rapid.IntRange(0, 20).Draw(t, "entries") {
			list.Entries = append(list.Entries, watchlists.Entry{Key: string(rune('a' + i)), Remarks: strings.Repeat("x", size.Draw(t, "size"))})
		}
		onRecord := map[string][]byte{}
		for _, key := range rapid.SliceOfDistinct(rapid.StringMatching("[a-z]"), rapid.ID[string]).Draw(t, "on record") {
			onRecord[key] = []byte("other")
		}
		im := listImporter{batch: rapid.IntRange(1, 7).Draw(t, "batch"), source: "un", edition: "2026-01-01"}
		changes := differences(onRecord, list)
		var entries []*screeningv1.ListEntry
		var removed []string
		for part := range im.parts(changes) {
			if n := len(part.Entries) + len(part.Removed); n == 0 || n > im.batch {
				t.Fatalf("a request of %d entries, with %d in a batch", n, im.batch)
			}
			if size := proto.Size(part); len(part.Entries) > 1 && size > maxBatchBytes+1024 {
				t.Fatalf("a request of %d entries has %d bytes", len(part.Entries), size)
			}
			entries, removed = append(entries, part.Entries...), append(removed, part.Removed...)
		}
		if len(entries) != len(list.Entries) || len(entries) != changes.added+changes.changed || len(removed) != len(changes.removed) {
			t.Fatalf("%d entries and %d keys of %d and %d", len(entries), len(removed), len(list.Entries), len(changes.removed))
		}
	})
}
