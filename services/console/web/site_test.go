package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// served is a console without pages of its own whose user "officer" has the secret.
func served(t *testing.T, roles ...people.Role) (at *httptest.Server, secret string) {
	t.Helper()
	dir, secret := t.TempDir(), people.NewSecret()
	u := people.User{Name: "officer", Person: "p-1", Roles: roles}
	if err := u.SetSecret(secret); err != nil {
		t.Fatal(err)
	}
	if err := people.UsersFile(dir).Edit(func(us *people.Users) error { return us.Add(u) }); err != nil {
		t.Fatal(err)
	}
	door, err := people.Open(people.Config{Agency: "licensing", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	site, err := web.New(web.Config{Agency: "licensing", Service: "licensing", API: http.NotFoundHandler(), Door: door, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	site.Page("GET /desk", func(v *web.Visit) error { _, err := io.WriteString(v.W, "desk of "+v.Caller.User); return err })
	site.Page("POST /deed", func(v *web.Visit) error { _, err := io.WriteString(v.W, "done"); return err })
	at = httptest.NewServer(site)
	t.Cleanup(func() {
		at.Close()
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	return at, secret
}

// browser keeps cookies and follows nothing.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar := &jar{}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

type jar struct{ kept []*http.Cookie }

func (j *jar) SetCookies(_ *url.URL, cookies []*http.Cookie) { j.kept = append(cookies, j.kept...) }
func (j *jar) Cookies(*url.URL) []*http.Cookie               { return j.kept }

func get(t *testing.T, c *http.Client, at string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, c, r, header)
}

func post(t *testing.T, c *http.Client, at string, form url.Values, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, c, r, header)
}

func do(t *testing.T, c *http.Client, r *http.Request, header []string) (*http.Response, string) {
	t.Helper()
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestLoginAndLogout(t *testing.T) {
	at, secret := served(t, people.Officer)
	c := browser(t)
	res, _ := get(t, c, at.URL+"/console/desk?x=1")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/console/login?next=%2Fconsole%2Fdesk%3Fx%3D1" {
		t.Fatalf("without a session: %s %s", res.Status, res.Header.Get("Location"))
	}
	res, body := post(t, c, at.URL+"/console/login", url.Values{"user": {"officer"}, "secret": {"wrong"}})
	if res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "the user or the secret is wrong") || !strings.Contains(body, `value="officer"`) {
		t.Fatalf("a wrong secret: %s\n%s", res.Status, body)
	}
	for next, to := range map[string]string{
		"/console/desk?x=1": "/console/desk?x=1", "https://example.org/console/": "/console/desk", "//example.org/console/": "/console/desk", "/other": "/console/desk", "": "/console/desk",
		"/console/": "/console/", "/console/records/a%2Fb/?q=%5C#x": "/console/records/a%2Fb/?q=%5C", "/console/login?next=/console/desk": "/console/desk",
		`/console/../\example.org/`: "/console/desk", "/console/../%5Cexample.org/": "/console/desk", `/console/\example.org`: "/console/desk", "/console/%5cexample.org": "/console/desk",
		"/console/..//example.org/": "/console/desk", "/console/%2e%2E/%2Fexample.org/": "/console/desk", "/console/./desk": "/console/desk", "/console//desk": "/console/desk",
	} {
		res, _ = post(t, c, at.URL+"/console/login", url.Values{"user": {"officer"}, "secret": {secret}, "next": {next}})
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != to {
			t.Fatalf("a login that goes on to %q: %s %s, want %s", next, res.Status, res.Header.Get("Location"), to)
		}
	}
	cookie := res.Cookies()[0]
	if cookie.Name != "counterfoil-session-licensing" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/console" {
		t.Errorf("the session's cookie: %v", cookie)
	}
	if _, body = get(t, c, at.URL+"/console/desk"); body != "desk of officer" {
		t.Errorf("with a session: %s", body)
	}
	if res, _ = get(t, c, at.URL+"/console/"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/console/desk" {
		t.Errorf("the console's own address: %s %s", res.Status, res.Header.Get("Location"))
	}
	if res, _ = get(t, c, at.URL+"/console/nowhere"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a page that is not there: %s", res.Status)
	}
	if res, _ = post(t, c, at.URL+"/console/logout", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("log out: %s", res.Status)
	}
	c.Jar = &jar{kept: []*http.Cookie{cookie}}
	if res, _ = get(t, c, at.URL+"/console/desk"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the session goes on after its end: %s", res.Status)
	}
	for from, next := range map[string]string{at.URL + "/console/desk?x=1": "/console/desk?x=1", "https://example.org/console/desk?x=1": "/console/desk", "": "/console/desk"} {
		res, body := post(t, c, at.URL+"/console/deed", url.Values{"a": {"b"}}, "Referer", from)
		if res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "Nothing was changed") || !strings.Contains(body, `name="next" value="`+next+`"`) {
			t.Errorf("a form from %q that is sent after the session's end: %s\n%s", from, res.Status, body)
		}
	}
}

// Who logs in again leaves no session behind that nobody can end.
func TestALoginEndsTheOneBefore(t *testing.T) {
	at, secret := served(t, people.Officer)
	c := browser(t)
	first, _ := post(t, c, at.URL+"/console/login", url.Values{"user": {"officer"}, "secret": {secret}})
	if res, _ := post(t, c, at.URL+"/console/login", url.Values{"user": {"officer"}, "secret": {"wrong"}}); res.StatusCode != http.StatusUnauthorized {
		t.Fatalf("a wrong secret: %s", res.Status)
	}
	if _, body := get(t, c, at.URL+"/console/desk"); body != "desk of officer" {
		t.Errorf("a login that failed ended the session: %s", body)
	}
	post(t, c, at.URL+"/console/login", url.Values{"user": {"officer"}, "secret": {secret}})
	if _, body := get(t, c, at.URL+"/console/desk"); body != "desk of officer" {
		t.Errorf("after the second login: %s", body)
	}
	c.Jar = &jar{kept: first.Cookies()}
	if res, _ := get(t, c, at.URL+"/console/desk"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the first session goes on: %s", res.Status)
	}
}

func TestOtherSitesPostNothing(t *testing.T) {
	at, secret := served(t, people.Officer)
	c := browser(t)
	post(t, c, at.URL+"/console/login", url.Values{"user": {"officer"}, "secret": {secret}})
	if res, body := post(t, c, at.URL+"/console/deed", nil, "Sec-Fetch-Site", "same-origin"); body != "done" {
		t.Fatalf("a form of the console: %s %s", res.Status, body)
	}
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://example.org"}, {"Origin", "null"}} {
		if res, body := post(t, c, at.URL+"/console/deed", nil, header...); res.StatusCode != http.StatusForbidden {
			t.Errorf("a form of another site, %v: %s %s", header, res.Status, body)
		}
	}
	if res, _ := post(t, c, at.URL+"/console/login", url.Values{"user": {strings.Repeat("x", 2<<20)}}); res.StatusCode == http.StatusSeeOther {
		t.Errorf("a form of 2 MiB: %s", res.Status)
	}
}

