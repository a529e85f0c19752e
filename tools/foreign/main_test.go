package foreign

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

// There is a property for each table. A run in passing draws fewer cases than rapid would; go test -rapid.checks=1000 draws more.
func TestMain(m *testing.M) {
	flag.Parse()
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, "rapid.checks") }) {
		if err := flag.Set("rapid.checks", "12"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
