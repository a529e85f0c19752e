package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// importEnv makes the test's own program run customs without a line in a folder and take a file in: "<folder> <file>" (see
// TestMain).
const importEnv = "COUNTERFOIL_TEST_IMPORTING"

// importing takes a bundle in and says how many events of licensing are folded, until it is killed.
func importing(spec string) error {
	folder, path, _ := strings.Cut(spec, " ")
	ctx := context.Background()
	dead := func(string, string) (net.Conn, error) { return nil, errors.New("there is no line") }
	s, err := lab.StartAgency(ctx, lab.Folder(folder), "customs", lab.Options{Dial: func(string) func(string, string) (net.Conn, error) { return dead }})
	if err != nil {
		return err
	}
	go s.Run(ctx)
	<-s.Node.Ready()
	go func() {
		for {
			changed := s.Node.Ledger.Changed()
			err := s.Node.Ledger.View(func(v ledger.View) error {
				p, err := v.Position(licensingAll)
				fmt.Println(p.GetEvents())
				return err
			})
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
			<-changed
		}
	}()
	token, err := os.ReadFile(s.Node.TokenFile())
	if err != nil {
		return err
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	stream, err := queryv1connect.NewBundleServiceClient(client(s.Node, string(token))).ImportBundle(ctx)
	if err != nil {
		return err
	}
	for at := 0; at < len(file); at += 1 << 20 {
		if err := stream.Send(&queryv1.ImportBundleRequest{Data: file[at:min(at+1<<20, len(file))]}); err != nil {
			return err
		}
	}
	if _, err := stream.CloseAndReceive(); err != nil {
		return err
	}
	select {}
}

// The process that takes a bundle in is killed again and again; the same file brings the rest, and everything is there once.
func TestKilledImportGoesOn(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	const blocks = 300
	r.grant(blocks)
	file, _ := makeBundle(t, r.licensing, &queryv1.MakeBundleRequest{Reader: "customs", Others: true})
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	r.stopCustoms()
	for round := range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), importEnv+"="+string(r.folder)+" "+path)
		cmd.Stderr = t.Output()
		said, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		reached := 0
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if reached, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
			if reached > round*blocks/4 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); reached <= round*blocks/4 {
			t.Fatalf("it ended by itself at event %d: %v", reached, err)
		}
		t.Logf("killed at event %d of %d", reached, blocks)
	}
	r.startCustoms()
	stream, err := bundles(t, r.customs).ImportBundle(t.Context())
	if err == nil {
		err = stream.Send(&queryv1.ImportBundleRequest{Data: file})
	}
	if err != nil {
		t.Fatal(err)
	}
	if res, err := stream.CloseAndReceive(); err != nil || res.Outcome != takenIn && res.Outcome != heldHere {
		t.Fatalf("%v, %v", res, err)
	}
	r.level()
	r.once()
	r.level()
}
