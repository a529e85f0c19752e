package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	encryption "filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

var (
	licensingAll  = journal.ID{Agency: "licensing", Group: "all"}
	customsBorder = journal.ID{Agency: "customs", Group: "border"}
)

// state is a hub and two agencies that run on folders below one, each to be stopped and started.
type state struct {
	*testing.T
	folder   lab.Folder
	plan     *lab.Plan
	agencies map[string]*lab.Serving
	stops    map[string]func()
	key      string // file with the identity that opens backups
	to       string
}

func newState(t *testing.T) *state {
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	identity, err := encryption.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s := &state{T: t, folder: lab.Folder(t.TempDir()), plan: plan, agencies: map[string]*lab.Serving{}, stops: map[string]func(){}}
	s.to, s.key = identity.Recipient().String(), filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(s.key, []byte(identity.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for name := range s.stops {
			s.stop(name)
		}
	})
	s.startHub()
	s.start("licensing")
	s.start("customs")
	return s
}

func (s *state) path(name string) string { return filepath.Join(string(s.folder), name) }

// serve keeps one running until it is stopped.
func (s *state) serve(name string, run func(context.Context) error, closed func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	s.stops[name] = func() {
		cancel()
		if err := errors.Join(<-ended, closed()); err != nil {
			s.Errorf("%s ended: %v", name, err)
		}
	}
}

func (s *state) stop(name string) {
	s.stops[name]()
	delete(s.stops, name)
}

func (s *state) startHub() {
	s.Helper()
	hub, err := lab.StartHub(s.Context(), lab.HubOptions{Folder: s.folder, Plan: s.plan, Listen: "127.0.0.1:0"})
	if err != nil {
		s.Fatal(err)
	}
	s.serve("hub", hub.Run, hub.Close)
	select {
	case <-hub.Ready():
	case <-time.After(time.Minute):
		s.Fatal("the hub is not ready")
	}
}

func (s *state) start(agency string) {
	s.Helper()
	serving, err := lab.StartAgency(s.Context(), s.folder, agency, lab.Options{})
	if err != nil {
		s.Fatal(err)
	}
	s.agencies[agency] = serving
	s.serve(agency, serving.Run, serving.Close)
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	if err := serving.WaitReady(ctx); err != nil {
		s.Fatal(err)
	}
}

// record puts facts numbered from..to on record, one command each.
func (s *state) record(agency string, from, to int) {
	for n := from; n <= to; n++ {
		var fact proto.Message = &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", n), Deal: &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"},
			Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
		}}
		if agency == "customs" {
			fact = &customsv1.DeclarationAccepted{DeclarationId: fmt.Sprintf("customs/D-%d", n), LicenceId: "licensing/L-1"}
		}
		_, err := s.agencies[agency].Node.Desk.Record(s.Context(), &eventv1.Particulars{}, func(ledger.View) ([]proto.Message, error) {
			return []proto.Message{fact}, nil
		})
		if err != nil {
			s.Error(err)
			return
		}
	}
}

// whileBothRecord runs f while both agencies put the facts numbered from..to on record; f begins when half is done.
func (s *state) whileBothRecord(from, to int, f func()) {
	s.Helper()
	var recording, half sync.WaitGroup
	half.Add(2)
	for name := range s.agencies {
		recording.Go(func() {
			s.record(name, from, (from+to)/2)
			half.Done()
			s.record(name, (from+to)/2+1, to)
		})
	}
	half.Wait()
	f()
	recording.Wait()
}

// level waits until both ledgers have the first n events of both journals, and compares their rows.
func (s *state) level(n uint64) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	roots := map[journal.ID][][32]byte{}
	for name, serving := range s.agencies {
		for _, id := range []journal.ID{licensingAll, customsBorder} {
			if err := serving.Node.Ledger.Wait(ctx, id, n); err != nil {
				s.Fatalf("%s waits for event %d of %s: %v; stopped: %v", name, n, id, err, serving.Node.Stopped())
			}
		}
		err := serving.Node.Ledger.View(func(v ledger.View) error {
			_, perJournal, err := v.Root(ctx)
			for _, id := range []journal.ID{licensingAll, customsBorder} {
				roots[id] = append(roots[id], perJournal[id])
			}
			return err
		})
		if err != nil {
			s.Fatal(err)
		}
		if stopped := serving.Node.Stopped(); len(stopped) > 0 {
			s.Errorf("%s has stopped journals: %v", name, stopped)
		}
	}
	for id, of := range roots {
		if of[0] != of[1] {
			s.Errorf("the two ledgers have other rows of %s", id)
		}
	}
}

