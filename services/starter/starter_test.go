package starter_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/services/starter"
)

func TestWrite(t *testing.T) {
	for _, language := range starter.Languages {
		for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "new", "folder")} {
			if err := starter.Write(language, dir); err != nil {
				t.Errorf("%s: %v", language, err)
			}
			for _, file := range []string{"README.md", "proto/counterfoil/query/v1/query.proto", "proto/buf/validate/validate.proto"} {
				if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
					t.Errorf("%s: %v", language, err)
				}
			}
			if err := starter.Write(language, dir); !errors.Is(err, fault.Precondition) {
				t.Errorf("%s into a folder that has something: %v", language, err)
			}
		}
	}
}

func TestUnknownLanguageWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	for _, language := range []string{"", "cobol", "..", "node/proto"} {
		if err := starter.Write(language, dir); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", language, err)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made")
	}
}
