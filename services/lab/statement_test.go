package lab_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/rpc"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// caller speaks to a node of the folder by its context, as a role.
func caller(t *testing.T, folder lab.Folder, agency, role string) *connect.Client {
	t.Helper()
	contexts := config.Contexts{Home: string(folder)}
	to, err := contexts.Pick(agency)
	if err != nil {
		t.Fatal(err)
	}
	token, err := contexts.Token(to)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	identify := func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if info, ok := connect.CallInfoForClientContext(ctx); ok {
				info.RequestHeader().Set("Authorization", "Bearer "+token)
				info.RequestHeader().Set(rpc.RoleHeader, role)
			}
			return next(ctx, spec)
		}
	}
	return connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, to.URL), identify)
}

// statements is what an agency says of itself, to a node of the folder.
func statements(t *testing.T, folder lab.Folder, agency string) directoryv1connect.DirectoryServiceClient {
	return directoryv1connect.NewDirectoryServiceClient(caller(t, folder, agency, "operator"))
}

// findsNothing fails the test when a node's own verification finds something.
func findsNothing(t *testing.T, folder lab.Folder, agency string) {
	t.Helper()
	stream, err := queryv1connect.NewQueryServiceClient(caller(t, folder, agency, "auditor")).Verify(t.Context(), &queryv1.VerifyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if err != nil {
			t.Fatalf("Verify at %s: %v", agency, err)
		}
		if len(res.Findings) > 0 {
			t.Errorf("Verify at %s: %v", agency, res.Findings)
		}
		if res.Done {
			return
		}
	}
}

// comesTo waits until a condition on a node's ledger holds.
func comesTo(t *testing.T, n *node.Node, what string, holds func(ledger.View) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		changed := n.Ledger.Changed()
		ok := false
		if err := n.Ledger.View(func(v ledger.View) error { ok = holds(v); return nil }); err != nil {
			t.Fatal(err)
		}
		if ok {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("at %s it did not come to it: %s", n.Agency, what)
		}
	}
}

// checkpointOf is licensing's checkpoint of licensing/all.
func checkpointOf(t *testing.T, folder lab.Folder) *queryv1.SignedHead {
	t.Helper()
	res, err := queryv1connect.NewProofServiceClient(caller(t, folder, "licensing", "operator")).Checkpoint(t.Context(), &queryv1.CheckpointRequest{Journal: licensingAll.String()})
	if err != nil {
		t.Fatal(err)
	}
	return res.Heads[0]
}

