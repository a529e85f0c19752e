package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
)

// Whatever address somebody is given to log in with, the login leads on to the same host, as net/url reads it and as browsers do.
func FuzzInside(f *testing.F) {
	for _, to := range []string{
		"/console/desk?x=1", "https://example.org/console/", "//example.org/console/", `/console/../\example.org/`, "/console/../%5Cexample.org/",
		"/console/..//example.org/", "/console/%2e%2e/%2fexample.org", "/console/\t/desk", "/console/.\t./\n/example.org", "/console/a/?b=\\#c", "/console/é", "/console%2f", "",
	} {
		f.Add(to)
	}
	f.Fuzz(func(t *testing.T, to string) {
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest(http.MethodPost, "http://node.example/console/login", nil), inside(to), http.StatusSeeOther)
		at := w.Header().Get("Location")
		u, err := url.Parse(at)
		if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, Root+"/") || strings.HasPrefix(u.Path, Root+"/login") {
			t.Errorf("%q leads to %q", to, at)
		}
		if p := asBrowsersRead(at); !strings.HasPrefix(p, Root+"/") || strings.HasPrefix(path.Clean(p), Root+"/login") {
			t.Errorf("%q leads to %q, which a browser reads as %q", to, at, p)
		}
	})
}

// asBrowsersRead returns the path of an address on the same host as the URL standard of the WHATWG reads it: without tabs and line breaks, a
// backslash is a slash, and encoded dots are dots. It is empty where the address is another host's.
func asBrowsersRead(at string) string {
	at = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(strings.TrimFunc(at, func(r rune) bool { return r <= ' ' }))
	at, _, _ = strings.Cut(at, "#")
	at, _, _ = strings.Cut(at, "?")
	at = strings.NewReplacer(`\`, "/", "%2e", ".", "%2E", ".").Replace(at)
	if !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") {
		return ""
	}
	parts := []string{}
	for part := range strings.SplitSeq(at[1:], "/") {
		switch {
		case part == ".." && len(parts) > 0:
			parts = parts[:len(parts)-1]
		case part != "." && part != "..":
			parts = append(parts, part)
		}
	}
	return "/" + strings.Join(parts, "/")
}
