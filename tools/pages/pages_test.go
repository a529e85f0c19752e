// Package pages holds comments to the pages that there are.
package pages

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	root  = filepath.Join("..", "..")
	named = regexp.MustCompile(`[A-Za-z0-9_./-]+\.md\b`)
)

// commentsOf are the comments of a file of Go or of the contract.
func commentsOf(path string) (comments []string, err error) {
	if strings.HasSuffix(path, ".proto") {
		text, err := os.ReadFile(path)
		for line := range strings.Lines(string(text)) {
			if _, comment, found := strings.Cut(line, "//"); found {
				comments = append(comments, comment)
			}
		}
		return comments, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			comments = append(comments, c.Text)
		}
	}
	return comments, nil
}

// A page that a comment names is there, by its path from the root: who reads the comment can read the page.
func TestPagesNamedInCommentsExist(t *testing.T) {
	pages := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(path, ".pb.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".proto"):
			return nil
		}
		comments, err := commentsOf(path)
		for _, c := range comments {
			for _, page := range named.FindAllString(c, -1) {
				pages++
				if _, err := os.Stat(filepath.Join(root, page)); err != nil {
					t.Errorf("%s names %s: %v", path, page, err)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if pages < 20 {
		t.Errorf("only %d pages are named", pages)
	}
}
