package desk_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// contested is how many licences two processes suspend at once.
const contested = 40

// The test's own program is the second process when it is started with a broker's address.
func TestMain(m *testing.M) {
	if url := os.Getenv("COUNTERFOIL_TEST_BROKER"); url != "" {
		if err := second(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// second is another process of the agency: a ledger, follower and desk of its own on the same journal. It suspends every
// contested licence.
func second(url string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	own, err := js.Stream(ctx, os.Getenv("COUNTERFOIL_TEST_JOURNAL"))
	if err != nil {
		return err
	}
	inbox, err := js.Stream(ctx, os.Getenv("COUNTERFOIL_TEST_INBOX"))
	if err != nil {
		return err
	}
	seed, err := hex.DecodeString(os.Getenv("COUNTERFOIL_TEST_SEED"))
	if err != nil {
		return err
	}
	var secrets directory.Secrets
	if err := json.Unmarshal([]byte(os.Getenv("COUNTERFOIL_TEST_SECRETS")), &secrets); err != nil {
		return err
	}
	dir := os.Getenv("COUNTERFOIL_TEST_DIR")
	l, err := ledger.Open(filepath.Join(dir, "ledger.db"), ledger.Options{Agency: "licensing"})
	if err != nil {
		return err
	}
	defer l.Close()
	keys := directory.NewKeys("licensing", secrets)
	f := projection.New(projection.Config{
		Agency: "licensing", Ledger: l, Keys: keys, JetStream: js, Own: own, Inbox: inbox, Evidence: filepath.Join(dir, "evidence"),
	})
	if err := f.CatchUp(ctx); err != nil {
		return err
	}
	d := desk.New(desk.Config{
		Agency: "licensing", Ledger: l, Keys: keys, JetStream: js,
		Signer: func() crypto.Signer { return ed25519.NewKeyFromSeed(seed) },
		Stream: own.CachedInfo().Config.Name, CatchUp: f.CatchUpOwn, Last: f.LastOwn, Recorded: f.Recorded,
		Logger: slog.New(slog.NewTextHandler(os.Stdout, nil)), // says when it decides again
	})
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	fmt.Println("ready")
	if _, err := fmt.Scanln(); err != nil && err.Error() != "unexpected newline" {
		return err
	}
	for i := range contested {
		if _, err := d.Record(ctx, &eventv1.Particulars{}, suspend(fmt.Sprintf("licensing/L-%d", i))); err != nil {
			return err
		}
	}
	cancel()
	<-ended
	return nil
}

// Two processes record for one agency at once: of each pair that contradicts the other one is decided again, and the
// numbers stay without gaps.
func TestTwoProcessesOnOneJournal(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	for i := range contested {
		a.Record(desktest.Facts(granted(fmt.Sprintf("licensing/L-%d", i))))
	}
	secrets, err := json.Marshal(a.Secrets())
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(),
		"COUNTERFOIL_TEST_BROKER="+a.Server.URL(), "COUNTERFOIL_TEST_DIR="+t.TempDir(),
		"COUNTERFOIL_TEST_JOURNAL="+a.Own.CachedInfo().Config.Name, "COUNTERFOIL_TEST_INBOX="+a.Inbox.CachedInfo().Config.Name,
		"COUNTERFOIL_TEST_SEED="+hex.EncodeToString(a.Signer.Seed()), "COUNTERFOIL_TEST_SECRETS="+string(secrets),
	)
	other.Stderr = os.Stderr
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	if _, err := said.ReadString('\n'); err != nil {
		t.Fatalf("the other process is not ready: %v", err)
	}
	if _, err := in.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	for i := contested - 1; i >= 0; i-- { // from the other end, so that they meet
		a.Record(suspend(fmt.Sprintf("licensing/L-%d", i)))
	}
	rest, err := io.ReadAll(said)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(rest, []byte("the journal has a newer block")) {
		t.Errorf("the other process met no newer block, so that nothing was decided again: %s", rest)
	}
	if err := other.Wait(); err != nil {
		t.Fatalf("the other process: %v", err)
	}
	a.Record(desktest.Facts(granted("licensing/L-last"))) // decided on all that the other recorded
	var position *ledgerv1.Position
	var rows uint64
	err = a.Ledger.View(func(v ledger.View) (err error) {
		if position, err = v.Position(licensingAll); err != nil {
			return err
		}
		suspended, err := v.LicencesWith("status", "suspended")
		rows = uint64(len(suspended))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if position.Events != 2*contested+1 || rows != contested || position.Block != uint64(len(a.Blocks("all"))) {
		t.Errorf("%d events in %d blocks, %d licences suspended; want %d granted, each of %d suspended once, %d blocks",
			position.Events, position.Block, rows, contested+1, contested, len(a.Blocks("all")))
	}
	if found, _, err := a.Follower.Verify(t.Context(), func(uint64, uint64) {}); err != nil || len(found) > 0 {
		t.Errorf("verify found %v, %v", found, err)
	}
}
