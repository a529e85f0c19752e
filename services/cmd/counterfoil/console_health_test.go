package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/services/console"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// consoleOver serves the console over a node that answers from fixed data, to a browser in which a user of these roles is logged in.
func consoleOver(t *testing.T, n *fixedNode, roles ...people.Role) (*http.Client, string) {
	t.Helper()
	to, err := url.Parse(startNode(t, n))
	if err != nil {
		t.Fatal(err)
	}
	api := httputil.NewSingleHostReverseProxy(to)
	api.Transport, api.FlushInterval = rpc.Transport("http"), -1
	dir, secret := t.TempDir(), people.NewSecret()
	u := people.User{Name: "u-1", Person: "p-1", Roles: roles}
	if err := u.SetSecret(secret); err != nil {
		t.Fatal(err)
	}
	if err := people.UsersFile(dir).Edit(func(us *people.Users) error { return us.Add(u) }); err != nil {
		t.Fatal(err)
	}
	door, err := people.Open(people.Config{Agency: n.agency, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	site, err := console.New(web.Config{Agency: n.agency, Service: n.agency, API: api, Door: door, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	at := httptest.NewServer(site)
	t.Cleanup(func() {
		at.Close()
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	res, err := c.PostForm(at.URL+"/console/login", url.Values{"user": {"u-1"}, "secret": {secret}, "next": {"/console/health"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return c, at.URL + "/console/"
}

// saying fetches a page and fails where it does not say all of that.
func saying(t *testing.T, c *http.Client, method, at string, want ...string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v\n%s", method, at, res.Status, err, body)
	}
	for _, w := range want {
		if !strings.Contains(string(body), w) {
			t.Errorf("%s %s does not say %q", method, at, w)
		}
	}
}

// A node with trouble says so on its page, with what to do, and lets its operator try parked events again.
func TestConsoleShowsTrouble(t *testing.T) {
	t.Parallel()
	c, at := consoleOver(t, &fixedNode{agency: "licensing", open: true, broken: true}, people.Operator, people.Auditor, people.Viewer)
	saying(t, c, http.MethodGet, at+"health", "What is wrong, and what to do", "licensing/L-000001 is revoked", "ask licensing to put what it meant on record anew", "/console/health/parked/licensing/border/12", "page=00%2Flicensing%2Fborder%2F12")
	saying(t, c, http.MethodGet, at+"health?page=00%2Flicensing%2Fborder%2F12", "this program does not know events of its kind")
	saying(t, c, http.MethodGet, at+"health/parked/licensing/border/12", "It breaks a rule of the records", "/console/records/licensing/L-000001", "Try again")
	saying(t, c, http.MethodGet, at+"health/parked/enforcement/border/3", "This program knows it by now", "Foretold")
	saying(t, c, http.MethodPost, at+"health/parked", "1 event was applied.")
	saying(t, c, http.MethodPost, at+"health/verify", "blocks were read")
}

func TestConsoleSaysWhyNot(t *testing.T) {
	t.Parallel()
	c, at := consoleOver(t, &fixedNode{agency: "licensing", open: true}, people.Viewer)
	saying(t, c, http.MethodGet, at+"health", "The checks are not shown to you:", "needs auditor or operator", "disabled")
}

// A feed that does not start is told of, and a webhook is turned off with a reason only: without one the call would turn it on.
func TestConsoleOfSystems(t *testing.T) {
	t.Parallel()
	n := &fixedNode{agency: "licensing", open: true}
	c, at := consoleOver(t, n, people.Operator)
	saying(t, c, http.MethodGet, at+"systems", "address already in use")
	for reason, want := range map[string]int{" ": http.StatusUnprocessableEntity, "the receiver moves": http.StatusOK} {
		res, err := c.PostForm(at+"systems/webhooks/erp/off", url.Values{"reason": {reason}})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != want || strings.Contains(string(body), "give the reason why") != (want != http.StatusOK) {
			t.Errorf("off because of %q: %s, %v", reason, res.Status, err)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	var switched []string
	for _, line := range n.received {
		if strings.HasPrefix(line, "SwitchWebhook ") {
			switched = append(switched, line)
		}
	}
	if len(switched) != 1 || !strings.Contains(switched[0], `"off":"thereceivermoves"`) {
		t.Errorf("the node was asked to %q", switched)
	}
}

// A ledger that is built anew says how far it is, to the end, and what differs.
func TestConsoleRebuilds(t *testing.T) {
	c, at := consoleOver(t, &fixedNode{agency: "licensing", open: true}, people.Operator)
	saying(t, c, http.MethodPost, at+"replay/rebuild", `value="28"`, "it was only compared", "</html>")
	c, at = consoleOver(t, &fixedNode{agency: "licensing", open: true, broken: true}, people.Operator)
	saying(t, c, http.MethodPost, at+"replay/rebuild?swap=yes", "/console/records/customs/D-000001", "the stream holds no more", "</html>")
}
