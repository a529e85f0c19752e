package web

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/services/console/words"
)

// cookie is where a session's token stands. Cookies are not kept apart by port, so that each agency's has a name of its own.
func (s *Site) cookie() string { return "counterfoil-session-" + s.Agency }

// who returns the session's token and whose it is, or a people.Stranger. The node's own token opens no page.
func (s *Site) who(r *http.Request) (string, people.Caller, error) {
	c, err := r.Cookie(s.cookie())
	if err != nil || !people.IsSession(c.Value) {
		return "", people.Caller{}, people.Stranger("nobody is logged in")
	}
	caller, err := s.Door.Caller(r.Context(), c.Value)
	return c.Value, caller, err
}

// loginPage is what the login shows.
type loginPage struct {
	Next, User string
	// Issuer lets people in beside the node's own users; empty: nobody does.
	Issuer string
	Failed *Failure
}

// open is a page that takes a form of somebody who need not be logged in.
func open(page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := rpc.ReadForm(w, r); err != nil {
			http.Error(w, "the form did not arrive whole; go back and send it again", http.StatusBadRequest)
			return
		}
		page(w, r)
	}
}

func (s *Site) showLogin(w http.ResponseWriter, r *http.Request) {
	s.loginForm(w, r, loginPage{Next: inside(r.FormValue("next"))}, http.StatusOK)
}

func (s *Site) loginForm(w http.ResponseWriter, r *http.Request, p loginPage, status int) {
	v := &Visit{Speaker: s.words.Of(r), R: r, W: w, site: s}
	p.Issuer = s.Door.Issuer()
	if err := v.write(s.own["login"], status, p); err != nil {
		v.fail(err)
	}
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	p := loginPage{Next: inside(r.FormValue("next")), User: strings.TrimSpace(r.FormValue("user"))}
	session, err := s.Door.Login(r.Context(), r.RemoteAddr, p.User, r.FormValue("secret"))
	if err != nil {
		s.loginFailed(w, r, p, err)
		return
	}
	s.letIn(w, r, session, p.Next)
}

// letIn ends the session that the browser has, hands it another and leads it on.
func (s *Site) letIn(w http.ResponseWriter, r *http.Request, session people.Session, to string) {
	s.endSession(r)
	http.SetCookie(w, s.kept(s.cookie(), session.Token, Root, 0))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// kept is a cookie that scripts do not see and other sites do not send, for so many seconds; 0: until the browser is closed; less: gone.
func (s *Site) kept(name, value, path string, seconds int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: path, MaxAge: seconds, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
}

func (s *Site) loginFailed(w http.ResponseWriter, r *http.Request, p loginPage, err error) {
	p.Failed = &Failure{Kind: "internal", status: http.StatusInternalServerError}
	var stranger people.Stranger
	switch {
	case errors.As(err, &stranger):
		p.Failed = &Failure{Kind: "unauthenticated", Sentence: stranger.Error(), status: http.StatusUnauthorized}
	case errors.Is(err, fault.Unavailable):
		p.Failed = &Failure{Kind: "unavailable", Sentence: err.Error(), status: http.StatusTooManyRequests}
	case errors.Is(err, fault.NotAllowed):
		p.Failed = &Failure{Kind: "permission_denied", Sentence: err.Error(), status: http.StatusForbidden}
	case errors.Is(err, fault.NotFound):
		p.Failed = &Failure{Kind: "not_found", Sentence: err.Error(), status: http.StatusNotFound}
	default:
		s.Logger.Error("login failed", "agency", s.Agency, "err", err)
	}
	s.loginForm(w, r, p, p.Failed.status)
}

// issuerPath is where those who log in at an issuer of OpenID Connect leave and come back.
const issuerPath = Root + "/oidc"

// atIssuer is where a login that goes on there, and the page that it leads to, are kept.
func (s *Site) atIssuer() string { return "counterfoil-login-" + s.Agency }

func (s *Site) toIssuer(w http.ResponseWriter, r *http.Request) {
	next := inside(r.FormValue("next"))
	to, kept, err := s.Door.BeginLogin(r.Context())
	if err != nil {
		s.loginFailed(w, r, loginPage{Next: next}, err)
		return
	}
	http.SetCookie(w, s.kept(s.atIssuer(), kept+"."+url.QueryEscape(next), issuerPath, int(people.LoginFor.Seconds())))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s *Site) fromIssuer(w http.ResponseWriter, r *http.Request) {
	var kept, next string
	if c, err := r.Cookie(s.atIssuer()); err == nil {
		kept, next, _ = strings.Cut(c.Value, ".")
		next, _ = url.QueryUnescape(next)
	}
	http.SetCookie(w, s.kept(s.atIssuer(), "", issuerPath, -1))
	session, err := s.Door.EndLogin(r.Context(), kept, r.FormValue("state"), r.FormValue("code"))
	if err != nil {
		s.loginFailed(w, r, loginPage{Next: inside(next)}, err)
		return
	}
	s.letIn(w, r, session, inside(next))
}

// endSession ends the session that the browser has, if it has one.
func (s *Site) endSession(r *http.Request) {
	if c, err := r.Cookie(s.cookie()); err == nil && people.IsSession(c.Value) {
		s.Door.Logout(c.Value)
	}
}

func (s *Site) logout(w http.ResponseWriter, r *http.Request) {
	s.endSession(r)
	http.SetCookie(w, s.kept(s.cookie(), "", Root, -1))
	http.Redirect(w, r, Root+"/login", http.StatusSeeOther)
}

// inside returns an address of the console to go to; another, and that of the login, is replaced by its first page.
func inside(to string) string {
	if u := ownAddress(to); u != nil && !strings.HasPrefix(u.Path, Root+"/login") {
		return u.RequestURI()
	}
	return Root + "/desk"
}

// ownAddress reads an address of the console; nil: it is none. None is also what a browser, or the redirect to it, reads as another path
// than net/url does: with backslashes, dots or empty parts, however they are written.
func ownAddress(to string) *url.URL {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.EscapedPath(), Root+"/") || strings.Contains(u.Path, `\`) ||
		path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") {
		return nil
	}
	return u
}

// themeCookie is where it stands whether pages are light or dark; without it the machine's setting holds.
const themeCookie = "counterfoil-theme"

// settings takes in which language and colours somebody wants, and shows the page again.
func (s *Site) settings(w http.ResponseWriter, r *http.Request) {
	for field, name := range map[string]string{"language": words.Cookie, "theme": themeCookie} {
		value := r.FormValue(field)
		if value == "" || len(value) > 20 {
			continue
		}
		http.SetCookie(w, s.kept(name, url.QueryEscape(value), Root, 365*24*3600))
	}
	to := Root + "/desk"
	if u := ownAddress(r.FormValue("here")); u != nil {
		to = u.RequestURI()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// Theme is "light" or "dark" where somebody chose, else nothing.
func (v *Visit) Theme() string {
	if c, err := v.R.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}
