package console_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/services/console"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// noPages are addresses that answer with something else than a page, that lead on, or whose page is looked at elsewhere.
var noPages = map[string]string{
	"GET /list/{table}/export":      "a file",
	"GET /records":                  "leads to a record",
	"GET /traces/{agency}/{number}": "looked at where the scenario border opens one",
	"GET /live":                     "a stream of what is announced",

	"GET /events/{agency}/{group}/{number}/proof": "a file",

	"GET /reports/build":                         "leads to a report",
	"GET /reports/{name}/{number}/chart/{chart}": "a picture",
	"GET /reports/{name}/{number}/download":      "a file",
}

// Every page is among those that are looked at in a browser.
func TestEveryPageIsLookedAt(t *testing.T) {
	door, err := people.Open(people.Config{Agency: "licensing", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	site, err := console.New(web.Config{Agency: "licensing", Service: "licensing", API: http.NotFoundHandler(), Door: door, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	mux, seen := http.NewServeMux(), map[string]bool{}
	for _, p := range site.Patterns() {
		mux.HandleFunc(p, func(_ http.ResponseWriter, r *http.Request) { seen[r.Pattern] = true })
	}
	files, err := filepath.Glob("browser/pages/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d lists of pages, %v", len(files), err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		var pages []struct{ Name, Path string }
		if err == nil {
			err = json.Unmarshal(data, &pages)
		}
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, p := range pages {
			mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/"+strings.ReplaceAll(p.Path, "{year}", "2026"), nil))
		}
	}
	for _, p := range site.Patterns() {
		if strings.HasPrefix(p, "GET ") && !seen[p] && noPages[p] == "" {
			t.Errorf("%s is in no list in browser/pages", p)
		}
	}
}
