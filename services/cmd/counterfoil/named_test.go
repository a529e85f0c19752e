package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var (
	commandLine = regexp.MustCompile(`\bcounterfoil (?:[a-z][a-z-]*|--[a-z-]+)[^;,.()<>\n:|]*`)
	action      = regexp.MustCompile(`{{[^}]*}}`)
	isMember    = regexp.MustCompile(`^[a-z][a-z-]*$`)
	isFlag      = regexp.MustCompile(`^--[a-z][a-z-]*`)
	// isDomain is the beginning of what is signed, hashed or stored, which no command begins like.
	isDomain = regexp.MustCompile(`^counterfoil [a-z ]+ v?1\b`)
)

// Every command line that a page, a finding, a refusal or an alert names is one that there is, with flags that it has. What is put
// together is looked at as far as it is written in one piece.
func TestCommandsThatAreNamedExist(t *testing.T) {
	t.Parallel()
	root := newRootCommand(newEnv())
	found := map[string]int{}
	look := func(kind, path, text string) {
		for _, line := range commandLine.FindAllString(text, -1) {
			found[kind]++
			if why := missing(root, strings.Fields(line)[1:]); why != "" {
				t.Errorf("%s names %q: %s", path, line, why)
			}
		}
	}
	for _, top := range []string{"../../../libs", "../..", "../../../deploy/prometheus"} {
		err := filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
			switch {
			case err != nil || strings.Contains(path, "testdata") || strings.HasSuffix(path, "_test.go"):
				return err
			case strings.HasSuffix(path, ".go"):
				return literals(path, func(text string) { look("code", path, text) })
			case filepath.Base(filepath.Dir(path)) == "pages" && strings.HasSuffix(path, ".html"):
				return fileText(path, func(text string) { look("pages", path, action.ReplaceAllString(text, "X")) })
			case strings.HasSuffix(path, ".yaml") && strings.HasPrefix(top, "../../../deploy"):
				return fileText(path, func(text string) { look("alerts", path, strings.ReplaceAll(text, "}", "\n")) })
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found["code"] < 200 || found["pages"] < 10 || found["alerts"] < 10 {
		t.Errorf("found only %v", found)
	}
}

// missing says what of a command line there is not; its arguments are not looked at.
func missing(cmd *cobra.Command, words []string) string {
	for i := 0; i < len(words); i++ {
		word := strings.Trim(words[i], "`'\"")
		if isFlag.MatchString(word) {
			name := strings.TrimPrefix(isFlag.FindString(word), "--")
			flag := cmd.Flags().Lookup(name)
			if flag == nil {
				flag = cmd.InheritedFlags().Lookup(name)
			}
			switch {
			case flag != nil && flag.NoOptDefVal == "" && !strings.Contains(word, "="):
				i++ // its value
			case flag == nil && name != "help":
				return cmd.CommandPath() + " has no flag --" + name
			}
			continue
		}
		if member, _, err := cmd.Find([]string{word}); err == nil && member != cmd && cmd.HasSubCommands() {
			cmd = member
		} else if cmd.HasSubCommands() && isMember.MatchString(word) && cmd.ValidateArgs([]string{word}) != nil {
			return cmd.CommandPath() + " has no command " + word
		}
	}
	return ""
}

func fileText(path string, fn func(string)) error {
	data, err := os.ReadFile(path)
	if err == nil {
		fn(string(data))
	}
	return err
}

// literals calls fn with each text in a file of Go.
func literals(path string, fn func(string)) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if of, ok := n.(*ast.BasicLit); ok && of.Kind == token.STRING {
			if text, err := strconv.Unquote(of.Value); err == nil && !isDomain.MatchString(text) {
				fn(text)
			}
		}
		return true
	})
	return nil
}