// Keys are changed while commands are recorded: nothing is lost and nothing is stopped, at the agency and at those who follow
// it, across a restart and a rebuild. A block that somebody signs with a key that was ended stops the journal.
func TestKeysChangeUnderLoad(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	const writers, each = 4, 60
	var before, after string // ids of the signing key
	stop := run(t, folder, lab.Options{}, func(l *lab.Lab) {
		licensing, customs := l.Agencies["licensing"].Node, l.Agencies["customs"].Node
		before = keyOf(licensing)
		var recording sync.WaitGroup
		for w := range writers {
			recording.Go(func() {
				for i := range each {
					record(t, licensing, granted(w*each+i))
				}
			})
		}
		say := statements(t, folder, "licensing")
		var kept *queryv1.SignedHead
		for n := range 4 {
			wait(t, customs, licensingAll, uint64((n+1)*20)) // the load goes on around each change
			if n == 0 {
				kept = checkpointOf(t, folder)
			}
			use := directoryv1.KeyUse_KEY_USE_SIGNING
			if n == 1 {
				use = directoryv1.KeyUse_KEY_USE_SEALING
			}
			res, err := say.ChangeKey(t.Context(), &directoryv1.ChangeKeyRequest{Use: use})
			if err != nil {
				t.Fatal(err)
			}
			if use == directoryv1.KeyUse_KEY_USE_SIGNING {
				after = res.KeyId
			}
		}
		recording.Wait()
		wait(t, customs, licensingAll, writers*each)
		if got := keyOf(licensing); got != after || got == before {
			t.Errorf("licensing signs with %s; want %s and no longer %s", got, after, before)
		}
		if now := checkpointOf(t, folder); now.VerifierKey == kept.VerifierKey {
			t.Error("a checkpoint is signed with the key of before")
		}
		grew, err := queryv1connect.NewProofServiceClient(caller(t, folder, "customs", "operator")).Consistency(t.Context(), &queryv1.ConsistencyRequest{
			From: &queryv1.JournalPoint{At: &queryv1.JournalPoint_File{File: []byte(kept.Note)}},
		})
		if err != nil || grew.Finding != "" || grew.From.Events != kept.Events || grew.To.Events != writers*each {
			t.Errorf("at customs the journal is not shown to have grown from a checkpoint that the key of before signed: %v: %v", err, grew)
		}
		// The hub takes the new key's word, too: it gives out new credentials for it.
		user := userOf(t, folder)
		authority := directoryv1connect.NewAuthorityServiceClient(caller(t, folder, "authority", "operator"))
		if _, err := authority.RotateAgency(t.Context(), &directoryv1.RotateAgencyRequest{Agency: "licensing"}); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { return userOf(t, folder) != user }, func() string { return "licensing connects as the user that it was" })
		// A reader's newest keys come sealed for the key that it changed to.
		if _, err := statements(t, folder, "customs").ChangeKey(t.Context(), &directoryv1.ChangeKeyRequest{Use: directoryv1.KeyUse_KEY_USE_SEALING}); err != nil {
			t.Fatal(err)
		}
		comesTo(t, licensing, "customs' sealing key is known", func(v ledger.View) bool {
			row, err := v.AgencyKeys("customs/keys")
			return err == nil && len(row.GetSealingKeys()) == 1
		})
		if _, err := authority.RekeyGroup(t.Context(), &directoryv1.RekeyGroupRequest{Group: "all"}); err != nil {
			t.Fatal(err)
		}
		comesTo(t, licensing, "a second epoch is on record", func(v ledger.View) bool {
			row, err := v.JournalKey(ledger.JournalKeyID(licensingAll.String(), 2))
			return err == nil && row != nil
		})
		record(t, licensing, granted(writers*each))
		wait(t, customs, licensingAll, writers*each+1)
		for _, agency := range []string{"licensing", "customs"} {
			findsNothing(t, folder, agency)
		}
		for _, n := range []*node.Node{licensing, customs} {
			if stopped := n.Stopped(); len(stopped) > 0 {
				t.Errorf("stopped at %s: %v", n.Agency, stopped)
			}
		}
	})
	stop()

	// Built anew after a restart, the ledger comes out the same, and the new key is still in use.
	if err := os.Remove(filepath.Join(string(folder.Home("licensing")), "ledger.db")); err != nil {
		t.Fatal(err)
	}
	stop = run(t, folder, lab.Options{}, func(l *lab.Lab) {
		licensing, customs := l.Agencies["licensing"].Node, l.Agencies["customs"].Node
		if got := keyOf(licensing); got != after {
			t.Errorf("after a restart licensing signs with %s; want %s", got, after)
		}
		if rows(t, licensing, licensingAll) != rows(t, customs, licensingAll) {
			t.Error("licensing and customs have other rows of the same journal")
		}
		record(t, licensing, granted(writers*each+1))
		wait(t, customs, licensingAll, writers*each+2)
		authority := directoryv1connect.NewAuthorityServiceClient(caller(t, folder, "authority", "operator"))
		id, err := hex.DecodeString(before)
		if err != nil {
			t.Fatal(err)
		}
		_, err = authority.EndSigningKey(t.Context(), &directoryv1.EndSigningKeyRequest{
			Ended: &directoryv1.SigningKeyEnded{Agency: "licensing", KeyId: id, Reason: "it was stolen"},
		})
		if err != nil {
			t.Fatal(err)
		}
		comesTo(t, customs, "the key's end is known", func(v ledger.View) bool {
			row, err := v.AgencyRow("licensing")
			return err == nil && row.SigningKeys[0].ValidUntil != nil || len(row.GetEndedKeys()) > 0
		})
	})
	stop()

	// Whoever has the old key writes with it as licensing.
	file := filepath.Join(string(folder.Home("licensing")), "signing.key")
	seeds, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, seeds[len(seeds)-32:], 0o600); err != nil {
		t.Fatal(err)
	}
	l := start(t, folder, lab.Options{})
	customs := l.Agencies["customs"].Node
	if got := keyOf(l.Agencies["licensing"].Node); got != before {
		t.Fatalf("the test signs with %s; want the key that was ended", got)
	}
	record(t, l.Agencies["licensing"].Node, granted(writers*each+2))
	stopped := func(ledger.View) bool { return customs.Stopped()[licensingAll] != nil }
	comesTo(t, customs, "licensing/all is stopped", stopped)
	if reason := customs.Stopped()[licensingAll].Reason; !strings.Contains(reason, "which had ended") {
		t.Errorf("licensing/all is stopped because %s", reason)
	}
}

