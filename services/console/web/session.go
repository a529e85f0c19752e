package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/people"
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
	Failed     *Failure
}

func (s *Site) showLogin(w http.ResponseWriter, r *http.Request) {
	s.loginForm(w, r, loginPage{Next: inside(r.FormValue("next"))}, http.StatusOK)
}

func (s *Site) loginForm(w http.ResponseWriter, r *http.Request, p loginPage, status int) {
	v := &Visit{Speaker: s.words.Of(r), R: r, W: w, site: s}
	if err := v.write(s.own["login"], status, p); err != nil {
		v.fail(err)
	}
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	p := loginPage{Next: inside(r.FormValue("next")), User: strings.TrimSpace(r.FormValue("user"))}
	session, err := s.Door.Login(r.Context(), r.RemoteAddr, p.User, r.FormValue("secret"))
	if err != nil {
		p.Failed = &Failure{Kind: "internal", status: http.StatusInternalServerError}
		var stranger people.Stranger
		switch {
		case errors.As(err, &stranger):
			p.Failed = &Failure{Kind: "unauthenticated", Sentence: stranger.Error(), status: http.StatusUnauthorized}
		case errors.Is(err, fault.Unavailable):
			p.Failed = &Failure{Kind: "unavailable", Sentence: err.Error(), status: http.StatusTooManyRequests}
		default:
			s.Logger.Error("login failed", "agency", s.Agency, "err", err)
		}
		s.loginForm(w, r, p, p.Failed.status)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Value: session.Token, Path: Root, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, p.Next, http.StatusSeeOther)
}

func (s *Site) logout(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(s.cookie()); err == nil && people.IsSession(c.Value) {
		s.Door.Logout(c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Path: Root, MaxAge: -1, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, Root+"/login", http.StatusSeeOther)
}

// inside returns an address of the console to go to; another is replaced by its first page.
func inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, Root+"/") || strings.HasPrefix(u.Path, Root+"/login") {
		return Root + "/desk"
	}
	return to
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
		http.SetCookie(w, &http.Cookie{Name: name, Value: url.QueryEscape(value), Path: Root, MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
	}
	to := r.FormValue("here")
	if !strings.HasPrefix(to, Root+"/login") {
		to = inside(to)
	}
	if u, err := url.Parse(to); err != nil || u.IsAbs() || u.Host != "" {
		to = Root + "/desk"
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
