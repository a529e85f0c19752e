// Package publishedtest finds the publishers' files that tests read. They are not part of the repository: nobody has
// licensed them for that.
package publishedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Variable is the environment variable that names the folder of publishers' files.
const Variable = "COUNTERFOIL_DATA"

// Data returns the path of a publisher's file or folder. It looks in the folder that COUNTERFOIL_DATA names or, by
// default, in shared/data beside the repository. Where it is absent the test is skipped with a sentence that says so;
// a COUNTERFOIL_DATA that is set and wrong fails the test.
func Data(t testing.TB, elem ...string) string {
	t.Helper()
	folder, set := os.LookupEnv(Variable)
	if !set {
		folder = filepath.Join(root(t), "..", "shared", "data")
	}
	path := filepath.Join(append([]string{folder}, elem...)...)
	switch _, err := os.Stat(path); {
	case err == nil:
		return path
	case set:
		t.Fatalf("%s is set, but there is no %s: %v", Variable, path, err)
	default:
		t.Skipf("the publisher's %s is not here: set %s to the folder that has it (looked in %s)", filepath.Join(elem...), Variable, folder)
	}
	return ""
}

// root returns the repository's root: the folder with go.work, upward from the test's own.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skipf("no go.work above the test's folder: set %s to the folder of publishers' files", Variable)
		}
		dir = parent
	}
}
