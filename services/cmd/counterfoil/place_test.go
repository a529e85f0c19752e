package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// A Secret is mounted as links to a folder of the version that is in force; with paths for its keys, as links to folders
// in it.
func TestPlaceCopiesWhatIsMissingFromASecret(t *testing.T) {
	t.Parallel()
	secret, dir := t.TempDir(), filepath.Join(t.TempDir(), "deep", "customs")
	version := filepath.Join(secret, "..2026_11_25")
	err := errors.Join(os.MkdirAll(filepath.Join(version, "hub"), 0o700),
		os.WriteFile(filepath.Join(version, "signing.key"), []byte("seed"), 0o440),
		os.WriteFile(filepath.Join(version, "hub", "hub.creds"), []byte("first"), 0o440),
		os.Symlink("..2026_11_25", filepath.Join(secret, "..data")),
		os.Symlink("..data/signing.key", filepath.Join(secret, "signing.key")),
		os.Symlink("..data/hub", filepath.Join(secret, "hub")))
	if err != nil {
		t.Fatal(err)
	}
	placed, others, err := placeFiles(secret, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(placed) != 2 || len(others) != 0 {
		t.Errorf("placed %v, others %v", placed, others)
	}
	content := func(name string) string {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if content("signing.key") != "seed" || content("hub/hub.creds") != "first" {
		t.Error("placed other content")
	}
	if err := os.WriteFile(filepath.Join(dir, "hub", "hub.creds"), []byte("renewed by the node"), 0o600); err != nil {
		t.Fatal(err)
	}
	placed, others, err = placeFiles(secret, dir)
	if err != nil || len(placed) != 0 || cmp.Diff([]string{filepath.Join(dir, "hub", "hub.creds")}, others) != "" {
		t.Errorf("placed %v again, others %v, %v", placed, others, err)
	}
	if got := content("hub/hub.creds"); got != "renewed by the node" {
		t.Errorf("overwrote what the node had renewed: %s", got)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code := func(args ...string) int {
		var messages bytes.Buffer
		env := &Env{In: strings.NewReader(""), Out: &messages, Err: &messages, Getenv: func(string) string { return "" }, Now: time.Now}
		return run(t.Context(), env, append([]string{"probe", "--dir", dir}, args...))
	}
	if got := code(); got != exitUnreachable {
		t.Errorf("nobody runs there: exit code %d", got)
	}
	n, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: "customs", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := code("--streams"); got != exitOK {
		t.Errorf("a node runs there: exit code %d", got)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if got := code(); got != exitUnreachable {
		t.Errorf("the node was stopped: exit code %d", got)
	}
}
