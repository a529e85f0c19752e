package replay_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

// Every case opens several ledgers. A run in passing draws fewer cases than rapid would; go test -rapid.checks=1000 draws more, and so does
// make soak.
func TestMain(m *testing.M) {
	if work, dir, asked := strings.Cut(os.Getenv(childEnv), " "); asked {
		if err := child(work, dir); err != nil {
			panic(err)
		}
		return
	}
	flag.Parse()
	if os.Getenv("COUNTERFOIL_SOAK") == "" && !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, "rapid.checks") }) {
		if err := flag.Set("rapid.checks", "30"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
