// Package web is what the console's pages share: who looks, in which language, at which node, and how what they show is written.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/rpc"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/words"
)

//go:embed static
var static embed.FS

//go:embed templates
var templates embed.FS

//go:embed all:pages
var pages embed.FS

// Root is where the console stands on its node.
const Root = "/console"

// maxForm is the largest form that is read, in bytes.
const maxForm = 1 << 20

// Config is what the console of a node is made from.
type Config struct {
	// Agency is the node's, and Service what it serves: licensing, customs and so on.
	Agency, Service, Version string
	// API answers what the node's API answers, to the same callers. Nothing is shown or done but through it.
	API http.Handler
	// Door opens and ends sessions, and says who a session is of.
	Door *people.Door
	// Secure says that the console is reached over TLS only.
	Secure bool
	Logger *slog.Logger
	Now    func() time.Time
}

// Site is the console of a node. Pages are registered on it before it serves.
type Site struct {
	Config
	words  *words.Words
	mux    *http.ServeMux
	served http.Handler
	over   *http.Client
	end    func() error
	own    Pages
	nav    []Entry
	// patterns are those of the pages that parts registered.
	patterns []string
	// offers are asked what can be done with a record.
	offers []func(*Visit, queryv1.Table, proto.Message, []*queryv1.Row) []Deed
	// assets are the paths of static files, with a digest of what they hold.
	assets map[string]string
}

// Entry is a page in the console's navigation.
type Entry struct {
	// Key is the message that names it, Path where it stands below Root.
	Key, Path string
	// Procedure is a call of the API that the page cannot do without: who may not make it is not led there. Empty: everybody may.
	Procedure string
}

// New returns a site without pages. Close it in any case.
func New(cfg Config) (*Site, error) {
	w, err := words.Load()
	if err != nil {
		return nil, err
	}
	s := &Site{Config: cfg, words: w, mux: http.NewServeMux(), assets: map[string]string{}}
	if s.own, err = Templates(pages, "pages"); err != nil {
		return nil, err
	}
	if err := s.serveStatic(); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("GET "+Root+"/login", s.showLogin)
	s.mux.HandleFunc("POST "+Root+"/login", open(s.login))
	s.mux.HandleFunc("POST "+Root+"/logout", open(s.logout))
	s.mux.HandleFunc("GET "+issuerPath+"/begin", s.toIssuer)
	s.mux.HandleFunc("GET "+issuerPath, s.fromIssuer)
	s.mux.HandleFunc("POST "+Root+"/settings", open(s.settings))
	s.mux.Handle("GET "+Root+"/{$}", http.RedirectHandler(Root+"/desk", http.StatusSeeOther))
	s.mux.Handle(Root+"/", s.page("", func(v *Visit) error { return notFound }))
	s.served = s.secured(http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(s.mux, maxForm)))
	s.over, s.end = rpc.Within(rpc.HTTPServer(cfg.API))
	return s, nil
}

func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.served.ServeHTTP(w, r) }

// Close ends what the console holds open.
func (s *Site) Close() error { return s.end() }

// Page registers a page: pattern is "GET /path" or "POST /path", below Root.
func (s *Site) Page(pattern string, show func(*Visit) error) {
	s.patterns = append(s.patterns, pattern)
	method, at, _ := strings.Cut(pattern, " ")
	s.mux.Handle(method+" "+Root+at, s.page(method, show))
}

// Patterns are those of the pages that were registered.
func (s *Site) Patterns() []string { return slices.Clone(s.patterns) }

// Lead adds pages to the navigation.
func (s *Site) Lead(entries ...Entry) { s.nav = append(s.nav, entries...) }

// layout is what every page stands in.
var layout = sync.OnceValues(func() (*template.Template, error) {
	return template.New("").ParseFS(templates, "templates/*.html")
})

// read are the pages that were read, by the folder they are in: they are the same at every node of a process.
var read sync.Map

type folder struct {
	files embed.FS
	dir   string
}

// Templates reads the pages in a folder: each file defines "title" and "main", and may use what the layout defines. A page is shown by
// its file's name without ".html". A file whose name begins with "_" is no page, but parts that the others use.
func Templates(files embed.FS, dir string) (Pages, error) {
	once, _ := read.LoadOrStore(folder{files, dir}, sync.OnceValues(func() (Pages, error) { return readPages(files, dir) }))
	return once.(func() (Pages, error))()
}

func readPages(files fs.FS, dir string) (Pages, error) {
	frame, err := layout()
	if err != nil {
		return nil, fmt.Errorf("read the console's layout: %w", err)
	}
	names, err := fs.Glob(files, dir+"/[^_]*.html")
	if err != nil {
		return nil, err
	}
	parts, err := fs.Glob(files, dir+"/_*.html")
	if err != nil {
		return nil, err
	}
	pages := Pages{}
	for _, name := range names {
		t, err := frame.Clone()
		if err == nil {
			t, err = t.ParseFS(files, append(parts, name)...)
		}
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", name, err)
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return pages, nil
}

// Pages are templates by name.
type Pages map[string]*template.Template

func (s *Site) serveStatic() error {
	files, err := fs.Sub(static, "static")
	if err != nil {
		return err
	}
	server := http.StripPrefix(Root+"/static/", http.FileServerFS(files))
	s.mux.HandleFunc("GET "+Root+"/static/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		server.ServeHTTP(w, r)
	})
	return fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		sum := sha256.Sum256(data)
		s.assets[name] = Root + "/static/" + name + "?" + hex.EncodeToString(sum[:6])
		return err
	})
}
