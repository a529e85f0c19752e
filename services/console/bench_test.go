package console_test

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/services/console"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// A node starts with its console: what it takes is what every start takes longer.
func BenchmarkNew(b *testing.B) {
	door, err := people.Open(people.Config{Agency: "licensing", Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		site, err := console.New(web.Config{Agency: "licensing", Service: "licensing", API: http.NotFoundHandler(), Door: door, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		if err := site.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