// userOf is whom licensing's node connects to the hub as.
func userOf(t *testing.T, folder lab.Folder) string {
	t.Helper()
	credentials, err := backbone.LoadCredentials(folder.Home("licensing").Hub())
	if err != nil {
		t.Fatal(err)
	}
	user, err := credentials.User()
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// keyOf is the id of the key that a node signs with.
func keyOf(n *node.Node) string {
	return hex.EncodeToString(journal.KeyID(n.Signer().Public().(ed25519.PublicKey)))
}

// A key that was made and not put on record when the node stopped is the next one; one that was put on record and not in use
// yet is in use after the start.
func TestAKeyChangeThatWasInterrupted(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	home := folder.Home("licensing")
	next := filepath.Join(string(home), "signing.next")
	var made []byte
	var before string
	run(t, folder, lab.Options{}, func(l *lab.Lab) {
		n := l.Agencies["licensing"].Node
		before = keyOf(n)
		var err error
		if made, err = n.NextKey(directoryv1.KeyUse_KEY_USE_SIGNING); err != nil {
			t.Fatal(err)
		}
	})()
	run(t, folder, lab.Options{}, func(l *lab.Lab) {
		n := l.Agencies["licensing"].Node
		if got := keyOf(n); got != before {
			t.Errorf("a key that is not on record is in use")
		}
		again, err := n.NextKey(directoryv1.KeyUse_KEY_USE_SIGNING)
		if err != nil || string(again) != string(made) {
			t.Errorf("NextKey: %x, %v; want the one that was made, %x", again, err, made)
		}
		record(t, n, &directoryv1.SigningKeyChanged{Key: &directoryv1.SigningKey{Public: made}}) // and then the power fails
	})()
	l := start(t, folder, lab.Options{})
	n := l.Agencies["licensing"].Node
	if got := keyOf(n); got != hex.EncodeToString(journal.KeyID(made)) {
		t.Errorf("after the start licensing signs with %s; want %x", got, journal.KeyID(made))
	}
	if _, err := os.Stat(next); !os.IsNotExist(err) {
		t.Errorf("%s: %v", next, err)
	}
	info, err := os.Stat(filepath.Join(string(home), "signing.key"))
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 64 {
		t.Errorf("signing.key: %v, %v", info, err)
	}
	record(t, n, granted(1))
	wait(t, l.Agencies["customs"].Node, licensingAll, 1)
}

// A consent that a publisher takes back stays back, and the next block is sealed with a key that the reader does not have.
func TestAPublisherTakesAConsentBack(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	licensing, observer, customs := l.Agencies["licensing"].Node, l.Agencies["observer"].Node, l.Agencies["customs"].Node
	record(t, licensing, granted(1))
	wait(t, observer, licensingAll, 1)
	say := statements(t, folder, "licensing")
	if _, err := say.EndRelease(t.Context(), &directoryv1.EndReleaseRequest{Group: "all", Reader: "observer", Reason: "its mandate is over"}); err != nil {
		t.Fatal(err)
	}
	record(t, licensing, granted(2))
	wait(t, customs, licensingAll, 2)
	err := licensing.Ledger.View(func(v ledger.View) error {
		key, err := v.JournalKey(ledger.JournalKeyID(licensingAll.String(), 2))
		if err != nil || key == nil {
			t.Fatalf("no second epoch: %v", err)
		}
		for _, w := range key.Issued.Wrapped {
			if w.Agency == "observer" {
				t.Error("the second epoch's key is wrapped for the reader that was shut out")
			}
		}
		b, err := v.Block(licensingAll, 2)
		if err != nil {
			return err
		}
		header := &eventv1.Header{}
		if err := proto.Unmarshal(b.Header, header); header.Epoch != 2 || err != nil {
			t.Errorf("the block after the end is of epoch %d, %v", header.Epoch, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Another change of the directory does not bring the reader back.
	authority := directoryv1connect.NewAuthorityServiceClient(caller(t, folder, "authority", "operator"))
	if _, err := authority.RekeyGroup(t.Context(), &directoryv1.RekeyGroupRequest{Group: "all"}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, licensing, "a third epoch is on record", func(v ledger.View) bool {
		key, err := v.JournalKey(ledger.JournalKeyID(licensingAll.String(), 3))
		return err == nil && key != nil
	})
	state := func(v ledger.View) ledgerv1.ReleaseState {
		r, err := v.Release(ledger.ReleaseID("licensing", "all", "observer"))
		if err != nil {
			t.Fatal(err)
		}
		return r.GetState()
	}
	comesTo(t, observer, "the end is known there", func(v ledger.View) bool { return state(v) == ledgerv1.ReleaseState_RELEASE_STATE_ENDED })
	// The publisher itself may let it in again; then it has everything, as the group's history rule says.
	if _, err := say.AgreeRelease(t.Context(), &directoryv1.AgreeReleaseRequest{Group: "all", Reader: "observer"}); err != nil {
		t.Fatal(err)
	}
	record(t, licensing, granted(3))
	wait(t, observer, licensingAll, 3)
	if rows(t, observer, licensingAll) != rows(t, customs, licensingAll) {
		t.Error("the reader that was let in again has other rows than the one that always was")
	}
	// Who is no member cannot be agreed to.
	_, err = say.AgreeRelease(t.Context(), &directoryv1.AgreeReleaseRequest{Group: "licensing-internal", Reader: "observer"})
	if connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("agreed to one that is no member: %v", err)
	}
}
