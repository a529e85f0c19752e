package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/columns"
	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/query"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// grants has a ledger of so many licences answer queries, and returns the folder of the context that asks it.
func grants(t testing.TB, n int) (home string) {
	t.Helper()
	l := ledgertest.Open(t, "licensing")
	var facts []proto.Message
	for i := range n {
		facts = append(facts, ledgertest.At(ledgertest.Start, &licensingv1.LicenceGranted{
			LicenceId: fmt.Sprintf("licensing/L-%06d", i),
			Deal: &licensingv1.Deal{Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{
				{Number: 1, Rating: "ML1.a", Description: fmt.Sprint("lot ", i*7919%n), Value: &transferv1.Money{Minor: int64(i), Currency: "EUR"}},
				{Number: 2, Rating: "ML3.a"},
			}},
		}))
	}
	if err := ledgertest.Begin(t, l, facts...).Commit(); err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer()
	query.Register(server, query.Config{Agency: "licensing", Ledger: l, Now: time.Now})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &http.Server{Handler: mux, Protocols: new(http.Protocols)}
	h.Protocols.SetUnencryptedHTTP2(true)
	go h.Serve(listener)
	t.Cleanup(func() { h.Close() })
	home = t.TempDir()
	contexts := config.Contexts{Home: home}
	err = contexts.Save(config.Context{Name: "licensing", Agency: "licensing", URL: "http://" + listener.Addr().String(), TokenFile: "token", Role: "officer", Person: "p-1"})
	if err == nil {
		err = contexts.Use("licensing")
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(home, "token"), []byte("secret\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return home
}

// An export that is killed at any moment leaves whole files or none, and goes on when it is run again.
func TestKilledExportsGoOn(t *testing.T) {
	t.Parallel()
	licences, kills := 2_000, 4
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		licences, kills = 10_000, 40
	}
	home := grants(t, licences)
	export := func(ctx context.Context, format, to string) error {
		out, err := exec.CommandContext(ctx, "counterfoil", "--home", home, "export", "tables", "--format", format, "--to", to).CombinedOutput()
		if err != nil && ctx.Err() == nil {
			t.Fatalf("export as %s: %v\n%s", format, err, out)
		}
		return err
	}
	for _, format := range columns.Formats() {
		whole, killed := t.TempDir(), t.TempDir()
		began := time.Now()
		if err := export(t.Context(), format, whole); err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		for done, runs := 0, 0; done < kills; runs++ {
			if runs == 20*kills {
				t.Fatalf("the export as %s was killed %d times in %d runs, want %d", format, done, runs, kills)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(took)))) // kills it
			err := export(ctx, format, killed)
			cancel()
			if sameFiles(t, whole, killed); err != nil {
				done++
			} else {
				killed = t.TempDir() // it came to its end before: begun anew
			}
		}
		if err := export(t.Context(), format, killed); err != nil {
			t.Fatal(err)
		}
		want := sameFiles(t, whole, killed)
		if got := len(names(t, killed)); got != want || want < 4 {
			t.Errorf("%d files in the end, want %d: %v", got, want, names(t, killed))
		}
	}
}

// sameFiles holds the files of tables that an export has against those of a whole one, and returns how many files the whole one has.
func sameFiles(t *testing.T, whole, part string) int {
	t.Helper()
	for _, name := range names(t, part) {
		if strings.HasPrefix(name, ".") || name == indexFile {
			continue
		}
		want, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(part, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(got) {
			t.Errorf("%s has %d bytes, and in the whole export %d others", name, len(got), len(want))
		}
	}
	return len(names(t, whole))
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
