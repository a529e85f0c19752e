package records

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/query"
	"github.com/counterfoil/counterfoil/libs/replay"
	"github.com/counterfoil/counterfoil/libs/rpc"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// served is the pages over a ledger, in this process, to an officer who is logged in.
type served struct {
	testing.TB
	at      *httptest.Server
	api     http.Handler
	door    *people.Door
	session string
	ledger  *ledger.Ledger
	writer  *ledgertest.Writer
}

func serve(t testing.TB) *served {
	t.Helper()
	s := &served{TB: t, ledger: ledgertest.Open(t, "licensing"), writer: ledgertest.NewWriter()}
	dir, secret := t.TempDir(), people.NewSecret()
	u := people.User{Name: "officer", Person: "p-1", Roles: []people.Role{people.Officer}}
	s.must(u.SetSecret(secret))
	s.must(people.UsersFile(dir).Edit(func(us *people.Users) error { return us.Add(u) }))
	var err error
	s.door, err = people.Open(people.Config{Agency: "licensing", Dir: dir})
	s.must(err)
	session, err := s.door.Login(t.Context(), "127.0.0.1:1", "officer", secret)
	s.must(err)
	s.session = session.Token
	accesses, err := access.Open(filepath.Join(dir, "access.db"), access.Options{})
	s.must(err)
	past, err := replay.Open(replay.Config{Live: s.ledger, Dir: filepath.Join(dir, "past"), Now: time.Now})
	s.must(err)
	cfg := rpc.Config{Agency: "licensing", Door: s.door, Logger: slog.New(slog.DiscardHandler)}
	server := rpc.NewServer(cfg)
	query.Register(server, query.Config{Agency: "licensing", Ledger: s.ledger, Now: time.Now, Accesses: accesses, Past: past})
	s.api, err = rpc.Handler(server, cfg)
	s.must(err)
	site, err := web.New(web.Config{Agency: "licensing", Service: "licensing", API: s.api, Door: s.door, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	s.must(err)
	s.must(Register(site))
	s.at = httptest.NewServer(site)
	t.Cleanup(func() {
		s.at.Close()
		for _, end := range []func() error{site.Close, past.Close, accesses.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

func (s *served) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// record puts facts on the ledger, in one block.
func (s *served) record(facts ...proto.Message) {
	s.Helper()
	tx, err := s.ledger.Begin()
	s.must(err)
	defer tx.Rollback()
	for _, b := range s.writer.Blocks(facts...) {
		s.must(tx.Fold(b, ledgertest.Position(b)))
	}
	s.must(tx.Commit())
}

// open asks for an address below the console's root.
func (s *served) open(path string) *http.Response {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.at.URL+path, nil)
	s.must(err)
	r.AddCookie(&http.Cookie{Name: "counterfoil-session-licensing", Value: s.session})
	res, err := s.at.Client().Do(r)
	s.must(err)
	s.Cleanup(func() { res.Body.Close() })
	return res
}

// read is the whole answer at an address, which has to be there.
func (s *served) read(path string) string {
	s.Helper()
	res := s.open(path)
	body, err := io.ReadAll(res.Body)
	s.must(err)
	s.must(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		s.Fatalf("%s: %s\n%s", path, res.Status, body)
	}
	return string(body)
}

// granted is the n-th licence of those that tests and benchmarks are over.
func granted(n int) proto.Message {
	country := string([]byte{'A' + byte(n%13), 'A' + byte(n/13%13)})
	decided := time.Date(2008+n/60_000, 1, 1+n%365, 0, 0, 0, 0, time.UTC)
	return ledgertest.At(decided, &licensingv1.LicenceGranted{
		LicenceId: licenceID(n), ValidFrom: timestamppb.New(decided),
		Deal: &licensingv1.Deal{
			Kind:        transferv1.Kind(1 + n%5),
			Destination: &licensingv1.Place{Country: country},
			Parties: []*transferv1.Party{
				{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporter XA", Country: "XA"},
				{Role: transferv1.Role_ROLE_END_USER, Name: fmt.Sprintf("\u2003\uff1dEnd user %d", n%5000), Country: country},
			},
			Lines: []*transferv1.Line{{Number: 1, Rating: "ML" + fmt.Sprint(1+n%22), Quantity: &transferv1.Quantity{Thousandths: int64(1+n%900) * 1000, Unit: "H87"}}},
		},
	})
}

func licenceID(n int) string { return fmt.Sprintf("licensing/L-2026-%07d", n) }

func licences(n int) (facts []proto.Message) {
	for i := range n {
		facts = append(facts, granted(i))
	}
	return facts
}

// between is what stands between two marks, the first time.
func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}
