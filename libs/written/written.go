// Package written reads messages of the contract that people write in YAML, and says where in the text something is wrong.
package written

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"buf.build/go/protovalidate"
	"buf.build/go/protoyaml"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/input"
)

// MaxFile is the size of the largest text that is read, in bytes.
const MaxFile = 256 << 10

// Text is a text that was read, so that what is wrong can be told with its line. The zero value is of what was not read from text.
type Text struct {
	// Name is what errors call it.
	Name string
	root *yaml.Node
}

// Read reads one document into a message. What is unknown or of a wrong type comes back as a line for each error: name, line, field,
// what is wrong; nothing when all is well.
func Read(name string, data []byte, into proto.Message) (t Text, wrong []string) {
	root, err := parse(data)
	if err != nil {
		return Text{Name: name}, []string{name + ": " + err.Error()}
	}
	if err := protoyaml.Unmarshal(data, into); err != nil {
		return Text{name, root}, located(name, root, err)
	}
	return Text{name, root}, nil
}

// Broken says which rules of the contract a message breaks, and where; any other error it returns.
func (t Text) Broken(err error) ([]string, error) {
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return nil, err
	}
	var lines []string
	for _, v := range invalid.Violations {
		lines = append(lines, t.At(protovalidate.FieldPathString(v.Proto.GetField()), input.Says(v)))
	}
	return lines, nil
}

// At says what is wrong with a field, such as "steps[2].day", and where it, or the nearest that holds it, stands.
func (t Text) At(path, what string) string {
	return fmt.Sprintf("%s: %s: %s", Place(t.Name, t.Line(path)), path, what)
}

// Place is a line of a file; 0 is no line.
func Place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// Line returns the line of a field, or of the nearest that holds it; 0 where nothing was read from text.
func (t Text) Line(path string) int {
	if t.root == nil {
		return 0
	}
	n, at := t.root, ""
	for {
		next := ""
		for sub, c := range children(n, at) {
			if path == sub || strings.HasPrefix(path, sub+".") || strings.HasPrefix(path, sub+"[") {
				next, n = sub, c.value
				break
			}
		}
		if next == "" || next == path {
			return n.Line
		}
		at = next
	}
}

// parse checks what the reader of the contract does not: that the text is one document with each key once.
func parse(data []byte) (*yaml.Node, error) {
	switch {
	case len(data) > MaxFile:
		return nil, fmt.Errorf("it has more than %d KiB", MaxFile>>10)
	case !utf8.Valid(data):
		return nil, errors.New("it is not UTF-8 text")
	case bytes.ContainsAny(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), "\r\u0085\u2028\u2029"):
		// YAML counts these as ends of lines and editors do not, so the lines in errors would be wrong.
		return nil, errors.New("end lines with a line feed only")
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	} else if err != nil {
		return nil, err
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one document")
	}
	var values any
	if err := doc.Decode(&values); err != nil { // it names keys that stand twice, with their lines
		return nil, err
	}
	return doc.Content[0], nil
}

// located renders the reader's errors as lines "file:line: field: what is wrong".
func located(file string, root *yaml.Node, err error) []string {
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	var lines []string
	for _, err := range list {
		head, _, _ := strings.Cut(err.Error(), "\n")
		var line, column int
		if n, _ := fmt.Sscanf(head, ":%d:%d ", &line, &column); n < 2 {
			lines = append(lines, file+": "+head)
			continue
		}
		_, what, _ := strings.Cut(head, " ")
		if path := pathAt(root, "", line, column); path != "" {
			what = path + ": " + what
		}
		lines = append(lines, fmt.Sprintf("%s:%d: %s", file, line, what))
	}
	return lines
}

// pathAt returns the path of the field whose key or value stands at a line and column, or nothing.
func pathAt(n *yaml.Node, path string, line, column int) string {
	if n.Line == line && n.Column == column && n.Kind == yaml.ScalarNode {
		return path
	}
	for at, child := range children(n, path) {
		if found := pathAt(child.value, at, line, column); found != "" {
			return found
		}
		if k := child.key; k != nil && k.Line == line && k.Column == column {
			return at
		}
	}
	return ""
}

type child struct{ key, value *yaml.Node }

// children returns what a node holds, by path.
func children(n *yaml.Node, path string) map[string]child {
	out := map[string]child{}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			at := n.Content[i-1].Value
			if path != "" {
				at = path + "." + at
			}
			out[at] = child{n.Content[i-1], n.Content[i]}
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			out[fmt.Sprintf("%s[%d]", path, i)] = child{nil, item}
		}
	}
	return out
}
