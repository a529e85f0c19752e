package query

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// A part that cannot be looked at is a finding of its own, and the rest is told all the same.
func TestDoctorTellsTheRest(t *testing.T) {
	fine := func(context.Context) (*queryv1.Check, error) { return &queryv1.Check{Ok: true}, nil }
	torn := func(context.Context) (*queryv1.Check, error) {
		return nil, errors.New("read the webhooks: database not open")
	}
	found, err := examine(t.Context(), []examination{{"disk", fine}, {"webhooks", torn}, {"feed", fine}})
	if err != nil || len(found) != 3 || !found[0].Ok || !found[2].Ok || found[2].Name != "feed" || found[2].Number != 3 {
		t.Fatalf("found %v, %v", found, err)
	}
	if is := found[1]; is.Ok || is.Name != "webhooks" || is.Next == "" || !strings.Contains(is.Detail, "database not open") {
		t.Errorf("found %v", is)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := examine(ended, []examination{{"disk", fine}}); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever asked is gone: %v, %v", found, err)
	}
}

func TestChecksAreNamedOnce(t *testing.T) {
	names := Checks()
	if all := slices.Compact(slices.Sorted(slices.Values(names))); len(all) != len(names) || !slices.Contains(all, "webhooks") {
		t.Errorf("names: %v", names)
	}
}

func TestSecretsInAFolderWithASpace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a node")
	path := filepath.Join(dir, "token")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(path, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	s := &service{Config: Config{Dir: dir}}
	if is, err := s.checkSecrets(t.Context()); err != nil || is.Ok || is.Next != "chmod 600 '"+path+"'" {
		t.Errorf("found %v, %v", is, err)
	}
}
