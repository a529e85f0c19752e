package policy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"buf.build/go/protovalidate"
	"buf.build/go/protoyaml"
	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/fault"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// maxFile is the size of the largest policy that is read, in bytes.
const maxFile = 256 << 10

var validator = sync.OnceValues(func() (protovalidate.Validator, error) {
	return protovalidate.New(protovalidate.WithMessages(&policyv1.Policy{}))
})

// Load reads a policy in YAML, or JSON, which is YAML too. file is what errors call it. What is unknown, of a wrong type
// or against a rule of the contract is refused (fault.Invalid) with a line for each error: file, line, field, what is
// wrong. Whether a policy makes sense is for Check.
func Load(file string, data []byte) (*Policy, error) {
	root, err := parse(data)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s: %s", file, err)
	}
	written := &policyv1.Policy{}
	if err := protoyaml.Unmarshal(data, written); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s", strings.Join(located(file, root, err), "\n"))
	}
	return made(written, file, root)
}

// Compile returns a policy that was read elsewhere. It fails as Load does, with the policy's name in place of a file and a line.
func Compile(written *policyv1.Policy) (*Policy, error) {
	if written == nil {
		written = &policyv1.Policy{}
	}
	return made(written, cmp.Or(written.GetName(), "a policy without a name"), &yaml.Node{})
}

// made holds a policy against the rules of the contract and compiles its expressions.
func made(written *policyv1.Policy, file string, root *yaml.Node) (*Policy, error) {
	v, err := validator()
	if err != nil {
		return nil, fmt.Errorf("read the rules of a policy: %w", err)
	}
	p := &Policy{Terms: withDefaults(written), file: file, root: root}
	wrong, err := p.broken(v.Validate(written))
	if err != nil {
		return nil, fmt.Errorf("hold %s against the rules of a policy: %w", file, err)
	}
	if day := p.Terms.ValidFrom; day != "" {
		if p.ValidFrom, err = time.Parse(time.DateOnly, day); err != nil {
			wrong = append(wrong, p.at("valid_from", "there is no day "+day))
		}
	}
	if wrong = append(wrong, p.compile()...); len(wrong) > 0 {
		return nil, fault.Errorf(fault.Invalid, "%s", strings.Join(wrong, "\n"))
	}
	return p, nil
}

// parse checks what the reader of the contract does not: that the text is one document with each key once.
func parse(data []byte) (*yaml.Node, error) {
	switch {
	case len(data) > maxFile:
		return nil, fmt.Errorf("a policy has at most %d KiB", maxFile>>10)
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

// broken says which rules of the contract are broken, and where; any other error it returns.
func (p *Policy) broken(err error) ([]string, error) {
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return nil, err
	}
	var lines []string
	for _, v := range invalid.Violations {
		lines = append(lines, p.at(protovalidate.FieldPathString(v.Proto.GetField()), v.Proto.GetMessage()))
	}
	return lines, nil
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

// line returns the line of a field, or of the nearest that holds it.
func (p *Policy) line(path string) int {
	n, at := p.root, ""
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

// at says what is wrong with a field, and where.
func (p *Policy) at(path, what string) string {
	return fmt.Sprintf("%s: %s: %s", place(p.file, p.line(path)), path, what)
}

// place is a line of a file; a policy that was not read from text has no lines.
func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}
