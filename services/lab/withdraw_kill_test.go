package lab_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/statement"
)

// labEnv makes the test's own program run a lab in a folder, in which a licence is withdrawn (see TestMain).
const labEnv = "COUNTERFOIL_TEST_WITHDRAWING_LAB"

func TestMain(m *testing.M) {
	if folder := os.Getenv(labEnv); folder != "" {
		if err := withdrawing(lab.Folder(folder)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if folder := os.Getenv(exchangeEnv); folder != "" {
		if err := exchanging(lab.Folder(folder), os.Getenv(stepEnv)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if spec := os.Getenv(importEnv); spec != "" {
		if err := importing(spec); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if folder := os.Getenv(circulateEnv); folder != "" {
		if err := circulating(lab.Folder(folder)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// steps are what is seen of a withdrawal, one after the other, by who looks at the ledgers of its agency and of a reader.
var steps = []string{"ordered", "redacted at licensing", "redacted at customs", "receipt of licensing", "receipt of customs"}

// withdrawing runs a lab, withdraws a licence and says each step as it is seen, until it is killed.
func withdrawing(folder lab.Folder) error {
	ctx := context.Background()
	plan, err := lab.ReadPlan("")
	if err != nil {
		return err
	}
	l, err := lab.Start(ctx, folder, plan, lab.Options{})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	if err := l.WaitReady(ctx); err != nil {
		return err
	}
	licensing, customs := l.Agencies["licensing"].Node, l.Agencies["customs"].Node
	named := granted(1).(*licensingv1.LicenceGranted)
	named.Deal.Parties = []*transferv1.Party{{Name: canary}}
	if _, err := licensing.Desk.Record(ctx, &eventv1.Particulars{}, func(ledger.View) ([]proto.Message, error) { return []proto.Message{named}, nil }); err != nil {
		return err
	}
	for _, name := range nodes {
		if err := l.Agencies[name].Node.Ledger.Wait(ctx, licensingAll, 1); err != nil {
			return err
		}
	}
	s, err := statement.New(statement.Config{Node: licensing})
	if err != nil {
		return err
	}
	if _, err := s.Withdraw(ctx, &directoryv1.WithdrawRequest{Particulars: &eventv1.Particulars{}, Event: "licensing/all/1", Reason: "court order"}); err != nil {
		return err
	}
	fmt.Println(steps[0])
	said := make(chan string)
	for step, seen := range map[string]func() (bool, error){
		steps[1]: func() (bool, error) { return gone(licensing) },
		steps[2]: func() (bool, error) { return gone(customs) },
		steps[3]: func() (bool, error) { return receipted(licensing) },
		steps[4]: func() (bool, error) { return receipted(customs) },
	} {
		of := licensing
		if step == steps[2] || step == steps[4] {
			of = customs
		}
		go func() {
			for {
				changed := of.Ledger.Changed()
				if ok, err := seen(); ok || err != nil {
					said <- step
					return
				}
				<-changed
			}
		}()
	}
	for {
		select {
		case step := <-said:
			fmt.Println(step)
		case err := <-ended:
			return err
		}
	}
}

func gone(n *node.Node) (is bool, err error) {
	err = n.Ledger.Committed(func(v ledger.View) (err error) {
		is, err = v.Withdrawn(licensingAll, 1)
		return err
	})
	return is, err
}

func receipted(n *node.Node) (is bool, err error) {
	err = n.Ledger.Committed(func(v ledger.View) error {
		r, err := v.WithdrawalReceipt(ledger.WithdrawalReceiptID(n.Agency, "licensing/withdrawal-000001"))
		is = r != nil
		return err
	})
	return is, err
}

// Every node and the hub are killed the moment that a step of a withdrawal is seen. After the next start it is carried out to its
// end everywhere.
func TestKilledWhileWithdrawing(t *testing.T) {
	t.Parallel()
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			folder := lab.Folder(t.TempDir())
			killAt(t, step, labEnv+"="+filepath.Clean(string(folder)))
			l := start(t, folder, lab.Options{})
			licensing := l.Agencies["licensing"].Node
			comesTo(t, licensing, "all receipts", func(v ledger.View) bool { return len(status(t, v, time.Now()).Done) == len(nodes) })
			eventually(t, "every ledger's file to be scrubbed", func() bool { return len(filesWith(t, string(folder), []byte(canary))) == 0 })
			for _, name := range nodes {
				n := l.Agencies[name].Node
				if rows(t, n, licensingAll) != rows(t, licensing, licensingAll) {
					t.Errorf("%s has other rows than licensing", name)
				}
				sound(t, n)
			}
			view(t, licensing, func(v ledger.View) {
				receipts, err := v.WithdrawalReceiptsWith("request", "licensing/withdrawal-000001")
				if err != nil || len(receipts) != len(nodes) {
					t.Errorf("receipts: %v, %v", receipts, err)
				}
			})
		})
	}
}

// killAt runs the test's own program with settings in its environment, and kills it when it says the step.
func killAt(t *testing.T, step string, settings ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), settings...)
	cmd.Stderr = t.Output()
	said, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	reached := false
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if lines.Text() == step {
			reached = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); !reached {
		t.Fatalf("the lab ended by itself before %q: %v", step, err)
	}
}