// run runs a command line that must end well and returns what it printed.
func (s *state) run(args ...string) archive {
	s.Helper()
	var out, messages bytes.Buffer
	env := &Env{In: strings.NewReader(""), Out: &out, Err: &messages, Getenv: func(string) string { return "" }, Now: time.Now}
	if code := run(s.Context(), env, append(args, "-o", "json")); code != exitOK {
		s.Fatalf("counterfoil %s: exit code %d\n%s", strings.Join(args, " "), code, &messages)
	}
	var result archive
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		s.Fatalf("%v in %s", err, &out)
	}
	return result
}

// kept returns what a stopped node's stream holds up to a number: number, time of storing, subject, headers and data.
func (s *state) kept(agency string, of func(*backbone.Node) jetstream.Stream, to uint64) (all []string) {
	s.Helper()
	n, err := backbone.StartNode(s.Context(), backbone.NodeConfig{Agency: agency, Dir: s.path(agency)})
	if err != nil {
		s.Fatal(err)
	}
	defer n.Close()
	for number := uint64(1); number <= to; number++ {
		msg, err := of(n).GetMsg(s.Context(), number)
		if err != nil {
			s.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%d %s %s %v %x", msg.Sequence, msg.Time, msg.Subject, msg.Header, msg.Data))
	}
	return all
}

// A node is backed up while it records, goes on, is lost with its disk, and is restored: it has every block and every
// time again, takes over from the hub what it had recorded since, and goes on.
func TestNodeIsBackedUpAtWorkLostAndRestored(t *testing.T) {
	t.Parallel()
	s := newState(t)
	file := filepath.Join(t.TempDir(), "licensing.backup")
	var made archive
	s.whileBothRecord(1, 60, func() { made = s.run("backup", "--dir", s.path("licensing"), "--out", file, "--to", s.to) })
	s.whileBothRecord(61, 100, func() {})
	s.level(100)
	s.stop("licensing")
	if len(made.Streams) != 2 || made.Streams[0].Stream != "INBOX" || made.Streams[1].Stream != "JOURNAL" {
		t.Fatalf("streams %v", made.Streams)
	}
	inbox, own := made.Streams[0].Last, made.Streams[1].Last
	if own < 30 || inbox == 0 {
		t.Fatalf("the backup holds %d own blocks and %d others'", own, inbox)
	}
	wantInbox, wantOwn := s.kept("licensing", (*backbone.Node).Inbox, inbox), s.kept("licensing", (*backbone.Node).Journal, own)
	if err := os.RemoveAll(s.path("licensing")); err != nil {
		t.Fatal(err)
	}

	restored := s.run("restore", file, "--dir", s.path("licensing"), "--identity", s.key)
	if want := "counterfoil serve licensing --dir " + string(s.folder); restored.Next != want {
		t.Errorf("next %q, want %q", restored.Next, want)
	}
	if diff := cmp.Diff(made.Streams, restored.Streams); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(wantInbox, s.kept("licensing", (*backbone.Node).Inbox, inbox)); diff != "" {
		t.Errorf("inbox:\n%s", diff)
	}
	if diff := cmp.Diff(wantOwn, s.kept("licensing", (*backbone.Node).Journal, own)); diff != "" {
		t.Errorf("journal:\n%s", diff)
	}
	s.start("licensing")
	s.level(100)
	s.whileBothRecord(101, 120, func() {})
	s.level(120)
}

// The hub is backed up while nodes record, goes on, is lost and restored: the nodes come back by themselves and nothing
// is lost or doubled at any of them.
func TestHubIsBackedUpAtWorkLostAndRestored(t *testing.T) {
	t.Parallel()
	s := newState(t)
	file := filepath.Join(t.TempDir(), "hub.backup")
	var made archive
	s.whileBothRecord(1, 60, func() { made = s.run("backup", "--dir", s.path("hub"), "--out", file, "--to", s.to) })
	s.whileBothRecord(61, 100, func() {})
	s.level(100)
	s.stop("hub")
	for _, stream := range made.Streams {
		if strings.HasSuffix(stream.Stream, "/FEED") {
			t.Errorf("the backup holds the feed %s", stream.Stream)
		}
	}
	if err := os.RemoveAll(s.path("hub")); err != nil {
		t.Fatal(err)
	}
	s.whileBothRecord(101, 110, func() {})                                                     // alone
	later := s.run("backup", "--dir", s.path("licensing"), "--out", t.TempDir(), "--to", s.to) // into a folder
	if ok, err := filepath.Match("licensing-*T*Z.backup", filepath.Base(later.File)); err != nil || !ok {
		t.Errorf("the backup is called %s", later.File)
	}
	if next := s.run("restore", file, "--dir", s.path("hub"), "--identity", s.key).Next; next != "counterfoil hub --dir "+string(s.folder) {
		t.Errorf("next %q", next)
	}
	s.startHub()
	s.whileBothRecord(111, 120, func() {})
	s.level(120)
	for name := range s.agencies {
		s.stop(name)
		other := customsBorder
		if name == "customs" {
			other = licensingAll
		}
		s.once(name, other, 120)
	}
}

// once checks that a stopped node's inbox holds every block once, and so many events of another agency's journal.
func (s *state) once(agency string, of journal.ID, events int) {
	s.Helper()
	n, err := backbone.StartNode(s.Context(), backbone.NodeConfig{Agency: agency, Dir: s.path(agency)})
	if err != nil {
		s.Fatal(err)
	}
	defer n.Close()
	info, err := n.Inbox().Info(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	seen, count := map[string]uint64{}, 0
	for number := uint64(1); number <= info.State.LastSeq; number++ {
		msg, err := n.Inbox().GetMsg(s.Context(), number)
		if err != nil {
			s.Fatal(err)
		}
		origin := msg.Subject + " " + msg.Header.Get(backbone.OriginSequenceHeader)
		if seen[origin] != 0 {
			s.Errorf("%s has %s as %d and as %d", agency, origin, seen[origin], number)
		}
		seen[origin] = number
		if b, err := journal.Parse(msg.Data); err == nil && b.ID == of {
			count += int(b.Header.Count)
		}
	}
	if count != events {
		s.Errorf("%s has %d events of %s, want %d", agency, count, of, events)
	}
}

// From a container a backup comes out, and goes in, through the program's output and input.
func TestBackupThroughAPipe(t *testing.T) {
	t.Parallel()
	s := newState(t)
	var piped, messages bytes.Buffer
	env := &Env{In: strings.NewReader(""), Out: &piped, Err: &messages, Getenv: func(string) string { return "" }, Now: time.Now}
	if code := run(t.Context(), env, []string{"backup", "--dir", s.path("customs"), "--out", "-", "--to", s.to}); code != exitOK {
		t.Fatal(&messages)
	}
	env.In, env.Out = &piped, &messages
	to := filepath.Join(t.TempDir(), "customs")
	if code := run(t.Context(), env, []string{"restore", "-", "--dir", to, "--identity", s.key}); code != exitOK {
		t.Fatal(&messages)
	}
	if _, err := os.Stat(filepath.Join(to, "signing.key")); err != nil {
		t.Error(err)
	}
}

func TestBackupIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"for nobody":           {[]string{"backup", "--dir", empty, "--out", "x"}, exitUsage, "never written in the clear"},
		"of no folder of ours": {[]string{"backup", "--dir", empty, "--out", filepath.Join(empty, "x"), "--to", "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z"}, exitFailed, "neither the folder of a node"},
		"without what opens":   {[]string{"restore", "x", "--dir", empty}, exitUsage, "what opens the backup"},
	} {
		t.Run(name, func(t *testing.T) {
			var messages bytes.Buffer
			env := &Env{In: strings.NewReader(""), Out: &messages, Err: &messages, Getenv: func(string) string { return "" }, Now: time.Now}
			if code := run(t.Context(), env, tt.args); code != tt.code || !strings.Contains(messages.String(), tt.want) {
				t.Errorf("exit code %d:\n%s", code, &messages)
			}
		})
	}
}
