// Package consoletest serves pages of the console over a ledger that a test fills.
package consoletest

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/query"
	"github.com/counterfoil/counterfoil/libs/replay"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// Served is pages over the ledger of an agency for licensing, in this process, to an officer who is logged in.
type Served struct {
	testing.TB
	At      *httptest.Server
	API     http.Handler // the node's own
	Door    *people.Door
	Session string
	Dir     string // where the node's users stand
	Ledger  *ledger.Ledger
	Writer  *ledgertest.Writer
}

// Serve serves the pages that are registered until the test ends.
func Serve(t testing.TB, register func(*web.Site) error) *Served {
	t.Helper()
	s := &Served{TB: t, Ledger: ledgertest.Open(t, "licensing"), Writer: ledgertest.NewWriter()}
	dir, secret := t.TempDir(), people.NewSecret()
	u := people.User{Name: "officer", Person: "p-1", Roles: []people.Role{people.Officer}}
	s.Must(u.SetSecret(secret))
	s.Must(people.UsersFile(dir).Edit(func(us *people.Users) error { return us.Add(u) }))
	s.Dir = dir
	var err error
	s.Door, err = people.Open(people.Config{Agency: "licensing", Dir: dir})
	s.Must(err)
	session, err := s.Door.Login(t.Context(), "127.0.0.1:1", "officer", secret)
	s.Must(err)
	s.Session = session.Token
	accesses, err := access.Open(filepath.Join(dir, "access.db"), access.Options{})
	s.Must(err)
	past, err := replay.Open(replay.Config{Live: s.Ledger, Dir: filepath.Join(dir, "past"), Now: time.Now})
	s.Must(err)
	cfg := rpc.Config{Agency: "licensing", Door: s.Door, Logger: slog.New(slog.DiscardHandler)}
	server := rpc.NewServer(cfg)
	query.Register(server, query.Config{Agency: "licensing", Ledger: s.Ledger, Now: time.Now, Accesses: accesses, Past: past})
	s.API, err = rpc.Handler(server, cfg)
	s.Must(err)
	site, err := web.New(web.Config{Agency: "licensing", Service: "licensing", API: s.API, Door: s.Door, Now: time.Now, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	s.Must(err)
	s.Must(register(site))
	s.At = httptest.NewServer(site)
	t.Cleanup(func() {
		s.At.Close()
		for _, end := range []func() error{site.Close, past.Close, accesses.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

func (s *Served) Must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// Record puts facts on the ledger, in one block.
func (s *Served) Record(facts ...proto.Message) {
	s.Helper()
	tx, err := s.Ledger.Begin()
	s.Must(err)
	defer tx.Rollback()
	for _, b := range s.Writer.Blocks(facts...) {
		s.Must(tx.Fold(b, ledgertest.Position(b)))
	}
	s.Must(tx.Commit())
}

// Open asks for an address below the console's root.
func (s *Served) Open(path string) *http.Response {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.At.URL+path, nil)
	s.Must(err)
	r.AddCookie(&http.Cookie{Name: "counterfoil-session-licensing", Value: s.Session})
	res, err := s.At.Client().Do(r)
	s.Must(err)
	s.Cleanup(func() { res.Body.Close() })
	return res
}

// Read is the whole answer at an address, which has to be there.
func (s *Served) Read(path string) string {
	s.Helper()
	res := s.Open(path)
	body, err := io.ReadAll(res.Body)
	s.Must(err)
	s.Must(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		s.Fatalf("%s: %s\n%s", path, res.Status, body)
	}
	return string(body)
}
