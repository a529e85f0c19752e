package casework

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/query"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// tried is the bench of a node, over a ledger in this process.
type tried struct {
	*testing.T
	pages
	service string
	at      *httptest.Server
	door    *people.Door
	// secret is that of every user; each has the name of its role.
	secret string
}

func bench(t *testing.T, service string) *tried {
	t.Helper()
	dir, b := t.TempDir(), &tried{T: t, service: service, secret: people.NewSecret()}
	for _, role := range people.Roles {
		u := people.User{Name: string(role), Person: "p-1", Roles: []people.Role{role}}
		b.must(u.SetSecret(b.secret))
		b.must(people.UsersFile(dir).Edit(func(us *people.Users) error { return us.Add(u) }))
	}
	var err error
	b.door, err = people.Open(people.Config{Agency: service, Dir: dir})
	b.must(err)
	accesses, err := access.Open(filepath.Join(dir, "access.db"), access.Options{})
	b.must(err)
	cfg := rpc.Config{Agency: service, Door: b.door, Logger: slog.New(slog.DiscardHandler)}
	server := rpc.NewServer(cfg)
	query.Register(server, query.Config{Agency: service, Ledger: ledgertest.Open(t, service), Now: time.Now, Accesses: accesses})
	api, err := rpc.Handler(server, cfg)
	b.must(err)
	site, err := web.New(web.Config{Agency: service, Service: service, API: api, Door: b.door, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	b.must(err)
	all, err := web.Templates(files, "pages")
	b.must(err)
	b.pages = pages{all, make(chan struct{}, 1)}
	site.Page("GET /policies/try", b.bench)
	site.Page("POST /policies/try", b.tryPolicy)
	b.at = httptest.NewServer(site)
	t.Cleanup(func() {
		b.at.Close()
		b.must(site.Close())
		b.must(accesses.Close())
	})
	return b
}

func (b *tried) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// as asks for the bench as a role; with a policy it tries that.
func (b *tried) as(role people.Role, policy string) string {
	b.Helper()
	session, err := b.door.Login(b.Context(), "127.0.0.1:1", string(role), b.secret)
	b.must(err)
	method, form := http.MethodGet, url.Values{}
	if policy != "" {
		method, form = http.MethodPost, url.Values{"policy": {policy}, "do": {"test"}}
	}
	r, err := http.NewRequestWithContext(b.Context(), method, b.at.URL+"/console/policies/try", strings.NewReader(form.Encode()))
	b.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "counterfoil-session-" + b.service, Value: session.Token})
	res, err := b.at.Client().Do(r)
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	return html.UnescapeString(string(body))
}

const tidy = "name: harbour\nversion: 1\ntitle: Harbour\nlegal_basis: fictional\nvalid_from: 2000-01-01\ndecider: licensing\n"

// Policies are tried by who may adopt or simulate them at the node, and everybody else is told why not.
func TestWhoTriesPolicies(t *testing.T) {
	for service, may := range map[string]map[people.Role]bool{
		"licensing": {people.Viewer: true, people.Auditor: true, people.Officer: true, people.Approver: true},
		"authority": {people.Operator: true},
	} {
		b := bench(t, service)
		for _, role := range people.Roles {
			empty, answer := b.as(role, ""), b.as(role, tidy)
			if got := strings.Contains(answer, `id="tried"`); got != may[role] {
				t.Errorf("%s at %s: tried %v\n%s", role, service, got, answer)
			}
			if offered := strings.Contains(empty, `name="do" value="test"`); offered != may[role] || strings.Contains(empty, `id="do-test-why"`) == offered {
				t.Errorf("%s at %s is offered to try: %v\n%s", role, service, offered, empty)
			}
			if !may[role] && !strings.Contains(answer, "user "+string(role)+" has the roles "+string(role)+"; ") {
				t.Errorf("%s at %s is not told why not\n%s", role, service, answer)
			}
		}
	}
}

// One policy is tried at a time; who comes meanwhile is told so, and keeps what was typed.
func TestOnePolicyAtATime(t *testing.T) {
	b := bench(t, "licensing")
	b.trying <- struct{}{}
	if got := b.as(people.Officer, tidy); strings.Contains(got, `id="tried"`) || !strings.Contains(got, "another policy is tried at this node just now") || !strings.Contains(got, "name: harbour") {
		t.Errorf("while another is tried:\n%s", got)
	}
	<-b.trying
	for range 2 {
		if got := b.as(people.Officer, tidy); !strings.Contains(got, `id="tried"`) {
			t.Errorf("once it is not:\n%s", got)
		}
	}
}
