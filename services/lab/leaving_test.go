package lab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

var customsBorder = journal.ID{Agency: "customs", Group: "border"}

// Customs shares with licensing and enforcement; enforcement is removed while its node is off, and comes back with its old
// credentials and files: it gets nothing new from the hub, cannot open what licensing or a kept copy of the relay hands
// it, and keeps what it had lawfully read.
func TestRemovedAgencyReadsNothingMore(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := startHub(t, folder)
	customs, _ := serve(t, folder, "customs")
	licensing, stopLicensing := serve(t, folder, "licensing")
	enforcement, stop := serve(t, folder, "enforcement")
	waitForEpoch(t, customs, 1)
	for n := range 3 {
		record(t, customs, accepted(n))
	}
	wait(t, enforcement, customsBorder, 3)
	stop()

	began := time.Now()
	if _, err := operator(t, l).RemoveAgency(t.Context(), &directoryv1.RemoveAgencyRequest{Agency: "enforcement", Reason: "reorganised"}); err != nil {
		t.Fatal(err)
	}
	t.Logf("removed after %s", time.Since(began))
	waitForEpoch(t, customs, 2)
	for n := 3; n < 6; n++ {
		record(t, customs, accepted(n))
	}
	wait(t, licensing, customsBorder, 6)

	// With its old credentials and files it is not let in.
	n, stop := serve(t, folder, "enforcement")
	status, err := queryv1connect.NewQueryServiceClient(client(n, tokenOf(t, n))).Status(t.Context(), &queryv1.StatusRequest{})
	if err != nil || status.HubConnected {
		t.Errorf("the removed agency's node: %v, connected to the hub: %v", err, status.GetHubConnected())
	}
	stop()

	// Somebody hands it what they have: the blocks as licensing, which is still a member, holds them.
	stopLicensing()
	leak(t, folder, "enforcement", customsBorder, kept(t, folder, "licensing", customsBorder)[3:])
	n, _ = serve(t, folder, "enforcement")
	until(t, func() bool { return n.Stopped()[customsBorder] != nil }, func() string { return "what was leaked to it was not even looked at" })
	if stop := n.Stopped()[customsBorder]; !stop.Waiting || stop.Block != 4 {
		t.Errorf("what was leaked to it: %v; want that block 4 waits for a key", stop)
	}
	if _, end := stands(t, n, customsBorder); end != 3 {
		t.Errorf("it has %d events of customs/border; want the 3 that it had lawfully read", end)
	}
	err = n.Ledger.View(func(v ledger.View) error {
		d, err := v.Declaration("customs/D-2")
		if err == nil && d == nil {
			t.Error("what it had lawfully read is gone from its ledger")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Credentials and keys are changed, agencies suspended, resumed and removed while two agencies record as fast as they can:
// everything that was acknowledged is at the reader, once, and in order.
func TestRotationAndRemovalUnderLoad(t *testing.T) {
	t.Parallel()
	l := start(t, lab.Folder(t.TempDir()), lab.Options{})
	customs, licensing, reporting := l.Agencies["customs"].Node, l.Agencies["licensing"].Node, l.Agencies["reporting"].Node
	ctx, cancel := context.WithCancel(t.Context())
	var recording sync.WaitGroup
	var mu sync.Mutex
	acknowledged := map[journal.ID][]uint64{}
	for worker := range 4 {
		recording.Go(func() {
			n := customs
			fact := func(i int) proto.Message { return accepted(worker*1_000_000 + i) }
			if worker%2 == 1 {
				n, fact = licensing, func(i int) proto.Message { return granted(worker*1_000_000 + i) }
			}
			for i := 0; ctx.Err() == nil; i++ {
				receipt, err := n.Desk.Record(context.WithoutCancel(ctx), &eventv1.Particulars{}, func(ledger.View) ([]proto.Message, error) { return []proto.Message{fact(i)}, nil })
				if err != nil {
					t.Errorf("%s: %v", n.Agency, err)
					return
				}
				id, err := journal.ParseID(receipt.Journal)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acknowledged[id] = append(acknowledged[id], receipt.FirstEvent)
				mu.Unlock()
			}
		})
	}
	at := operator(t, l)
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for round := range 2 {
		for _, agency := range []string{"customs", "licensing"} {
			_, err := at.RotateAgency(ctx, &directoryv1.RotateAgencyRequest{Agency: agency})
			do("rotate "+agency, err)
		}
		_, err := at.RekeyGroup(ctx, &directoryv1.RekeyGroupRequest{Group: "border"})
		do("rekey border", err)
		_, err = at.RekeyGroup(ctx, &directoryv1.RekeyGroupRequest{Group: "directory"})
		do("rekey the directory", err)
		_, err = at.SuspendAgency(ctx, &directoryv1.SuspendAgencyRequest{Agency: "reporting", Reason: "audit"})
		do("suspend reporting", err)
		waitForEpoch(t, customs, uint32(2+round))
		_, err = at.ResumeAgency(ctx, &directoryv1.ResumeAgencyRequest{Agency: "reporting", Reason: "done"})
		do("resume reporting", err)
	}
	_, err := at.RemoveAgency(ctx, &directoryv1.RemoveAgencyRequest{Agency: "enforcement", Reason: "reorganised"})
	do("remove enforcement", err)
	waitForEpoch(t, customs, 4)
	cancel()
	recording.Wait()

	for id, numbers := range acknowledged {
		slices.Sort(numbers)
		last := numbers[len(numbers)-1]
		if n := uint64(len(numbers)); n != last || len(slices.Compact(numbers)) != len(numbers) {
			t.Errorf("%s: %d events were acknowledged, numbered up to %d", id, n, last)
		}
		t.Logf("%s: %d events", id, last)
		wait(t, reporting, id, last)
		of := customs
		if id.Agency == "licensing" {
			of = licensing
		}
		if rows(t, reporting, id) != rows(t, of, id) {
			t.Errorf("%s: reporting has other rows than %s", id, of.Agency)
		}
	}
	for _, n := range []string{"reporting", "licensing", "customs"} {
		if stopped := l.Agencies[n].Node.Stopped(); len(stopped) > 0 {
			t.Errorf("%s: stopped: %v", n, stopped)
		}
	}
	sound(t, reporting)
}

// Whoever holds every file of the hub finds no word of what agencies share: names of parties, purposes of groups, numbers
// of licences. (Promise P7.)
func TestHubsFilesTellNothing(t *testing.T) {
	t.Parallel()
	const canaries = 1000
	canary := func(n int) string { return fmt.Sprintf("Kanarie%04dGezwitscher", n) }
	folder := lab.Folder(t.TempDir())
	stop := run(t, folder, lab.Options{}, func(l *lab.Lab) {
		licensing := l.Agencies["licensing"].Node
		for n := 0; n < canaries-100; n += 10 { // small blocks, which are not packed
			facts := make([]proto.Message, 10)
			for i := range facts {
				facts[i] = &licensingv1.LicenceGranted{LicenceId: "licensing/" + canary(n+i), Deal: &licensingv1.Deal{
					Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"},
					Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: canary(n + i)}},
				}}
			}
			record(t, licensing, facts...)
		}
		for n := canaries - 100; n < canaries; n++ {
			_, err := operator(t, l).DefineGroup(t.Context(), &directoryv1.DefineGroupRequest{Group: &directoryv1.GroupDefined{
				Group: fmt.Sprintf("committee-%d", n), Purpose: canary(n), Members: []string{"licensing", "observer"},
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		wait(t, l.Agencies["observer"].Node, licensingAll, canaries-100)
	})
	stop()
	if found := search(t, filepath.Join(string(folder), "hub"), []byte("Gezwitscher")); len(found) > 0 {
		t.Errorf("the hub's files tell of what agencies share: %v", found)
	}
	if found := search(t, filepath.Join(string(folder), "observer", "ledger.db"), []byte("Gezwitscher")); len(found) == 0 {
		t.Error("the search does not find what is there: in the reader's own ledger")
	}
}

// search returns the files below a path that hold the bytes.
func search(t *testing.T, path string, what []byte) (found []string) {
	t.Helper()
	err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if bytes.Contains(readFile(t, path), what) {
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// startHub runs the hub of the example plan until the test ends, and none of the agencies.
func startHub(t *testing.T, folder lab.Folder) *lab.Lab {
	t.Helper()
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	hub, err := lab.StartHub(t.Context(), lab.HubOptions{Folder: folder, Plan: plan, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, hub.Close()); err != nil {
			t.Errorf("the hub ended: %v", err)
		}
	})
	<-hub.Ready()
	return &lab.Lab{Hub: hub}
}

// waitForEpoch returns once an agency's journal for the border group has an epoch.
func waitForEpoch(t *testing.T, n *node.Node, epoch uint32) {
	t.Helper()
	until(t, func() bool {
		var key *ledgerv1.JournalKey
		err := n.Ledger.View(func(v ledger.View) (err error) {
			key, err = v.JournalKey(ledger.JournalKeyID(n.Agency+"/border", epoch))
			return err
		})
		return err == nil && key != nil
	}, func() string { return fmt.Sprintf("%s has not begun epoch %d of border", n.Agency, epoch) })
}

// kept returns the blocks of a journal that the inbox of a node holds that does not run.
func kept(t *testing.T, folder lab.Folder, agency string, id journal.ID) (blocks [][]byte) {
	t.Helper()
	broker, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: agency, Dir: string(folder.Home(agency))})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	info, err := broker.Inbox().Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = journal.Read(t.Context(), broker.Inbox(), backbone.InboxSubject(id), 1, info.State.LastSeq, func(m journal.Message) error {
		blocks = append(blocks, m.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

// leak puts blocks into the inbox of a node that does not run, as if its hub had delivered them.
func leak(t *testing.T, folder lab.Folder, agency string, id journal.ID, blocks [][]byte) {
	t.Helper()
	broker, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: agency, Dir: string(folder.Home(agency))})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	for _, data := range blocks {
		if _, err := broker.JetStream().PublishMsg(t.Context(), &nats.Msg{Subject: backbone.InboxSubject(id), Data: data}); err != nil {
			t.Fatal(err)
		}
	}
}