var nonces = regexp.MustCompile(`nonce="([^"]+)"`)

func TestOnlyTheConsolesOwnRuns(t *testing.T) {
	at, _ := served(t, people.Officer)
	c := browser(t)
	seen := map[string]bool{}
	for range 2 {
		res, body := get(t, c, at.URL+"/console/login")
		policy := res.Header.Get("Content-Security-Policy")
		found := nonces.FindAllStringSubmatch(body, -1)
		if len(found) == 0 || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Fatalf("%d nonces, policy %q", len(found), policy)
		}
		for _, n := range found {
			if !strings.Contains(policy, "script-src 'nonce-"+n[1]+"'") {
				t.Errorf("nonce %s is not the policy's: %s", n[1], policy)
			}
		}
		if seen[found[0][1]] {
			t.Error("a nonce is used twice")
		}
		seen[found[0][1]] = true
		if strings.Contains(body, "style=") || strings.Contains(body, "onclick") {
			t.Error("the page has what the policy does not let run")
		}
	}
}

func TestLanguage(t *testing.T) {
	at, _ := served(t, people.Officer)
	for header, want := range map[string]string{"": `lang="en" dir="ltr"`, "ar-EG,en;q=0.5": `lang="ar" dir="rtl"`, "tlh": `lang="en"`, "zh-Hans-CN": `lang="zh"`, "fr-CA": `lang="fr"`} {
		if res, body := get(t, browser(t), at.URL+"/console/login", "Accept-Language", header); !strings.Contains(body, want) {
			t.Errorf("%q: %s, no %s", header, res.Status, want)
		}
	}
	c := browser(t)
	res, _ := post(t, c, at.URL+"/console/settings", url.Values{"language": {"ru"}, "theme": {"dark"}, "here": {"/console/login"}})
	if res.Header.Get("Location") != "/console/login" {
		t.Errorf("back to %s", res.Header.Get("Location"))
	}
	if _, body := get(t, c, at.URL+"/console/login", "Accept-Language", "fr"); !strings.Contains(body, `lang="ru"`) || !strings.Contains(body, `data-theme="dark"`) {
		t.Error("what was chosen does not hold")
	}
	for _, here := range []string{"https://example.org/", `/console/login/../../\example.org/`} {
		if res, _ := post(t, c, at.URL+"/console/settings", url.Values{"here": {here}}); res.Header.Get("Location") != "/console/desk" {
			t.Errorf("%q leads to %s", here, res.Header.Get("Location"))
		}
	}
}

// A node without an issuer leads nobody there, and takes nobody's word for having been.
func TestNoIssuer(t *testing.T) {
	at, _ := served(t, people.Officer)
	if res, body := get(t, browser(t), at.URL+"/console/login"); strings.Contains(body, "/console/oidc") {
		t.Errorf("the login leads to an issuer: %s", res.Status)
	}
	if res, body := get(t, browser(t), at.URL+"/console/oidc/begin?next=/console/desk"); res.StatusCode != http.StatusNotFound || !strings.Contains(body, "use a user of the node") {
		t.Errorf("to an issuer that there is not: %s", res.Status)
	}
	if res, body := get(t, browser(t), at.URL+"/console/oidc?state=a&code=b"); res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "begin again") {
		t.Errorf("from nowhere: %s", res.Status)
	}
}
