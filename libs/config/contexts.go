// Package config holds what is set outside the programs: where an agency's node is and as whom it is called.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/counterfoil/counterfoil/libs/whole"
)

// Context is an agency's node and the caller's role there.
type Context struct {
	// Name is 1 to 64 letters, digits, dots, hyphens and underscores; a letter or digit comes first.
	Name   string `json:"name"`
	Agency string `json:"agency"`
	// URL is where the node's API is, such as "https://licensing.example:8443". Plain http is HTTP/2 without TLS.
	URL string `json:"url"`
	// CAFile is who certifies the node, in PEM; a relative path starts at the contexts' home. Empty: those whom the
	// machine trusts.
	CAFile string `json:"ca_file,omitempty"`
	// User is who logs in at the node; empty where the token needs no login.
	User string `json:"user,omitempty"`
	// TokenFile holds the bearer token and nothing else; a relative path starts at the contexts' home. Empty: no
	// token is sent.
	TokenFile string `json:"token_file"`
	// Role is the officer's role and Person the opaque id that the agency knows the officer by.
	Role   string `json:"role"`
	Person string `json:"person"`
}

// Contexts is the folder that contexts are kept in: contexts/<name>.json and, for the one in use, the file
// "current". Its methods may be called by several programs at once: every file is written beside and renamed.
type Contexts struct {
	Home string
}

// ErrNoContext is returned by Pick when it is not clear which context is meant. The error says which there are.
var ErrNoContext = errors.New("no context chosen")

var contextName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// DefaultHome returns $COUNTERFOIL_HOME, or the folder "counterfoil" in the user's configuration folder. It fails when
// the environment names neither.
func DefaultHome(getenv func(string) string) (string, error) {
	if home := getenv("COUNTERFOIL_HOME"); home != "" {
		return home, nil
	}
	if xdg := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "counterfoil"), nil
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".config", "counterfoil"), nil
	}
	return "", errors.New("find the contexts: none of COUNTERFOIL_HOME, XDG_CONFIG_HOME and HOME is set")
}

// Load reads one context. It wraps fs.ErrNotExist when there is none of that name.
func (c Contexts) Load(name string) (Context, error) {
	if !contextName.MatchString(name) {
		return Context{}, fmt.Errorf("context %q is not a name: letters, digits, dots, hyphens and underscores", name)
	}
	data, err := os.ReadFile(c.path(name))
	if err != nil {
		return Context{}, fmt.Errorf("load context %s: %w", name, err)
	}
	var loaded Context
	if err := json.Unmarshal(data, &loaded); err != nil {
		return Context{}, fmt.Errorf("load context %s: %w", name, err)
	}
	if loaded.URL == "" {
		return Context{}, fmt.Errorf("load context %s: %s gives no url", name, c.path(name))
	}
	loaded.Name = name
	return loaded, nil
}

// Save writes a context, in place of one of the same name.
func (c Contexts) Save(context Context) error {
	if !contextName.MatchString(context.Name) {
		return fmt.Errorf("context %q is not a name: letters, digits, dots, hyphens and underscores", context.Name)
	}
	data, err := json.MarshalIndent(context, "", "  ")
	if err != nil {
		return fmt.Errorf("save context %s: %w", context.Name, err)
	}
	if err := write(c.path(context.Name), append(data, '\n')); err != nil {
		return fmt.Errorf("save context %s: %w", context.Name, err)
	}
	return nil
}

// List returns every context in the order of their names; none is no error.
func (c Contexts) List() ([]Context, error) {
	files, err := os.ReadDir(filepath.Join(c.Home, "contexts"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list contexts: %w", err)
	}
	var all []Context
	for _, file := range files {
		name, isContext := strings.CutSuffix(file.Name(), ".json")
		if !isContext || !contextName.MatchString(name) {
			continue
		}
		one, err := c.Load(name)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// Current returns the name of the context in use; empty when none was chosen.
func (c Contexts) Current() (string, error) {
	data, err := os.ReadFile(filepath.Join(c.Home, "current"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the current context: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// Use makes a context the current one. The context must be there.
func (c Contexts) Use(name string) error {
	if _, err := c.Load(name); err != nil {
		return err
	}
	if err := write(filepath.Join(c.Home, "current"), []byte(name+"\n")); err != nil {
		return fmt.Errorf("use context %s: %w", name, err)
	}
	return nil
}

// Pick returns the context of that name; for an empty name the current one, or the only one there is. When that leaves
// a choice or nothing, the error wraps ErrNoContext and names the contexts there are.
func (c Contexts) Pick(name string) (Context, error) {
	var err error
	if name == "" {
		if name, err = c.Current(); err != nil {
			return Context{}, err
		}
	}
	if contextName.MatchString(name) {
		one, err := c.Load(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return one, err
		}
	}
	all, err := c.List()
	switch {
	case err != nil:
		return Context{}, err
	case name != "":
		return Context{}, fmt.Errorf("%w: there is no context %q in %s, %s", ErrNoContext, name, c.Home, among(all))
	case len(all) == 1:
		return all[0], nil
	}
	return Context{}, fmt.Errorf("%w: none is current in %s, %s", ErrNoContext, c.Home, among(all))
}

// Token returns the bearer token of a context; empty when it has none. It wraps fs.ErrNotExist when the file is not there.
func (c Contexts) Token(context Context) (string, error) {
	if context.TokenFile == "" {
		return "", nil
	}
	path := c.File(context.TokenFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the token of context %s: %w", context.Name, err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("read the token of context %s: %s does not hold one token", context.Name, path)
	}
	return token, nil
}

// SaveToken puts a token in the context's file, which has mode 0600.
func (c Contexts) SaveToken(context Context, token string) error {
	if err := write(c.File(context.TokenFile), []byte(token+"\n")); err != nil {
		return fmt.Errorf("save the token of context %s: %w", context.Name, err)
	}
	return nil
}

// SessionFile is where the context of that name keeps the session of its user: beside the context.
func SessionFile(name string) string { return filepath.Join("contexts", name+".session") }

// File returns a path that a context gives: a relative one starts at the contexts' home.
func (c Contexts) File(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Home, path)
}

func (c Contexts) path(name string) string {
	return filepath.Join(c.Home, "contexts", name+".json")
}

func among(all []Context) string {
	if len(all) == 0 {
		return "there are none yet"
	}
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Name
	}
	return "there are: " + strings.Join(names, ", ")
}

// write puts data in place in one step, so that no reader finds half a file.
func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return whole.Write(path, data, 0o600)
}
