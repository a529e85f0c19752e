package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/config"
)

func TestSavedContextIsLoadedAsItWas(t *testing.T) {
	contexts := config.Contexts{Home: t.TempDir()}
	want := config.Context{
		Name: "customs-officer", Agency: "customs", URL: "http://localhost:7001", TokenFile: "tokens/customs",
		Role: "officer", Person: "c-17",
	}
	if err := contexts.Save(want); err != nil {
		t.Fatal(err)
	}
	got, err := contexts.Load(want.Name)
	if err != nil || got != want {
		t.Errorf("Load: %+v, %v; want %+v", got, err, want)
	}
	if _, err := contexts.Load("other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of a context that is not there: %v, want fs.ErrNotExist", err)
	}
	left, err := filepath.Glob(filepath.Join(contexts.Home, "contexts", ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left beside the contexts: %v, %v", left, err)
	}
}

func TestPick(t *testing.T) {
	tests := []struct {
		name    string
		saved   []string
		current string
		pick    string
		want    string
		says    string
	}{
		{name: "by name", saved: []string{"a", "b"}, pick: "b", want: "b"},
		{name: "name wins over current", saved: []string{"a", "b"}, current: "a", pick: "b", want: "b"},
		{name: "current", saved: []string{"a", "b"}, current: "b", want: "b"},
		{name: "the only one", saved: []string{"a"}, want: "a"},
		{name: "a choice", saved: []string{"a", "b"}, says: "there are: a, b"},
		{name: "none", says: "there are none yet"},
		{name: "not there", saved: []string{"a", "b"}, pick: "c", says: `no context "c"`},
		{name: "not a name", saved: []string{"a"}, pick: "../a", says: `no context "../a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			contexts := config.Contexts{Home: t.TempDir()}
			for _, name := range tt.saved {
				if err := contexts.Save(config.Context{Name: name, URL: "http://localhost"}); err != nil {
					t.Fatal(err)
				}
			}
			if tt.current != "" {
				if err := contexts.Use(tt.current); err != nil {
					t.Fatal(err)
				}
			}
			got, err := contexts.Pick(tt.pick)
			if got.Name != tt.want {
				t.Errorf("Pick(%q): %q, want %q", tt.pick, got.Name, tt.want)
			}
			if tt.says == "" && err != nil || tt.says != "" && (!errors.Is(err, config.ErrNoContext) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("Pick(%q): error %v, want one that says %q", tt.pick, err, tt.says)
			}
		})
	}
}

func TestContextNamesStayInTheirFolder(t *testing.T) {
	contexts := config.Contexts{Home: t.TempDir()}
	for _, name := range []string{"", ".", "..", "../x", "a/b", ".hidden", "a b", "a\nb", strings.Repeat("a", 65)} {
		if err := contexts.Save(config.Context{Name: name, URL: "http://localhost"}); err == nil {
			t.Errorf("Save took the name %q", name)
		}
		if _, err := contexts.Load(name); err == nil {
			t.Errorf("Load took the name %q", name)
		}
	}
	if err := contexts.Use("nobody"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Use of a context that is not there: %v, want fs.ErrNotExist", err)
	}
}

func TestToken(t *testing.T) {
	contexts := config.Contexts{Home: t.TempDir()}
	for file, content := range map[string]string{"good": "abc.def\n", "empty": "\n", "two": "abc\ndef\n"} {
		if err := os.WriteFile(filepath.Join(contexts.Home, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		file, want string
		fails      bool
	}{
		{"", "", false},
		{"good", "abc.def", false},
		{filepath.Join(contexts.Home, "good"), "abc.def", false},
		{"empty", "", true},
		{"two", "", true},
		{"missing", "", true},
	}
	for _, tt := range tests {
		got, err := contexts.Token(config.Context{Name: "a", TokenFile: tt.file})
		if got != tt.want || (err != nil) != tt.fails {
			t.Errorf("Token of file %q: %q, %v; want %q", tt.file, got, err, tt.want)
		}
	}
}

func TestDefaultHome(t *testing.T) {
	tests := []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"COUNTERFOIL_HOME": "/lab", "XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/lab"},
		{map[string]string{"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/counterfoil"},
		{map[string]string{"XDG_CONFIG_HOME": "relative", "HOME": "/h"}, "/h/.config/counterfoil"},
		{nil, ""},
	}
	for _, tt := range tests {
		got, err := config.DefaultHome(func(name string) string { return tt.env[name] })
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("DefaultHome with %v: %q, %v; want %q", tt.env, got, err, tt.want)
		}
	}
}
