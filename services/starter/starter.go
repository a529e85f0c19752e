// Package starter writes small programs in other languages that follow the events of a node, to begin an agency's own with.
package starter

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	contract "github.com/counterfoil/counterfoil/proto"
)

//go:embed node python java dotnet
var programs embed.FS

// Languages are those that there is a program in.
var Languages = []string{"java", "dotnet", "python", "node"}

// Write puts the program of a language, with the contract in its folder proto, into a folder that is made or is empty. Nothing is left
// there when it fails.
func Write(language, dir string) error {
	if !slices.Contains(Languages, language) {
		return fault.Errorf(fault.Invalid, "there is no program in %q; there are %s", language, strings.Join(Languages, ", "))
	}
	program, err := fs.Sub(programs, language)
	if err != nil {
		return err
	}
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(found) > 0 {
		return fault.Errorf(fault.Precondition, "%s is not empty; name a folder that is, or a new one", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := fill(dir, program); err != nil {
		return errors.Join(fmt.Errorf("write the program: %w", err), empty(dir))
	}
	return nil
}

func fill(dir string, program fs.FS) error {
	if err := os.CopyFS(dir, program); err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(dir, "proto"), contract.Files)
}

func empty(dir string) error {
	found, err := os.ReadDir(dir)
	errs := []error{err}
	for _, entry := range found {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return errors.Join(errs...)
}
