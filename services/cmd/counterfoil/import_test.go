package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// A whole edition of the publisher's: what is on record afterwards is what it says.
func TestImportOfThePublishersEdition(t *testing.T) {
	t.Parallel()
	dir := publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-10-11")
	n := &fixedNode{agency: "licensing", open: true, page: 10_000}
	env := envFor(t, n)
	var out bytes.Buffer
	env.Out, env.Err = &out, t.Output()
	started := time.Now()
	code := run(t.Context(), env, []string{"import", "uk-licences", dir, "--edition", "2012-10-11", "-o", "json"})
	var got imported
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("exit code %d, %v\n%s", code, err, out.String())
	}
	t.Logf("%d entries, %d lines, %d events in %v", got.Entries, got.Lines, got.Events, time.Since(started))
	if want := exitCodeOf(got); code != want {
		t.Errorf("exit code %d, want %d", code, want)
	}
	if got.Lines != 55_931 || got.RefusedLines != 838 || got.LinesAdded != 55_931 {
		t.Errorf("%d lines, %d of them refused, %d added", got.Lines, got.RefusedLines, got.LinesAdded)
	}
	if len(n.register.entries) != got.Entries || got.Events != uint64(got.Entries)+1 {
		t.Errorf("%d entries on record and %d events, of %d entries", len(n.register.entries), got.Events, got.Entries)
	}
}

// exitCodeOf says how an import ends: the publisher's folder may hold rows that belong to nothing.
func exitCodeOf(done imported) int {
	if done.ProblemRows > 0 {
		return exitProblems
	}
	return exitOK
}

// Whatever the changes are, the requests hold each of them once, and no request is above its limits.
func TestBatches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var changes published.Changes
		size := rapid.SampledFrom([]int{1, 100, 100_000, 300_000})
		for range rapid.IntRange(0, 20).Draw(t, "added") {
			end := &licensingv1.Place{Name: strings.Repeat("x", size.Draw(t, "size"))}
			changes.Added = append(changes.Added, &licensingv1.Addition{Entry: &licensingv1.Entry{Destination: end}, Ordinal: 1})
		}
		for range rapid.IntRange(0, 20).Draw(t, "changed") {
			changes.Changed = append(changes.Changed, &licensingv1.Change{Id: "licensing/x"})
		}
		for range rapid.IntRange(0, 20).Draw(t, "withdrawn") {
			changes.Withdrawn = append(changes.Withdrawn, "licensing/y")
		}
		im := importer{batch: rapid.IntRange(1, 7).Draw(t, "batch"), source: "s", edition: "2012-07-12"}
		var all published.Changes
		for req := range im.batches(changes) {
			entries := len(req.Added) + len(req.Changed) + len(req.Withdrawn)
			if entries == 0 || entries > im.batch {
				t.Fatalf("a request of %d entries, with %d in a batch", entries, im.batch)
			}
			if size := proto.Size(req); entries > 1 && size > maxBatchBytes+1024 {
				t.Fatalf("a request of %d entries has %d bytes", entries, size)
			}
			all.Added, all.Changed = append(all.Added, req.Added...), append(all.Changed, req.Changed...)
			all.Withdrawn = append(all.Withdrawn, req.Withdrawn...)
		}
		if len(all.Added) != len(changes.Added) || len(all.Changed) != len(changes.Changed) || len(all.Withdrawn) != len(changes.Withdrawn) {
			t.Fatalf("batches hold %d, %d and %d of %d, %d and %d", len(all.Added), len(all.Changed), len(all.Withdrawn),
				len(changes.Added), len(changes.Changed), len(changes.Withdrawn))
		}
		for i := range all.Added {
			if all.Added[i] != changes.Added[i] {
				t.Fatalf("addition %d is another", i)
			}
		}
	})
}

// An entry that the contract does not allow is the reader's fault or the contract's, not that of who typed the command.
func TestWhatTheNodeDoesNotTakeIsNotWrongUsage(t *testing.T) {
	t.Parallel()
	env := &Env{began: true}
	for code, want := range map[connect.Code]int{
		connect.CodeInvalidArgument: exitFailed, connect.CodeUnavailable: exitUnreachable, connect.CodePermissionDenied: exitNotAllowed,
	} {
		if got := env.failure(notTaken("import", connect.NewError(code, "too long"))); got.exit != want || !strings.Contains(got.why, "too long") && code != connect.CodeUnavailable {
			t.Errorf("%v: exit code %d, %q; want %d", code, got.exit, got.why, want)
		}
	}
}
