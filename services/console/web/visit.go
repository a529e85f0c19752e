package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/plain"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/words"
)

// Visit is one request of somebody who is logged in.
type Visit struct {
	*words.Speaker
	// API are the node's, called as who looks. Calls end with the request.
	API    *clients.Clients
	Caller people.Caller
	R      *http.Request
	W      http.ResponseWriter

	site  *Site
	begun bool
}

// View is what a template is given: who looks, and what is shown.
type View struct {
	*Visit
	Data any
}

// With is the same visit with other data, for a part of a page.
func (v View) With(data any) View { return View{v.Visit, data} }

// page asks who comes in, and shows them the page, or why it is not shown.
func (s *Site) page(method string, show func(*Visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, caller, err := s.who(r)
		if err != nil {
			var stranger people.Stranger
			if errors.As(err, &stranger) {
				s.toLogin(w, r)
				return
			}
			s.Logger.Error("console cannot tell who calls", "agency", s.Agency, "err", err)
			http.Error(w, "the node cannot read who its users are; its log says why", http.StatusServiceUnavailable)
			return
		}
		v := &Visit{Speaker: s.words.Of(r), API: clients.Over(s.over, "http://node", clients.Identity{Token: token}), Caller: caller, R: r, W: w, site: s}
		if err := show(v); err != nil {
			v.fail(err)
		}
	})
}

// toLogin leads to the login and back to what was asked for. Who sent a form reads that nothing came of it, and is led back to the form.
func (s *Site) toLogin(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		http.Redirect(w, r, Root+"/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	p := loginPage{Next: Root + "/desk", Failed: &Failure{Kind: "unauthenticated", Sentence: "the session has ended, or was ended elsewhere", status: http.StatusUnauthorized}}
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
		p.Next = inside(from.RequestURI())
	}
	s.loginForm(w, r, p, p.Failed.status)
}

// Page writes a page.
func (v *Visit) Page(pages Pages, name string, data any) error {
	return v.write(pages[name], http.StatusOK, data)
}

// PageAgain writes a page whose form was not right, with the status for that.
func (v *Visit) PageAgain(pages Pages, name string, data any) error {
	return v.write(pages[name], http.StatusUnprocessableEntity, data)
}

func (v *Visit) write(t *template.Template, status int, data any) error {
	if t == nil {
		return errors.New("there is no such template")
	}
	var page bytes.Buffer
	if err := t.ExecuteTemplate(&page, "layout", View{v, data}); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.Header().Set("Content-Language", v.Lang())
	v.W.WriteHeader(status)
	_, _ = page.WriteTo(v.W) // the browser may have left
	return nil
}

// Begin writes the beginning of a page that goes on as work does: its layout and "main". What it returns writes a part of it at once, by
// the part's name; the part "end" ends the page.
func (v *Visit) Begin(pages Pages, name string, data any) (write func(part string, data any) error, err error) {
	t := pages[name]
	if t == nil {
		return nil, errors.New("there is no such template")
	}
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.Header().Set("Content-Language", v.Lang())
	flush := http.NewResponseController(v.W)
	part := func(name string, data any) error {
		v.begun = true
		if err := t.ExecuteTemplate(v.W, name, View{v, data}); err != nil {
			return err
		}
		return flush.Flush()
	}
	for _, name := range []string{"layout-begin", "main"} {
		if err := part(name, data); err != nil {
			return nil, err
		}
	}
	return func(name string, data any) error {
		err := part(name, data)
		if err == nil && name == "end" {
			err = part("layout-end", data)
		}
		return err
	}, nil
}

// Redirect leads to another page, below Root.
func (v *Visit) Redirect(path string) error {
	http.Redirect(v.W, v.R, Root+path, http.StatusSeeOther)
	return nil
}

// May returns why the caller may not make a call of the API, or nothing. A control that needs the call is shown disabled with it.
func (v *Visit) May(procedure string) string {
	if _, err := v.Caller.As(procedure, "", ""); err != nil {
		return err.Error()
	}
	return ""
}

// LoggedIn reports whether who looks still may: what goes on after its page was answered asks now and then.
func (v *Visit) LoggedIn() bool {
	_, _, err := v.site.who(v.R)
	return err == nil
}

// Nav are the pages that the caller may see.
func (v *Visit) Nav() []Entry {
	return slices.DeleteFunc(slices.Clone(v.site.nav), func(e Entry) bool { return e.Procedure != "" && v.May(e.Procedure) != "" })
}

// On reports whether a page of the navigation is the one that is shown, or above it.
func (v *Visit) On(path string) bool {
	at := strings.TrimPrefix(v.R.URL.Path, Root)
	return at == path || strings.HasPrefix(at, path+"/")
}

// Site is what the layout says of the node.
func (v *Visit) Site() Config { return v.site.Config }

// Asset is the address of a static file.
func (v *Visit) Asset(name string) (string, error) {
	if at, ok := v.site.assets[name]; ok {
		return at, nil
	}
	return "", fmt.Errorf("there is no file %s", name)
}

// Nonce is what scripts and styles of this answer carry.
func (v *Visit) Nonce() string { return nonceOf(v.R) }

// Here is the address that was asked for, with its query.
func (v *Visit) Here() string { return v.R.URL.RequestURI() }

// HereWith is Here with parts of the query set, by pairs of name and value; an empty value takes the part out.
func (v *Visit) HereWith(pairs ...string) string {
	q := v.R.URL.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return v.R.URL.Path
	}
	return v.R.URL.Path + "?" + q.Encode()
}

// NotFound is the error of a page for something that is not there.
func NotFound(sentence string) error { return connect.NewError(connect.CodeNotFound, sentence) }

var notFound = NotFound("there is no such page")

// ExportQuery is the query of this address for an export in a format: without the page that is shown.
func (v *Visit) ExportQuery(format string) template.URL {
	q := v.R.URL.Query()
	q.Del("page")
	q.Set("format", format)
	return template.URL(q.Encode())
}

// Kind is what an event's kind is called; one that this program does not know, by its name. Of an event whose content was withdrawn there
// is none.
func (v *Visit) Kind(full string) (string, error) {
	if full == "" {
		return v.T("kind.gone")
	}
	if key := "kind." + plain.Kind(full); v.Has(key) {
		return v.T(key)
	}
	return plain.Kind(full), nil
}

// Age writes how long ago something was, given in seconds.
func (v *Visit) Age(seconds float64) string { return plain.Age(seconds) }

// Percent writes a share, 0 to 1.
func (v *Visit) Percent(share float64) string { return v.Number(int(share*100)) + " %" }

// Table is a table's name in addresses.
func (v *Visit) Table(t queryv1.Table) string { return TableName(t) }

// Control is a button that may be out of reach.
type Control struct {
	// ID tells it apart on its page, Key is the message on it.
	ID, Key string
	// Why it cannot be pressed, in the node's words; empty: it can.
	Why string
	// Class is "secondary" or "warning"; empty: it is what the page is for.
	Class string
}

// Control is for the part of that name.
func (v *Visit) Control(id, key, why, class string) Control { return Control{id, key, why, class} }
